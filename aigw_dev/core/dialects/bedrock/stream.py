"""Converse's stream in neutral events.

What the provider does and this makes up for: text and thinking have no `contentBlockStart`; one wire block may change
its kind; the role may be missing; usage comes in `metadata`, after `messageStop`; exceptions come inside status 200;
the arguments of a tool without any never come. `p` in every event is padding.
"""

import base64
import binascii
from typing import Final, Literal

import msgspec

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Started,
)
from aigw_dev.core.chat.vocabulary import NULL
from aigw_dev.core.dialects.bedrock import wire
from aigw_dev.core.dialects.bedrock.cut_json import missing_end
from aigw_dev.core.dialects.bedrock.errors import exception
from aigw_dev.core.dialects.bedrock.reply import SERVER_TOOL, opaque
from aigw_dev.core.dialects.bedrock.stops import stop_reason, stop_sequence
from aigw_dev.core.dialects.bedrock.usage import read_usage
from aigw_dev.core.exchange import Usage
from aigw_dev.core.streams.sse import Event

Fields = dict[str, msgspec.Raw]
_Kind = Literal["text", "thinking", "tool_call", "redacted", "opaque"]
_LATE: Final = frozenset({"redacted", "opaque"})
"""Blocks that are told of when they are whole."""


class _Block:
    """The open block."""

    def __init__(self, kind: _Kind, index: int, wire_index: int) -> None:
        self.kind: _Kind = kind
        self.index = index
        self.wire_index = wire_index
        self.pieces: list[str] = []
        """Of a tool call its arguments, of a redacted block its data."""
        self.opaque_type = ""
        self.start = NULL
        self.deltas: list[msgspec.Raw] = []


