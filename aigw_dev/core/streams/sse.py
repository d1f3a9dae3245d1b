"""Server-sent events as bytes come: decode them, encode them, and let only whole ones pass.

Sans-IO. Rules (WHATWG HTML, 9.2.6 "Interpreting an event stream"), with what differs on purpose:
1. A line ends at CRLF, LF or CR and at nothing else: U+2028, U+2029 and U+0085 are text. One leading BOM is dropped.
2. `data:` lines of one event join with LF; one space after the colon is dropped; an event without data is not dispatched.
3. Comments are dispatched too (`is_comment`), at once: the relay must know that they were there, the reader skips them.
4. The end of the body ends the last event even without its blank line (WHATWG drops it): providers forget the blank line.
5. Whatever the cuts between reads, the events are the same; every byte is looked at a bounded number of times.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core.errors import UpstreamError

MAX_EVENT_BYTES: Final = 16 * 1024 * 1024
"""The most that one event, or one unfinished line, may hold (CONTRACT 3, limits)."""

_BOM: Final = b"\xef\xbb\xbf"
_LINE_SEPARATORS: Final = (
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
    (b"\xc2\x85", b"\\u0085"),
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event, or one comment, of a stream."""

    data: bytes
    """The `data:` lines joined with LF; the comment's text where `is_comment`."""
    event: str = ""
    """The event's type; empty where the stream names none (which browsers call `message`)."""
    id: str = ""
    """The last id seen in the stream, which also holds for events that name none."""
    is_comment: bool = False
    size_bytes: int = 0
    """Bytes of the stream since the end of the event before, framing and undispatched blocks included."""
    block_bytes: int = 0
    """The last of these: the event's own lines, comments between them, and the empty line."""


class Decoder:
    """Turns the bytes of a stream into events; feed it reads of any size.

    `tail_bytes` says how many of the bytes fed so far belong to an event that is not whole yet.
    """

    def __init__(self) -> None:
        self.tail_bytes = 0
        self.retry_ms: int | None = None
        """The reconnection time the stream asked for last, in milliseconds."""
        self._is_clean = False  # no unfinished line, no pending field; False at the start because of the BOM
        self._is_start = True
        self._has_cr = False  # the last byte fed was a CR: an LF that follows belongs to it
        self._line: list[bytes] = []  # pieces of the unfinished line
        self._line_bytes = 0
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._event = b""
        self._id = ""
        self._since_bytes = 0  # bytes since the last dispatched event

    def feed(self, chunk: bytes) -> list[Event]:
        """Every event that `chunk` completes, in order.

        Raises UpstreamError `event_too_large`; nothing can be fed after that.
        """
        size = len(chunk)
        # The common read is exactly one event of one line; it costs a few comparisons.
        if (
            self._is_clean
            and chunk.startswith(b"data: ")
            and chunk.find(b"\n") == size - 2
            and chunk.endswith(b"\n\n")
            and size <= MAX_EVENT_BYTES
            and b"\r" not in chunk
        ):
            since = self._since_bytes
            self._since_bytes = 0
            return [Event(data=chunk[6:-2], id=self._id, size_bytes=size + since, block_bytes=size)]
        return self._feed_lines(chunk)

    def close(self) -> list[Event]:
        """The event the body ended in, if any; call once, at the end of the body."""
        events: list[Event] = []
        if self._line:
            line = b"".join(self._line)
            self._line = []
            self._since_bytes -= len(line)
            self.tail_bytes -= len(line)
            self._take_line(line, events, len(line))
        if self._data:
            self._dispatch(events, self.tail_bytes)
        self.tail_bytes = 0
        return events

    def _feed_lines(self, chunk: bytes) -> list[Event]:
        events: list[Event] = []
        if self._has_cr and chunk:
            self._has_cr = False
            if chunk.startswith(b"\n"):
                self._since_bytes += 1
                if self.tail_bytes:
                    self.tail_bytes += 1
                chunk = chunk[1:]
        if b"\n" not in chunk and b"\r" not in chunk:
            self._hold(chunk)
            return events
        if self._line:
            self._line.append(chunk)
            held_bytes = self._line_bytes
            chunk = b"".join(self._line)
            self._line = []
            self._line_bytes = 0
            self.tail_bytes -= held_bytes
            self._since_bytes -= held_bytes
        self._has_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines(keepends=True)  # of bytes: CRLF, LF and CR only
        rest = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        for line in lines:
            self._take_line(line.rstrip(b"\r\n"), events, len(line))
        self._hold(rest)
        self._is_clean = not (rest or self._data or self._event or self._has_cr)
        return events

    def _hold(self, piece: bytes) -> None:
        if not piece:
            return
        size = len(piece)
        self._line.append(piece)
        self._line_bytes += size
        self.tail_bytes += size
        self._since_bytes += size
        self._is_clean = False
        self._check(self._line_bytes)

    def _check(self, size: int) -> None:
        if self._data_bytes + size > MAX_EVENT_BYTES:
            raise UpstreamError(
                f"one event of the stream is larger than {MAX_EVENT_BYTES >> 20} MiB",
                code="event_too_large",
                hint="ask the provider for smaller events",
            )

    def _take_line(self, line: bytes, events: list[Event], size: int) -> None:
        """One whole line without its end; `size` counts the end too."""
        self._since_bytes += size
        if self._is_start:
            self._is_start = False
            line = line.removeprefix(_BOM)
        self._check(len(line))
        if not line:
            if self._data:
                self._dispatch(events, self.tail_bytes + size)
            self.tail_bytes = 0
            self._event = b""
            return
        if line.startswith(b"data:"):
            self.tail_bytes += size
            self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            self._data_bytes += len(line)
            return
        self._take_other(line, events, size)

    def _take_other(self, line: bytes, events: list[Event], size: int) -> None:
        if line.startswith(b":"):
            self._take_comment(line[1:].removeprefix(b" "), events, size)
            return
        self.tail_bytes += size
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(b"")
            case b"event":
                self._event = value
            case b"id" if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
            case b"retry" if value.isdigit():
                self.retry_ms = int(value[:9])
            case _:
                pass

    def _take_comment(self, text: bytes, events: list[Event], size: int) -> None:
        if self.tail_bytes:
            # Inside an event: its bytes belong to that event.
            self.tail_bytes += size
            events.append(Event(data=text, is_comment=True))
            return
        events.append(Event(data=text, is_comment=True, size_bytes=self._since_bytes))
        self._since_bytes = 0

    def _dispatch(self, events: list[Event], block_bytes: int) -> None:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        name = self._event.decode("utf-8", "replace") if self._event else ""
        events.append(
            Event(data=data, event=name, id=self._id, size_bytes=self._since_bytes, block_bytes=block_bytes)
        )
        self._data = []
        self._data_bytes = 0
        self._since_bytes = 0


