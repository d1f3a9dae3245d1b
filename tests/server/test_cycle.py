"""One request and its response: how bodies are read and responses framed."""

import asyncio
import logging

import pytest

from aigw_dev.server.cycle import STATUS_LINES, Link, Scope
from tests.server.stage import Caller, Receive, Send, Stage, answer, called, link_of, passed, quiet, serving

pytestmark = pytest.mark.anyio


def responds(*messages: dict[str, object]) -> Stage:
    """An app that reads the body and sends these."""
    stage = Stage()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(dict(message))

    stage.parts["/"] = app
    return stage


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, object]:
    return {"type": "http.response.start", "status": status, "headers": [*headers]}


def body(data: bytes, *, more: bool = False) -> dict[str, object]:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def raw(stage: Stage, request: bytes) -> bytes:
    """Everything the server sends until it closes."""
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(request)
        async with asyncio.timeout(10):
            return await caller.reader.read()


ONCE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def test_a_callback_set_too_late_is_called_at_once_and_never_twice() -> None:
    told: list[str] = []
    link = Link()
    link.on_disconnect = lambda: told.append("early")
    link.leave("client_left")
    assert told == ["early"]
    link.on_disconnect = lambda: told.append("late")
    assert told == ["early", "late"]
    link.on_disconnect = None
    assert link.on_disconnect is None
    assert (link.is_gone, link.why) == (True, "client_left")


# framing


async def test_a_response_with_its_length_is_sent_as_it_is() -> None:
    sent = await raw(
        responds(start((b"Content-Length", b"5"), (b"x-a", b"b")), body(b"he", more=True), body(b"llo")), ONCE
    )
    assert sent == b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: b\r\nconnection: close\r\n\r\nhello"


async def test_a_response_without_a_length_is_chunked() -> None:
    sent = await raw(
        responds(start(), body(b"he", more=True), body(b"", more=True), body(b"llo", more=True), body(b"")),
        ONCE,
    )
    assert sent == (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )


async def test_an_http_1_0_caller_gets_no_chunks() -> None:
    sent = await raw(
        responds(start(), body(b"he", more=True), body(b"llo")), b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"
    )
    assert sent == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello"


async def test_the_apps_own_framing_headers_are_not_believed() -> None:
    sent = await raw(responds(start((b"Transfer-Encoding", b"chunked")), body(b"hello")), ONCE)
    assert sent.count(b"transfer-encoding") == 1


@pytest.mark.parametrize(("request_line", "status"), [(b"HEAD /", 200), (b"GET /", 204), (b"GET /", 304)])
async def test_a_response_that_has_no_body_gets_none(request_line: bytes, status: int) -> None:
    request = request_line + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    sent = await raw(responds(start((b"content-length", b"5"), status=status), body(b"hello")), request)
    assert sent == STATUS_LINES[status] + b"content-length: 5\r\nconnection: close\r\n\r\n"


