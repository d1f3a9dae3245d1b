"""One connection: what ends a reply, back-pressure both ways, cancelling in every window."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.connection import MAX_UNREAD_BYTES
from aigw_dev.server.upstream import Call, Upstream
from tests.scripted import (
    LAST_CHUNK,
    Close,
    HalfClose,
    Hold,
    Reset,
    Script,
    ScriptedUpstream,
    Stall,
    StopReading,
    chunk,
    reply,
    sse_reply,
    stream_head,
)

pytestmark = pytest.mark.anyio


def call(
    scripted: ScriptedUpstream, body: bytes | AsyncIterator[bytes] | None = b"{}", size: int | None = None
) -> Call:
    return Call(method="POST", url=f"{scripted.url}/v1/x", headers=[], body=body, body_bytes=size)


async def pieces_of(
    upstream: Upstream, scripted: ScriptedUpstream
) -> tuple[list[bytes], UpstreamError | None]:
    """Every piece of a reply's body, and how it ended."""
    found: list[bytes] = []
    answer = await upstream.send(call(scripted))
    try:
        async for piece in answer.chunks():
            found.append(piece)  # noqa: PERF401 -- what came before an error must survive it
    except UpstreamError as error:
        return found, error
    return found, None


@pytest.mark.parametrize(
    "script",
    [
        [reply(b"hello")],
        [reply(b""), Close()],
        [stream_head(), chunk(b"hel"), chunk(b"lo"), LAST_CHUNK],
        [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhel", b"lo", Close()],
        [b"HTTP/1.0 200 OK\r\n\r\nhello", HalfClose(), Stall()],
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n" + reply(b"hello")],
    ],
    ids=["length", "empty", "chunked", "until-close", "until-half-close", "interim"],
)
async def test_a_whole_reply_ends_without_an_error(
    upstream: Upstream, scripted: ScriptedUpstream, script: Script
) -> None:
    scripted.enqueue(script)
    found, error = await pieces_of(upstream, scripted)
    assert error is None
    assert b"".join(found) in {b"hello", b""}


@pytest.mark.parametrize(
    ("script", "body", "code"),
    [
        ([reply(b"hello")[:-2], Close()], b"hel", "upstream_reset"),
        ([stream_head() + chunk(b"hel"), Close()], b"hel", "upstream_reset"),
        ([stream_head() + chunk(b"hel") + b"0\r\n", Close()], b"hel", "upstream_reset"),
        ([stream_head() + chunk(b"hel"), HalfClose(), Stall()], b"hel", "upstream_reset"),
        ([stream_head() + chunk(b"hel") + b"zz\r\n", Stall()], b"hel", "upstream_protocol"),
        ([stream_head() + chunk(b"hel"), b"5\r\nhelloworld\r\n", Stall()], b"helhello", "upstream_protocol"),
    ],
)
async def test_a_body_cut_short_or_broken_is_an_error_after_what_came(
    upstream: Upstream, scripted: ScriptedUpstream, script: Script, body: bytes, code: str
) -> None:
    scripted.enqueue(script)
    found, error = await pieces_of(upstream, scripted)
    assert b"".join(found) == body
    assert error is not None
    assert error.code == code
    assert error.is_sent
    assert f"127.0.0.1:{scripted.port}" in error.message
    await scripted.until(lambda: scripted.open_connections == 0)


@pytest.mark.parametrize(
    "body", [reply(b"x" * 10)[:-1], stream_head() + chunk(b"x"), b"HTTP/1.0 200 OK\r\n\r\nx"]
)
async def test_a_reset_within_the_body_is_an_error_also_where_it_runs_until_close(
    upstream: Upstream, scripted: ScriptedUpstream, body: bytes
) -> None:
    scripted.enqueue([body, Hold("read"), Reset()])
    answer = await upstream.send(call(scripted))
    reader = answer.chunks()
    assert await anext(reader)
    scripted.open("read")
    with pytest.raises(UpstreamError) as cut:
        await anext(reader)
    assert cut.value.code == "upstream_reset"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ([Close()], "upstream_reset"),
        ([Reset()], "upstream_reset"),
        ([HalfClose(), Stall()], "upstream_reset"),
        ([b"HTTP/1.1 2", Close()], "upstream_reset"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", Close()], "upstream_reset"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n", Stall()], "upstream_protocol"),
        ([b"<html>not http</html>", Close()], "upstream_protocol"),
        (
            [b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", Stall()],
            "upstream_protocol",
        ),
    ],
)
async def test_no_usable_head_is_an_error_of_send(
    upstream: Upstream, scripted: ScriptedUpstream, script: Script, code: str
) -> None:
    scripted.enqueue(script)
    with pytest.raises(UpstreamError) as refused:
        await upstream.send(call(scripted))
    assert refused.value.code == code
    assert refused.value.is_sent
    assert scripted.accepted == 1
    await scripted.until(lambda: scripted.open_connections == 0)


