"""A streamed JSON array, cut into its items as they come: what `streamGenerateContent` sends without `alt=sse`.

Sans-IO, right at every cut. A bare object (an error body) is one event too; what stands behind the array is not looked at.
"""

import re
from typing import Final

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams.sse import MAX_EVENT_BYTES, Event

_STEP: Final = re.compile(rb'["\\{}\[\]]')
_STRING_END: Final = re.compile(rb'["\\]')


class ArrayFramer:
    """Turns the bytes of a JSON array into one event per item; feed it reads of any size."""

    def __init__(self) -> None:
        self._item: list[bytes] = []
        self._item_bytes = 0
        self._depth = 0  # of brackets inside the item
        self._is_string = False
        self._is_escaped = False
        self._is_bare = False  # the reply is one object, not an array
        self._is_open = False
        self._is_over = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Every item that `chunk` completes, in order. Raises UpstreamError `event_too_large`."""
        events: list[Event] = []
        position = 0
        while position < len(chunk) and not self._is_over:
            if self._depth:
                position = self._inside(chunk, position, events)
            else:
                position = self._between(chunk, position)
        return events

    def close(self) -> list[Event]:
        """The item that the body ended in, if any, as it is: whoever reads it sees that it is broken."""
        rest = b"".join(self._item)
        self._item = []
        return [Event(data=rest, size_bytes=len(rest))] if rest else []

    def _between(self, chunk: bytes, position: int) -> int:
        byte = chunk[position : position + 1]
        if byte == b"{":
            self._is_bare = self._is_bare or not self._is_open
            self._depth = 1
            self._hold(byte)
        elif byte == b"[":
            self._is_open = True
        elif byte == b"]":
            self._is_over = True
        return position + 1  # spaces, commas, and what is no array of objects at all

    def _inside(self, chunk: bytes, position: int, events: list[Event]) -> int:
        start = position
        if self._is_escaped:
            self._is_escaped = False
            position += 1
        while True:
            match = (_STRING_END if self._is_string else _STEP).search(chunk, position)
            if match is None:
                self._hold(chunk[start:])
                return len(chunk)
            position = match.end()
            byte = match[0]
            if byte == b"\\":
                if position == len(chunk):
                    self._is_escaped = True
                    self._hold(chunk[start:])
                    return position
                position += 1
            elif byte == b'"':
                self._is_string = not self._is_string
            else:
                self._depth += 1 if byte in b"{[" else -1
                if self._depth == 0:
                    self._hold(chunk[start:position])
                    self._dispatch(events)
                    return position

    def _dispatch(self, events: list[Event]) -> None:
        whole = b"".join(self._item)
        events.append(Event(data=whole, size_bytes=len(whole), block_bytes=len(whole)))
        self._item = []
        self._item_bytes = 0
        self._is_over = self._is_bare

    def _hold(self, piece: bytes) -> None:
        self._item.append(piece)
        self._item_bytes += len(piece)
        if self._item_bytes > MAX_EVENT_BYTES:
            raise UpstreamError(
                f"one item of the stream is larger than {MAX_EVENT_BYTES >> 20} MiB",
                code="event_too_large",
                hint="ask the provider for smaller events",
            )
