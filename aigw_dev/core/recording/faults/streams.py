"""Faults of streams, done event by event; everything before the fault passes byte for byte."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from aigw_dev.core.recording.faults.blocks import Block, Cutter, framing_of
from aigw_dev.core.recording.faults.chunking import event_pause_s, ping_of
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.slots import slots
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import (
    Bytes,
    End,
    Headers,
    Stage,
    Step,
    Wait,
    is_good,
    value_of,
    without,
)
from aigw_dev.core.streams import event_stream, sse

_AFTER: Final = 2
_AFTER_ONE: Final = 1
_MARK: Final = "\ue0fa\ue0fb"
"""Private characters that no reply holds, where raw bytes are put in."""
_LAST_RESPONSES: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})


class Edit(Protocol):
    """What one fault makes of the blocks of a stream."""

    has_acted: bool

    def start(self) -> list[Step]:
        """Before the first block."""
        ...

    def take(self, block: Block, number: int) -> list[Step]:
        """One block; `number` events with data came before it."""
        ...

    def end(self) -> list[Step]:
        """At the body's proper end."""
        ...


class EventRewriter:
    """Plays an edit on a stream; a reply that is no stream, or an error, passes unchanged."""

    wait_s = 0.0

    def __init__(self, edit: Edit, stage: Stage, *, keeps_length: bool = False) -> None:
        """`keeps_length`: the edit sends every byte, or ends without a proper end."""
        self._edit = edit
        self._is_array = stage.is_stream and stage.dialect == GEMINI
        self._keeps_length = keeps_length
        self._cutter: Cutter | None = None
        self._number = 0
        self._is_over = False

    @property
    def has_acted(self) -> bool:
        """The stream came to the place of the fault."""
        return self._edit.has_acted

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head; without a length that would no longer be right."""
        framing = framing_of(value_of(headers, b"content-type"), is_array=self._is_array)
        if framing is None or not is_good(status):
            return status, headers, []
        self._cutter = Cutter(framing)
        if not self._keeps_length:
            headers = without(headers, b"content-length")
        return status, headers, self._checked(self._edit.start())

    def feed(self, chunk: bytes) -> list[Step]:
        """The steps for the events that these bytes complete."""
        if self._cutter is None:
            return [Bytes(chunk)]
        return self._take(self._cutter.feed(chunk))

    def close(self) -> list[Step]:
        """The rest of the body, and what the edit kept back."""
        if self._cutter is None:
            return []
        steps = self._take(self._cutter.close())
        return steps if self._is_over else [*steps, *self._edit.end()]

    def _take(self, blocks: list[Block]) -> list[Step]:
        steps: list[Step] = []
        for block in blocks:
            if self._is_over:
                break
            steps += self._checked(self._edit.take(block, self._number))
            self._number += block.has_data
        return steps

    def _checked(self, steps: list[Step]) -> list[Step]:
        self._is_over = self._is_over or any(isinstance(step, End) for step in steps)
        return steps


class _Plain:
    """An edit that changes nothing; those below say where they differ."""

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        self.has_acted = False
        self.spec = spec
        self.stage = stage

    def start(self) -> list[Step]:
        return []

    def take(self, block: Block, number: int) -> list[Step]:  # noqa: ARG002 - the protocol's
        return [Bytes(block.raw)]

    def end(self) -> list[Step]:
        return []

    def is_at(self, block: Block, number: int, default: int) -> bool:
        """This is the first event with data behind `after_events`, and nothing was done yet."""
        return not self.has_acted and block.has_data and number >= self.after(default)

    def after(self, default: int) -> int:
        return default if self.spec.after_events is None else self.spec.after_events


class Cut(_Plain):
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


class CutInArguments(_Plain):
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
                return [Bytes(block.with_data(_encoded(payload))), ended]
        if self.stage.dialect == GEMINI and slots(payload, GEMINI, "tool"):
            self.has_acted = True
            place = block.raw.find(b'"functionCall"')
            return [Bytes(block.raw[: (place + len(block.raw)) // 2]), ended]
        return [Bytes(block.raw)]


class NoDone(_Plain):
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


class NoFinish(_Plain):
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
        found = [slot for slot in slots(payload, dialect, "finish") if slot.value is not None] if payload else []
        if not found:
            return [Bytes(block.raw)]
        self.has_acted = True
        if dialect == BEDROCK:  # the event that says it says nothing else
            return []
        for slot in found:
            slot.drop() if dialect == GEMINI else slot.put(None)
        return [Bytes(block.with_data(_encoded(payload)))]


class ErrorEvent(_Plain):
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
        self._response = payload.get("response", self._response)
        is_last = block.has_data and number + 1 == self.after(_AFTER)
        return [Bytes(block.raw), *(self._over(block) if is_last else [])]

    def _over(self, block: Block) -> list[Step]:
        self.has_acted = True
        if block.framing == "array":
            data = _encoded(_ERRORS[GEMINI](self.spec))
            return [Bytes(b",\r\n" + data + b"]"), End(self.spec.end or "clean")]
        return [Bytes(self._event()), End(self.spec.end or "clean")]

    def _event(self) -> bytes:
        dialect = self.stage.dialect
        if dialect == BEDROCK:
            text = self.spec.message or "Too many requests, please wait before trying again."
            return event_stream.encode_exception(_encoded({"message": text}), type="throttlingException")
        if dialect != RESPONSES:
            return sse.encode(_encoded(_ERRORS[dialect](self.spec)), event=_ERROR_NAMES.get(dialect, ""))
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
            return sse.encode(_encoded(event), event="error")
        error = {"code": "server_error", "message": text}
        response = self._response | {"object": "response", "status": "failed", "error": error}
        event = {"type": "response.failed", "sequence_number": number, "response": response}
        return sse.encode(_encoded(event), event="response.failed")


class BadJson(_Plain):
    """One event torn in its middle."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block; the one behind `after_events` has half of its data."""
        if not self.is_at(block, number, _AFTER) or block.payload() is None:
            return [Bytes(block.raw)]
        self.has_acted = True
        half = block.data[: max(1, len(block.data) // 2)].decode("utf-8", "ignore").encode()
        return [Bytes(block.with_data(half))]


class Inserted(_Plain):
    """Bytes at the end of a piece of text: U+2028, or what is no UTF-8."""

    def __init__(self, spec: FaultSpec, stage: Stage, inserted: bytes) -> None:
        super().__init__(spec, stage)
        self._inserted = inserted

    def take(self, block: Block, number: int) -> list[Step]:
        """The block; the first text behind `after_events` is longer."""
        payload = block.payload() if self.is_at(block, number, 0) else None
        for slot in slots(payload, self.stage.dialect, "text") if payload else ():
            if isinstance(slot.value, str) and slot.value:
                self.has_acted = True
                slot.put(slot.value + _MARK)
                return [Bytes(block.with_data(_encoded(payload).replace(_MARK.encode(), self._inserted)))]
        return [Bytes(block.raw)]


class Restyled(_Plain):
    """The same events in another legal spelling, from `after_events` on."""

    def __init__(self, spec: FaultSpec, stage: Stage, style: Callable[[Block], bytes]) -> None:
        super().__init__(spec, stage)
        self._style = style

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, spelled otherwise."""
        if block.framing != "sse" or number < self.after(0):
            return [Bytes(block.raw)]
        changed = self._style(block)
        self.has_acted = self.has_acted or changed != block.raw
        return [Bytes(changed)]


class Repeated(_Plain):
    """One event twice."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, once or twice."""
        if not self.is_at(block, number, _AFTER_ONE) or block.framing == "array":
            return [Bytes(block.raw)]
        self.has_acted = True
        return [Bytes(block.raw), Bytes(block.raw)]


class Skipped(_Plain):
    """One event fewer."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, or nothing."""
        if not self.is_at(block, number, _AFTER_ONE) or block.framing == "array":
            return [Bytes(block.raw)]
        self.has_acted = True
        return []


class Reordered(_Plain):
    """One event behind its follower."""

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        super().__init__(spec, stage)
        self._late: Block | None = None

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, the block later, or the block and the late one."""
        if self._late is not None:
            if not block.has_data:
                return [Bytes(block.raw)]
            late, self._late = self._late, None
            self.has_acted = True
            return [Bytes(block.raw), Bytes(late.raw)]
        if self.is_at(block, number, _AFTER_ONE) and block.framing != "array":
            self._late = block
            return []
        return [Bytes(block.raw)]

    def end(self) -> list[Step]:
        """The late one, where nothing followed it."""
        return [] if self._late is None else [Bytes(self._late.raw)]


class EmptyChoices(_Plain):
    """An event without content before the one behind `after_events`."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, and the empty one before it."""
        dialect = self.stage.dialect
        payload = block.payload() if self.is_at(block, number, _AFTER_ONE) and block.framing != "array" else None
        if payload is None:
            return [Bytes(block.raw)]
        if dialect == CHAT and "choices" in payload:
            return self._both(block, payload | {"choices": [], "usage": None})
        if dialect == GEMINI and "candidates" in payload:
            return self._both(block, {key: value for key, value in payload.items() if key != "candidates"})
        for slot in slots(payload, dialect, "text"):
            slot.put("")
            return self._both(block, payload)
        return [Bytes(block.raw)]

    def _both(self, block: Block, empty: dict[str, Any]) -> list[Step]:
        self.has_acted = True
        name = block.event.event if block.event else ""
        return [Bytes(block.another(_encoded(empty), name=name)), Bytes(block.raw)]


class NoUsage(_Plain):
    """No usage anywhere."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block without its usage; nothing where it holds nothing else."""
        payload = block.payload() if number >= self.after(0) else None
        if payload is None:
            return [Bytes(block.raw)]
        changed = without_usage(payload, self.stage.dialect)
        if changed is payload:
            return [Bytes(block.raw)]
        self.has_acted = True
        return [] if changed is None else [Bytes(block.with_data(_encoded(changed)))]


class Paused(_Plain):
    """A pause before every event."""

    def take(self, block: Block, number: int) -> list[Step]:  # noqa: ARG002
        """The pause and the block."""
        if not block.has_data:
            return [Bytes(block.raw)]
        self.has_acted = True
        return [Wait(event_pause_s(self.spec, self.stage)), Bytes(block.raw)]


def is_terminator(block: Block, dialect: str) -> bool:
    """The event that says that the stream is whole."""
    if not block.has_data:
        return False
    if dialect in {CHAT, RESPONSES} and block.data == b"[DONE]":
        return True
    kind = (block.payload() or {}).get("type") if dialect in {RESPONSES, ANTHROPIC} else None
    return kind == "message_stop" or kind in _LAST_RESPONSES


def without_usage(payload: dict[str, Any], dialect: str) -> dict[str, Any] | None:
    """A body or an event without its usage: the same where it had none, None where nothing is left to say."""
    if payload.get("type") == "message_start":
        return payload
    found = [slot for slot in slots(payload, dialect, "usage") if slot.value is not None]
    if not found:
        return payload
    for slot in found:
        slot.put(None) if dialect == RESPONSES else slot.drop()
    if dialect == CHAT and payload.get("choices") == []:
        return None
    return payload


def edit_of(spec: FaultSpec, stage: Stage) -> Edit:
    """The edit that does this fault of a stream."""
    return _EDITS[spec.id](spec, stage)


def end_of(spec: FaultSpec, stage: Stage) -> End:
    """How a cut of this id ends."""
    if spec.id != "stream.stall":
        return End(_CUT_ENDS[spec.id])
    ping = ping_of(stage.dialect) if spec.ping_ms and stage.is_stream else b""
    return End("hold", ping=ping, every_s=(spec.ping_ms or 0) / 1000 if ping else 0.0)


def _crlf(block: Block) -> bytes:
    return block.raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _lines(block: Block) -> bytes:
    if block.payload() is None or b"\n" in block.data:
        return block.raw
    first = block.data.find(b"{") + 1
    return block.with_data(block.data[:first] + b"\ndata: " + block.data[first:])


def _commented(block: Block) -> bytes:
    return (sse.encode_comment("keep-alive") if block.has_data else b"") + block.raw


def _chat_error(spec: FaultSpec) -> dict[str, Any]:
    text = spec.message or "The server had an error while processing your request. Sorry about that!"
    return {
        "error": {"message": text, "type": "server_error", "param": None, "code": "rate_limit_exceeded"}
    }


def _anthropic_error(spec: FaultSpec) -> dict[str, Any]:
    return {
        "type": "error",
        "error": {"type": "overloaded_error", "message": spec.message or "Overloaded"},
    }


def _gemini_error(spec: FaultSpec) -> dict[str, Any]:
    text = spec.message or "The model is overloaded. Please try again later."
    return {"error": {"code": 503, "message": text, "status": "UNAVAILABLE"}}


def _encoded(payload: object) -> bytes:
    return msgspec.json.encode(payload)


_ERRORS: Final[Mapping[str, Callable[[FaultSpec], dict[str, Any]]]] = {
    CHAT: _chat_error,
    ANTHROPIC: _anthropic_error,
    GEMINI: _gemini_error,
}
_ERROR_NAMES: Final = {ANTHROPIC: "error"}
_CUT_ENDS: Final = {"stream.cut.clean": "clean", "stream.cut.dirty": "dirty", "stream.reset": "reset"}
_EDITS: Final[Mapping[str, Callable[[FaultSpec, Stage], Edit]]] = {
    **{
        name: lambda spec, stage: Cut(spec, stage, end_of(spec, stage))
        for name in (*_CUT_ENDS, "stream.stall")
    },
    "stream.cut.in_tool_args": CutInArguments,
    "stream.no_done": NoDone,
    "stream.done_no_finish": NoFinish,
    "stream.error_event": ErrorEvent,
    "stream.bad_json": BadJson,
    "stream.utf8_invalid": lambda spec, stage: Inserted(spec, stage, b"\xff"),
    "stream.u2028": lambda spec, stage: Inserted(spec, stage, b"\xe2\x80\xa8"),
    "stream.multi_data": lambda spec, stage: Restyled(spec, stage, _lines),
    "stream.crlf": lambda spec, stage: Restyled(spec, stage, _crlf),
    "stream.comment": lambda spec, stage: Restyled(spec, stage, _commented),
    "stream.dup": Repeated,
    "stream.reorder": Reordered,
    "stream.skip": Skipped,
    "stream.empty_choices": EmptyChoices,
    "stream.no_usage": NoUsage,
    "slow.events": Paused,
}
