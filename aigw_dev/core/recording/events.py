"""A recorded stream: its events from the bytes as they came, and the bytes of an event for a replay.

What is kept is what an SSE reader sees: names, data, ids, in order, each with the time at which it was whole. Where the
reads were cut never matters. Not kept: comments, `retry:`, blanks and the order of JSON's escapes, and the random padding
that OpenAI calls `obfuscation`. JSON that would not come back the same (duplicate keys, `1e400`) stays text. Streams that
are no such events (AWS frames, JSON arrays, NDJSON, broken UTF-8, one that ends amid an event) are kept as their pieces.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.recording.document import lossless
from aigw_dev.core.recording.fixture import EventRow
from aigw_dev.core.streams.sse import Decoder, Event, encode, unbroken

EVENT_STREAM: Final = "text/event-stream"
_PADDING: Final = "obfuscation"
_LOOKS_LIKE: Final = (b"data:", b"event:", b":", b"id:", b"retry:")
_UNSAID: Final = frozenset({"", "text/plain", "application/octet-stream"})
"""Content types that say nothing: the bytes are looked at."""


class Stream(msgspec.Struct, kw_only=True):
    """A recorded stream as parts of a `Response`: `events`, or `raw` where they would not be the same stream."""

    events: list[EventRow] | None = None
    raw: list[tuple[int, bytes]] | None = None
    dt_ms: list[int] = []
    """Per event: milliseconds since the one before, of the first since the call was sent. Empty with `raw`."""


class Whole(msgspec.Struct, kw_only=True):
    """A whole reply's body as parts of a `Response`; neither = bytes, for a blob."""

    body: Any = msgspec.UNSET
    text: str | None = None


class StreamParser:
    """Listens to a stream while it is relayed. Nothing in it raises, whatever the bytes are."""

    def __init__(self, content_type: str, *, started_s: float = 0.0) -> None:
        """`started_s` is when the call was sent, on the clock that `feed` is told."""
        self._started_s = started_s
        self._type = content_type.partition(";")[0].strip().lower()
        self._pieces: list[tuple[float, bytes]] = []
        self._decoder = Decoder()
        self._rows: list[EventRow] = []
        self._times: list[float] = []
        self._id = ""
        self._is_events = True

    @property
    def rows(self) -> Sequence[EventRow]:
        """The events so far."""
        return self._rows

    def feed(self, at_s: float, chunk: bytes) -> None:
        """Take the bytes of one read, which arrived at `at_s`."""
        if not chunk:
            return
        if not self._pieces:
            self._is_events = self._type == EVENT_STREAM or (
                self._type in _UNSAID and chunk.removeprefix(b"\xef\xbb\xbf").startswith(_LOOKS_LIKE)
            )
        self._pieces.append((at_s, chunk))
        if not self._is_events:
            return
        try:
            self._take(self._decoder.feed(chunk), at_s)
        except UpstreamError:  # an event larger than the relay lets pass
            self._is_events = False

    def close(self, *, is_raw: bool = False) -> Stream:
        """What was heard; with `is_raw` byte for byte. Nothing can be fed after that."""
        tail_bytes = self._decoder.tail_bytes
        if self._is_events and self._pieces:
            before = len(self._rows)
            self._take(self._decoder.close(), self._pieces[-1][0])
            is_whole = not tail_bytes or (len(self._rows) > before and _is_finished(self._rows[-1]))
            self._is_events = self._is_events and is_whole and self._says_all()
        if is_raw or not self._is_events:
            waits = _waits([at_s for at_s, _chunk in self._pieces], self._started_s)
            return Stream(raw=[(wait, chunk) for wait, (_at, chunk) in zip(waits, self._pieces, strict=True)])
        return Stream(events=self._rows, dt_ms=_waits(self._times, self._started_s))

    def _says_all(self) -> bool:
        """Whether the events hold what the bytes say: text, and not one that is no event at all (an error as bare JSON)."""
        content = b"".join(chunk for _at, chunk in self._pieces)
        try:
            content.decode()
        except UnicodeDecodeError:
            return False
        return bool(self._rows) or all(line.startswith(b":") for line in content.splitlines() if line)

    def _take(self, events: Iterable[Event], at_s: float) -> None:
        for event in events:
            if event.is_comment:
                continue
            if self._id and not event.id:  # an id taken back: a row cannot say that
                self._is_events = False
            new_id = "" if event.id == self._id else event.id
            self._id = event.id
            self._rows.append(_row(event, new_id))
            self._times.append(at_s)


def rows_of(
    pieces: Sequence[tuple[float, bytes]], content_type: str, *, started_s: float = 0.0, is_raw: bool = False
) -> Stream:
    """The parts of a reply from its reads: when each arrived, in seconds, and its bytes."""
    parser = StreamParser(content_type, started_s=started_s)
    for at_s, chunk in pieces:
        parser.feed(at_s, chunk)
    return parser.close(is_raw=is_raw)