async def test_every_cut_of_a_stream_decodes_the_same(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    whole = b"".join(sse_reply({"delta": "caf\u00e9 \u2028"}, {"delta": "x"}))
    for cut in range(1, len(whole)):
        scripted.enqueue([whole[:cut], whole[cut:]])
    wanted = None
    for _ in range(1, len(whole)):
        found, error = await pieces_of(upstream, scripted)
        assert error is None
        wanted = wanted or b"".join(found)
        assert b"".join(found) == wanted
    assert scripted.accepted == 1


async def test_chunks_are_delivered_as_they_arrive(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([stream_head(), chunk(b"a"), Hold("second"), chunk(b"b"), LAST_CHUNK])
    answer = await upstream.send(call(scripted))
    reader = answer.chunks()
    assert await anext(reader) == b"a"
    assert not answer.is_complete
    scripted.open("second")
    assert [piece async for piece in reader] == [b"b"]
    assert answer.is_complete


async def test_read_gives_the_whole_body_or_refuses_one_too_large(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(
        [reply(b"x" * 100)], [stream_head(), chunk(b"x" * 60), chunk(b"x" * 60), Stall()], [reply(b"x" * 101)]
    )
    assert await (await upstream.send(call(scripted))).read(100) == b"x" * 100
    for _ in range(2):
        with pytest.raises(UpstreamError, match="larger than 100 bytes") as refused:
            await (await upstream.send(call(scripted))).read(100)
        assert refused.value.code == "upstream_protocol"


# cancelling


async def test_a_cancelled_send_closes_the_connection_before_the_head(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([Stall()])
    sending = asyncio.ensure_future(upstream.send(call(scripted)))
    await scripted.until(lambda: scripted.requests)
    await closes_at_once(scripted, sending.cancel)
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_cancel_closes_the_connection_within_the_body(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([stream_head(), chunk(b"a"), Stall()])
    answer = await upstream.send(call(scripted))
    assert await anext(answer.chunks()) == b"a"
    await closes_at_once(scripted, answer.cancel)
    answer.cancel()


async def test_cancel_wakes_a_waiting_reader(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([stream_head(), Stall()])
    answer = await upstream.send(call(scripted))
    reading = asyncio.ensure_future(answer.read(10))
    await asyncio.sleep(0)
    await closes_at_once(scripted, answer.cancel)
    with pytest.raises(UpstreamError) as cancelled:
        await reading
    assert cancelled.value.code == "cancelled"


async def test_cancel_closes_the_connection_while_reading_is_paused(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(endless())
    answer = await upstream.send(call(scripted))
    await stops_sending(scripted)
    await closes_at_once(scripted, answer.cancel)
    with pytest.raises(UpstreamError):
        await anext(answer.chunks())


async def test_cancel_closes_the_connection_while_the_body_is_still_being_sent(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.at_head = True
    scripted.enqueue([StopReading(), stream_head(), chunk(b"a"), Stall()])
    answer = await upstream.send(call(scripted, b"x" * 20_000_000))
    answer.cancel()
    with pytest.raises(UpstreamError):
        await anext(answer.chunks())
    assert upstream.pool.idle_count == 0


async def test_cancel_after_the_end_keeps_the_connection(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"one")], [reply(b"two")])
    answer = await upstream.send(call(scripted))
    answer.cancel()
    assert await answer.read(10) == b"one"
    assert await (await upstream.send(call(scripted))).read(10) == b"two"
    assert scripted.accepted == 1


async def test_a_task_cancelled_in_the_turn_its_reply_arrives_hurts_nobody_else(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    for _ in range(50):
        scripted.enqueue([reply(b"one")])
        sending = asyncio.ensure_future(upstream.send(call(scripted)))
        count = len(scripted.requests) + 1
        await scripted.until(lambda count=count: len(scripted.requests) == count)
        sending.cancel()
        scripted.enqueue([reply(b"two")])
        assert await (await upstream.send(call(scripted))).read(10) == b"two"
        assert sending.done()


async def closes_at_once(scripted: ScriptedUpstream, leave: object) -> None:
    """`leave()` makes the provider see the end of its only connection within 100 ms."""
    assert callable(leave)
    leave()
    await scripted.until(lambda: scripted.open_connections == 0, timeout_s=0.1)
    assert scripted.peers[-1].how in {"eof", "reset"}


# back-pressure


def endless() -> Script:
    yield stream_head()
    while True:
        yield chunk(b"x" * 65536)


async def stops_sending(scripted: ScriptedUpstream) -> int:
    """Wait until the provider cannot get rid of more; how much it could send."""
    peer = scripted.peers[-1]
    while True:
        before = peer.sent_bytes
        try:
            await scripted.until(lambda before=before: peer.sent_bytes > before, timeout_s=0.3)
        except AssertionError:
            return peer.sent_bytes


async def test_a_reader_that_does_not_read_stops_the_provider(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(endless())
    answer = await upstream.send(call(scripted))
    sent = await stops_sending(scripted)
    async for piece in answer.chunks():
        assert len(piece) <= 3 * MAX_UNREAD_BYTES
        if scripted.peers[-1].sent_bytes > sent:
            break
    answer.cancel()


async def test_a_slow_reader_gets_everything_in_bounded_pieces(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    total = 8 * 1024 * 1024
    scripted.enqueue([reply(b"x" * total)])
    answer = await upstream.send(call(scripted))
    size = 0
    async for piece in answer.chunks():
        assert len(piece) <= 3 * MAX_UNREAD_BYTES
        size += len(piece)
        await asyncio.sleep(0)
    assert size == total
    assert upstream.pool.idle_count == 1


# streamed bodies


async def parts(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_streamed_body_of_unknown_length_is_sent_chunked(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"ok")])
    answer = await upstream.send(call(scripted, parts(b"ab", b"", b"c" * 20)))
    assert await answer.read(10) == b"ok"
    (seen,) = scripted.requests
    assert seen.header(b"transfer-encoding") == b"chunked"
    assert seen.header(b"content-length") == b""
    assert seen.body == b"ab" + b"c" * 20
    assert upstream.pool.idle_count == 1


async def test_a_streamed_body_of_known_length_is_sent_with_it(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"ok")])
    answer = await upstream.send(call(scripted, parts(b"ab", b"c"), 3))
    assert await answer.read(10) == b"ok"
    assert scripted.requests[0].header(b"content-length") == b"3"
    assert scripted.requests[0].body == b"abc"


@pytest.mark.parametrize("size", [2, 4])
async def test_a_streamed_body_that_is_not_as_long_as_announced_is_an_error(
    upstream: Upstream, scripted: ScriptedUpstream, size: int
) -> None:
    scripted.enqueue([Stall()])
    with pytest.raises(UpstreamError, match=f"not the {size} bytes"):
        await upstream.send(call(scripted, parts(b"a", b"bc"), size))
    await scripted.until(lambda: scripted.open_connections == 0)


class CallerLeftError(Exception):
    pass


async def test_an_error_of_the_bodys_source_reaches_whoever_sends_it(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        raise CallerLeftError

    with pytest.raises(CallerLeftError):
        await upstream.send(call(scripted, broken()))
    await scripted.until(lambda: scripted.open_connections == 0)


async def test_a_streamed_body_is_pulled_no_faster_than_it_is_taken(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    pulled = 0

    async def source() -> AsyncIterator[bytes]:
        nonlocal pulled
        while True:
            pulled += 65536
            yield b"x" * 65536
            await asyncio.sleep(0)

    scripted.greeting = [StopReading(), Stall()]
    sending = asyncio.ensure_future(upstream.send(call(scripted, source())))
    while True:
        before = pulled
        for _ in range(2000):
            await asyncio.sleep(0)
        if before == pulled and pulled:
            break
    assert pulled < 32 * 1024 * 1024
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_an_early_answer_to_an_unfinished_body_is_delivered_and_ends_it(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    has_ended = asyncio.Event()

    async def unfinished() -> AsyncIterator[bytes]:
        yield b"a"
        try:
            await asyncio.Event().wait()
        finally:
            has_ended.set()

    scripted.at_head = True
    scripted.enqueue([Hold("begun"), reply(b"too large", status=413)])
    sending = asyncio.ensure_future(upstream.send(call(scripted, unfinished())))
    await scripted.until(lambda: scripted.requests and scripted.peers[0].received.endswith(b"1\r\na\r\n"))
    scripted.open("begun")
    answer = await sending
    assert answer.status == 413
    assert await answer.read(100) == b"too large"
    await asyncio.wait_for(has_ended.wait(), 5)
    assert upstream.pool.idle_count == 0
    await scripted.until(lambda: scripted.open_connections == 0)
