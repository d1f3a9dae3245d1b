"""Tools, the choice among them, and the form of the answer, for the provider."""

from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import Cache, ChatRequest, Opaque, OutputFormat, Tool, ToolChoice
from aigw_dev.core.dialects.anthropic.blocks_write import Writing
from aigw_dev.core.dialects.anthropic.tools_write import force_answer, write_choice, write_format, write_tools
from aigw_dev.core.ledger import Ledger


def writing(**fields: Any) -> Writing:
    return Writing(ChatRequest(dialect="openai-chat", model="m", messages=(), **fields), Ledger())


def plain(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def fates(one: Writing) -> list[tuple[str, str]]:
    return [(entry.fate, entry.field) for entry in one.ledger.entries]


def test_a_tool_is_written_in_this_protocols_form() -> None:
    schema = msgspec.Raw(b'{"type": "object", "properties": {"z": {"minimum": 1}}}')
    one = writing(tools=(Tool(name="f", description="d", parameters=schema, cache=Cache()),))
    assert plain(write_tools(one)) == [
        {
            "name": "f",
            "description": "d",
            "input_schema": plain(schema),
            "cache_control": {"type": "ephemeral"},
        }
    ]
    assert fates(one) == []


def test_what_a_tool_cannot_say_is_in_the_ledger() -> None:
    strict = msgspec.Raw(b'{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}')
    one = writing(
        tools=(
            Tool(name="a.b"),
            Tool(name="sh", kind="custom", format=msgspec.Raw(b'{"type":"grammar"}')),
            Tool(name="s", parameters=strict, is_strict=True),
            Tool(name="t", parameters=msgspec.Raw(b'{"type":"string"}')),
        ),
        hosted_tools=(Opaque(dialect="openai-responses", type="web_search", raw=msgspec.Raw(b"{}")),),
    )
    tools = plain(write_tools(one))
    assert tools[0]["name"].startswith("a_b_")
    assert tools[1]["input_schema"]["required"] == ["input"]
    assert tools[2]["strict"] is True
    assert tools[2]["input_schema"]["additionalProperties"] is False
    assert fates(one) == [
        ("approximated", "tools[0].name"), ("approximated", "tools[1]"), ("dropped", "tools[1].format"),
        ("approximated", "tools[2].parameters"), ("approximated", "tools[3].parameters"), ("dropped", "tools.web_search"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (None, None),
        (ToolChoice(mode="auto"), {"type": "auto"}),
        (ToolChoice(mode="required"), {"type": "any"}),
        (ToolChoice(mode="none"), {"type": "none"}),
        (ToolChoice(mode="tool", names=("f",)), {"type": "tool", "name": "f"}),
        (ToolChoice(mode="tool"), {"type": "any"}),
        (ToolChoice(mode="allowed", names=("f",)), {"type": "auto"}),
        (ToolChoice(mode="allowed_required", names=("f",)), {"type": "any"}),
    ],
)
def test_the_choice(choice: ToolChoice | None, wire: Any) -> None:
    one = writing(tool_choice=choice, tools=(Tool(name="f"), Tool(name="g")))
    tools = write_tools(one)
    assert write_choice(one, tools, is_forcible=True) == wire
    is_narrow = choice is not None and choice.mode.startswith("allowed")
    assert [tool["name"] for tool in tools] == (["f"] if is_narrow else ["f", "g"])
    assert fates(one) == ([("approximated", "tool_choice")] if is_narrow else [])


def test_parallel_calls_are_switched_off_beside_any_choice_but_none() -> None:
    for choice, wire in (
        (None, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(mode="required"), {"type": "any", "disable_parallel_tool_use": True}),
        (ToolChoice(mode="none"), {"type": "none"}),
    ):
        one = writing(tool_choice=choice, is_parallel=False, tools=(Tool(name="f"),))
        assert write_choice(one, write_tools(one), is_forcible=True) == wire


def test_no_tool_is_forced_while_the_model_thinks_by_a_budget() -> None:
    one = writing(tool_choice=ToolChoice(mode="required"), tools=(Tool(name="f"),))
    assert write_choice(one, write_tools(one), is_forcible=False) == {"type": "auto"}
    assert fates(one) == [("approximated", "tool_choice")]


def test_a_choice_without_tools_is_dropped() -> None:
    one = writing(tool_choice=ToolChoice(mode="required"))
    assert write_choice(one, [], is_forcible=True) is None
    assert fates(one) == [("dropped", "tool_choice")]
    assert write_choice(writing(tool_choice=ToolChoice(mode="none")), [], is_forcible=True) is None


def test_the_form_of_the_answer() -> None:
    closed = msgspec.Raw(b'{"type":"object","properties":{},"additionalProperties":false}')
    one = writing(format=OutputFormat(kind="schema", schema=closed, description="d"))
    form, tool, sentence = write_format(one, has_structured_outputs=True)
    assert (plain(form), tool, sentence) == ({"type": "json_schema", "schema": plain(closed)}, None, "")
    assert fates(one) == [("dropped", "response_format.description")]
    one = writing(format=OutputFormat(kind="schema", schema=msgspec.Raw(b'{"type":"object"}')))
    write_format(one, has_structured_outputs=True)
    assert fates(one) == [("approximated", "response_format.schema")]
    one = writing(format=OutputFormat(kind="grammar"))
    assert write_format(one, has_structured_outputs=True) == (None, None, "")
    assert fates(one) == [("dropped", "response_format")]
    for kind in ("json", "schema"):
        assert write_format(writing(format=OutputFormat(kind=kind)), has_structured_outputs=True)[2]


def test_the_answer_is_forced_beside_every_other_choice() -> None:
    tools: list[dict[str, object]] = [{"name": "f"}]
    assert force_answer(None, [], is_forcible=True) == {"type": "tool", "name": "aigw_dev_answer"}
    assert force_answer({"type": "auto", "x": 1}, tools, is_forcible=True) == {"type": "any", "x": 1}
    assert force_answer({"type": "tool", "name": "f"}, tools, is_forcible=True) == {
        "type": "tool",
        "name": "f",
    }
    assert force_answer({"type": "none"}, tools, is_forcible=True)["name"] == "aigw_dev_answer"
    assert force_answer(None, [], is_forcible=False) == {"type": "auto"}
