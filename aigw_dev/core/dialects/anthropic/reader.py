"""What an Anthropic reply says, for the log: events of a relayed stream put together, and whole messages."""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.anthropic import errors
from aigw_dev.core.dialects.anthropic.usage import merged, read_usage
from aigw_dev.core.dialects.anthropic.wire import (
    Block,
    Delta,
    Reply,
    Wire,
    decode_block,
    decode_event,
    decode_reply,
    is_said,
)
from aigw_dev.core.dialects.protocol import ReplyError, ReplySummary
from aigw_dev.core.exchange import Assembled, ToolCall, Usage
from aigw_dev.core.streams.sse import Event

_NOTE_BYTES: Final = 120
_REFUSAL: Final = "refusal"


class StreamReader:
    """Listens to one stream of a message; see `protocol.Reader`. Never raises."""

    def __init__(self) -> None:
        self.has_data = False
        self.is_done = False
        self.error: ReplyError | None = None
        self.bad_events = 0
        self.note = ""
        self.response_model = ""
        self.finish = ""
        self._usage_raw = b""
        self._written: dict[int, _Written] = {}

    def feed(self, event: Event) -> None:
        """Take one event; comments and events without data say nothing."""
        if event.is_comment or not event.data:
            return
        self.has_data = True
        wire = decode_event(event.data)
        if wire is None:
            self.bad_events += 1
            head = event.data[:_NOTE_BYTES].decode("utf-8", "replace")
            self.note = self.note or f"an event holds no JSON object: {head}"
            return
        match wire.type:
            case "content_block_delta" if wire.delta is not None:
                self._block(wire).take(wire.delta)
            case "content_block_start":
                self._written[wire.index or 0] = _Written(decode_block(wire.content_block))
            case "message_start" if wire.message is not None:
                self._begin(wire.message)
            case "message_delta":
                self._take_end(wire)
            case "message_stop":
                self.is_done = True
            case _:
                if self.error is None and (
                    wire.type == "error" or event.event == "error" or is_said(wire.error)
                ):
                    self.error = errors.reply_error(event.data)

    def _block(self, wire: Wire) -> "_Written":
        index = wire.index or 0
        if index not in self._written:
            self._written[index] = _Written(Block())
        return self._written[index]

    def _begin(self, message: Reply) -> None:
        """A second beginning (a provider's own retry) starts over; nothing was said yet where it repeats the first."""
        self.response_model = loose_json.text(message.model)
        self._usage_raw = merged(self._usage_raw, bytes(message.usage))
        self._written = {
            index: _Written(decode_block(raw)) for index, raw in enumerate(message.content or ())
        }
        self.finish = loose_json.text(message.stop_reason)

    def _take_end(self, wire: Wire) -> None:
        if wire.delta is not None and wire.delta.stop_reason:
            self.finish = wire.delta.stop_reason
        if is_said(wire.usage):
            self._usage_raw = merged(self._usage_raw, bytes(wire.usage))

    @property
    def usage(self) -> Usage | None:
        """What the provider counted; figures of `message_delta` are cumulative and replace earlier ones."""
        return read_usage(self._usage_raw) if self._usage_raw else None

    def assembled(self) -> Assembled:
        """The reply so far."""
        return _assembled([self._written[index] for index in sorted(self._written)], self.finish)

    def output_text(self) -> str:
        """Every character written so far, to estimate tokens from."""
        return "".join(written.everything() for written in self._written.values())


def stream_reader() -> StreamReader:
    """A new reader, for one stream."""
    return StreamReader()


def reply_usage(body: bytes, /) -> Usage | None:
    """What the provider counted in a whole reply."""
    reply = decode_reply(body)
    return read_usage(reply.usage) if reply is not None and is_said(reply.usage) else None


def reply_summary(body: bytes, /) -> ReplySummary:
    """What the log keeps of a whole reply."""
    reply = decode_reply(body)
    if reply is None:
        return ReplySummary()
    finish = loose_json.text(reply.stop_reason)
    return ReplySummary(
        response_model=loose_json.text(reply.model),
        finish=finish,
        usage=read_usage(reply.usage) if is_said(reply.usage) else None,
        assembled=_assembled([_Written(decode_block(raw)) for raw in reply.content or ()], finish),
    )


class _Written:
    """One block in the making."""

    __slots__ = ("arguments", "block", "text", "thought")

    def __init__(self, block: Block) -> None:
        self.block = block
        self.text = [block.text] if block.text else []
        self.thought = [block.thinking] if block.thinking else []
        self.arguments: list[str] = []

    def take(self, delta: Delta) -> None:
        if delta.text:
            self.text.append(delta.text)
        if delta.thinking:
            self.thought.append(delta.thinking)
        if delta.partial_json:
            self.arguments.append(delta.partial_json)

    def call(self) -> ToolCall | None:
        """The tool call that this block is; hosted tools' calls count too: a person wants to see them."""
        if not self.block.type.endswith("tool_use"):
            return None
        given = bytes(self.block.input).decode("utf-8", "replace") if is_said(self.block.input) else "{}"
        return ToolCall(
            id=loose_json.text(self.block.id),
            name=loose_json.text(self.block.name),
            arguments="".join(self.arguments) or given,
        )

    def everything(self) -> str:
        name = loose_json.text(self.block.name) if self.arguments else ""
        return "".join(self.thought) + "".join(self.text) + name + "".join(self.arguments)


def _assembled(written: list[_Written], finish: str) -> Assembled:
    text = "".join("".join(one.text) for one in written)
    is_refused = finish == _REFUSAL
    return Assembled(
        text="" if is_refused else text,
        reasoning="".join("".join(one.thought) for one in written),
        refusal=text if is_refused else "",
        tool_calls=[call for one in written if (call := one.call()) is not None],
        finish=finish,
    )
