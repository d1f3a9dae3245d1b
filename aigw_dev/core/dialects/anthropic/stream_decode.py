"""Reads an Anthropic stream into neutral events, in the order that `core.chat.events` promises.

Blocks that overlap (no provider seen does it, translating gateways do) are held back until the open one ends. Blocks
that only this protocol has (`server_tool_use`, its results, `compaction`) are gathered and given out whole.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Ping,
    Started,
)
from aigw_dev.core.chat.tool_names import ANSWER_TOOL
from aigw_dev.core.chat.vocabulary import NULL, Opaque
from aigw_dev.core.dialects.anthropic import errors
from aigw_dev.core.dialects.anthropic.partial_json import ending_of, is_whole
from aigw_dev.core.dialects.anthropic.reply import read_stop
from aigw_dev.core.dialects.anthropic.usage import merged, read_usage
from aigw_dev.core.dialects.anthropic.wire import (
    Block,
    Reply,
    Wire,
    decode_block,
    decode_event,
    fields_of,
    is_said,
)
from aigw_dev.core.dialects.anthropic.wire import Delta as WireDelta
from aigw_dev.core.dialects.anthropic.words import DIALECT
from aigw_dev.core.dialects.codec import cut_off
from aigw_dev.core.streams.sse import Decoder, Event

_DONE: Final = b"[DONE]"
_KINDS: Final = {
    "text": "text",
    "thinking": "thinking",
    "redacted_thinking": "redacted",
    "tool_use": "tool_call",
}
_IMPLIED: Final = {"text_delta": b'{"type":"text"}', "thinking_delta": b'{"type":"thinking"}'}
"""The block that a delta belongs to whose block never began."""


def framer() -> Decoder:
    """Cuts server-sent events."""
    return Decoder()


def stream_decoder() -> "StreamDecoder":
    """A new decoder, for one stream."""
    return StreamDecoder()


class StreamDecoder:
    """See `codec.StreamDecoder`; never raises."""

    def __init__(self) -> None:
        self._out: list[ChatEvent] = []
        self._is_started = False
        self._is_over = False
        self._open: _Open | None = None
        self._held: dict[int, list[tuple[Wire, bytes]]] = {}
        self._count = 0
        self._has_calls = False
        self._usage = b""
        self._stop = ""
        self._stop_sequence = ""
        self._stop_details = NULL

    def feed(self, event: Event) -> list[ChatEvent]:
        """What this event says."""
        if self._is_over or event.is_comment or not event.data:
            return []
        if event.data.startswith(_DONE):  # of gateways that end every stream like OpenAI's
            return self.close()
        wire = decode_event(event.data)
        if wire is None:
            self._fail("the provider sent an event that is no JSON object", "upstream_protocol", 502)
        elif wire.type == "error" or event.event == "error" or (not wire.type and is_said(wire.error)):
            found = errors.reply_error(event.data)
            self._fail(found.message, found.code, found.status)
        else:
            self._take(wire, event.data)
        return self._given()

    def close(self) -> list[ChatEvent]:
        """What remains: the end where a stop reason was said, else `Failed`."""
        if not self._is_over:
            if self._stop:
                self._finish()
            else:
                error = cut_off()
                self._fail(error.message, error.code, 502)
        return self._given()

    def _given(self) -> list[ChatEvent]:
        given, self._out = self._out, []
        return given

    def _fail(self, message: str, code: str, status: int) -> None:
        if not self._is_started:
            self._is_started = True
            self._out.append(Started())
        self._is_over = True
        self._out.append(Failed(message=message, code=code, status=status))

    def _take(self, wire: Wire, data: bytes) -> None:
        match wire.type:
            case "message_start":
                self._start(wire.message or Reply())
            case "content_block_start" | "content_block_delta" | "content_block_stop":
                self._start_if_needed()
                self._take_block_event(wire, data)
            case "message_delta":
                self._start_if_needed()
                self._take_end(wire)
            case "message_stop":
                self._start_if_needed()
                self._finish()
            case "ping":
                self._out.append(Ping())
            case _:
                pass  # new kinds of events are to be skipped (vendor's page on streaming)

    def _start_if_needed(self) -> None:
        if not self._is_started:
            self._start(Reply())

    def _start(self, message: Reply) -> None:
        if self._is_started:
            if self._count or self._open is not None:
                self._fail("the provider began a second message inside its reply", "upstream_protocol", 502)
            return  # the same beginning twice
        self._is_started = True
        if is_said(message.usage):
            self._usage = bytes(message.usage)
        self._out.append(
            Started(
                id=loose_json.text(message.id),
                model=loose_json.text(message.model),
                usage=read_usage(self._usage) if self._usage else None,
            )
        )
        for index, raw in enumerate(message.content or ()):  # a turn that goes on after hosted code ran
            self._end_block(self._begin(Wire(type="content_block_start", index=index, content_block=raw)))
        self._stop = loose_json.text(message.stop_reason)

    def _take_block_event(self, wire: Wire, data: bytes) -> None:
        if self._is_over:
            return
        index = wire.index or 0
        if self._open is not None and index != self._open.index:
            self._held.setdefault(index, []).append((wire, data))
            return
        if wire.type == "content_block_start":
            if self._open is not None:
                self._end_block(self._open)
            self._begin(wire)
        elif wire.type == "content_block_delta":
            if self._open is None:
                self._imply(wire)
            if self._open is not None and wire.delta is not None:
                self._open.take(wire.delta, data, self._out)
        elif self._open is not None:
            self._end_block(self._open)
            self._release()

    def _imply(self, wire: Wire) -> None:
        raw = _IMPLIED.get(wire.delta.type if wire.delta is not None else "")
        if raw is not None:
            self._begin(Wire(type="content_block_start", index=wire.index, content_block=msgspec.Raw(raw)))

    def _begin(self, wire: Wire) -> "_Open":
        block = decode_block(wire.content_block)
        self._open = opened = _Open(wire.index or 0, self._count, block, wire.content_block)
        self._has_calls = self._has_calls or (block.type == "tool_use" and not opened.is_answer)
        opened.start(self._out)
        return opened

    def _end_block(self, block: "_Open") -> None:
        is_whole_block = block.stop(self._out)
        self._open = None
        self._count += 1
        if not is_whole_block:
            self._held.clear()
            self._fail(
                "the provider's tool call has arguments that are no JSON object", "upstream_protocol", 502
            )

    def _release(self) -> None:
        """Plays back what was held for the next block, until one stays open."""
        while self._held and self._open is None:
            held = self._held.pop(min(self._held))
            for wire, data in held:
                self._take_block_event(wire, data)

    def _take_end(self, wire: Wire) -> None:
        if is_said(wire.usage):
            self._usage = merged(self._usage, bytes(wire.usage))
        delta = wire.delta
        if delta is None:
            return
        self._stop = loose_json.text(delta.stop_reason) or self._stop
        self._stop_sequence = loose_json.text(delta.stop_sequence) or self._stop_sequence
        if is_said(delta.stop_details):
            self._stop_details = msgspec.Raw(bytes(delta.stop_details))

    def _finish(self) -> None:
        while self._open is not None:
            self._end_block(self._open)
            self._release()
        if self._is_over:
            return
        reason = read_stop(self._stop, has_calls=self._has_calls)
        self._out.append(
            Finished(
                reason=reason or ("tool_calls" if self._has_calls else "stop"),
                stop_sequence=self._stop_sequence,
                raw=self._stop,
                details=self._stop_details,
            )
        )
        usage = read_usage(self._usage) if self._usage else None
        if usage is not None:
            self._out.append(Counted(usage=usage))
        self._out.append(Ended())
        self._is_over = True


class _Open:
    """The block that is being read."""

    def __init__(self, index: int, number: int, block: Block, raw: msgspec.Raw) -> None:
        """`index` is the provider's, `number` ours."""
        self.index = index
        self.number = number
        self.is_answer = block.type == "tool_use" and block.name == ANSWER_TOOL
        self._block = block
        self._kind = _KINDS.get(block.type, "opaque")
        self._fields = dict(fields_of(raw)) if self._kind == "opaque" else {}
        self._pieces: list[str] = []  # of JSON
        self._signature = loose_json.text(block.signature)

    def start(self, out: list[ChatEvent]) -> None:
        """Begin; an opaque block begins when it is whole."""
        block, number = self._block, self.number
        if self._kind == "text" or self.is_answer:
            out.append(BlockStarted(index=number, kind="text", origin=DIALECT))
        elif self._kind == "thinking":
            out.append(BlockStarted(index=number, kind="thinking", origin=DIALECT))
        elif self._kind == "redacted":
            data = loose_json.text(block.data)
            out.append(BlockStarted(index=number, kind="redacted", signature=data, origin=DIALECT))
        elif self._kind == "tool_call":
            call_id, name = loose_json.text(block.id), loose_json.text(block.name)
            out.append(BlockStarted(index=number, kind="tool_call", id=call_id, name=name))
        if block.text and self._kind == "text":
            out.append(Delta(index=number, kind="text", text=loose_json.text(block.text)))
        if block.thinking and self._kind == "thinking":
            out.append(Delta(index=number, kind="thinking", text=loose_json.text(block.thinking)))
        if self._kind == "text" and is_said(block.citations) and bytes(block.citations).strip() != b"[]":
            out.append(
                Delta(index=number, kind="citations", text=bytes(block.citations).decode("utf-8", "replace"))
            )

    def take(self, delta: WireDelta, data: bytes, out: list[ChatEvent]) -> None:
        """Add a delta, which stands in the event `data`; one that does not fit the block says nothing."""
        if self._kind == "opaque":
            self._gather(delta, data)
        elif delta.text and self._kind == "text":
            out.append(Delta(index=self.number, kind="text", text=delta.text))
        elif delta.thinking and self._kind == "thinking":
            out.append(Delta(index=self.number, kind="thinking", text=delta.thinking))
        elif delta.partial_json and self._kind == "tool_call":
            self._pieces.append(delta.partial_json)
            kind = "text" if self.is_answer else "arguments"
            out.append(Delta(index=self.number, kind=kind, text=delta.partial_json))
        elif self._kind == "text" and is_said(delta.citation):
            citation = bytes(delta.citation).decode("utf-8", "replace")
            out.append(Delta(index=self.number, kind="citations", text=f"[{citation}]"))
        elif delta.signature and self._kind == "thinking":
            self._signature = (
                delta.signature
            )  # given out at the end, once; the last one holds, as in the SDKs

    def stop(self, out: list[ChatEvent]) -> bool:
        """End; a tool call's arguments are made whole. False where nothing makes them an object."""
        if self._kind == "opaque":
            opaque = Opaque(dialect=DIALECT, type=self._block.type, raw=self._whole())
            out.append(BlockStarted(index=self.number, kind="opaque", opaque=opaque, origin=DIALECT))
        elif self._kind == "tool_call":
            rest = self._rest()
            if rest is None:
                return False
            if rest:
                kind = "text" if self.is_answer else "arguments"
                out.append(Delta(index=self.number, kind=kind, text=rest))
        elif self._kind == "thinking" and self._signature:
            out.append(Delta(index=self.number, kind="signature", text=self._signature))
        out.append(BlockStopped(index=self.number))
        return True

    def _rest(self) -> str | None:
        """What the arguments still lack: all of them where the block's start held them, an end where they were cut."""
        text = "".join(self._pieces)
        if not text.strip():
            given = bytes(self._block.input).decode("utf-8", "replace") if is_said(self._block.input) else ""
            return given if given.strip().startswith("{") and is_whole(given) else "{}"
        return ending_of(text) if text.lstrip().startswith("{") else None

    def _gather(self, delta: WireDelta, data: bytes) -> None:
        """A delta of a block that has no word: JSON pieces make its input, other texts go on with the field's own."""
        if delta.type == "input_json_delta":
            self._pieces.append(delta.partial_json or "")
            return
        for name, raw in fields_of(fields_of(data).get("delta", b"")).items():
            if name == "type" or not is_said(raw):
                continue
            before = loose_json.load(bytes(self._fields.get(name, b"null")))
            after = loose_json.load(bytes(raw))
            both = isinstance(before, str) and isinstance(after, str)
            self._fields[name] = msgspec.Raw(msgspec.json.encode(f"{before}{after}")) if both else raw

    def _whole(self) -> msgspec.Raw:
        text = "".join(self._pieces)
        if text.strip():
            ending = ending_of(text)
            if ending is not None:
                self._fields["input"] = msgspec.Raw((text + ending).encode())
        return msgspec.Raw(msgspec.json.encode(self._fields))
