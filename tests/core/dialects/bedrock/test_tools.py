from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import Cache, Opaque, Reasoning, Tool, ToolCall, ToolChoice, ToolResult
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.requests import (
    answered,
    assistant,
    fates,
    raw,
    refused,
    request,
    user,
    written,
)

SCHEMA = raw({"type": "object", "properties": {"a": {"type": "integer"}}})
F, G = Tool(name="f", description="does f", parameters=SCHEMA), Tool(name="g", parameters=SCHEMA)
HISTORY = (user("hi"), assistant(ToolCall(id="c", name="f")), answered(ToolResult(call_id="c")))


def config(*messages: Any, ledger: Ledger | None = None, traits: Traits | None = None, **fields: Any) -> Any:
    return written(request(*messages, **fields), ledger=ledger, traits=traits).get("toolConfig")


def names(written_config: Any) -> list[str]:
    return [tool["toolSpec"]["name"] for tool in written_config["tools"]]


def test_a_tool_goes_with_its_schema_as_it_is() -> None:
    assert config(tools=(F,)) == {
        "tools": [
            {"toolSpec": {"name": "f", "description": "does f", "inputSchema": {"json": {"type": "object", "properties": {"a": {"type": "integer"}}}}}}
        ]
    }  # fmt: skip


def test_a_tool_may_be_marked_for_the_cache_and_strict() -> None:
    ledger = Ledger()
    tools = (Tool(name="f", parameters=SCHEMA, is_strict=True, cache=Cache()), G)
    first, mark, second = config(tools=tools, ledger=ledger)["tools"]
    assert first["toolSpec"]["strict"] is True
    assert mark == {"cachePoint": {"type": "default"}}
    assert "strict" not in second["toolSpec"]
    lax = config(tools=tools, ledger=ledger, traits=Traits(has_structured_outputs=False))
    assert "strict" not in lax["tools"][0]["toolSpec"]
    assert fates(ledger) == {"tools[0].strict": "dropped"}


def test_a_schema_that_is_missing_or_has_no_type_is_completed() -> None:
    ledger = Ledger()
    bare, untyped = config(
        tools=(Tool(name="a"), Tool(name="b", parameters=raw({"properties": {}}))), ledger=ledger
    )["tools"]
    assert bare["toolSpec"]["inputSchema"]["json"] == {"type": "object", "properties": {}}
    assert untyped["toolSpec"]["inputSchema"]["json"] == {"type": "object", "properties": {}}
    assert fates(ledger) == {"tools[1].parameters.type": "invented"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice(mode="auto"), {"auto": {}}),
        (ToolChoice(mode="required"), {"any": {}}),
        (ToolChoice(mode="tool", names=("g",)), {"tool": {"name": "g"}}),
    ],
)
def test_a_choice_has_its_word(choice: ToolChoice, expected: object) -> None:
    ledger = Ledger()
    assert config(tools=(F, G), tool_choice=choice, ledger=ledger)["toolChoice"] == expected
    assert fates(ledger) == {}


def test_tools_that_are_not_allowed_are_not_offered() -> None:
    ledger = Ledger()
    some = config(tools=(F, G), tool_choice=ToolChoice(mode="allowed", names=("g",)), ledger=ledger)
    assert (names(some), some["toolChoice"]) == (["g"], {"auto": {}})
    some = config(tools=(F, G), tool_choice=ToolChoice(mode="allowed_required", names=("f",)), ledger=ledger)
    assert (names(some), some["toolChoice"]) == (["f"], {"any": {}})
    assert fates(ledger) == {"tool_choice": "approximated"}


def test_no_tool_is_offered_where_none_may_be_called() -> None:
    ledger = Ledger()
    assert config(tools=(F,), tool_choice=ToolChoice(mode="none"), ledger=ledger) is None
    assert fates(ledger) == {"tool_choice": "approximated"}
    held = config(*HISTORY, tools=(F,), tool_choice=ToolChoice(mode="none"))
    assert names(held) == ["no_tool_available"]


def test_earlier_calls_without_tools_get_one_that_is_never_to_be_called() -> None:
    ledger = Ledger()
    assert names(config(*HISTORY, ledger=ledger)) == ["no_tool_available"]
    assert fates(ledger) == {"tools": "invented"}
    assert config(user("hi")) is None


@pytest.mark.parametrize("name", ["a.b", "", "x" * 65, "ü"])
def test_a_name_that_could_not_come_back_is_refused(name: str) -> None:
    assert refused(request(tools=(F, Tool(name=name)))).param == "tools[1].name"


def test_tools_of_other_providers_are_named() -> None:
    ledger = Ledger()
    hosted = Opaque(dialect="openai-responses", type="web_search", raw=raw({}))
    some = config(tools=(Tool(name="c", kind="custom"), F), hosted_tools=(hosted,), ledger=ledger)
    assert names(some) == ["f"]
    assert fates(ledger) == {"tools.web_search": "dropped", "tools[0]": "dropped"}


@pytest.mark.parametrize(
    "choice",
    [
        ToolChoice(mode="required"),
        ToolChoice(mode="tool", names=("c",)),
        ToolChoice(mode="allowed_required", names=("x",)),
    ],
)
def test_a_choice_of_what_is_not_offered_is_refused(choice: ToolChoice) -> None:
    assert refused(request(tools=(Tool(name="c", kind="custom"),), tool_choice=choice)).param == "tool_choice"


def test_a_model_that_thinks_or_cannot_be_forced_may_choose() -> None:
    thinking, unforced = Reasoning(effort="high"), Traits(refuses=frozenset({"tool_choice"}))
    for reasoning, traits in ((thinking, Traits()), (None, unforced)):
        ledger = Ledger()
        must = ToolChoice(mode="required")
        some = config(tools=(F,), tool_choice=must, ledger=ledger, reasoning=reasoning, traits=traits)
        assert some["toolChoice"] == {"auto": {}}
        assert fates(ledger)["tool_choice"] == "approximated"
