"""A conversation's items and tools, read from a body in each of the four dialects.

For readers and checks, not for translation: what is not known is kept under its own name.
"""

from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.fixture import Wild
from aigw_dev.core.recording.turn_parts import (
    Mark,
    object_of,
    objects_of,
    part_of,
    parts_of,
    placed,
    text_of,
    written,
)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a conversation."""

    kind: str
    """`system`, `user`, `assistant`, `reasoning`, `tool_call`, `tool_result`, or the dialect's own word."""
    path: str
    """Where it stands in the body: `messages[2].tool_calls[0]`."""
    parts: tuple[str | Mark, ...] = ()
    """Texts and media in order; of a tool call its arguments, as sent."""
    id: str = ""
    """Of a tool call, or the call's of a result; empty where there is none."""
    name: str = ""
    """Of a tool."""
    is_hosted: bool = False
    """The provider itself made the call and its result: nobody else answers it."""
    is_declared: bool = True
    """A tool of this kind must be declared by name."""


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the model may call."""

    name: str
    """The provider's own have their type here."""
    params: tuple[str, ...] = ()
    """Names of its parameters."""


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """What one request says."""

    items: tuple[Item, ...]
    tools: tuple[Tool, ...]
    history: str
    """The body's field that holds the turns: `messages`; empty where there are none."""
    read_fields: frozenset[str]
    """Fields at the top of the body that `items` and `tools` say; the others are parameters."""
    continues_elsewhere: bool = False
    """It names an earlier reply that the provider holds: a part of the conversation is not here."""


def openai_chat(body: dict[str, Any]) -> Conversation:
    """A request of OpenAI's Chat Completions."""
    items: list[Item] = []
    for place, message in placed(body.get("messages")):
        path = f"messages[{place}]"
        role = text_of(message.get("role"))
        if message.get("reasoning_content"):
            items.append(Item(kind="reasoning", path=path, parts=parts_of(message["reasoning_content"])))
        if role in {"tool", "function"}:
            result = text_of(message.get("tool_call_id"))
            name = text_of(message.get("name"))
            items.append(
                Item(
                    kind="tool_result",
                    path=path,
                    id=result,
                    name=name,
                    parts=parts_of(message.get("content")),
                )
            )
            continue
        parts = parts_of(message.get("content")) or parts_of(message.get("refusal"))
        calls = [*_chat_calls(message, path)]
        if parts or not calls:
            items.append(Item(kind=_ROLES.get(role, role or "message"), path=path, parts=parts))
        items += calls
    tools = [
        _named_tool(object_of(one.get("function") or one.get("custom")))
        for one in objects_of(body.get("tools"))
    ]
    tools += [_named_tool(one) for one in objects_of(body.get("functions"))]
    return Conversation(
        items=tuple(items),
        tools=tuple(tools),
        history="messages",
        read_fields=frozenset({"messages", "tools", "functions"}),
    )


_ROLES: Final = {"developer": "system", "model": "assistant"}


def _chat_calls(message: dict[str, Any], path: str) -> Iterator[Item]:
    for place, call in placed(message.get("tool_calls")):
        held = object_of(call.get("function") or call.get("custom"))
        yield Item(
            kind="tool_call",
            path=f"{path}.tool_calls[{place}]",
            id=text_of(call.get("id")),
            name=text_of(held.get("name")),
            parts=(written(held.get("arguments", held.get("input", ""))),),
        )
    if legacy := object_of(message.get("function_call")):
        yield Item(
            kind="tool_call",
            path=f"{path}.function_call",
            name=text_of(legacy.get("name")),
            parts=(written(legacy.get("arguments", "")),),
        )


def _named_tool(held: dict[str, Any]) -> Tool:
    schema = held.get("parameters") or held.get("input_schema") or held.get("parametersJsonSchema")
    name = text_of(held.get("name")) or text_of(held.get("type"))
    return Tool(name=name, params=tuple(object_of(object_of(schema).get("properties"))))


def responses(body: dict[str, Any]) -> Conversation:
    """A request of OpenAI's Responses."""
    items: list[Item] = []
    if body.get("instructions") is not None:
        items.append(Item(kind="system", path="instructions", parts=parts_of(body["instructions"])))
    held = body.get("input")
    if isinstance(held, str | Wild):
        items.append(Item(kind="user", path="input", parts=parts_of(held)))
    items += [_responses_item(one, f"input[{place}]") for place, one in placed(held)]
    return Conversation(
        items=tuple(items),
        tools=tuple(_named_tool(one) for one in objects_of(body.get("tools"))),
        history="input",
        read_fields=frozenset({"instructions", "input", "tools"}),
        continues_elsewhere=any(body.get(name) for name in ("previous_response_id", "conversation")),
    )