class Gate:
    """Lets a stream's bytes pass unchanged, but only whole events; holds the unfinished one back.

    So the bytes a client has seen always end between two events, and an in-band error can follow them.
    An event that `is_hidden` is taken out with its bytes.
    """

    def __init__(self, *, is_hidden: Callable[[Event], bool] | None = None) -> None:
        self._decoder = Decoder()
        self._is_hidden = is_hidden
        self._held: list[bytes] = []
        self._cr = b""

    def feed(self, chunk: bytes) -> tuple[bytes, list[Event]]:
        """What may be sent now, and every event that `chunk` completed (hidden ones included).

        Raises UpstreamError `event_too_large`.
        """
        if self._is_hidden is not None:
            # A CRLF cut in two would leave its LF with the next event: the CR waits for its LF.
            chunk = self._cr + chunk
            self._cr = b"\r" if chunk.endswith(b"\r") else b""
            chunk = chunk.removesuffix(b"\r")
            events = self._decoder.feed(chunk)
            return self._filter(chunk, events, self._is_hidden), events
        events = self._decoder.feed(chunk)
        tail = self._decoder.tail_bytes
        if not tail and not self._held:
            return chunk, events
        if tail >= len(chunk):
            self._held.append(chunk)
            return b"", events
        self._held.append(chunk[: len(chunk) - tail])
        ready = b"".join(self._held)
        self._held = [chunk[len(chunk) - tail :]] if tail else []
        return ready, events

    def close(self) -> tuple[bytes, list[Event]]:
        """The rest, at the body's proper end. After a break do not call it: the unfinished event is dropped."""
        events = self._decoder.feed(self._cr) + self._decoder.close()
        self._held.append(self._cr)
        rest = b"".join(self._held)
        self._held = []
        if self._is_hidden is None:
            return rest, events
        hidden = sum(event.block_bytes for event in events if self._is_hidden(event))
        return rest[: len(rest) - hidden], events

    def _filter(self, chunk: bytes, events: list[Event], is_hidden: Callable[[Event], bool]) -> bytes:
        self._held.append(chunk)
        if not events:
            return b""
        whole = b"".join(self._held)
        shown: list[bytes] = []
        start = 0
        for event in events:
            end = start + event.size_bytes
            shown.append(whole[start : end - event.block_bytes if is_hidden(event) else end])
            start = end
        self._held = [whole[start:]] if start < len(whole) else []
        return b"".join(shown)


def encode(data: bytes, *, event: str = "", id: str = "") -> bytes:  # noqa: A002 - the field's name
    """One event as bytes; `data` may hold line ends, each line becomes a `data:` line."""
    head = b""
    if event:
        head += b"event: " + _one_line(event) + b"\n"
    if id:
        head += b"id: " + _one_line(id) + b"\n"
    if b"\n" not in data and b"\r" not in data:
        return b"%sdata: %s\n\n" % (head, data)
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return head + b"".join(b"data: %s\n" % line for line in lines) + b"\n"


def encode_comment(text: str) -> bytes:
    """A comment as bytes: it keeps a connection warm and every client skips it."""
    return b": " + _one_line(text) + b"\n\n"


def unbroken(json_text: bytes) -> bytes:
    """The same JSON with U+2028, U+2029 and U+0085 spelled as escapes.

    For what the gateway writes itself: some clients split lines at these characters and would tear the event.
    """
    for character, escape in _LINE_SEPARATORS:
        json_text = json_text.replace(character, escape)
    return json_text


def _one_line(text: str) -> bytes:
    return text.replace("\r", " ").replace("\n", " ").encode("utf-8", "replace")
