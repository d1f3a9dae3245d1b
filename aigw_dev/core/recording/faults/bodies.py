"""Replies of status 200 whose content is wrong: whole bodies and streams, in every dialect, by the same changes.

A whole body is held until it ends; a stream too where the change needs all of it (tool calls, refusals).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.faults.blocks import Block, Cutter, Framing, framing_of, json_object
from aigw_dev.core.recording.faults.edits_inside import without_usage
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.slots import Object, slots
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import (
    Act,
    Bytes,
    End,
    Headers,
    Stage,
    Step,
    is_good,
    value_of,
    without,
)

Change = Callable[[Object, FaultSpec, str], Object | None]
"""Changes a body or an event in place or gives another; the same object unchanged = nothing to do, None = leave it out.
It says that it did something by giving a new object."""

_PAD_BYTES: Final = 64
_HUGE_BYTES: Final = 50 * 1024 * 1024
_CLAIMED_BYTES: Final = 16 * 1024 * 1024
_PIECE: Final = b"x" * 65536
_SPACES: Final = b" " * 65536
_MARK: Final = b"\xee\x83\xba\xee\x83\xbb"
_GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
_PAGE: Final = (
    b"<!doctype html>\n<html><head><title>Sign in</title></head>\n<body><form action='/login' method='post'>"
    b"<input name='user'><input name='password' type='password'></form></body></html>\n"
)
_OTHER_MODEL: Final = "other-model"


class BodyRewriter:
    """Plays a change on whole bodies and on events as they come."""

    wait_s = 0.0

    def __init__(self, spec: FaultSpec, stage: Stage, change: Change) -> None:
        self.has_acted = False
        self._spec = spec
        self._stage = stage
        self._change = change
        self._cutter: Cutter | None = None
        self._body: bytearray | None = None

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head without a length."""
        kind = value_of(headers, b"content-type")
        framing = framing_of(kind, is_array=self._stage.is_stream and self._stage.dialect == GEMINI)
        if not is_good(status):
            return status, headers, []
        if framing is not None:
            self._cutter = Cutter(framing)
        else:
            self._body = bytearray()
        return status, without(headers, b"content-length"), []

    def feed(self, chunk: bytes) -> list[Step]:
        """The changed events that these bytes complete; of a whole body nothing yet."""
        if self._body is not None:
            self._body += chunk
            return []
        if self._cutter is None:
            return [Bytes(chunk)]
        return [step for block in self._cutter.feed(chunk) for step in self._changed(block)]

    def close(self) -> list[Step]:
        """The changed body, or the rest of the stream."""
        if self._body is not None:
            body = bytes(self._body)
            document = json_object(body)
            changed = (
                self._change(document, self._spec, self._stage.dialect) if document is not None else None
            )
            if changed is None or changed is document:
                return [Bytes(body)] if body else []
            self.has_acted = True
            return [Bytes(msgspec.json.encode(changed))]
        if self._cutter is None:
            return []
        return [step for block in self._cutter.close() for step in self._changed(block)]

    def _changed(self, block: Block) -> list[Step]:
        payload = block.payload()
        if payload is None:
            return [Bytes(block.raw)]
        changed = self._change(payload, self._spec, self._stage.dialect)
        if changed is payload:
            return [Bytes(block.raw)]
        self.has_acted = True
        if changed is None:
            return []
        # the name of an event of OpenAI's Responses is its type
        kind = changed.get("type")
        name = kind if self._stage.dialect == RESPONSES and isinstance(kind, str) else None
        return [Bytes(block.with_data(msgspec.json.encode(changed), name=name))]


class Reframed:
    """The same body under a head that lies about it."""

    wait_s = 0.0

    def __init__(
        self, change: Callable[[Headers], Headers], before: bytes = b"", end: End | None = None
    ) -> None:
        """`before` comes before the body, `end` after it."""
        self.has_acted = False
        self._change = change
        self._before = before
        self._end = end

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The changed head."""
        if not is_good(status):
            self._end = None
            return status, headers, []
        self.has_acted = True
        return status, self._change(headers), [Bytes(self._before)] if self._before else []

    def feed(self, chunk: bytes) -> list[Step]:
        """The same bytes."""
        return [Bytes(chunk)]

    def close(self) -> list[Step]:
        """The end that breaks the head's promise, if any."""
        return [] if self._end is None else [self._end]


