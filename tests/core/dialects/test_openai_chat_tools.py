"""Tools and the choice among them; numbers in names are bug classes of the reference (peers, 5.9)."""

import json
from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import Cache, Opaque, Tool, ToolChoice
from aigw_dev.core.dialects.openai_chat_checks import MalformedError
from aigw_dev.core.dialects.openai_chat_tools import (
    read_function_call,
    read_functions,
    read_tool_choice,
    read_tools,
)


def test_functions_keep_the_spelling_of_their_schema() -> None:
    extras: dict[str, msgspec.Raw] = {}
    text = (
        b'[{"type":"function","eager":true,"cache_control":{"type":"ephemeral"},"function":{"name":"f","description":"d",'
        b'"parameters":{ "type":"object","max":1.50 },"strict":true,"odd":1,"no":null}},{"function":{"name":"g"}}]'
    )
    tools, hosted = read_tools(text, extras)
    assert hosted == ()
    assert tools == (
        Tool(
            name="f",
            description="d",
            parameters=msgspec.Raw(b'{ "type":"object","max":1.50 }'),
            is_strict=True,
            cache=Cache(),
        ),
        Tool(name="g"),
    )
    assert list(extras) == ["tools[0].eager", "tools[0].function.odd"]


def test_custom_and_hosted_tools_are_told_apart() -> None:
    grammar = b'{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}'
    text = b'[{"type":"custom","custom":{"name":"p","format":%b}},{"type":"web_search","x":1.50}]' % grammar
    tools, hosted = read_tools(text, {})
    assert tools == (Tool(name="p", kind="custom", format=msgspec.Raw(grammar)),)
    assert hosted == (
        Opaque(dialect="openai-chat", type="web_search", raw=msgspec.Raw(b'{"type":"web_search","x":1.50}')),
    )


def test_the_form_before_tools_is_read() -> None:
    assert read_functions(b'[{"name":"f","parameters":null}]') == (Tool(name="f"),)
    assert read_functions(b"null") == ()
    assert read_function_call(None) is None
    assert read_function_call("none") == ToolChoice(mode="none")
    assert read_function_call({"name": "f"}) == ToolChoice(mode="tool", names=("f",))


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        (None, None),
        ("auto", ToolChoice(mode="auto")),
        ("required", ToolChoice(mode="required")),
        ("any", ToolChoice(mode="required")),
        ("none", ToolChoice(mode="none")),
        ({"type": "required"}, ToolChoice(mode="required")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(mode="tool", names=("f",))),
        ({"type": "function", "name": "f"}, ToolChoice(mode="tool", names=("f",))),
        ({"type": "custom", "custom": {"name": "p"}}, ToolChoice(mode="tool", names=("p",))),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "p"}}]}},
            ToolChoice(mode="allowed_required", names=("f", "p")),
        ),
        (
            {"type": "allowed_tools", "tools": [{"type": "function", "name": "f"}]},
            ToolChoice(mode="allowed", names=("f",)),
        ),
    ],
)  # fmt: skip
def test_19_every_choice_is_read(value: Any, choice: ToolChoice | None) -> None:
    assert read_tool_choice(value, {}) == choice


def test_the_choice_of_a_hosted_tool_is_kept() -> None:
    extras: dict[str, msgspec.Raw] = {}
    assert read_tool_choice({"type": "web_search"}, extras) is None
    assert bytes(extras["tool_choice"]) == b'{"type":"web_search"}'


MALFORMED_TOOLS: list[tuple[Any, str]] = [
    ({}, "tools"),
    ("f", "tools"),
    (["f"], "tools[0]"),
    ([{"type": 7}], "tools[0].type"),
    ([{"name": "f", "input_schema": {}}], "tools[0].function"),
    ([{"function": "f"}], "tools[0].function"),
    ([{"function": {}}], "tools[0].function.name"),
    ([{"function": {"name": "f", "parameters": []}}], "tools[0].function.parameters"),
    ([{"function": {"name": "f", "strict": "yes"}}], "tools[0].function.strict"),
    ([{"type": "custom", "custom": {}}], "tools[0].custom.name"),
]


@pytest.mark.parametrize(("tools", "place"), MALFORMED_TOOLS)
def test_malformed_tools_are_named(tools: Any, place: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_tools(json.dumps(tools).encode(), {})
    assert caught.value.place == place


MALFORMED_CHOICES: list[tuple[Any, str]] = [
    ("sometimes", "tool_choice"),
    (7, "tool_choice"),
    ({}, "tool_choice.type"),
    ({"type": "function", "function": {}}, "tool_choice.function.name"),
    (
        {"type": "allowed_tools", "allowed_tools": {"tools": [{}]}},
        "tool_choice.allowed_tools.tools[0].name",
    ),
]


@pytest.mark.parametrize(("value", "place"), MALFORMED_CHOICES)
def test_a_malformed_choice_is_named(value: Any, place: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_tool_choice(value, {})
    assert caught.value.place == place
