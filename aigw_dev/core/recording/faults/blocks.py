"""A stream cut into its events with their bytes: server-sent events, AWS's frames, Gemini's array.

Sans-IO; the cuts of the input never matter: the joined bytes of the blocks are the bytes fed, and where one block ends
depends on them alone.
"""

from typing import Any, Final, Literal, cast

import msgspec

from aigw_dev.core.dialects.gemini.array_framer import ArrayFramer
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams import event_stream, sse
from aigw_dev.core.streams.sse import Event

Framing = Literal["sse", "frames", "array"]
_KINDS: Final[tuple[tuple[bytes, Framing], ...]] = (
    (b"text/event-stream", "sse"),
    (b"application/vnd.amazon.eventstream", "frames"),
)


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Some bytes of a stream: one event with what stands before it, a comment, or a rest that is no event."""

    raw: bytes
    framing: Framing = "sse"
    event: Event | None = None

    @property
    def has_data(self) -> bool:
        """It counts for `after_events`."""
        return self.event is not None and not self.event.is_comment

    @property
    def data(self) -> bytes:
        """The event's data; empty where it is none."""
        return self.event.data if self.event is not None and self.has_data else b""

    def payload(self) -> dict[str, Any] | None:
        """The data as a JSON object; None where it is none."""
        return json_object(self.data)

    def with_data(self, data: bytes, *, name: str | None = None) -> bytes:
        """The block with other data, all else unchanged; `name` renames the event too."""
        if self.event is None or self.event.is_comment:
            return self.raw
        if self.framing == "frames":
            return event_stream.encode(data, event=self.event.event if name is None else name)
        place = self.raw.rfind(self.event.data)
        if place < 0 or (name is not None and name != self.event.event):
            return sse.encode(data, event=self.event.event if name is None else name)
        return self.raw[:place] + data + self.raw[place + len(self.event.data) :]

    def another(self, data: bytes, *, name: str = "") -> bytes:
        """A further event of the same stream. Only of `sse` and `frames`."""
        if self.framing == "frames":
            return event_stream.encode(data, event=name)
        return sse.encode(data, event=name)


def json_object(text: bytes) -> dict[str, Any] | None:
    """A JSON object; None where the text is none."""
    if text.lstrip()[:1] != b"{":
        return None
    try:
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def framing_of(content_type: bytes, *, is_array: bool = False) -> Framing | None:
    """How a reply of this type is framed; None where it is no stream. `is_array`: JSON is a stream too."""
    kind = content_type.lower().lstrip()
    for prefix, framing in _KINDS:
        if kind.startswith(prefix):
            return framing
    return "array" if is_array and kind.startswith(b"application/json") else None


class Cutter:
    """Cuts one stream into blocks. A stream that is not what its framing says passes as rests."""

    def __init__(self, framing: Framing) -> None:
        self._framing: Framing = framing
        self._decoder = sse.Decoder() if framing == "sse" else None
        self._framer = event_stream.Framer() if framing == "frames" else ArrayFramer()
        self._held = bytearray()
        self._cr = b""
        self._is_broken = False

    def feed(self, chunk: bytes) -> list[Block]:
        """Every block that `chunk` completes."""
        if self._is_broken:
            return [Block(raw=chunk, framing=self._framing)] if chunk else []
        try:
            match self._framing:
                case "sse":
                    return self._feed_sse(chunk)
                case "frames":
                    self._held += chunk
                    return [self._taken(event.size_bytes, event) for event in self._framer.feed(chunk)]
                case "array":
                    return self._feed_array(chunk)
        except UpstreamError:
            self._is_broken = True
            return self._rest(b"")

    def close(self) -> list[Block]:
        """The event the body ended in, and what is no event."""
        if self._is_broken or self._decoder is None:
            return self._rest(b"")
        self._held += self._cr
        events = self._decoder.feed(self._cr) + self._decoder.close()
        blocks = [self._taken(event.size_bytes, event) for event in events]
        return blocks + self._rest(b"")

    def _feed_sse(self, chunk: bytes) -> list[Block]:
        # A CR at the end of a read waits for its LF, which would else begin the next block.
        chunk = self._cr + chunk
        self._cr = b"\r" if chunk.endswith(b"\r") else b""
        chunk = chunk.removesuffix(b"\r")
        self._held += chunk
        assert self._decoder is not None  # noqa: S101 - of this framing
        # A comment amid an event belongs to that event's bytes.
        events = [event for event in self._decoder.feed(chunk) if event.size_bytes]
        return [self._taken(event.size_bytes, event) for event in events]

    def _feed_array(self, chunk: bytes) -> list[Block]:
        blocks: list[Block] = []
        start = 0
        while start < len(chunk):
            end = chunk.find(b"}", start) + 1 or len(chunk)
            piece = chunk[start:end]  # an item ends at a brace: at most one ends here
            start = end
            self._held += piece
            blocks += [self._taken(len(self._held), event) for event in self._framer.feed(piece)]
        return blocks

    def _taken(self, size: int, event: Event) -> Block:
        raw = bytes(self._held[:size])
        del self._held[:size]
        return Block(raw=raw, framing=self._framing, event=event)

    def _rest(self, more: bytes) -> list[Block]:
        raw = bytes(self._held) + self._cr * self._is_broken + more
        self._held.clear()
        self._cr = b""
        return [Block(raw=raw, framing=self._framing)] if raw else []
