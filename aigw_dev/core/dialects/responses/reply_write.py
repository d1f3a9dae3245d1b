"""A neutral reply as a caller's Response object: `CallerCodec.write_reply`."""

import msgspec

from aigw_dev.core.chat import custom_tools
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    Choice,
    Image,
    Opaque,
    Part,
    Refusal,
    ReplyContext,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.dialects.responses import output_items, thoughts
from aigw_dev.core.dialects.responses.checks import DIALECT
from aigw_dev.core.dialects.responses.response_object import Head, incomplete_reason, write_usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse


def write_reply(reply: ChatReply, /, context: ReplyContext, ledger: Ledger) -> bytes:
    """The whole Response object for the caller."""
    head = Head(context, reply.id, reply.model, reply.created)
    choice = reply.choices[0] if reply.choices else Choice(parts=(), stop=None)
    for number in range(1, len(reply.choices)):
        ledger.dropped(f"choices[{number}]", "a response has one answer")
    for name in reply.extras:
        ledger.dropped(name, "only the provider's own protocol has it")
    has_refusal = any(isinstance(part, Refusal) for part in choice.parts)
    reason = incomplete_reason(choice.stop, has_refusal=has_refusal, ledger=ledger)
    writer = _Output(head, reply.dialect, context, ledger)
    for number, part in enumerate(choice.parts):
        writer.take(part, f"output[{number}]")
    output = writer.close(choice, "incomplete" if reason else "completed")
    usage = write_usage(
        reply.usage, written=writer.written(), input_estimate=context.input_estimate, ledger=ledger
    )
    response = head.response(
        "incomplete" if reason else "completed",
        output,
        usage=usage,
        reason=reason,
        service_tier=reply.service_tier,
    )
    return sse.unbroken(msgspec.json.encode(response))


class _Output:
    """Collects output items."""

    def __init__(self, head: Head, origin: str, context: ReplyContext, ledger: Ledger) -> None:
        self._head = head
        self._origin = origin
        self._tools = context.request.tools
        self._ledger = ledger
        self._items: list[dict[str, object] | msgspec.Raw] = []
        self._content: list[dict[str, object]] = []  # of the message in the making
        self._written: list[str] = []

    def written(self) -> str:
        """Everything the model wrote, to estimate tokens from."""
        return "".join(self._written)

    def take(self, part: Part, where: str) -> None:
        """Add one part."""
        match part:
            case Text():
                self._written.append(part.text)
                annotations = output_items.annotations_of(part.citations, self._ledger, length=len(part.text))
                self._content.append(output_items.text_part(part.text, annotations, []))
            case Refusal():
                self._written.append(part.text)
                self._content.append(output_items.refusal_part(part.text))
            case Audio() if part.transcript:
                self._ledger.approximated(where, "spoken answer written as its transcript")
                self._written.append(part.transcript)
                self._content.append(output_items.text_part(part.transcript, [], []))
            case Thinking():
                self._take_thinking(part)
            case ToolCall():
                self._take_call(custom_tools.restore(part, self._tools))
            case Image() if part.source.data:
                self._ledger.approximated(where, "picture written as image_generation_call")
                number = self._flush()
                self._items.append(output_items.picture(self._head.item_id("ig", number), part.source.data))
            case Opaque() if part.dialect == DIALECT:
                self._flush()
                self._items.append(part.raw)
            case _:
                name = part.type if isinstance(part, Opaque) else type(part).__name__.lower()
                self._ledger.dropped(where, f"no output item for {name}")

    def close(self, choice: Choice, status: str) -> list[object]:
        """Every item; the last one has the response's status, the logprobs stand with the first text."""
        self._flush()
        last = self._items[-1] if self._items else None
        if isinstance(last, dict) and "status" in last:
            last["status"] = status
        if choice.logprobs:
            self._place(output_items.logprobs_of(choice.logprobs))
        return list(self._items)

    def _place(self, logprobs: list[object]) -> None:
        for item in self._items:
            if isinstance(item, dict) and item["type"] == "message":
                parts = item["content"]
                assert isinstance(parts, list)  # noqa: S101 - our own message
                for part in parts:  # pyright: ignore[reportUnknownVariableType] - our own parts
                    if part["type"] == "output_text":
                        part["logprobs"] = logprobs
                        return

    def _flush(self) -> int:
        """End the message in the making; the number of the next item."""
        if self._content:
            item_id = self._head.item_id("msg", len(self._items))
            self._items.append(output_items.message(item_id, list(self._content)))
            self._content = []
        return len(self._items)

    def _take_thinking(self, part: Thinking) -> None:
        number = self._flush()
        self._written.append(part.text)
        encrypted = thoughts.encrypted(
            part.signature, part.origin or self._origin, is_redacted=part.is_redacted
        )
        self._items.append(
            output_items.reasoning(self._head.item_id("rs", number, part.id), part.text, encrypted)
        )

    def _take_call(self, call: ToolCall) -> None:
        number = self._flush()
        self._written.append(call.name + call.arguments)
        if call.signature and self._origin != DIALECT:
            carried = thoughts.encrypted_for_call(call.signature, self._origin)
            self._items.append(output_items.reasoning(self._head.item_id("rs", number), "", carried))
            number += 1
        call_id = self._head.call_id(number, call.id)
        if call.kind == "custom":
            item_id = self._head.item_id("ctc", number, call.item_id)
            self._items.append(
                output_items.custom_call(item_id, call_id=call_id, name=call.name, text=call.arguments)
            )
            return
        item_id = self._head.item_id("fc", number, call.item_id)
        self._items.append(
            output_items.function_call(item_id, call_id=call_id, name=call.name, arguments=call.arguments)
        )
