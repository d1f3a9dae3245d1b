"""Replies that are held before an event."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from aigw_dev.server.testbench.gates import Gates

pytestmark = pytest.mark.anyio
EVENTS = [b"data: %d\n\n" % number for number in range(4)]


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize(
    "chunks", [EVENTS, [b"".join(EVENTS)], [b"".join(EVENTS)[:13], b"".join(EVENTS)[13:]]]
)
async def test_so_many_events_pass_and_the_next_waits(chunks: list[bytes]) -> None:
    gates = Gates()
    gate = gates.add(call=0, before_event=2)
    got: list[bytes] = []

    async def read() -> None:
        got.extend([piece async for piece in gates.pass_through(0, pieces(*chunks))])

    async with asyncio.timeout(5):
        task = asyncio.create_task(read())
        await gate.is_reached.wait()
        assert (
            b"".join(got).count(b"\n\n") == 0
        )  # nothing was taken from the list yet: the reader collects at its end
        gate.is_open.set()
        await task
    assert b"".join(got) == b"".join(EVENTS)


async def test_held_events_are_exactly_those_before_the_gate() -> None:
    gates = Gates()
    gate = gates.add(call=0, before_event=3)
    got: list[bytes] = []

    async def read() -> None:
        async for piece in gates.pass_through(0, pieces(b"".join(EVENTS))):
            got[:] = [*got, piece]

    async with asyncio.timeout(5):
        task = asyncio.create_task(read())
        await gate.is_reached.wait()
        assert b"".join(got) == b"".join(EVENTS[:3])
        gates.open_all()
        await task


async def test_other_calls_are_not_held() -> None:
    gates = Gates()
    gates.add(call=1, before_event=0)
    async with asyncio.timeout(5):
        assert [piece async for piece in gates.pass_through(0, pieces(*EVENTS))] == EVENTS
    assert gates.find("g1") is not None
    assert gates.find("g9") is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("cut", [0, 8, 9, 10, 14])
async def test_events_of_any_line_end_are_held_one_by_one(end: bytes, cut: int) -> None:
    gates = Gates()
    gate = gates.add(call=0, before_event=2)
    events = [one.replace(b"\n", end) for one in EVENTS]
    whole = b": hello" + 2 * end + b"".join(events)
    got: list[bytes] = []

    async def read() -> None:
        async for piece in gates.pass_through(0, pieces(whole[:cut], whole[cut:])):
            got[:] = [*got, piece]

    async with asyncio.timeout(5):
        task = asyncio.create_task(read())
        await gate.is_reached.wait()
        # A comment is no event with data; of CRLF's last the LF may still be on its way.
        assert b"".join(got).count(b"data:") == 2
        gate.is_open.set()
        await task
    assert b"".join(got) == whole
