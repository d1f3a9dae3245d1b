"""Gates: a reply is held before its event k until the test opens it, so that nothing has to sleep."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Final

import msgspec

from aigw_dev.core.streams.sse import Decoder

_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
"""One line with its end, CRLF, LF or CR; a piece's last may have none."""


class Gate(msgspec.Struct, kw_only=True):
    """Holds one call."""

    id: str
    call: int
    """The test's call, counted from 0."""
    before_event: int
    """Which event with data is held, counted from 0: so many are delivered first."""
    is_reached: asyncio.Event
    is_open: asyncio.Event


class Gates:
    """The gates of one test."""

    def __init__(self) -> None:
        """None yet."""
        self._gates: Final[dict[str, Gate]] = {}

    def add(self, *, call: int, before_event: int) -> Gate:
        """A new gate; the call may be on its way already."""
        gate = Gate(
            id=f"g{len(self._gates) + 1}",
            call=call,
            before_event=before_event,
            is_reached=asyncio.Event(),
            is_open=asyncio.Event(),
        )
        self._gates[gate.id] = gate
        return gate

    def find(self, identifier: str) -> Gate | None:
        """The gate of this id."""
        return self._gates.get(identifier)

    def of_call(self, call: int) -> list[Gate]:
        """The gates that hold a call, the earliest event first."""
        return sorted(
            (one for one in self._gates.values() if one.call == call), key=lambda one: one.before_event
        )

    def open_all(self) -> None:
        """At the test's end nothing stays held."""
        for gate in self._gates.values():
            gate.is_open.set()

    async def pass_through(self, call: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body with its gates: whole events before each gate, then a pause until it opens.

        Where a piece holds several events it is given out event by event from the first gate on.
        """
        decoder, seen = Decoder(), 0
        async for chunk in chunks:
            for piece, ahead in _events_of(decoder, chunk):
                for gate in self.of_call(call):
                    if ahead and not gate.is_open.is_set() and seen <= gate.before_event < seen + ahead:
                        gate.is_reached.set()
                        await gate.is_open.wait()
                seen += ahead
                yield piece


def _events_of(decoder: Decoder, chunk: bytes) -> Iterator[tuple[bytes, int]]:
    """A piece cut behind each event that it ends, whatever its line ends; with each part how many with data end in it."""
    start = 0
    for line in _LINE.finditer(chunk):
        ended = decoder.feed(line[0])
        if ended:
            yield chunk[start : line.end()], sum(not one.is_comment for one in ended)
            start = line.end()
    if start < len(chunk):
        yield chunk[start:], 0
