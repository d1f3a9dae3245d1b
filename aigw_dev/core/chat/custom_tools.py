"""Custom tools, which take plain text, for models that only know functions: Codex's `apply_patch` is one.

A custom tool is offered as a function with one string, `input`; a call of that function is turned back into a call of
the custom tool. `Tool.format` stands as the caller's protocol spells it: flat in the Responses API,
`{"type": "grammar", "syntax": "lark" | "regex", "definition": "..."}`; in chat completions `syntax` and `definition`
stand in an object `grammar`. `flat_format` and `nested_format` give either.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import NULL, Tool, ToolCall

FIELD: Final = "input"
"""The name of the one argument."""
HOW: Final = "custom tool offered as a function with one string, `input`"
"""What the ledger says of it."""
_ABOUT: Final = "The whole input of the tool, as plain text."


def as_function(tool: Tool) -> Tool:
    """The function that stands for a custom tool; another tool as it is. A grammar is told in the description."""
    if tool.kind != "custom":
        return tool
    grammar = loose_json.mapping(loose_json.load(bytes(flat_format(tool.format))))
    told = [tool.description] if tool.description else []
    if definition := loose_json.text(grammar.get("definition")):
        syntax = loose_json.text(grammar.get("syntax")) or "given"
        told.append(f"`{FIELD}` must follow this {syntax} grammar exactly:\n{definition}")
    schema = {
        "type": "object",
        "properties": {FIELD: {"type": "string", "description": _ABOUT}},
        "required": [FIELD],
        "additionalProperties": False,
    }
    return Tool(
        name=tool.name,
        description="\n\n".join(told),
        parameters=msgspec.Raw(msgspec.json.encode(schema)),
        cache=tool.cache,
    )


def call_as_function(call: ToolCall) -> ToolCall:
    """An earlier call of a custom tool as a call of the function that stands for it; another call as it is."""
    if call.kind != "custom":
        return call
    arguments = msgspec.json.encode({FIELD: call.arguments}).decode()
    return msgspec.structs.replace(call, kind="function", arguments=arguments)


def is_custom(name: str, tools: Sequence[Tool]) -> bool:
    """Whether the tool of this name is a custom one."""
    return any(tool.kind == "custom" and tool.name == name for tool in tools)


def restore(call: ToolCall, tools: Sequence[Tool]) -> ToolCall:
    """A model's call of the function that stands for a custom tool as a call of that tool; another call as it is."""
    if call.kind == "custom" or not is_custom(call.name, tools):
        return call
    return msgspec.structs.replace(call, kind="custom", arguments=plain_input(call.arguments))


def plain_input(arguments: str) -> str:
    """The text inside the function's arguments; the arguments themselves where the model did not keep to the form."""
    loaded = loose_json.load(arguments.encode("utf-8", "replace"))
    if not loose_json.is_object(loaded):
        return arguments
    if isinstance(loaded.get(FIELD), str):
        return loose_json.text(loaded[FIELD])
    texts = [value for value in loaded.values() if isinstance(value, str)]
    if len(loaded) == len(texts) == 1:
        return loose_json.text(texts[0])
    return arguments if loaded else ""


def flat_format(form: msgspec.Raw) -> msgspec.Raw:
    """A custom tool's format as the Responses API spells it; `null` stays."""
    wire = loose_json.mapping(loose_json.load(bytes(form)))
    inner = wire.get("grammar")
    if not loose_json.is_object(inner):
        return form
    return msgspec.Raw(msgspec.json.encode({"type": "grammar"} | inner))


def nested_format(form: msgspec.Raw) -> msgspec.Raw:
    """A custom tool's format as chat completions spell it; `null` stays."""
    wire = loose_json.mapping(loose_json.load(bytes(form)))
    if wire.get("type") != "grammar" or "grammar" in wire:
        return form
    inner = {name: value for name, value in wire.items() if name != "type"}
    return msgspec.Raw(msgspec.json.encode({"type": "grammar", "grammar": inner}))


def is_plain_text(tool: Tool) -> bool:
    """Whether a custom tool has no grammar."""
    return (
        tool.format == NULL or loose_json.mapping(loose_json.load(bytes(tool.format))).get("type") == "text"
    )
