"""Replies that a fault makes or changes, as the attempts read them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.recording.faults.spec import parse_fault
from aigw_dev.core.recording.faults.steps import Act, Bytes, End, Headers, Step, Wait
from aigw_dev.server.fault_board import InForce
from aigw_dev.server.faulty_reply import FaultyReply, RewrittenReply

pytestmark = pytest.mark.anyio


def fault() -> InForce:
    return InForce(parse_fault("stream.cut"))


class Source:
    """A provider's reply of three pieces."""

    status = 200
    is_complete = False

    def __init__(self) -> None:
        self.headers: Headers = [(b"content-type", b"text/plain")]
        self.given: list[bytes] = []
        self.is_cancelled = False

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in (b"one", b"two", b"three"):
            self.given.append(piece)
            yield piece

    async def read(self, limit: int) -> bytes:
        raise NotImplementedError

    def cancel(self) -> None:
        self.is_cancelled = True


class Rewriting:
    """Passes so many pieces, then does `then`."""

    wait_s = 0.0
    has_acted = True

    def __init__(self, passes: int = 9, *then: Step) -> None:
        self.passes = passes
        self.then = list(then)

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        return status + 1, [*headers, (b"x", b"y")], [Bytes(b"first")]

    def feed(self, chunk: bytes) -> list[Step]:
        self.passes -= 1
        return [Bytes(chunk)] if self.passes >= 0 else self.then

    def close(self) -> list[Step]:
        return [Bytes(b"last")]


async def heard(reply: Any) -> tuple[list[bytes], str]:
    """The pieces, and the code of how they ended."""
    pieces: list[bytes] = []
    try:
        async with asyncio.timeout(5):
            async for piece in reply.chunks():
                pieces.append(piece)  # noqa: PERF401  -- what came before the end counts
    except UpstreamError as error:
        return pieces, error.code
    return pieces, ""


async def test_a_reply_of_its_own_is_played_piece_by_piece() -> None:
    act = Act(status=503, headers=((b"a", b"b"),), steps=(Bytes(b"x"), Wait(0.0), Bytes(b""), Bytes(b"y")))
    reply = FaultyReply(act, fault())
    assert (reply.status, reply.headers, reply.is_complete) == (503, [(b"a", b"b")], False)
    assert await heard(reply) == ([b"x", b"y"], "")
    assert reply.is_complete


@pytest.mark.parametrize(
    ("kind", "code"), [("clean", ""), ("dirty", "upstream_reset"), ("reset", "upstream_reset")]
)
async def test_a_reply_ends_as_it_is_told_to(kind: Any, code: str) -> None:
    source = Source()
    reply = RewrittenReply(source, Rewriting(1, End(kind), Bytes(b"never")), fault(), is_drained=False)
    assert (reply.status, reply.headers[-1]) == (201, (b"x", b"y"))
    assert await heard(reply) == ([b"first", b"one"], code)
    assert source.is_cancelled


async def test_what_is_recorded_is_read_to_its_end_though_the_caller_gets_half() -> None:
    source = Source()
    reply = RewrittenReply(source, Rewriting(1, End("dirty")), fault(), is_drained=True)
    assert (await heard(reply))[1] == "upstream_reset"
    assert (source.given, source.is_cancelled) == ([b"one", b"two", b"three"], False)


async def test_a_reply_that_nothing_ends_early_is_whole() -> None:
    reply = RewrittenReply(Source(), Rewriting(), fault(), is_drained=False)
    assert await reply.read(100) == b"firstonetwothreelast"
    assert reply.is_complete


async def test_a_body_beyond_the_limit_is_refused() -> None:
    source = Source()
    with pytest.raises(UpstreamError, match="more than 6 bytes"):
        await RewrittenReply(source, Rewriting(), fault(), is_drained=False).read(6)
    assert source.is_cancelled


async def test_cancelling_wakes_a_reader_that_a_fault_holds() -> None:
    reply = FaultyReply(Act(steps=(Bytes(b"x"), End("hold"))), fault())
    reading = asyncio.ensure_future(heard(reply))
    await asyncio.sleep(0)
    reply.cancel()
    assert await reading == ([b"x"], "cancelled")


async def test_a_hold_pings_until_its_fault_is_taken_back() -> None:
    struck = fault()
    reply = FaultyReply(Act(steps=(End("hold", ping=b": ping\n\n", every_s=0.001),)), struck)
    pieces: list[bytes] = []

    async def read() -> None:
        async for piece in reply.chunks():
            pieces.append(piece)
            if len(pieces) == 3:
                struck.end()

    with pytest.raises(UpstreamError, match=r"stream\.cut\.clean"):
        await asyncio.wait_for(read(), 5)
    assert pieces == [b": ping\n\n"] * 3
