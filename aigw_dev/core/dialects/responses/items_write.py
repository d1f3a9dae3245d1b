"""Messages as input items for a provider."""

import hashlib
from typing import Final

from aigw_dev.core.chat.vocabulary import (
    NULL,
    ChatRequest,
    Image,
    Message,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.responses import thoughts
from aigw_dev.core.dialects.responses.checks import DIALECT
from aigw_dev.core.dialects.responses.content import write_part, write_parts
from aigw_dev.core.ledger import Ledger

MAX_ID_CHARS: Final = 64
"""OpenAI refuses a longer `call_id`, `safety_identifier` or `prompt_cache_key`."""
_KEPT_CHARS: Final = 55
_ERROR: Final = "error"


def shortened(text: str) -> str:
    """The same id for the same text, at most 64 characters long."""
    if len(text) <= MAX_ID_CHARS:
        return text
    return f"{text[:_KEPT_CHARS]}_{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def write_input(
    request: ChatRequest, ledger: Ledger, *, is_reasoning_echoed: bool = False
) -> tuple[str, list[object]]:
    """(`instructions`, `input`): the first system message leads, everything else is an item.

    `is_reasoning_echoed`: the provider wants earlier reasoning back as text, signed or not.
    """
    writer = _Writer(request, ledger, is_reasoning_echoed=is_reasoning_echoed)
    messages = request.messages
    instructions = ""
    start = 0
    if len(messages) > 1 and messages[0].role == "system":  # alone it is the input: there must be one
        texts = [part for part in messages[0].parts if isinstance(part, Text)]
        is_cached = any(text.cache is not None for text in texts)
        is_plain = len(texts) == 1 and not is_cached
        if len(texts) == len(messages[0].parts) and (is_plain or request.dialect != DIALECT):
            instructions, start = thoughts.BETWEEN_PARTS.join(text.text for text in texts), 1
            if is_cached:
                ledger.approximated("system.cache_control", "the provider caches prefixes by itself")
    for number, message in enumerate(messages[start:], start):
        writer.take(message, f"messages[{number}]")
    return instructions, writer.items


class _Writer:
    """Collects the items of one request."""

    def __init__(self, request: ChatRequest, ledger: Ledger, *, is_reasoning_echoed: bool) -> None:
        self.items: list[object] = []
        self._ledger = ledger
        self._is_own = request.dialect == DIALECT
        self._is_reasoning_echoed = is_reasoning_echoed

    def take(self, message: Message, where: str) -> None:
        """Add the items of one message."""
        if message.name:
            self._ledger.dropped(f"{where}.name", "messages have no name")
        if message.role == "assistant":
            for number, part in enumerate(message.parts):
                self._take_said(part, f"{where}.content[{number}]")
            return
        waiting: list[object] = []
        for number, part in enumerate(message.parts):
            place = f"{where}.content[{number}]"
            if isinstance(part, ToolResult):
                self._take_result(part, place)
            elif isinstance(part, Opaque) and part.dialect == DIALECT and not part.type.startswith("input_"):
                self.items.append(part.raw)
            else:
                one = write_part(part, place, self._ledger, is_own=self._is_own)
                waiting += [] if one is None else [one]
        if waiting:
            role = "user" if message.role == "tool" else message.role
            self.items.append({"type": "message", "role": role, "content": waiting})

    def _take_said(self, part: object, where: str) -> None:
        """One part of what the model said."""
        match part:
            case Text():
                self._take_text(part, where)
            case Refusal():
                said = {"type": "refusal", "refusal": part.text}
                self.items.append(self._output_message(said))
            case Thinking():
                self._take_thinking(part, where)
            case ToolCall():
                self._take_call(part, where)
            case Opaque() if part.dialect == DIALECT:
                self.items.append(part.raw)
            case Image():
                self._ledger.approximated(where, "picture that the model made, sent as a user's")
                one = write_part(part, where, self._ledger, is_own=self._is_own)
                self.items.append({"type": "message", "role": "user", "content": [one]})
            case _:
                self._ledger.dropped(where, f"no {type(part).__name__.lower()} among a model's output items")

    def _take_text(self, part: Text, where: str) -> None:
        if part.citations != NULL:
            if self._is_own:
                said = {"type": "output_text", "text": part.text, "annotations": part.citations}
                self.items.append(self._output_message(said))
                return
            self._ledger.dropped(f"{where}.citations", "citations of another protocol")
        if part.cache is not None:
            self._ledger.approximated(f"{where}.cache_control", "the provider caches prefixes by itself")
        if part.text or self._is_own:
            self.items.append({"type": "message", "role": "assistant", "content": part.text})

    def _output_message(self, part: object) -> dict[str, object]:
        """The long form, which needs an id of the right form and a status."""
        return {
            "type": "message",
            "id": f"msg_{len(self.items)}",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }

    def _take_thinking(self, part: Thinking, where: str) -> None:
        is_signed = bool(part.signature) and part.origin == DIALECT
        if part.signature and not is_signed:
            self._ledger.dropped(f"{where}.signature", f"signature of {part.origin or 'another protocol'}")
        item: dict[str, object] = {"type": "reasoning"}
        if part.id and (self._is_own or is_signed):
            item["id"] = part.id
        item["summary"] = thoughts.summary(part.text)
        if is_signed:
            # Without an id: OpenAI checks the content against the id given, and no id is given where none is known.
            self.items.append(item | {"encrypted_content": part.signature})
        elif self._is_reasoning_echoed and part.text:
            item["summary"] = []
            self.items.append(item | {"content": [{"type": "reasoning_text", "text": part.text}]})
        elif self._is_own and not part.signature:
            self.items.append(item)
        elif part.text:
            self._ledger.dropped(where, "the provider takes back only reasoning of its own")

    def _take_call(self, part: ToolCall, where: str) -> None:
        if part.signature:
            self._ledger.dropped(f"{where}.signature", "a call's signature belongs to another provider")
        if part.cache is not None:
            self._ledger.approximated(f"{where}.cache_control", "the provider caches prefixes by itself")
        is_custom = part.kind == "custom"
        kind, field = ("custom_tool_call", "input") if is_custom else ("function_call", "arguments")
        item: dict[str, object] = {"type": kind}
        if self._is_own and part.item_id:
            item["id"] = part.item_id
        item |= {"call_id": self._call_id(part.id, where), "name": part.name, field: part.arguments}
        self.items.append(item)

    def _take_result(self, part: ToolResult, where: str) -> None:
        if part.cache is not None:
            self._ledger.approximated(f"{where}.cache_control", "the provider caches prefixes by itself")
        kind = "custom_tool_call_output" if part.kind == "custom" else "function_call_output"
        output: str | list[object]
        if len(part.parts) == 1 and isinstance(part.parts[0], Text) and part.parts[0].cache is None:
            output = part.parts[0].text
        else:
            output = write_parts(part.parts, f"{where}.content", self._ledger, is_own=self._is_own) or ""
        if part.is_error:
            self._ledger.approximated(f"{where}.is_error", "result written with `Error: ` in front")
            output = _as_error(output)
        self.items.append({"type": kind, "call_id": self._call_id(part.call_id, where), "output": output})

    def _call_id(self, call_id: str, where: str) -> str:
        short = shortened(call_id)
        if short != call_id:
            self._ledger.approximated(f"{where}.id", f"call id cut to {MAX_ID_CHARS} characters")
        return short


def _as_error(output: str | list[object]) -> str | list[object]:
    if isinstance(output, str):
        return output if output.lower().startswith(_ERROR) else f"Error: {output}"
    return [{"type": "input_text", "text": "Error:"}, *output]
