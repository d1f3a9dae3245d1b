"""Writes neutral events as an Anthropic stream: every event with its `event:` line, blocks one after the other.

The usage that opens the stream is the provider's, or an estimate of the input: the protocol names usage before anything
was said. The final one stands in `message_delta`, cumulative, and replaces it.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat import signatures
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
from aigw_dev.core.chat.tool_names import restored
from aigw_dev.core.chat.vocabulary import ReplyContext
from aigw_dev.core.dialects.anthropic.blocks_write import Block
from aigw_dev.core.dialects.anthropic.errors import encode_stream_error
from aigw_dev.core.dialects.anthropic.reply import (
    call_id,
    call_signature,
    estimated_usage,
    message_id,
    tool_names,
)
from aigw_dev.core.dialects.anthropic.usage import write_usage
from aigw_dev.core.dialects.anthropic.wire import fields_of, loose_text
from aigw_dev.core.dialects.anthropic.words import DIALECT, stop_word
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

_STATUSES: Final = {"rate_limit_error": 429, "overloaded_error": 529, "authentication_error": 401}
_UPSTREAM_FAILED: Final = 500


def stream_encoder(context: ReplyContext, ledger: Ledger) -> "StreamEncoder":
    """A new encoder, for one stream."""
    return StreamEncoder(context, ledger)


class StreamEncoder:
    """See `codec.StreamEncoder`."""

    def __init__(self, context: ReplyContext, ledger: Ledger) -> None:
        """`ledger.target` is the provider's dialect."""
        self._context = context
        self._ledger = ledger
        self._is_own = ledger.target == DIALECT
        self._index = -1
        self._block: BlockStarted | None = None  # the open one; None while a block is not shown
        self._signature: list[str] = []
        self._custom: list[str] = []  # the plain text of a custom tool's call
        self._has_calls = False
        self._is_refused = False
        self._said: list[str] = []
        self._end: Finished | None = None
        self._usage: Usage | None = None

    def encode(self, event: ChatEvent) -> bytes:
        """The bytes for this event; may be empty."""
        match event:
            case Delta():
                return self._delta(event)
            case BlockStarted():
                return self._start_block(event)
            case BlockStopped():
                return self._stop_block(event)
            case Started():
                return self._start(event)
            case Finished():
                if event.choice == 0:
                    self._end = event
                return b""
            case Counted():
                self._usage = event.usage
                return b""
            case Ended():
                return self._finish()
            case Ping():
                return _event("ping", {})
            case Failed():
                status = event.status or _STATUSES.get(event.code, _UPSTREAM_FAILED)
                return encode_stream_error(status, event.code, event.message)

    def _start(self, event: Started) -> bytes:
        context = self._context
        message: Block = {
            "id": message_id(event.id, context, is_own=self._is_own),
            "type": "message",
            "role": "assistant",
            "model": event.model or context.request.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(
                event.usage or Usage(input=context.input_estimate, output=1), is_own=self._is_own
            ),
        }
        return _event("message_start", {"message": message})

    def _start_block(self, event: BlockStarted) -> bytes:
        if event.choice != 0:  # amid a block of the first: that one stays open
            self._ledger.dropped("choices", "further answers: a message is one")
            return b""
        self._block = None
        match event.kind:
            case "text" | "refusal":
                if event.kind == "refusal":
                    self._is_refused = True
                    self._ledger.approximated(
                        f"content[{event.index}].refusal", "a text, with stop_reason refusal"
                    )
                block: Block = {"type": "text", "text": ""}
            case "thinking":
                block = {"type": "thinking", "thinking": "", "signature": ""}
            case "redacted":
                data = signatures.wrap(self._origin(event), event.signature, DIALECT)
                block = {"type": "redacted_thinking", "data": data}
            case "tool_call":
                return self._start_call(event)
            case "opaque":
                return self._opaque(event)
        self._block = event
        self._signature = []
        return self._open(block)

    def _open(self, block: Block) -> bytes:
        self._index += 1
        return _event("content_block_start", {"index": self._index, "content_block": block})

    def _close(self) -> bytes:
        return _event("content_block_stop", {"index": self._index})

    def _piece(self, delta: Block) -> bytes:
        return _event("content_block_delta", {"index": self._index, "delta": delta})

    def _origin(self, block: BlockStarted) -> str:
        return block.origin or self._ledger.target

    def _start_call(self, event: BlockStarted) -> bytes:
        before = b""
        if event.signature:
            before = self._open(call_signature(self._origin(event), event.signature)) + self._close()
        self._block = event
        self._has_calls = True
        self._custom = []
        own_id = call_id(event.id, self._context, self._index + 1)
        name = restored(event.name, tool_names(self._context))
        self._said.append(name)
        return before + self._open({"type": "tool_use", "id": own_id, "name": name, "input": {}})

    def _opaque(self, event: BlockStarted) -> bytes:
        """A whole block of this protocol; the input of a hosted call follows as a delta, as its provider sends it."""
        opaque = event.opaque
        if opaque is None or opaque.dialect != DIALECT:
            what, whose = (
                (opaque.type, opaque.dialect) if opaque is not None else ("a block", self._origin(event))
            )
            self._ledger.dropped(f"content[{event.index}]", f"{what} exists only in {whose}")
            return b""
        self._block = event
        block: Block = {**fields_of(opaque.raw), "type": opaque.type}
        given = block.get("input")
        if not opaque.type.endswith("tool_use") or not isinstance(given, msgspec.Raw):
            return self._open(block)
        emptied: Block = {**block, "input": msgspec.Raw(b"{}")}
        opened = self._open(emptied)
        text = bytes(given).decode("utf-8", "replace")
        return opened + self._piece({"type": "input_json_delta", "partial_json": text})

    def _delta(self, event: Delta) -> bytes:
        block = self._block
        if block is None or event.choice != 0:
            return b""
        if event.logprobs:
            self._ledger.dropped("logprobs", "a message has none")
        text = event.text
        match event.kind:
            case "text" | "refusal":
                self._said.append(text)
                return self._piece({"type": "text_delta", "text": text}) if text else b""
            case "thinking":
                self._said.append(text)
                return self._piece({"type": "thinking_delta", "thinking": text}) if text else b""
            case "arguments":
                self._said.append(text)
                if block.is_custom:
                    self._custom.append(text)
                    return b""
                return self._piece({"type": "input_json_delta", "partial_json": text})
            case "signature":
                self._signature.append(text)
                return b""
            case "citations":
                return self._citations(event)

    def _citations(self, event: Delta) -> bytes:
        if not self._is_own:
            self._ledger.dropped(f"content[{event.index}].annotations", "citations of another protocol")
            return b""
        cited = loose_json.items(loose_json.load(event.text.encode("utf-8", "replace")))
        pieces = [
            self._piece({"type": "citations_delta", "citation": loose_text(one)}) for one in cited if one
        ]
        return b"".join(pieces)

    def _stop_block(self, event: BlockStopped) -> bytes:
        if event.choice != 0:
            return b""
        block, self._block = self._block, None
        if block is None:
            return b""
        last = b""
        if block.kind == "thinking":
            signature = signatures.wrap(self._origin(block), "".join(self._signature), DIALECT)
            last = self._piece({"type": "signature_delta", "signature": signature}) if signature else b""
        elif block.is_custom:
            text = msgspec.json.encode({"input": "".join(self._custom)}).decode()
            last = self._piece({"type": "input_json_delta", "partial_json": text})
        return last + self._close()

    def _finish(self) -> bytes:
        end = self._end or Finished(reason="stop")
        word = stop_word(end.reason, has_calls=self._has_calls)
        if self._is_refused:
            word = "refusal"
        if self._is_own and end.raw:
            word = end.raw
        delta: Block = {"stop_reason": word, "stop_sequence": end.stop_sequence or None}
        if self._is_own and bytes(end.details) != b"null":
            delta["stop_details"] = end.details
        usage = self._usage
        if usage is None:
            usage = estimated_usage("".join(self._said), self._context, self._ledger)
        ended = _event("message_delta", {"delta": delta, "usage": write_usage(usage, is_own=self._is_own)})
        return ended + _event("message_stop", {})


def _event(kind: str, fields: Block) -> bytes:
    return sse.encode(sse.unbroken(msgspec.json.encode({"type": kind, **fields})), event=kind)