class Huge:
    """One text of the reply is very long; in a stream the text of one event."""

    wait_s = 0.0

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        self.has_acted = False
        self._size = _HUGE_BYTES if spec.size_bytes is None else spec.size_bytes
        self._stage = stage
        self._cutter: Cutter | None = None
        self._body: bytearray | None = None

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head without a length."""
        if not is_good(status):
            return status, headers, []
        framing: Framing | None = framing_of(value_of(headers, b"content-type"))
        self._cutter = Cutter(framing) if framing == "sse" else None
        self._body = bytearray() if self._cutter is None else None
        return status, without(headers, b"content-length"), []

    def feed(self, chunk: bytes) -> list[Step]:
        """The events, one of them huge."""
        if self._body is not None:
            self._body += chunk
            return []
        if self._cutter is None:
            return [Bytes(chunk)]
        return [step for block in self._cutter.feed(chunk) for step in self._padded(block)]

    def close(self) -> list[Step]:
        """The huge body, or the rest of the stream."""
        if self._body is None:
            return [] if self._cutter is None else [Bytes(block.raw) for block in self._cutter.close()]
        self.has_acted = True
        body = bytes(self._body)
        marked = _marked(json_object(body), self._stage.dialect, "whole_text", "text")
        return (
            _filled(body + _MARK, self._size, _SPACES)
            if marked is None
            else _filled(marked, self._size, _PIECE)
        )

    def _padded(self, block: Block) -> list[Step]:
        marked = None if self.has_acted else _marked(block.payload(), self._stage.dialect, "text")
        if marked is None:
            return [Bytes(block.raw)]
        self.has_acted = True
        return _filled(block.with_data(marked), self._size, _PIECE)


def login_page() -> Act:
    """`body.wrong_content_type`: a page that somebody between puts there."""
    headers = ((b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(_PAGE)))
    return Act(status=200, headers=headers, steps=(Bytes(_PAGE),))


def retyped(kind: bytes) -> Reframed:
    """`body.wrong_content_type`: the body under another type."""
    return Reframed(lambda headers: [*without(headers, b"content-type"), (b"content-type", kind)])


def gzip_broken() -> Reframed:
    """`body.gzip_broken`: the body claims to be gzip, its head is one, the rest is not."""
    return Reframed(
        lambda headers: [
            *without(headers, b"content-length", b"content-encoding"),
            (b"content-encoding", b"gzip"),
        ],
        before=_GZIP_HEAD,
    )


def truncated_length(spec: FaultSpec) -> Reframed:
    """`body.truncated_length`: the head promises more than comes; a stream of unknown length 16 MiB."""
    more = _PAD_BYTES if spec.size_bytes is None else spec.size_bytes

    def promised(headers: Headers) -> Headers:
        length = value_of(headers, b"content-length")
        size = int(length) + more if length.isdigit() else _CLAIMED_BYTES
        rest = without(headers, b"content-length", b"transfer-encoding")
        return [*rest, (b"content-length", b"%d" % size)]

    return Reframed(promised, end=End("dirty"))


def change_of(fault: str) -> Change | None:
    """The change that does this fault; None where the fault is none of these."""
    return _CHANGES.get(fault)


def ended(document: Object, dialect: str, words: Mapping[str, str]) -> Object:
    """The body or event with another reason to finish; `words` by dialect, of Responses the reason to be incomplete."""
    if dialect == RESPONSES:
        return _incomplete(document, words[RESPONSES])
    found = [slot for slot in slots(document, dialect, "finish") if slot.value is not None]
    if not found:
        return document
    for slot in found:
        slot.put(words[dialect])
    return dict(document)


_LENGTH: Final = {
    CHAT: "length",
    RESPONSES: "max_output_tokens",
    ANTHROPIC: "max_tokens",
    GEMINI: "MAX_TOKENS",
    BEDROCK: "max_tokens",
}
_CONTEXT: Final = _LENGTH | {
    ANTHROPIC: "model_context_window_exceeded",
    BEDROCK: "model_context_window_exceeded",
}
_FILTER: Final = {
    CHAT: "content_filter",
    RESPONSES: "content_filter",
    ANTHROPIC: "refusal",
    GEMINI: "SAFETY",
    BEDROCK: "content_filtered",
}


def _finish_length(document: Object, spec: FaultSpec, dialect: str) -> Object | None:
    words = _CONTEXT if spec.kind == "context" else _LENGTH
    changed = ended(document, dialect, words)
    if spec.kind != "empty":
        return changed
    texts = [slot for slot in slots(changed, dialect, "text", "whole_text") if slot.value]
    for slot in texts:
        slot.put("")
    return dict(changed) if texts else changed


def _content_filter(document: Object, spec: FaultSpec, dialect: str) -> Object | None:  # noqa: ARG001
    return ended(document, dialect, _FILTER)


def _missing_usage(document: Object, spec: FaultSpec, dialect: str) -> Object | None:  # noqa: ARG001
    return without_usage(document, dialect)


def _null_content(document: Object, spec: FaultSpec, dialect: str) -> Object | None:  # noqa: ARG001
    kind = document.get("type")
    if isinstance(kind, str) and kind.startswith(_CONTENT_EVENTS.get(dialect, ("\0",))):
        return None
    if dialect == BEDROCK and ("delta" in document or "start" in document or set(document) <= _BLOCK_STOP):
        return None
    found = [slot for slot in slots(document, dialect, "content") if slot.value]
    calls = slots(document, dialect, "calls")
    if not found and not calls:
        return document
    for slot in found:
        if dialect == GEMINI:
            slot.drop()
        else:
            slot.put(None if dialect == CHAT else [])
    for slot in calls:
        slot.drop()
    return dict(document)


def _wrong_model(document: Object, spec: FaultSpec, dialect: str) -> Object | None:
    found = slots(document, dialect, "model")
    if not found:
        return document
    for slot in found:
        slot.put(spec.text or _OTHER_MODEL)
    return dict(document)


_CHANGES: Final[Mapping[str, Change]] = {
    "body.finish_length": _finish_length,
    "body.content_filter": _content_filter,
    "body.missing_usage": _missing_usage,
    "body.null_content": _null_content,
    "gateway.wrong_model": _wrong_model,
}
_CONTENT_EVENTS: Final = {
    RESPONSES: (
        "response.output_",
        "response.content_part",
        "response.function_call",
        "response.refusal",
        "response.reasoning",
    ),
    ANTHROPIC: ("content_block_",),
}
_BLOCK_STOP: Final = {"contentBlockIndex", "p"}


def _incomplete(document: Object, reason: str) -> Object:
    is_event = "response" in document
    found = document["response"] if is_event else document
    held = cast("Object", found) if isinstance(found, dict) else {}
    if held.get("status") != "completed":
        return document
    changed: dict[str, Any] = {**held, "status": "incomplete", "incomplete_details": {"reason": reason}}
    return {**document, "type": "response.incomplete", "response": changed} if is_event else changed


def _marked(document: Object | None, dialect: str, *what: Any) -> bytes | None:
    """The document as JSON, a mark at the end of its first text; None where it has none."""
    for slot in slots(document, dialect, *what) if document is not None else ():
        if isinstance(slot.value, str) and slot.value:
            slot.put(slot.value + _MARK.decode())
            return msgspec.json.encode(document)
    return None


def _filled(marked: bytes, size: int, filling: bytes) -> list[Step]:
    """The bytes with `size` more where the mark is, in writes of 64 KiB that share their memory."""
    before, _, after = marked.partition(_MARK)
    whole, rest = divmod(size, len(filling))
    pieces = [before, *[filling] * whole, filling[:rest], after]
    return [Bytes(piece) for piece in pieces if piece]
