"""A caller's input, a text or a list of items, as messages.

Items of the model's side (reasoning, text, calls) that follow each other are one assistant message, as chat protocols
want them; results that follow each other are one message of role `tool`. Items without a neutral word are `Opaque`
parts: of an assistant message where the model made them, of a user message where they answer it.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import (
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.responses import checks, thoughts
from aigw_dev.core.dialects.responses.checks import DIALECT, Extras, MalformedError
from aigw_dev.core.dialects.responses.content import InputPart, read_part

_ROLES: Final[dict[str, Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "developer",
}
_RESULT_ENDINGS: Final = ("_output", "_response")
_MESSAGE_KEYS: Final = ("type", "role", "content", "id", "status")
_REASONING_KEYS: Final = ("type", "id", "summary", "content", "encrypted_content", "status")


def read_input(value: bytes, extras: Extras) -> list[Message]:
    """The messages of `input`. Raises `MalformedError`."""
    loaded = loose_json.load(value) if value else None
    if loaded is None:
        return []
    if isinstance(loaded, str):
        return [Message(role="user", parts=(Text(text=loose_json.text(loaded)),))]
    if not loose_json.is_array(loaded):
        raise checks.wrong("input", "a string or an array of items", loaded)
    turns = _Turns(extras)
    for number, (item, raw) in enumerate(zip(loaded, checks.raw_items(value), strict=True)):
        turns.take(item, bytes(raw), f"input[{number}]")
    return turns.close()


class _Turns:
    """Puts items together to messages."""

    def __init__(self, extras: Extras) -> None:
        self._extras = extras
        self._messages: list[Message] = []
        self._role: Role | None = None  # of the message in the making
        self._parts: list[Part] = []
        self._call_signature = ""

    def take(self, value: object, raw: bytes, where: str) -> None:
        """Add one item."""
        item = checks.mapping(value, where)
        kind = checks.text(item.get("type"), f"{where}.type")
        if not kind:  # may be left out of these two
            kind = "message" if "role" in item else "item_reference" if item.keys() == {"id"} else ""
        match kind:
            case "message":
                self._take_message(item, where)
            case "reasoning":
                self._take_reasoning(item, where)
            case "function_call" | "custom_tool_call":
                self._take_call(item, where, is_custom=kind == "custom_tool_call")
            case "function_call_output" | "custom_tool_call_output":
                self._take_result(item, where, is_custom=kind == "custom_tool_call_output")
            case "item_reference":
                raise MalformedError(
                    f"{where}.id",
                    f"Item with id '{loose_json.text(item.get('id'))}' not found; items are not kept when `store` is "
                    "false: send the item itself",
                )
            case "":
                raise MalformedError(
                    f"{where}.type",
                    f"`{where}.type` is missing; an item needs one, or a `role` where it is a message",
                )
            case _:
                role: Role = "user" if kind.endswith(_RESULT_ENDINGS) else "assistant"
                self._add(role, Opaque(dialect=DIALECT, type=kind, raw=msgspec.Raw(raw)))

    def close(self) -> list[Message]:
        """Every message."""
        self._flush()
        return self._messages

    def _flush(self) -> None:
        if self._role is not None and self._parts:
            self._messages.append(Message(role=self._role, parts=tuple(self._parts)))
        self._role, self._parts = None, []

    def _add(self, role: Role, part: Part) -> None:
        if self._role != role:
            self._flush()
            self._role = role
        self._parts.append(part)

    def _take_message(self, item: dict[str, object], where: str) -> None:
        checks.rest(item, _MESSAGE_KEYS, where, self._extras)
        named = checks.text(item.get("role"), f"{where}.role", is_required=True)
        role = _ROLES.get(named)
        if role is None:
            raise MalformedError(f"{where}.role", f"`{where}.role` must be one of {', '.join(_ROLES)}")
        parts = self._content(item.get("content"), f"{where}.content")
        if role == "assistant" and self._role == role and not self._is_said():
            self._parts += parts
            return
        self._flush()
        self._role, self._parts = role, list(parts)
        if role != "assistant":
            if not parts:  # an empty turn is still a turn
                self._parts = [Text(text="")]
            self._flush()

    def _is_said(self) -> bool:
        """The assistant's message in the making has words and no calls: other words are another message."""
        has_words = any(isinstance(part, Text) for part in self._parts)
        return has_words and not any(isinstance(part, ToolCall) for part in self._parts)

    def _content(self, value: object, where: str) -> list[InputPart]:
        if isinstance(value, str):
            return [Text(text=loose_json.text(value))]
        return [
            read_part(part, f"{where}[{number}]", self._extras)
            for number, part in enumerate(checks.items(value, where))
        ]

    def _take_reasoning(self, item: dict[str, object], where: str) -> None:
        checks.rest(item, _REASONING_KEYS, where, self._extras)
        checks.text(item.get("encrypted_content"), f"{where}.encrypted_content")
        for name in ("summary", "content"):
            checks.items(item.get(name), f"{where}.{name}")
        thought = thoughts.read_item(item)
        if thought.call_signature:
            self._call_signature = thought.call_signature
            return
        self._add("assistant", thought.thinking)

    def _take_call(self, item: dict[str, object], where: str, *, is_custom: bool) -> None:
        field = "input" if is_custom else "arguments"
        checks.rest(item, ("type", "id", "call_id", "name", field, "status"), where, self._extras)
        arguments = checks.text(item.get(field), f"{where}.{field}")
        signature, self._call_signature = self._call_signature, ""
        call = ToolCall(
            id=checks.text(item.get("call_id"), f"{where}.call_id", is_required=True),
            name=checks.text(item.get("name"), f"{where}.name", is_required=True),
            arguments=arguments if is_custom else arguments or "{}",
            kind="custom" if is_custom else "function",
            signature=signature,
            item_id=checks.text(item.get("id"), f"{where}.id"),
        )
        self._add("assistant", call)

    def _take_result(self, item: dict[str, object], where: str, *, is_custom: bool) -> None:
        checks.rest(item, ("type", "id", "call_id", "output", "status"), where, self._extras)
        output = self._content(item.get("output"), f"{where}.output")
        result = ToolResult(
            call_id=checks.text(item.get("call_id"), f"{where}.call_id", is_required=True),
            parts=tuple(Text(text=part.text) if isinstance(part, Refusal) else part for part in output),
            kind="custom" if is_custom else "function",
        )
        self._add("tool", result)
