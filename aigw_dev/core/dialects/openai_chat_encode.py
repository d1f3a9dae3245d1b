"""Neutral events as a stream of chat chunks.

Order of what is sent: a chunk with the role, deltas, a chunk with the finish reason for each choice, the usage on a chunk
without choices where the caller asked for it (then every other chunk says `"usage": null`), `[DONE]`. A stream that
fails ends in the dialect's error event and nothing else: no finish, no `[DONE]`.
"""

from typing import Any, Final

import msgspec

from aigw_dev.core.chat import custom_tools
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
from aigw_dev.core.chat.vocabulary import ReplyContext
from aigw_dev.core.dialects.openai_chat_answer import (
    annotations,
    completion_id,
    encode_json,
    estimated,
    finish_reason,
    google_content,
    is_legacy,
    logprobs_object,
    own_name,
    thinking_block,
    tool_id,
    usage_object,
)
from aigw_dev.core.dialects.openai_errors import encode_stream_error
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

_DONE: Final = b"data: [DONE]\n\n"
_BAD_GATEWAY: Final = 502
_FIRST_ERROR: Final = 400
_BLANK_LINE: Final = "\n\n"
"""Between two thoughts, as in a whole reply."""
_IN_BAND: Final = "upstream_in_band"
_PLAIN: Final = {"text": "content", "thinking": "reasoning_content", "refusal": "refusal"}