class Decoder:
    """Reads one stream; keeps the laws of `core.chat.events`, whatever it is fed."""

    def __init__(self) -> None:
        self._is_started = False
        self._is_over = False
        self._is_finished = False
        self._block: _Block | None = None
        self._next_index = 0
        self._usage: Usage | None = None

    def feed(self, event: Event) -> list[ChatEvent]:
        """What this event says; nothing for one that is not known."""
        if self._is_over or event.is_comment:
            return []
        error = exception(event)
        events: list[ChatEvent] = []
        if error is not None:
            self._fail(events, Failed(message=error.message, code=error.code, status=error.status))
            return events
        take = _TAKERS.get(event.event)
        if take is None:
            return events
        said = wire.body_fields(event.data)
        if said is None:
            self._fail(events, _protocol(f"the provider's {event.event} event is not a JSON object"))
            return events
        self._begin(events)
        take(self, said, events)
        return _until_failed(events)

    def close(self) -> list[ChatEvent]:
        """The end of the body: `Ended`, or `Failed` where no `messageStop` came."""
        events: list[ChatEvent] = []
        if self._is_over:
            return events
        if self._is_finished:
            self._end(events)
            return events
        self._fail(
            events,
            Failed(
                message="the provider's stream ended before its reply was complete",
                code="upstream_reset",
                status=502,
            ),
        )
        return events

    def take_role(self, _said: Fields, _events: list[ChatEvent]) -> None:
        """`messageStart`: it says the role, which is always the assistant's."""

    def take_start(self, said: Fields, events: list[ChatEvent]) -> None:
        """`contentBlockStart`: of a tool call, a tool's result, an image."""
        if self._is_finished:
            return
        start = wire.fields(said.get("start"))
        wire_index = wire.count(said.get("contentBlockIndex")) or 0
        self._stop_block(events)
        call = wire.fields(start.get("toolUse"))
        if call and wire.text(call.get("type")) != SERVER_TOOL:
            block = self._open("tool_call", wire_index)
            call_id = wire.text(call.get("toolUseId")) or f"tooluse_{block.index}"
            name = wire.text(call.get("name"))
            events.append(BlockStarted(index=block.index, kind="tool_call", id=call_id, name=name))
            return
        for name, value in start.items():
            block = self._open("opaque", wire_index)
            block.opaque_type, block.start = name, wire.own(value)
            return

    def take_delta(self, said: Fields, events: list[ChatEvent]) -> None:
        """`contentBlockDelta`."""
        if self._is_finished:
            return
        wire_index = wire.count(said.get("contentBlockIndex")) or 0
        block = self._block
        if block is not None and block.wire_index != wire_index:
            self._stop_block(events)
        for name, value in wire.fields(said.get("delta")).items():
            take = _DELTAS.get(name)
            block = self._block
            if take is not None and (block is None or block.kind != "opaque"):
                take(self, value, wire_index, events)
                continue
            if block is None or block.kind != "opaque":
                self._stop_block(events)
                block = self._open("opaque", wire_index)
                block.opaque_type = name
            block.deltas.append(msgspec.Raw(msgspec.json.encode({name: wire.own(value)})))

    def take_stop(self, said: Fields, events: list[ChatEvent]) -> None:
        """`contentBlockStop`."""
        if self._block is not None and self._block.wire_index == (
            wire.count(said.get("contentBlockIndex")) or 0
        ):
            self._stop_block(events)

    def take_end(self, said: Fields, events: list[ChatEvent]) -> None:
        """`messageStop`."""
        if self._is_finished:
            return
        self._stop_block(events)
        word = wire.text(said.get("stopReason"))
        extra = said.get("additionalModelResponseFields")
        self._is_finished = True
        events.append(
            Finished(
                reason=stop_reason(word),
                stop_sequence=stop_sequence(extra),
                raw=word,
                details=NULL if extra is None else wire.own(extra),
            )
        )
        if self._usage is not None:
            self._end(events)

    def take_metadata(self, said: Fields, events: list[ChatEvent]) -> None:
        """`metadata`: the usage, and with it the end."""
        self._usage = read_usage(said.get("usage")) or self._usage
        if self._is_finished:
            self._end(events)

    def take_text(self, value: msgspec.Raw, wire_index: int, events: list[ChatEvent]) -> None:
        """More of the answer; an empty piece opens nothing."""
        if text := wire.text(value):
            block = self._continue("text", wire_index, events)
            events.append(Delta(index=block.index, kind="text", text=text))

    def take_citation(self, value: msgspec.Raw, wire_index: int, events: list[ChatEvent]) -> None:
        """A source of the text."""
        block = self._continue("text", wire_index, events)
        cited = msgspec.json.encode([wire.own(value)]).decode("utf-8", "replace")
        events.append(Delta(index=block.index, kind="citations", text=cited))

    def take_reasoning(self, value: msgspec.Raw, wire_index: int, events: list[ChatEvent]) -> None:
        """More of the thinking, its signature, or thinking that only the provider can read."""
        content = wire.fields(value)
        if text := wire.text(content.get("text")):
            block = self._continue("thinking", wire_index, events)
            events.append(Delta(index=block.index, kind="thinking", text=text))
        if signature := wire.text(content.get("signature")):
            block = self._continue("thinking", wire_index, events)
            events.append(Delta(index=block.index, kind="signature", text=signature))
        if data := wire.text(content.get("redactedContent")):
            self._continue("redacted", wire_index, events).pieces.append(data)

    def take_arguments(self, value: msgspec.Raw, _wire_index: int, events: list[ChatEvent]) -> None:
        """More of a tool call's arguments."""
        piece = wire.text(wire.fields(value).get("input"))
        if not piece:
            return
        block = self._block
        if block is None or block.kind != "tool_call":
            self._fail(events, _protocol("the provider sent a piece of a tool call that had not begun"))
            return
        block.pieces.append(piece)
        events.append(Delta(index=block.index, kind="arguments", text=piece))

    def _begin(self, events: list[ChatEvent]) -> None:
        if not self._is_started:
            self._is_started = True
            events.append(Started())

    def _open(self, kind: _Kind, wire_index: int) -> _Block:
        self._block = _Block(kind, self._next_index, wire_index)
        self._next_index += 1
        return self._block

    def _continue(
        self, kind: Literal["text", "thinking", "redacted"], wire_index: int, events: list[ChatEvent]
    ) -> _Block:
        """The open block where it is of this kind; else a new one, after the end of the other."""
        block = self._block
        if block is not None and block.kind == kind:
            return block
        self._stop_block(events)
        block = self._open(kind, wire_index)
        if kind not in _LATE:
            origin = wire.DIALECT if kind == "thinking" else ""
            events.append(BlockStarted(index=block.index, kind=kind, origin=origin))
        return block

    def _stop_block(self, events: list[ChatEvent]) -> None:
        block = self._block
        if block is None:
            return
        self._block = None
        match block.kind:
            case "tool_call":
                end = missing_end("".join(block.pieces))
                if end is None:
                    self._fail(
                        events, _protocol("the model called a tool with arguments that are no JSON object")
                    )
                    return
                if end:
                    events.append(Delta(index=block.index, kind="arguments", text=end))
            case "redacted":
                data = _joined(block.pieces)
                events.append(
                    BlockStarted(index=block.index, kind="redacted", signature=data, origin=wire.DIALECT)
                )
            case "opaque":
                raw = msgspec.Raw(msgspec.json.encode({"start": block.start, "deltas": block.deltas}))
                whole = opaque(block.opaque_type, raw)
                events.append(BlockStarted(index=block.index, kind="opaque", opaque=whole))
            case "text" | "thinking":
                pass
        events.append(BlockStopped(index=block.index))

    def _end(self, events: list[ChatEvent]) -> None:
        self._is_over = True
        if self._usage is not None:
            events.append(Counted(usage=self._usage))
        events.append(Ended())

    def _fail(self, events: list[ChatEvent], failed: Failed) -> None:
        self._begin(events)
        self._is_over = True
        events.append(failed)


def stream_decoder() -> Decoder:
    """A new decoder, for one stream."""
    return Decoder()


_TAKERS: Final = {
    "messageStart": Decoder.take_role,
    "contentBlockStart": Decoder.take_start,
    "contentBlockDelta": Decoder.take_delta,
    "contentBlockStop": Decoder.take_stop,
    "messageStop": Decoder.take_end,
    "metadata": Decoder.take_metadata,
}
_DELTAS: Final = {
    "text": Decoder.take_text,
    "citation": Decoder.take_citation,
    "reasoningContent": Decoder.take_reasoning,
    "toolUse": Decoder.take_arguments,
}


def _until_failed(events: list[ChatEvent]) -> list[ChatEvent]:
    """Nothing follows a failure, also where one wire event would have gone on."""
    failed = next((place for place, event in enumerate(events, 1) if isinstance(event, Failed)), None)
    return events[:failed]


def _joined(pieces: list[str]) -> str:
    """Base64 of what the pieces of base64 hold; a single one as it came."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        return base64.b64encode(b"".join(base64.b64decode(piece) for piece in pieces)).decode()
    except (binascii.Error, ValueError):
        return "".join(pieces)


def _protocol(message: str) -> Failed:
    return Failed(message=message, code="upstream_protocol", status=502)