def _responses_item(item: dict[str, Any], path: str) -> Item:
    kind = text_of(item.get("type")) or "message"
    call_id = text_of(item.get("call_id"))
    if kind == "message":
        role = text_of(item.get("role"))
        return Item(kind=_ROLES.get(role, role or kind), path=path, parts=parts_of(item.get("content")))
    if kind == "reasoning":
        shown = parts_of(item.get("summary")) or parts_of(item.get("content"))
        return Item(kind=kind, path=path, parts=shown)
    if kind.endswith("_output"):
        return Item(kind="tool_result", path=path, id=call_id, parts=parts_of(item.get("output")))
    if kind.endswith("_call"):
        is_named = kind in {"function_call", "custom_tool_call"}
        return Item(
            kind="tool_call",
            path=path,
            id=call_id,
            name=text_of(item.get("name")) or kind,
            parts=(written(item.get("arguments", item.get("input", item.get("action", "")))),),
            is_hosted="call_id" not in item,
            is_declared=is_named,
        )
    return Item(kind=kind, path=path, id=text_of(item.get("id")))


def anthropic(body: dict[str, Any]) -> Conversation:
    """A request of Anthropic's Messages."""
    items: list[Item] = []
    if body.get("system") is not None:
        items.append(Item(kind="system", path="system", parts=parts_of(body["system"])))
    for place, message in placed(body.get("messages")):
        items += _anthropic_items(message, f"messages[{place}]")
    return Conversation(
        items=tuple(items),
        tools=tuple(_named_tool(one) for one in objects_of(body.get("tools"))),
        history="messages",
        read_fields=frozenset({"system", "messages", "tools"}),
    )


def _anthropic_items(message: dict[str, Any], path: str) -> Iterator[Item]:
    role = text_of(message.get("role")) or "message"
    content = message.get("content")
    if not isinstance(content, list):
        yield Item(kind=role, path=path, parts=parts_of(content))
        return
    plain: list[str | Mark] = []
    for place, block in placed(cast("Any", content)):
        kind = text_of(block.get("type"))
        where = f"{path}.content[{place}]"
        if kind not in {"thinking", "redacted_thinking"} and not kind.endswith(("tool_use", "tool_result")):
            plain.append(part_of(block))
            continue
        if plain:
            yield Item(kind=role, path=path, parts=tuple(plain))
            plain = []
        yield _anthropic_block(block, kind, where)
    if plain:
        yield Item(kind=role, path=path, parts=tuple(plain))


def _anthropic_block(block: dict[str, Any], kind: str, path: str) -> Item:
    if kind.endswith("thinking"):
        thought = text_of(block.get("thinking"))
        return Item(kind="reasoning", path=path, parts=(thought,) if thought else (Mark(kind),))
    if kind.endswith("tool_use"):
        return Item(
            kind="tool_call",
            path=path,
            id=text_of(block.get("id")),
            name=text_of(block.get("name")),
            parts=(written(block.get("input")),),
            is_hosted=kind != "tool_use",
        )
    return Item(
        kind="tool_result",
        path=path,
        id=text_of(block.get("tool_use_id")),
        parts=parts_of(block.get("content")),
        is_hosted=kind != "tool_result",
    )


def gemini(body: dict[str, Any]) -> Conversation:
    """A request of Gemini's generateContent."""
    items: list[Item] = []
    for name in ("systemInstruction", "system_instruction"):
        if body.get(name) is not None:
            held = body[name]
            parts = object_of(held).get("parts", held)
            items.append(Item(kind="system", path=name, parts=parts_of(parts)))
    contents = body.get("contents")
    if isinstance(contents, str):
        items.append(Item(kind="user", path="contents", parts=(contents,)))
    for place, content in placed(contents):
        items += _gemini_items(content, f"contents[{place}]")
    tools = [
        _named_tool(one)
        for held in objects_of(body.get("tools"))
        for one in objects_of(held.get("functionDeclarations") or held.get("function_declarations"))
    ]
    tools += [
        Tool(name=name)
        for held in objects_of(body.get("tools"))
        for name in held
        if name not in {"functionDeclarations", "function_declarations"}
    ]
    return Conversation(
        items=tuple(items),
        tools=tuple(tools),
        history="contents",
        read_fields=frozenset({"systemInstruction", "system_instruction", "contents", "tools"}),
    )


def _gemini_items(content: dict[str, Any], path: str) -> Iterator[Item]:
    role = text_of(content.get("role")) or "user"
    kind = _ROLES.get(role, role)
    plain: list[str | Mark] = []
    held = content.get("parts")
    for place, part in placed([held] if isinstance(held, dict) else held):
        special = _gemini_part(part, f"{path}.parts[{place}]")
        if special is None:
            plain.append(part_of(part))
            continue
        if plain:
            yield Item(kind=kind, path=path, parts=tuple(plain))
            plain = []
        yield special
    if plain:
        yield Item(kind=kind, path=path, parts=tuple(plain))


def _gemini_part(part: dict[str, Any], path: str) -> Item | None:
    if part.get("thought") is True:
        return Item(kind="reasoning", path=path, parts=(part_of(part),))
    call = part.get("functionCall", part.get("function_call"))
    if isinstance(call, dict):
        held = cast("dict[str, Any]", call)
        return Item(
            kind="tool_call",
            path=path,
            id=text_of(held.get("id")),
            name=text_of(held.get("name")),
            parts=(written(held.get("args") or {}),),
        )
    result = part.get("functionResponse", part.get("function_response"))
    if isinstance(result, dict):
        held = cast("dict[str, Any]", result)
        return Item(
            kind="tool_result",
            path=path,
            id=text_of(held.get("id")),
            name=text_of(held.get("name")),
            parts=(written(held.get("response") or {}),),
        )
    return None
