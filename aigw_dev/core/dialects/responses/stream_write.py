"""Neutral events as a caller's stream: `CallerCodec.stream_encoder`.

Every item has its complete set of frames, in the order that OpenAI sends them, with `sequence_number` counting from 0 and
an `event:` line each; no `[DONE]`. Text and refusal blocks that follow each other are parts of one message item.
A stream that fails ends as OpenAI's do: an `error` event, on which its SDKs raise, then `response.failed`, which agents
read.
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
from aigw_dev.core.chat.vocabulary import ReplyContext, StopReason
from aigw_dev.core.dialects.responses import output_items, thoughts
from aigw_dev.core.dialects.responses.checks import DIALECT
from aigw_dev.core.dialects.responses.errors import error_event
from aigw_dev.core.dialects.responses.response_object import Head, incomplete_reason, write_usage
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

_PING: Final = sse.encode_comment("ping")
_DEFAULT_CODE: Final = "server_error"
_LIMIT_CODE: Final = "rate_limit_exceeded"
_LIMIT_STATUS: Final = 429
_CODES: Final = frozenset(
    {
        _DEFAULT_CODE,
        _LIMIT_CODE,
        "invalid_prompt",
        "data_residency_mismatch",
        "bio_policy",
        "vector_store_timeout",
        "image_content_policy_violation",
        "context_length_exceeded",  # these four are not in the schema, but OpenAI sends them and Codex knows them
        "insufficient_quota",
        "usage_not_included",
        "server_is_overloaded",
    }
)
"""Codes of a failed response that clients know."""


class StreamEncoder:
    """Writes one stream; see `codec.StreamEncoder`."""

    def __init__(self, context: ReplyContext, ledger: Ledger) -> None:
        self.final = b""
        """The whole Response object of the last event, to be stored; empty while the stream runs."""
        self._context = context
        self._ledger = ledger
        self._head = Head(context, "", "", 0)
        self._sequence = 0
        self._is_started = False
        self._frames: list[bytes] = []
        self._items: list[object] = []
        self._written: list[str] = []
        self._usage: Usage | None = None
        self._stop: StopReason | None = None
        self._has_refusal = False
        # the open message item
        self._message_id = ""
        self._content: list[object] = []
        # the open block
        self._block: BlockStarted | None = None
        self._item_id = ""
        self._call_id = ""
        self._text: list[str] = []
        self._logprobs: list[object] = []
        self._annotations: list[object] = []
        self._signature = ""

    def encode(self, event: ChatEvent) -> bytes:
        """The frames for one event."""
        match event:
            case Started():
                self._start(event)
            case BlockStarted():
                self._begin(event)
            case Delta():
                self._add(event)
            case BlockStopped():
                self._end_block(event)
            case Finished():
                if event.choice == 0:
                    self._stop = event.reason
            case Counted():
                self._usage = event.usage
            case Ping():
                return _PING
            case Failed():
                self._fail(event)
            case Ended():
                self._end()
        frames, self._frames = self._frames, []
        return frames[0] if len(frames) == 1 else b"".join(frames)

    def _frame(self, kind: str, **fields: object) -> None:
        wire = msgspec.json.encode({"type": kind, "sequence_number": self._sequence, **fields})
        self._sequence += 1
        self._frames.append(sse.encode(sse.unbroken(wire), event=kind))

    def _start(self, event: Started) -> None:
        if self._is_started:
            return
        self._is_started = True
        self._head = Head(self._context, event.id, event.model, event.created)
        opening = self._head.response("in_progress", [])
        self._frame("response.created", response=opening)
        self._frame("response.in_progress", response=opening)

    # --- blocks

    def _begin(self, event: BlockStarted) -> None:
        if event.choice:
            self._ledger.dropped(f"choices[{event.choice}]", "a response has one answer")
            return
        self._block = event
        self._text, self._logprobs, self._annotations, self._signature = [], [], [], ""
        if event.kind in {"text", "refusal"}:
            self._begin_part(event)
            return
        self._end_message("completed")
        match event.kind:
            case "thinking" | "redacted":
                self._signature = event.signature
                self._item_id = self._head.item_id("rs", len(self._items), event.item_id)
                self._item_added(output_items.reasoning(self._item_id, "", None))
            case "tool_call":
                self._begin_call(event)
            case _:
                self._take_opaque(event)

    def _begin_part(self, event: BlockStarted) -> None:
        if not self._message_id:
            self._message_id = self._head.item_id("msg", len(self._items), event.item_id)
            self._item_added(output_items.message(self._message_id, [], "in_progress"))
        is_refusal = event.kind == "refusal"
        self._has_refusal = self._has_refusal or is_refusal
        part = output_items.refusal_part("") if is_refusal else output_items.text_part("", [], [])
        self._frame("response.content_part.added", **self._place(), part=part)

    def _begin_call(self, event: BlockStarted) -> None:
        if event.signature and event.origin != DIALECT:
            self._carry(event.signature, event.origin or self._ledger.target)
        number = len(self._items)
        self._call_id = self._head.call_id(number, event.id)
        self._written.append(event.name)
        if event.is_custom or custom_tools.is_custom(event.name, self._context.request.tools):
            self._item_id = self._head.item_id("ctc", number, event.item_id)
            item = output_items.custom_call(
                self._item_id, call_id=self._call_id, name=event.name, text="", status="in_progress"
            )
        else:
            self._item_id = self._head.item_id("fc", number, event.item_id)
            item = output_items.function_call(
                self._item_id, call_id=self._call_id, name=event.name, arguments="", status="in_progress"
            )
        self._item_added(item)

    def _carry(self, signature: str, origin: str) -> None:
        """A tool call's signature has no place in the call: an item of its own carries it."""
        carried = thoughts.encrypted_for_call(signature, origin)
        item = output_items.reasoning(self._head.item_id("rs", len(self._items)), "", carried)
        self._item_added(output_items.reasoning(self._head.item_id("rs", len(self._items)), "", None))
        self._item_done(item)

    def _take_opaque(self, event: BlockStarted) -> None:
        opaque = event.opaque
        if opaque is None or opaque.dialect != DIALECT:
            self._ledger.dropped(
                "output", f"no output item for {opaque.type if opaque is not None else 'it'}"
            )
            return
        self._item_added(opaque.raw)
        self._item_done(opaque.raw)

    def _add(self, event: Delta) -> None:
        block = self._block
        if event.choice or block is None:
            return
        text = event.text
        match event.kind:
            case "text":
                self._text.append(text)
                logprobs = output_items.logprobs_of(event.logprobs)
                self._logprobs += logprobs
                self._frame("response.output_text.delta", **self._place(), delta=text, logprobs=logprobs)
            case "refusal":
                self._text.append(text)
                self._frame("response.refusal.delta", **self._place(), delta=text)
            case "citations":
                self._cite(text)
            case "thinking":
                if not text:
                    return
                if not self._text:
                    empty = {"type": "summary_text", "text": ""}
                    self._frame("response.reasoning_summary_part.added", **self._thought(), part=empty)
                self._text.append(text)
                self._frame("response.reasoning_summary_text.delta", **self._thought(), delta=text)
            case "signature":
                self._signature += text
            case "arguments":
                self._add_arguments(block, text)

    def _add_arguments(self, block: BlockStarted, text: str) -> None:
        self._text.append(text)
        if not self._is_custom(block):
            self._frame("response.function_call_arguments.delta", **self._whole(), delta=text)
        elif block.is_custom:
            self._frame("response.custom_tool_call_input.delta", **self._whole(), delta=text)

    def _cite(self, text: str) -> None:
        length = sum(map(len, self._text))
        for one in output_items.annotations_of(text.encode(), self._ledger, length=length):
            number = len(self._annotations)
            self._annotations.append(one)
            self._frame(
                "response.output_text.annotation.added",
                **self._place(),
                annotation_index=number,
                annotation=one,
            )

    def _end_block(self, event: BlockStopped) -> None:
        block = self._block
        if event.choice or block is None:
            return
        self._block = None
        text = "".join(self._text)
        match block.kind:
            case "text":
                self._written.append(text)
                self._frame("response.output_text.done", **self._place(), text=text, logprobs=self._logprobs)
                self._part_done(output_items.text_part(text, self._annotations, self._logprobs))
            case "refusal":
                self._written.append(text)
                self._frame("response.refusal.done", **self._place(), refusal=text)
                self._part_done(output_items.refusal_part(text))
            case "thinking" | "redacted":
                self._end_thinking(block, text)
            case "tool_call":
                self._end_call(block, text)
            case _:
                pass

    def _part_done(self, part: dict[str, object]) -> None:
        self._frame("response.content_part.done", **self._place(), part=part)
        self._content.append(part)

    def _end_thinking(self, block: BlockStarted, text: str) -> None:
        self._written.append(text)
        if text:
            part = {"type": "summary_text", "text": text}
            self._frame("response.reasoning_summary_text.done", **self._thought(), text=text)
            self._frame("response.reasoning_summary_part.done", **self._thought(), part=part)
        origin = block.origin or self._ledger.target
        encrypted = thoughts.encrypted(self._signature, origin, is_redacted=block.kind == "redacted")
        self._item_done(output_items.reasoning(self._item_id, text, encrypted))

    def _end_call(self, block: BlockStarted, text: str) -> None:
        name = block.name
        if not self._is_custom(block):
            self._written.append(text)
            self._frame("response.function_call_arguments.done", **self._whole(), arguments=text)
            self._item_done(
                output_items.function_call(self._item_id, call_id=self._call_id, name=name, arguments=text)
            )
            return
        if not block.is_custom:  # a function stood for it: its one argument is the input
            text = custom_tools.plain_input(text)
            self._frame("response.custom_tool_call_input.delta", **self._whole(), delta=text)
        self._written.append(text)
        self._frame("response.custom_tool_call_input.done", **self._whole(), input=text)
        self._item_done(output_items.custom_call(self._item_id, call_id=self._call_id, name=name, text=text))

    def _is_custom(self, block: BlockStarted) -> bool:
        return block.is_custom or custom_tools.is_custom(block.name, self._context.request.tools)

    # --- items and the end

    def _place(self) -> dict[str, Any]:
        return {
            "item_id": self._message_id,
            "output_index": len(self._items),
            "content_index": len(self._content),
        }

    def _thought(self) -> dict[str, Any]:
        return {"item_id": self._item_id, "output_index": len(self._items), "summary_index": 0}

    def _whole(self) -> dict[str, Any]:
        return {"item_id": self._item_id, "output_index": len(self._items)}

    def _item_added(self, item: object) -> None:
        self._frame("response.output_item.added", output_index=len(self._items), item=item)

    def _item_done(self, item: object) -> None:
        self._frame("response.output_item.done", output_index=len(self._items), item=item)
        self._items.append(item)

    def _end_message(self, status: str) -> None:
        if not self._message_id:
            return
        item = output_items.message(self._message_id, self._content, status)
        self._message_id, self._content = "", []
        self._item_done(item)

    def _end(self) -> None:
        reason = incomplete_reason(self._stop, has_refusal=self._has_refusal, ledger=self._ledger)
        status = "incomplete" if reason else "completed"
        self._end_message(status)
        usage = write_usage(
            self._usage,
            written="".join(self._written),
            input_estimate=self._context.input_estimate,
            ledger=self._ledger,
        )
        response = self._head.response(status, self._items, usage=usage, reason=reason)
        self.final = msgspec.json.encode(response)
        self._frame(f"response.{status}", response=msgspec.Raw(self.final))

    def _fail(self, event: Failed) -> None:
        message = event.message.encode("utf-8", "replace").decode()
        code = event.code or _DEFAULT_CODE
        self._frames.append(error_event(event.status, code, message, sequence_number=self._sequence))
        self._sequence += 1
        if not self._is_started:
            return
        items = list(self._items)
        if self._message_id:
            items.append(output_items.message(self._message_id, self._content, "incomplete"))
        known = code if code in _CODES else _LIMIT_CODE if event.status == _LIMIT_STATUS else _DEFAULT_CODE
        error: dict[str, object] = {"code": known, "message": message}
        response = self._head.response("failed", items, error=error)
        self._frame("response.failed", response=response)


def stream_encoder(context: ReplyContext, ledger: Ledger) -> StreamEncoder:
    """A new encoder, for one stream."""
    return StreamEncoder(context, ledger)
