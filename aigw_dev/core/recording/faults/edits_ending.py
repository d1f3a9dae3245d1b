"""Faults of a stream's end: it is cut, it stalls, it reports an error, its terminator or its reason is missing."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from aigw_dev.core.recording.faults.blocks import Block
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.slots import slots
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import Bytes, End, Stage, Step
from aigw_dev.core.recording.faults.stream_rewriter import Plain
from aigw_dev.core.streams import event_stream, sse

_AFTER: Final = 2
_LAST_RESPONSES: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})


class Cut(Plain):
    """Ends the stream after so many events."""

    def __init__(self, spec: FaultSpec, stage: Stage, end: End) -> None:
        super().__init__(spec, stage)
        self._end = end

    def start(self) -> list[Step]:
        """The end, where no event shall pass."""
        return [] if self.after(_AFTER) else self._over()

    def take(self, block: Block, number: int) -> list[Step]:
        """The block; after the last one the end at once, without waiting for the next."""
        is_last = block.has_data and number + 1 == self.after(_AFTER)
        return [Bytes(block.raw), *(self._over() if is_last else [])]

    def _over(self) -> list[Step]:
        self.has_acted = True
        return [self._end]


class CutInArguments(Plain):
    """Half of the first piece of a tool call's arguments, then the end."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block; the first that holds arguments comes short."""
        payload = block.payload() if self.is_at(block, number, 0) else None
        if payload is None:
            return [Bytes(block.raw)]
        ended = End(self.spec.end or "clean")
        for slot in slots(payload, self.stage.dialect, "arguments"):
            if isinstance(slot.value, str) and slot.value:
                self.has_acted = True
                if (half := len(slot.value) // 2) == 0:
                    return [Bytes(block.raw), ended]
                slot.put(slot.value[:half])
                return [Bytes(block.with_data(msgspec.json.encode(payload))), ended]
        if self.stage.dialect == GEMINI and slots(payload, GEMINI, "tool"):
            self.has_acted = True
            place = block.raw.find(b'"functionCall"')
            return [Bytes(block.raw[: (place + len(block.raw)) // 2]), ended]
        return [Bytes(block.raw)]


class NoDone(Plain):
    """All but the terminator."""

    def take(self, block: Block, number: int) -> list[Step]:  # noqa: ARG002
        """The block, or silence for ever."""
        return self._over() if is_terminator(block, self.stage.dialect) else [Bytes(block.raw)]

    def end(self) -> list[Step]:
        """Silence, where the dialect has no terminator or it did not come."""
        return self._over()

    def _over(self) -> list[Step]:
        self.has_acted = True
        return [End(self.spec.end or "hold")]


class NoFinish(Plain):
    """All but the reason to finish."""

    def take(self, block: Block, number: int) -> list[Step]:  # noqa: ARG002
        """The block without its reason."""
        dialect = self.stage.dialect
        if dialect == RESPONSES:
            if not is_terminator(block, dialect):
                return [Bytes(block.raw)]
            self.has_acted = True
            return [Bytes(sse.encode(b"[DONE]"))]
        payload = block.payload()
        found = (
            [slot for slot in slots(payload, dialect, "finish") if slot.value is not None] if payload else []
        )
        if not found:
            return [Bytes(block.raw)]
        self.has_acted = True
        if dialect == BEDROCK:  # the event that says it says nothing else
            return []
        for slot in found:
            slot.drop() if dialect == GEMINI else slot.put(None)
        return [Bytes(block.with_data(msgspec.json.encode(payload)))]


class ErrorEvent(Plain):
    """An error report, then the end."""

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        super().__init__(spec, stage)
        self._response: dict[str, Any] = {}
        self._sequence = -1

    def start(self) -> list[Step]:
        """The error, where no event shall pass."""
        return [] if self.after(_AFTER) else self._over(Block(raw=b""))

    def take(self, block: Block, number: int) -> list[Step]:
        """The block; after the last one the error at once."""
        payload = block.payload() or {}
        self._sequence = payload.get("sequence_number", self._sequence)
        if isinstance(payload.get("response"), dict):
            self._response = payload["response"]
        is_last = block.has_data and number + 1 == self.after(_AFTER)
        return [Bytes(block.raw), *(self._over(block) if is_last else [])]

    def _over(self, block: Block) -> list[Step]:
        self.has_acted = True
        if block.framing == "array":
            data = msgspec.json.encode(_ERRORS[GEMINI](self.spec))
            return [Bytes(b",\r\n" + data + b"]"), End(self.spec.end or "clean")]
        return [Bytes(self._event()), End(self.spec.end or "clean")]

    def _event(self) -> bytes:
        dialect = self.stage.dialect
        if dialect == BEDROCK:
            text = self.spec.message or "Too many requests, please wait before trying again."
            return event_stream.encode_exception(
                msgspec.json.encode({"message": text}), type="throttlingException"
            )
        if dialect != RESPONSES:
            return sse.encode(
                msgspec.json.encode(_ERRORS[dialect](self.spec)), event=_ERROR_NAMES.get(dialect, "")
            )
        number = self._sequence + 1 if isinstance(self._sequence, int) else 0
        text = self.spec.message or "The server had an error while processing your request."
        if self.spec.kind != "failed":
            event = {
                "type": "error",
                "code": "server_error",
                "message": text,
                "param": None,
                "sequence_number": number,
            }
            return sse.encode(msgspec.json.encode(event), event="error")
        error = {"code": "server_error", "message": text}
        response = self._response | {"object": "response", "status": "failed", "error": error}
        event = {"type": "response.failed", "sequence_number": number, "response": response}
        return sse.encode(msgspec.json.encode(event), event="response.failed")


def is_terminator(block: Block, dialect: str) -> bool:
    """The event that says that the stream is whole."""
    if not block.has_data:
        return False
    if dialect in {CHAT, RESPONSES} and block.data == b"[DONE]":
        return True
    kind = (block.payload() or {}).get("type") if dialect in {RESPONSES, ANTHROPIC} else None
    return kind == "message_stop" or kind in _LAST_RESPONSES


def _chat_error(spec: FaultSpec) -> dict[str, Any]:
    text = spec.message or "The server had an error while processing your request. Sorry about that!"
    return {"error": {"message": text, "type": "server_error", "param": None, "code": "rate_limit_exceeded"}}


def _anthropic_error(spec: FaultSpec) -> dict[str, Any]:
    return {
        "type": "error",
        "error": {"type": "overloaded_error", "message": spec.message or "Overloaded"},
    }


def _gemini_error(spec: FaultSpec) -> dict[str, Any]:
    text = spec.message or "The model is overloaded. Please try again later."
    return {"error": {"code": 503, "message": text, "status": "UNAVAILABLE"}}


_ERRORS: Final[Mapping[str, Callable[[FaultSpec], dict[str, Any]]]] = {
    CHAT: _chat_error,
    ANTHROPIC: _anthropic_error,
    GEMINI: _gemini_error,
}
_ERROR_NAMES: Final = {ANTHROPIC: "error"}