def whole_of(content: bytes, content_type: str) -> Whole:
    """The parts of a reply, or request, that came whole: JSON where it survives, else text, else neither."""
    kind = content_type.partition(";")[0].strip().lower()
    if not content:
        return Whole()
    if kind in _UNSAID or kind.endswith(("json", "+json")):
        body = lossless(content)
        if body is not msgspec.UNSET:
            return Whole(body=body)
    elif not kind.startswith("text/") and kind not in _TEXT_TYPES:
        return Whole()
    try:
        return Whole(text=content.decode())
    except UnicodeDecodeError:
        return Whole()


def json_bytes(value: Any) -> bytes:
    """A recorded JSON value as a provider's bytes: compact, keys in their order."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone half of a pair, as providers do send it, escaped
        return json.dumps(value, separators=(",", ":")).encode()


def data_bytes(row: EventRow) -> bytes:
    """An event's data as bytes."""
    if row.data is msgspec.UNSET:
        return row.text.encode("utf-8", "replace")
    return unbroken(json_bytes(row.data))


def sse_bytes(row: EventRow) -> bytes:
    """One event as it goes over the wire, its empty line included."""
    return encode(data_bytes(row), event=row.name or "", id=row.id)


def events_of(rows: Iterable[EventRow]) -> list[Event]:
    """Rows as the events that a dialect's reader listens to."""
    return [Event(data=data_bytes(row), event=row.name or "", id=row.id) for row in rows]


def is_terminated(rows: Sequence[EventRow], dialect: str) -> bool:
    """Whether a stream said that it is over, in its dialect's way; an error event says so too."""
    says_so = _TERMINATORS.get(dialect)
    return any(_is_error(row) or (says_so is not None and says_so(row)) for row in rows)


_TEXT_TYPES: Final = frozenset(
    {
        "application/sdp",
        "application/xml",
        "application/x-subrip",
        "application/x-ndjson",
        "application/jsonl",
    }
)


def _row(event: Event, new_id: str) -> EventRow:
    name = event.event or None
    text = event.data.decode("utf-8", "replace")
    if text.lstrip()[:1] in {"{", "["}:
        data = lossless(event.data)
        if isinstance(data, dict):
            fields = cast("dict[str, Any]", data)
            fields.pop(_PADDING, None)
            return EventRow(name=name, data=fields, id=new_id)
        if isinstance(data, list):
            return EventRow(name=name, data=cast("list[Any]", data), id=new_id)
    return EventRow(name=name, text=text, id=new_id)


def _is_finished(row: EventRow) -> bool:
    """Whether an event without its empty line is whole all the same."""
    return row.data is not msgspec.UNSET or row.text == "[DONE]"


def _waits(times: list[float], started_s: float) -> list[int]:
    """Whole milliseconds between moments; rounding errors do not add up."""
    stamps = [max(0, round((at - started_s) * 1000)) for at in times]
    return [max(0, at - before) for before, at in zip([0, *stamps], stamps, strict=False)]


def _kind(row: EventRow) -> str:
    data = cast("dict[str, Any]", row.data) if isinstance(row.data, dict) else {}
    kind = data.get("type", row.name)
    return kind if isinstance(kind, str) else ""


def _is_error(row: EventRow) -> bool:
    if not isinstance(row.data, dict):
        return False
    return bool(cast("dict[str, Any]", row.data).get("error")) or "error" in {row.name, _kind(row)}


def _ends_chat(row: EventRow) -> bool:
    return row.text == "[DONE]" or _kind(row) in {
        "transcript.text.done",
        "speech.audio.done",
        "image_generation.completed",
        "image_edit.completed",
    }


def _ends_responses(row: EventRow) -> bool:
    return _kind(row) in {"response.completed", "response.failed", "response.incomplete"}


def _ends_messages(row: EventRow) -> bool:
    return _kind(row) == "message_stop"


def _ends_generation(row: EventRow) -> bool:
    if not isinstance(row.data, dict):
        return False
    data = cast("dict[str, Any]", row.data)
    feedback, candidates = data.get("promptFeedback"), data.get("candidates")
    if isinstance(feedback, dict) and cast("dict[str, Any]", feedback).get("blockReason"):
        return True
    return isinstance(candidates, list) and any(
        isinstance(one, dict) and bool(cast("dict[str, Any]", one).get("finishReason"))
        for one in cast("list[Any]", candidates)
    )


_TERMINATORS: Final[dict[str, Callable[[EventRow], bool]]] = {
    "openai-chat": _ends_chat,
    "openai-responses": _ends_responses,
    "anthropic-messages": _ends_messages,
    "gemini-generate-content": _ends_generation,
}