class Encoder:
    """Writes one stream; see `codec.StreamEncoder`."""

    def __init__(self, context: ReplyContext, ledger: Ledger) -> None:
        self._context = context
        self._ledger = ledger
        self._head = b""
        self._tail = b',"usage":null}' if context.request.wants_usage else b"}"
        self._choices: dict[int, _Choice] = {}
        self._written: list[str] = []
        self._usage: Usage | None = None

    def encode(self, event: ChatEvent) -> bytes:
        """The bytes for this event; may be empty."""
        match event:
            case Delta():
                return self._delta(event)
            case BlockStarted():
                return self._begin(event)
            case BlockStopped():
                return self._stop(event)
            case Started():
                return self._start(event)
            case Finished():
                return self._finish(event)
            case Counted():
                self._usage = event.usage
                return b""
            case Ended():
                return self._end()
            case Failed():
                status = event.status if event.status >= _FIRST_ERROR else _BAD_GATEWAY
                return encode_stream_error(status, event.code or _IN_BAND, event.message)
            case Ping():
                return sse.encode_comment("ping")

    def _start(self, event: Started) -> bytes:
        head = {
            "id": completion_id(event.id, self._context),
            "object": "chat.completion.chunk",
            "created": event.created or self._context.created,
            "model": event.model or self._context.request.model,
        }
        self._head = encode_json(head)[:-1]
        return self._choice_of(0).role()

    def _choice_of(self, number: int) -> "_Choice":
        if number not in self._choices:
            self._choices[number] = _Choice(number, self)
        return self._choices[number]

    def _begin(self, event: BlockStarted) -> bytes:
        choice = self._choice_of(event.choice)
        choice.is_restored = False
        if event.kind == "tool_call":
            event = self._restored(event, choice)
        choice.block, choice.pieces, choice.signature = event, [], ""
        role = choice.role()
        match event.kind:
            case "tool_call":
                self._written.append(event.name)
                return role + choice.call(event)
            case "redacted":
                block = thinking_block("", event.signature, event.origin, is_redacted=True)
                return role + self.chunk(event.choice, {"thinking_blocks": [block]})
            case "opaque":
                kind = event.opaque.type if event.opaque is not None else "opaque"
                self._ledger.dropped(f"content.{kind}", "chat completions have no place for it")
                return role
            case _:
                return role

    def _restored(self, event: BlockStarted, choice: "_Choice") -> BlockStarted:
        """The call as the caller knows it: its own name for the tool, and plain text where the tool takes that."""
        name = own_name(event.name, self._context)
        is_custom = custom_tools.is_custom(name, self._context.request.tools)
        choice.is_restored = is_custom and not event.is_custom
        return msgspec.structs.replace(event, name=name, is_custom=is_custom or event.is_custom)

    def _delta(self, event: Delta) -> bytes:
        choice = self._choice_of(event.choice)
        text = event.text
        if event.kind == "signature":
            choice.signature += text
            return b""
        if event.kind == "citations":
            notes = annotations(text.encode("utf-8", "replace"), choice.start, choice.length - choice.start)
            if not notes:
                self._ledger.dropped(
                    "citations", "only citations of an address have a place in chat completions"
                )
                return b""
            return self.chunk(event.choice, {"annotations": notes})
        self._written.append(text)
        if event.kind == "thinking" and not choice.pieces:
            choice.pieces.append(text)
            text = _BLANK_LINE + text if choice.has_thoughts else text
            choice.has_thoughts = True
        else:
            choice.pieces.append(text)
        if event.kind == "arguments":  # a text inside arguments is known when they are whole
            return b"" if choice.is_restored else choice.arguments(text)
        if event.kind == "text":
            choice.length += len(text)
        choice.has_refusal = choice.has_refusal or event.kind == "refusal"
        logprobs = logprobs_object(event.logprobs, is_refusal=event.kind == "refusal")
        return self.chunk(event.choice, {_PLAIN[event.kind]: text}, logprobs=logprobs)

    def _stop(self, event: BlockStopped) -> bytes:
        choice = self._choice_of(event.choice)
        block = choice.block
        choice.block = None
        choice.start = choice.length
        if block is None:
            return b""
        if block.kind == "thinking" and choice.signature:
            text = "".join(choice.pieces)
            signed = thinking_block(text, choice.signature, block.origin, is_redacted=False)
            return self.chunk(event.choice, {"thinking_blocks": [signed]})
        if choice.is_restored:
            return choice.arguments(custom_tools.plain_input("".join(choice.pieces)), block)
        if block.kind == "tool_call" and not choice.pieces and not block.is_custom:
            return choice.arguments("{}")
        return b""

    def _finish(self, event: Finished) -> bytes:
        choice = self._choice_of(event.choice)
        if event.stop_sequence:
            self._ledger.dropped("stop_sequence", "chat completions do not say which stop text was met")
        finish = finish_reason(
            event.reason, has_calls=choice.calls > 0, has_refusal=choice.has_refusal, ledger=self._ledger
        )
        if finish == "tool_calls" and is_legacy(self._context):
            finish = "function_call"
        return choice.role() + self.chunk(event.choice, {}, finish=finish)

    def _end(self) -> bytes:
        if not self._context.request.wants_usage:
            return _DONE
        usage = self._usage
        if usage is None:
            usage = estimated(self._context, self._written)
            self._ledger.invented("usage", "the provider counted nothing; these are estimates")
        return self._event(b'"choices":[],"usage":' + encode_json(usage_object(usage)) + b"}") + _DONE

    def chunk(
        self,
        choice: int,
        delta: dict[str, Any],
        *,
        logprobs: dict[str, Any] | None = None,
        finish: str | None = None,
    ) -> bytes:
        """One chunk of one choice."""
        row = {"index": choice, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return self._event(b'"choices":[' + encode_json(row) + b"]" + self._tail)

    def _event(self, rest: bytes) -> bytes:
        text = self._head + b"," + rest
        return b"data: " + (text if text.isascii() else sse.unbroken(text)) + b"\n\n"

    def drop_call(self) -> bytes:
        """A caller of the form before tools reads one call only."""
        self._ledger.dropped("tool_calls", "a caller that sends `functions` reads one call only")
        return b""

    def seed(self, event: BlockStarted, number: int) -> str:
        """The id of a tool call."""
        return tool_id(event.id, self._context, event.choice, number)

    @property
    def is_legacy(self) -> bool:
        """Calls are told as `function_call`, of which there is one."""
        return is_legacy(self._context)


class _Choice:
    """What has been written of one choice."""

    def __init__(self, number: int, encoder: Encoder) -> None:
        self.block: BlockStarted | None = None
        self.pieces: list[str] = []
        """Of the open block."""
        self.signature = ""
        self.is_restored = False
        """The open call is a function that stands for a custom tool."""
        self.calls = 0
        self.start = 0
        """Where the open text begins in the content, in characters."""
        self.length = 0
        """Characters of content so far."""
        self.has_refusal = False
        self.has_thoughts = False
        self._has_role = False
        self._number = number
        self._encoder = encoder

    def role(self) -> bytes:
        """The first chunk; nothing after that."""
        if self._has_role:
            return b""
        self._has_role = True
        return self._encoder.chunk(self._number, {"role": "assistant", "content": "", "refusal": None})

    def call(self, event: BlockStarted) -> bytes:
        """A tool call begins."""
        index = self.calls
        self.calls += 1
        if self._encoder.is_legacy:
            delta: dict[str, Any] = {"function_call": {"name": event.name, "arguments": ""}}
            return self._encoder.chunk(self._number, delta) if index == 0 else self._encoder.drop_call()
        call: dict[str, Any] = {"index": index, "id": self._encoder.seed(event, index)}
        if event.is_custom:
            call |= {"type": "custom", "custom": {"name": event.name, "input": ""}}
        else:
            call |= {"type": "function", "function": {"name": event.name, "arguments": ""}}
        if event.signature:
            call["extra_content"] = google_content(event.signature)
        return self._encoder.chunk(self._number, {"tool_calls": [call]})

    def arguments(self, piece: str, block: BlockStarted | None = None) -> bytes:
        """A piece of the open call's arguments, or of a `block` that has just ended."""
        index = self.calls - 1
        if self._encoder.is_legacy:
            delta: dict[str, Any] = {"function_call": {"arguments": piece}}
            return self._encoder.chunk(self._number, delta) if index == 0 else b""
        block = block or self.block
        is_custom = block is not None and block.is_custom
        inner = {"custom": {"input": piece}} if is_custom else {"function": {"arguments": piece}}
        return self._encoder.chunk(self._number, {"tool_calls": [{"index": index, **inner}]})
