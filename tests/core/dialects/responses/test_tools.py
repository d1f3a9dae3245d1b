"""Tools and the choice among them."""

import json
from typing import Any

import msgspec
import pytest
from openai.types.responses.response_create_params import ToolChoice as SdkChoice
from openai.types.responses.tool_param import ToolParam
from pydantic import TypeAdapter

from aigw_dev.core.chat.vocabulary import Cache, ChatRequest, Opaque, Tool, ToolChoice
from aigw_dev.core.dialects.responses.checks import Extras
from aigw_dev.core.dialects.responses.tools import (
    is_strict_schema,
    read_choice,
    read_tools,
    write_choice,
    write_tools,
)
from aigw_dev.core.ledger import Ledger

_TOOL: TypeAdapter[Any] = TypeAdapter(ToolParam)
_CHOICE: TypeAdapter[Any] = TypeAdapter(SdkChoice)
STRICT = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


def function(**fields: Any) -> Tool:
    [tool], _ = read_tools(json.dumps([{"type": "function", "name": "f"} | fields]).encode(), {})
    return tool


def written(*tools: Tool, dialect: str = "openai-chat", into: Ledger | None = None, **more: Any) -> list[Any]:
    request = ChatRequest(dialect=dialect, model="m", messages=(), tools=tools, **more)
    found = json.loads(msgspec.json.encode(write_tools(request, into or Ledger())))
    for one in found:
        _TOOL.validate_python(one)
    return found


@pytest.mark.parametrize(
    ("fields", "is_strict"),
    [({}, None), ({"strict": None}, None), ({"strict": False}, False), ({"strict": True}, True), ({"parameters": STRICT}, True),
     ({"parameters": STRICT, "strict": False}, False), ({"parameters": STRICT, "strict": None}, True),
     ({"parameters": {"type": "object", "properties": {"a": {}}}}, None)],
)  # fmt: skip
def test_absent_means_strict_where_the_schema_is(fields: dict[str, Any], is_strict: bool | None) -> None:
    assert function(**fields).is_strict is is_strict


@pytest.mark.parametrize(
    ("schema", "is_strict"),
    [
        (STRICT, True), ({"type": "string"}, True), (STRICT | {"required": []}, False), (STRICT | {"additionalProperties": True}, False),
        ({"type": "array", "items": STRICT}, True), ({"type": "array", "items": {"type": "object"}}, False),
        ({"anyOf": [STRICT, {"type": "object"}]}, False), (STRICT | {"$defs": {"x": {"type": "object"}}}, False), (5, False),
    ],
)  # fmt: skip
def test_a_schema_is_strict_at_every_level(schema: object, is_strict: bool) -> None:
    assert is_strict_schema(schema) is is_strict


def test_what_a_caller_means_by_leaving_strict_out_depends_on_its_protocol() -> None:
    tool = Tool(name="f", parameters=msgspec.Raw(b"{}"))
    assert written(tool)[0]["strict"] is False
    assert written(tool, dialect="openai-responses")[0]["strict"] is None
    assert written(Tool(name="f", is_strict=True))[0]["strict"] is True


def test_schemas_keep_their_spelling() -> None:
    raw = b'[{"type":"function","name":"f","description":"d","parameters":{"n": 1.0,  "a":12345678901234567890}}]'
    [tool], _ = read_tools(raw, {})
    assert bytes(tool.parameters) == b'{"n": 1.0,  "a":12345678901234567890}'
    assert tool.description == "d"


def test_custom_and_hosted_tools_cross() -> None:
    wire = [
        {
            "type": "custom",
            "name": "p",
            "description": "d",
            "format": {"type": "grammar", "syntax": "lark", "definition": "x"},
        },
        {"type": "custom", "name": "q"},
        {"type": "web_search"},
        {"type": "local_shell"},
    ]
    own, hosted = read_tools(json.dumps(wire).encode(), {})
    assert [tool.kind for tool in own] == ["custom", "custom"]
    assert [tool.type for tool in hosted] == ["web_search", "local_shell"]
    assert written(*own, dialect="openai-responses", hosted_tools=hosted) == wire


def test_what_does_not_cross_is_in_the_ledger() -> None:
    book = Ledger()
    foreign = Opaque(dialect="anthropic-messages", type="web_search_20250305", raw=msgspec.Raw(b"{}"))
    assert len(written(Tool(name="f", cache=Cache()), hosted_tools=(foreign,), into=book)) == 1
    assert [(one.fate, one.field) for one in book.entries] == [
        ("approximated", "tools[0].cache_control"),
        ("dropped", "tools[1]"),
    ]


@pytest.mark.parametrize(
    ("wire", "choice"),
    [
        ("auto", ToolChoice(mode="auto")), ("required", ToolChoice(mode="required")), ("none", ToolChoice(mode="none")),
        ({"type": "function", "name": "f"}, ToolChoice(mode="tool", names=("f",))),
        ({"type": "custom", "name": "p"}, ToolChoice(mode="tool", names=("p",))),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}, ToolChoice(mode="allowed", names=("f",))),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "custom", "name": "p"}]},
         ToolChoice(mode="allowed_required", names=("p",))),
    ],
)  # fmt: skip
def test_a_choice_goes_there_and_back(wire: object, choice: ToolChoice) -> None:
    assert read_choice(wire, {}) == choice
    tools = (Tool(name="f"), Tool(name="p", kind="custom"))
    request = ChatRequest(dialect="openai-responses", model="m", messages=(), tools=tools, tool_choice=choice)
    assert write_choice(request) == wire
    _CHOICE.validate_python(wire)


def test_a_hosted_tools_choice_is_an_extra() -> None:
    extras: Extras = {}
    assert read_choice({"type": "web_search_preview"}, extras) is None
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp", "server_label": "x"}]}
    assert read_choice(allowed, extras) == ToolChoice(mode="allowed")
    assert set(extras) == {"tool_choice", "tool_choice.tools[0]"}
    assert read_choice(None, extras) is None


def test_a_choice_without_a_name_means_any() -> None:
    request = ChatRequest(dialect="openai-chat", model="m", messages=(), tool_choice=ToolChoice(mode="tool"))
    assert write_choice(request) == "required"


def test_a_grammar_from_chat_is_spelled_as_this_protocol_does() -> None:
    form = msgspec.Raw(b'{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}')
    [tool] = written(Tool(name="p", kind="custom", format=form))
    assert tool["format"] == {"type": "grammar", "syntax": "lark", "definition": "x"}