async def test_the_app_may_end_the_connection() -> None:
    stage = responds(start((b"Connection", b"Close"), (b"content-length", b"2")), body(b"ok"))
    sent = await raw(stage, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert sent == b"HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 2\r\n\r\nok"


async def test_an_unknown_status_has_no_phrase() -> None:
    assert STATUS_LINES[529] == b"HTTP/1.1 529 \r\n"
    assert STATUS_LINES[404] == b"HTTP/1.1 404 Not Found\r\n"


async def test_a_head_without_a_body_yet_is_sent_at_once() -> None:
    stage = Stage()
    go_on = asyncio.Event()

    async def events(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start((b"content-type", b"text/event-stream")))
        await go_on.wait()
        await send(body(b"data: x\n\n"))

    stage.parts["/"] = events
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.ask()
        async with asyncio.timeout(5):
            head = await caller.reader.readuntil(b"\r\n\r\n")
        assert b"text/event-stream" in head
        go_on.set()
        async with asyncio.timeout(5):
            assert await caller.reader.readuntil(b"0\r\n\r\n") == b"9\r\ndata: x\n\n\r\n0\r\n\r\n"


# what an app may not do


@pytest.mark.parametrize(
    "messages",
    [
        [start((b"x-a", b"b\r\nx-evil: c"))],
        [start((b"x-a\r\nx-evil: c", b"b"))],
        [start((b"x-a", b"b\nc"))],
        [start((b"x-a", b"b\0c"))],
        [body(b"early")],
        [{"type": "http.response.trailers"}],
        [],
    ],
)
async def test_an_app_that_breaks_the_rules_before_its_head_is_a_500(
    messages: list[dict[str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, "aigw_dev.server"):
        sent = await raw(responds(*messages), ONCE)
    assert sent.startswith(b"HTTP/1.1 500 ")
    assert b'"code":"internal_error"' in sent
    assert b"evil" not in sent


@pytest.mark.parametrize(
    "messages",
    [
        [start((b"content-length", b"5")), body(b"hello world")],
        [start((b"content-length", b"5")), body(b"hell")],
        [start((b"content-length", b"5")), body(b"hell", more=True)],
        [start(), body(b"hello", more=True)],
        [start(), start()],
        [start(), body(b"hello", more=True), {"type": "http.response.push"}],
    ],
)
async def test_an_app_that_breaks_the_rules_later_is_cut_off(
    messages: list[dict[str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    stage = responds(*messages)
    with caplog.at_level(logging.CRITICAL, "aigw_dev.server"):
        async with serving(stage) as server, await Caller.connect(server.port) as caller:
            caller.ask()
            with pytest.raises((AssertionError, ConnectionError), match=r"cut off|reset"):
                await caller.response()
            assert await caller.is_closed()


async def test_an_exception_of_the_app_is_logged_with_its_path_and_answered_without_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage()

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("private-detail")

    stage.parts["/"] = broken
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.ask()
        response = await caller.response()
    assert response.status == 500
    assert b"private-detail" not in response.body
    (record,) = [each for each in caplog.records if each.name == "aigw_dev.server"]
    assert "POST /" in record.getMessage()
    assert record.exc_info is not None


async def test_a_response_after_the_end_is_a_fault_of_the_app_only(caplog: pytest.LogCaptureFixture) -> None:
    stage = responds(start((b"content-length", b"2")), body(b"ok"), body(b"more"))
    with caplog.at_level(logging.CRITICAL, "aigw_dev.server"):
        async with serving(stage) as server, await Caller.connect(server.port) as caller:
            for _ in range(2):
                caller.ask()
                assert (await caller.response()).body == b"ok"


# reading the body


async def test_a_body_is_given_in_pieces_and_then_the_app_can_wait_for_the_end() -> None:
    stage = Stage()
    seen: list[dict[str, object]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            seen.append(dict(await receive()))  # noqa: PERF401 -- each is awaited
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        assert not waiting.done()
        await answer(send)
        seen.append(dict(await waiting))

    stage.parts["/"] = app
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        await quiet(lambda: seen)
        caller.send(b"cd")
        assert (await caller.response()).status == 200
        await quiet(lambda: len(seen) == 3)
    assert seen == [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cd", "more_body": False},
        {"type": "http.disconnect"},
    ]


async def test_a_request_without_a_body_has_an_empty_one() -> None:
    stage = Stage()
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await caller.response()).json()["size"] == 0


async def test_continue_is_sent_when_the_app_reads() -> None:
    stage = Stage()
    go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        await stage.tell(scope, receive, send)

    stage.parts["/"] = app
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        await called(stage)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.1)
        go_on.set()
        async with asyncio.timeout(5):
            assert await caller.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.send(b"{}")
        assert (await caller.response()).json()["size"] == 2


async def test_a_refused_expectation_gets_the_refusal_only() -> None:
    stage = Stage()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"no", status=401)

    stage.parts["/"] = app
    sent = await raw(
        stage, b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    assert sent.startswith(b"HTTP/1.1 401 ")
    assert b"100 Continue" not in sent


# writing


async def test_the_app_waits_while_its_caller_does_not_read() -> None:
    stage = Stage()
    sent = 0

    async def flood(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(start())
        for _ in range(1000):
            await send(body(b"x" * 100_000, more=True))
            sent += 100_000
        await send(body(b""))

    stage.parts["/"] = flood
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport reads, says its class
        caller.ask()
        before = -1
        while before != sent:
            before = sent
            await passed(0.1)
        assert 0 < sent < 50_000_000
        caller.writer.transport.resume_reading()  # type: ignore[attr-defined]  # a transport reads, says its class
        size = 0
        async with asyncio.timeout(20):
            while size < 100_000_000:
                size += len(await caller.reader.read(1_000_000))


async def test_what_is_sent_after_the_caller_left_goes_nowhere() -> None:
    stage = Stage()
    has_ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.Event()
        link_of(scope).on_disconnect = gone.set
        await gone.wait()
        await send(start())
        await send(body(b"x"))
        has_ended.set()

    stage.parts["/"] = app
    async with serving(stage) as server:
        async with await Caller.connect(server.port) as caller:
            caller.ask()
            await called(stage)
        await asyncio.wait_for(has_ended.wait(), 5)
