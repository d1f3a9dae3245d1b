"""Tool calls that are wrong, and refusals: changes that need the whole reply, streamed or not.

A reply that has no tool call is replaced by one that has, and every reply by a refusal; both are built in its dialect.
"""

import abc
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.events import json_bytes, sse_bytes
from aigw_dev.core.recording.faults.blocks import Block, Cutter, framing_of, json_object
from aigw_dev.core.recording.faults.bodies import ended
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.slots import Object, call_of, slots
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import Bytes, Headers, Stage, Step, is_good, value_of, without
from aigw_dev.core.recording.fixture import Synth
from aigw_dev.core.recording.synth import build

_BAD: Final = '{"city": "Os'
_WRONG: Final = '{"unexpected": true}'
_UNKNOWN: Final = "no_such_tool"
_TOOL: Final = "get_weather"
_REFUSAL: Final = "I'm sorry, but I can't help with that."
_MALFORMED: Final = "MALFORMED_FUNCTION_CALL"
_CUT_OFF: Final = {ANTHROPIC: "max_tokens", BEDROCK: "max_tokens"}


class WholeReply:
    """Holds a reply until it is whole, then sends it changed."""

    wait_s = 0.0

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        self.has_acted = False
        self._spec = spec
        self._stage = stage
        self._cutter: Cutter | None = None
        self._blocks: list[Block] = []
        self._body: bytearray | None = None

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head without a length."""
        if not is_good(status):
            return status, headers, []
        is_array = self._stage.is_stream and self._stage.dialect == GEMINI
        framing = framing_of(value_of(headers, b"content-type"), is_array=is_array)
        if framing is None:
            self._body = bytearray()
        else:
            self._cutter = Cutter(framing)
        return status, without(headers, b"content-length"), []

    def feed(self, chunk: bytes) -> list[Step]:
        """Nothing yet; of an error the same bytes."""
        if self._body is not None:
            self._body += chunk
            return []
        if self._cutter is None:
            return [Bytes(chunk)]
        self._blocks += self._cutter.feed(chunk)
        return []

    def close(self) -> list[Step]:
        """The changed reply."""
        if self._body is not None:
            return [Bytes(body)] if (body := self._whole(bytes(self._body))) else []
        if self._cutter is None:
            return []
        self._blocks += self._cutter.close()
        return [Bytes(piece) for piece in self._stream()]

    def _whole(self, body: bytes) -> bytes:
        document = json_object(body)
        dialect = self._stage.dialect
        if document is None or not slots(document, dialect, "finish", "content"):
            return body
        self.has_acted = True
        if self._spec.id == "body.refusal" or not slots(document, dialect, "tool"):
            built = self._built(document, is_stream=False)
            return built[0] if built else body
        return msgspec.json.encode(_wrong_call(self._spec, dialect).document(document))

    def _stream(self) -> list[bytes]:
        payloads = [block.payload() for block in self._blocks]
        dialect = self._stage.dialect
        known = [payload for payload in payloads if payload is not None]
        if not any(slots(one, dialect, "finish", "content", "text", "tool") for one in known):
            return [block.raw for block in self._blocks]
        self.has_acted = True
        is_array = any(block.framing == "array" for block in self._blocks)
        if not is_array and (
            self._spec.id == "body.refusal" or not any(slots(one, dialect, "tool") for one in known)
        ):
            return self._built(known[0], is_stream=True) or [block.raw for block in self._blocks]
        wrong = _wrong_call(self._spec, dialect)
        for payload in known:
            wrong.measure(payload)
        pieces: list[bytes] = []
        for block, payload in zip(self._blocks, payloads, strict=True):
            if payload is None:
                pieces.append(block.raw)
                continue
            before = msgspec.json.encode(payload)
            changed = wrong.event(payload)
            after = msgspec.json.encode(changed)
            kind = changed.get("type")
            name = kind if dialect == RESPONSES and isinstance(kind, str) else None
            pieces.append(block.raw if after == before else block.with_data(after, name=name))
        return pieces

    def _built(self, first: Object, *, is_stream: bool) -> list[bytes]:
        """A reply of our own, in the pieces that it is sent in; empty where the dialect cannot be written."""
        spec, dialect = self._spec, self._stage.dialect
        if dialect == BEDROCK:
            self.has_acted = False
            return []
        models = [slot.value for slot in slots(first, dialect, "model") if isinstance(slot.value, str)]
        built = build(
            _answer(spec, dialect),
            dialect=dialect,
            model=models[0] if models else self._stage.model,
            is_stream=is_stream,
            created=int(self._stage.at_s),
        )
        holds_objects = dialect == GEMINI or (dialect == ANTHROPIC and not is_stream)
        wrong = _wrong_call(spec, dialect) if spec.id == "body.tool_bad_json" and holds_objects else None
        if built.events is None:
            return [json_bytes(wrong.document(built.body) if wrong else built.body)]
        if wrong is not None:
            for row in built.events:
                wrong.event(row.data)
        return [sse_bytes(row) for row in built.events]


def _answer(spec: FaultSpec, dialect: str) -> Synth:
    match spec.id:
        case "body.refusal":
            return Synth(text=spec.message or _REFUSAL, finish="refusal")
        case "body.tool_unknown":
            return Synth(tool_calls=[[spec.text or _UNKNOWN, {}]])
        case "body.tool_wrong_schema":
            return Synth(tool_calls=[[_TOOL, spec.text or _WRONG]])
        case _:
            if dialect == GEMINI:
                return Synth(tool_calls=[[_TOOL, {"city": "Oslo"}]])
            finish = "length" if dialect == ANTHROPIC else ""
            return Synth(tool_calls=[[_TOOL, spec.text or _BAD]], finish=finish)


class _Wrong(abc.ABC):
    """One way for tool calls to be wrong, over a whole body or the events of one stream."""

    def __init__(self, spec: FaultSpec, dialect: str) -> None:
        self.spec = spec
        self.dialect = dialect

    def document(self, body: Object) -> Object:
        """A changed body."""
        self.measure(body)
        return self.event(body)

    def measure(self, payload: Object) -> None:  # noqa: B027 - most need not look
        """Look at an event before any is changed."""

    @abc.abstractmethod
    def event(self, payload: Object) -> Object:
        """A changed event."""


class _Renamed(_Wrong):
    def event(self, payload: Object) -> Object:
        for slot in slots(payload, self.dialect, "tool"):
            if slot.value and _is_call(slot.holder, self.dialect):
                slot.put(self.spec.text or _UNKNOWN)
        return payload


class _Reargued(_Wrong):
    """Other arguments: the first piece has them all, the others none."""

    def __init__(self, spec: FaultSpec, dialect: str) -> None:
        super().__init__(spec, dialect)
        self._said: set[str] = set()
        self._text = spec.text or _WRONG

    def event(self, payload: Object) -> Object:
        for slot in slots(payload, self.dialect, "arguments"):
            if not isinstance(slot.value, str) or not slot.value:
                continue
            call = call_of(payload, slot)
            slot.put("" if call in self._said else self._text)
            self._said.add(call)
        for slot in slots(payload, self.dialect, "whole_arguments"):
            if isinstance(slot.value, str):
                slot.put(self._text if slot.value else "")
            elif isinstance(slot.value, dict):
                slot.put(json_object(self._text.encode()) or {"arguments": self._text})
        return payload


class _Torn(_Wrong):
    """The first half of the arguments."""

    def __init__(self, spec: FaultSpec, dialect: str) -> None:
        super().__init__(spec, dialect)
        self._sizes: dict[str, int] = {}
        self._left: dict[str, int] = {}

    def measure(self, payload: Object) -> None:
        for slot in slots(payload, self.dialect, "arguments"):
            if isinstance(slot.value, str):
                call = call_of(payload, slot)
                self._sizes[call] = self._sizes.get(call, 0) + len(slot.value)
                self._left[call] = _half(self._sizes[call])

    def event(self, payload: Object) -> Object:
        if self.dialect == GEMINI:
            return _malformed(payload)
        for slot in slots(payload, self.dialect, "arguments"):
            if isinstance(slot.value, str):
                call = call_of(payload, slot)
                piece = slot.value[: self._left[call]]
                self._left[call] -= len(piece)
                slot.put(piece)
        for slot in slots(payload, self.dialect, "whole_arguments"):
            if isinstance(slot.value, str):
                slot.put(slot.value[: _half(len(slot.value))])
            elif isinstance(slot.value, dict):
                slot.put({})
        if self.dialect in {ANTHROPIC, BEDROCK}:
            return ended(payload, self.dialect, _CUT_OFF)
        return payload


_WRONGS: Final[dict[str, type[_Wrong]]] = {
    "body.tool_unknown": _Renamed,
    "body.tool_wrong_schema": _Reargued,
    "body.tool_bad_json": _Torn,
}


def _wrong_call(spec: FaultSpec, dialect: str) -> _Wrong:
    if spec.id == "body.tool_bad_json" and spec.text and dialect != GEMINI:
        return _Reargued(spec, dialect)  # the text as it is
    return _WRONGS[spec.id](spec, dialect)


def _half(size: int) -> int:
    """Less than the whole, so that a JSON object is never complete."""
    return size // 2 if size > 1 else min(size, 1)


def _is_call(holder: Any, dialect: str) -> bool:
    """Whether a name is a tool's: items and blocks of other kinds have names too."""
    if dialect not in {RESPONSES, ANTHROPIC} or not isinstance(holder, dict):
        return True
    kind = cast("Object", holder).get("type", "")
    return isinstance(kind, str) and (kind in {"function_call", "tool_use"} or kind.startswith("response."))


def _malformed(payload: Object) -> Object:
    """Gemini's own way: arguments are an object there and cannot be torn; the call is left out, the end says why."""
    for slot in slots(payload, GEMINI, "tool"):
        cast("Object", slot.owners[2]).pop("content", None)
    for slot in slots(payload, GEMINI, "finish"):
        slot.put(_MALFORMED)
        slot.holder["finishMessage"] = "Malformed function call"
    return payload
