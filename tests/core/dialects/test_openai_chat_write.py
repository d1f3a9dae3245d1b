"""A neutral request for an OpenAI-compatible provider: what it takes decides what is sent, the ledger says the rest."""

import json
from typing import Any, Final

import msgspec
import pytest
from openai.types.chat.completion_create_params import CompletionCreateParams
from pydantic import TypeAdapter

from aigw_dev.core.chat.vocabulary import (
    Cache,
    ChatRequest,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Text,
    Tool,
    ToolChoice,
)
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.dialects.openai_chat_write import write_chat
from aigw_dev.core.ledger import Ledger

PARAMS: Final[TypeAdapter[Any]] = TypeAdapter(CompletionCreateParams)
SCHEMA: Final = msgspec.Raw(b'{"type":"object","max":1.50}')
TOOLS: Final = (Tool(name="f", description="d", parameters=SCHEMA), Tool(name="g"))
BARE: Final = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def sent(traits: Traits | None = None, **fields: Any) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger()
    request = ChatRequest(
        dialect="anthropic-messages",
        model="asked",
        messages=(Message(role="user", parts=(Text(text="Hi"),)),),
        **fields,
    )
    outgoing = write_chat(request, model="m", traits=traits or Traits(), ledger=ledger)
    assert isinstance(outgoing, Outgoing)
    assert outgoing.path == "/chat/completions"
    PARAMS.validate_json(outgoing.body)
    return json.loads(outgoing.body), ledger


def more(body: dict[str, Any]) -> dict[str, Any]:
    """What the body says beyond model and messages."""
    return {name: value for name, value in body.items() if name not in BARE}


def fates(ledger: Ledger) -> list[tuple[str, str]]:
    return [(one.fate, one.field) for one in ledger.entries]


def test_the_least_request_says_nothing_more() -> None:
    body, ledger = sent()
    assert body == BARE
    assert ledger.entries == []


def test_plain_fields_cross_with_their_meaning() -> None:
    fields: dict[str, Any] = {
        "max_tokens": 5, "temperature": 0.0, "top_p": 0.5, "seed": 0, "choices": 2, "frequency_penalty": 0.1,
        "presence_penalty": 0.2, "logprobs": True, "top_logprobs": 0, "verbosity": "low", "user": "u", "cache_key": "k",
        "metadata": msgspec.Raw(b'{"a":"b"}'), "logit_bias": msgspec.Raw(b'{"5":1}'), "stop": ("END",),
        "service_tier": "flex", "store": True, "modalities": ("TEXT", "AUDIO"),
        "audio": msgspec.Raw(b'{"voice":"v","format":"wav"}'),
    }  # fmt: skip
    body, ledger = sent(**fields)
    assert more(body) == {
        "max_tokens": 5, "temperature": 0.0, "top_p": 0.5, "seed": 0, "n": 2, "frequency_penalty": 0.1,
        "presence_penalty": 0.2, "logprobs": True, "top_logprobs": 0, "verbosity": "low", "user": "u",
        "prompt_cache_key": "k", "metadata": {"a": "b"}, "logit_bias": {"5": 1}, "stop": ["END"], "service_tier": "flex",
        "store": True, "modalities": ["text", "audio"], "audio": {"voice": "v", "format": "wav"},
    }  # fmt: skip
    assert ledger.entries == []
    assert {"temperature", "stop", "user"} <= ledger.kept.keys()


def test_defaults_need_not_be_said() -> None:
    body, ledger = sent(choices=1, store=False, modalities=("text",), format=OutputFormat(kind="text"))
    assert body == BARE
    assert ledger.entries == []


def test_a_refused_field_is_left_out_and_a_renamed_one_renamed() -> None:
    traits = Traits(
        refuses=frozenset({"temperature", "stop", "top_k"}), renames={"max_tokens": "max_completion_tokens"}
    )
    body, ledger = sent(traits, temperature=1.0, stop=("a",), top_k=3, max_tokens=5)
    assert more(body) == {"max_completion_tokens": 5}
    assert fates(ledger) == [("dropped", "temperature"), ("dropped", "top_k"), ("dropped", "stop")]


def test_what_only_some_servers_know_is_sent_to_those() -> None:
    body, ledger = sent(top_k=3, min_p=0.1)
    assert body == BARE
    assert fates(ledger) == [("dropped", "top_k"), ("dropped", "min_p")]
    body, ledger = sent(Traits(takes=frozenset({"top_k", "min_p"})), top_k=3, min_p=0.1)
    assert more(body) == {"top_k": 3, "min_p": 0.1}
    assert ledger.entries == []


def test_four_stops_at_most() -> None:
    body, ledger = sent(stop=("a", "b", "c", "d", "e"))
    assert body["stop"] == ["a", "b", "c", "d"]
    assert fates(ledger) == [("approximated", "stop")]


def test_top_logprobs_need_logprobs_and_odd_tiers_are_dropped() -> None:
    body, ledger = sent(top_logprobs=2, service_tier="standard_only")
    assert more(body) == {"top_logprobs": 2, "logprobs": True}
    assert fates(ledger) == [("invented", "logprobs"), ("dropped", "service_tier")]


@pytest.mark.parametrize(
    ("reasoning", "efforts", "effort", "entries"),
    [
        (Reasoning(effort="high"), (), "high", []),
        (Reasoning(effort="max"), ("low", "medium", "high"), "high", [("approximated", "reasoning.effort")]),
        (Reasoning(effort="minimal"), ("low", "high"), "low", [("approximated", "reasoning.effort")]),
        (Reasoning(budget_tokens=5000), (), "high", [("approximated", "reasoning.budget_tokens")]),
        (Reasoning(mode="adaptive"), (), "medium", [("approximated", "reasoning.effort")]),
        (Reasoning(mode="off"), (), "none", []),
        (Reasoning(mode="off"), ("none", "low"), "none", []),
        (Reasoning(mode="off"), ("low", "high"), "low", [("approximated", "reasoning.effort")]),
        (Reasoning(budget_tokens=-1), (), None, [("approximated", "reasoning")]),
        (Reasoning(effort="low", summary="auto"), (), "low", [("dropped", "reasoning.summary")]),
    ],
)
def test_how_much_to_think_is_an_effort(
    reasoning: Reasoning, efforts: tuple[str, ...], effort: str | None, entries: list[tuple[str, str]]
) -> None:
    body, ledger = sent(Traits(efforts=efforts), reasoning=reasoning)
    assert body.get("reasoning_effort") == effort
    assert fates(ledger) == entries


def test_a_model_that_does_not_think_is_not_asked_to() -> None:
    traits = Traits(refuses=frozenset({"reasoning"}))
    body, ledger = sent(traits, reasoning=Reasoning(effort="high"))
    assert (body, fates(ledger)) == (BARE, [("dropped", "reasoning")])
    body, ledger = sent(traits, reasoning=Reasoning(mode="off"))
    assert (body, fates(ledger)) == (BARE, [])


def test_the_form_of_the_answer() -> None:
    body, _ = sent(format=OutputFormat(kind="json"))
    assert body["response_format"] == {"type": "json_object"}
    form = OutputFormat(kind="schema", schema=SCHEMA, description="d", is_strict=True)
    body, ledger = sent(format=form)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "schema": {"type": "object", "max": 1.5},
            "description": "d",
            "strict": True,
        },
    }
    assert fates(ledger) == [("invented", "response_format.json_schema.name")]
    body, ledger = sent(Traits(has_structured_outputs=False), format=form)
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"][0]["role"] == "system"
    assert '"max":1.50' in body["messages"][0]["content"]
    assert fates(ledger) == [("approximated", "format")]
    body, ledger = sent(format=OutputFormat(kind="grammar", schema=msgspec.Raw(b'"x"')))
    assert (body, fates(ledger)) == (BARE, [("dropped", "format")])


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (ToolChoice(mode="auto"), "auto"),
        (ToolChoice(mode="required"), "required"),
        (ToolChoice(mode="none"), "none"),
        (ToolChoice(mode="tool", names=("f",)), {"type": "function", "function": {"name": "f"}}),
    ],
)
def test_19_tools_their_choice_and_parallel_calls_cross(choice: ToolChoice, wire: Any) -> None:
    body, ledger = sent(tools=TOOLS, tool_choice=choice, is_parallel=False)
    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "f", "description": "d", "parameters": {"type": "object", "max": 1.5}},
        },
        {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}},
    ]
    assert (body["tool_choice"], body["parallel_tool_calls"]) == (wire, False)
    assert ledger.entries == []


def test_19_allowed_tools_are_named_or_the_only_ones_offered() -> None:
    choice = ToolChoice(mode="allowed_required", names=("g",))
    body, ledger = sent(tools=TOOLS, tool_choice=choice)
    assert [one["function"]["name"] for one in body["tools"]] == ["g"]
    assert body["tool_choice"] == "required"
    assert fates(ledger) == [("approximated", "tool_choice")]
    body, ledger = sent(Traits(takes=frozenset({"allowed_tools"})), tools=TOOLS, tool_choice=choice)
    assert len(body["tools"]) == 2
    assert body["tool_choice"] == {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]},
    }
    assert ledger.entries == []


def test_a_choice_without_tools_is_in_the_ledger() -> None:
    body, ledger = sent(tool_choice=ToolChoice(mode="required"), is_parallel=True)
    assert body == BARE
    assert fates(ledger) == [("dropped", "tool_choice"), ("dropped", "parallel_tool_calls")]
    assert sent(tool_choice=ToolChoice(mode="none"))[1].entries == []


def test_parallel_calls_may_be_refused() -> None:
    body, ledger = sent(Traits(refuses=frozenset({"parallel_tool_calls"})), tools=TOOLS, is_parallel=True)
    assert "parallel_tool_calls" not in body
    assert fates(ledger) == [("dropped", "parallel_tool_calls")]


def test_custom_tools_are_functions_where_they_are_unknown() -> None:
    grammar = msgspec.Raw(b'{"type":"grammar","grammar":{"syntax":"lark","definition":"start: x"}}')
    tool = Tool(name="patch", kind="custom", format=grammar)
    choice = ToolChoice(mode="tool", names=("patch",))
    body, ledger = sent(tools=(tool, Tool(name="p", kind="custom")), tool_choice=choice)
    parameters = body["tools"][0]["function"]["parameters"]
    assert parameters["required"] == ["input"]
    assert "start: x" in body["tools"][0]["function"]["description"]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "patch"}}
    assert fates(ledger) == [("approximated", "tools.patch"), ("approximated", "tools.p")]
    body, ledger = sent(Traits(takes=frozenset({"custom_tools"})), tools=(tool,), tool_choice=choice)
    assert body["tools"] == [
        {"type": "custom", "custom": {"name": "patch", "format": json.loads(bytes(grammar))}}
    ]
    assert body["tool_choice"] == {"type": "custom", "custom": {"name": "patch"}}
    assert ledger.entries == []


def test_a_name_that_no_provider_takes_is_sent_under_another() -> None:
    body, ledger = sent(tools=(Tool(name="a.b"),), tool_choice=ToolChoice(mode="tool", names=("a.b",)))
    name = body["tools"][0]["function"]["name"]
    assert name.startswith("a_b_")
    assert body["tool_choice"]["function"]["name"] == name
    assert fates(ledger) == [("approximated", "tools.a.b")]


def test_marks_and_strictness_of_tools() -> None:
    tool = Tool(name="f", is_strict=True, cache=Cache(ttl="1h"))
    body, ledger = sent(tools=(tool,))
    assert body["tools"][0]["function"]["strict"] is True
    assert fates(ledger) == [("dropped", "cache_control")]
    body, ledger = sent(Traits(takes=frozenset({"cache_control"})), tools=(tool,))
    assert body["tools"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_what_belongs_to_another_dialect_is_dropped_with_an_entry() -> None:
    hosted = Opaque(dialect="anthropic-messages", type="web_search_20250305", raw=msgspec.Raw(b"{}"))
    body, ledger = sent(hosted_tools=(hosted,), extras={"context_management": msgspec.Raw(b"{}")})
    assert body == BARE
    assert fates(ledger) == [("dropped", "tools.web_search_20250305"), ("dropped", "context_management")]


def test_what_is_this_dialects_own_is_sent() -> None:
    ledger = Ledger()
    request = ChatRequest(
        dialect="openai-chat",
        model="asked",
        messages=(Message(role="user", parts=(Text(text="Hi"),)),),
        hosted_tools=(Opaque(dialect="openai-chat", type="x", raw=msgspec.Raw(b'{"type":"x"}')),),
        extras={"prediction": msgspec.Raw(b'{"x":1.50}'), "messages[0].prefix": msgspec.Raw(b"true")},
    )
    outgoing = write_chat(request, model="m", traits=Traits(), ledger=ledger)
    assert isinstance(outgoing, Outgoing)
    assert b'"prediction":{"x":1.50}' in outgoing.body
    assert b'"tools":[{"type":"x"}]' in outgoing.body
    assert fates(ledger) == [("dropped", "messages[0].prefix")]


def test_a_stream_asks_for_its_usage_where_that_is_understood() -> None:
    body, _ = sent(is_stream=True, wants_usage=False)
    assert more(body) == {"stream": True, "stream_options": {"include_usage": True}}
    body, _ = sent(Traits(takes_usage_option=False), is_stream=True)
    assert more(body) == {"stream": True}


def test_the_routes_params_come_last_but_name_no_model() -> None:
    body, _ = sent(Traits(params={"temperature": 0.1, "model": "x", "stream": True}), temperature=1.0)
    assert more(body) == {"temperature": 0.1}
    assert body["model"] == "m"


def test_a_form_without_a_name_gets_one_and_says_so() -> None:
    ledger = Ledger()
    request = ChatRequest(
        dialect="gemini-generate-content",
        model="m",
        messages=(),
        format=OutputFormat(kind="schema", schema=msgspec.Raw(b"{}")),
    )
    assert isinstance(write_chat(request, model="m", traits=Traits(), ledger=ledger), Outgoing)
    assert [one.field for one in ledger.entries if one.fate == "invented"] == [
        "response_format.json_schema.name"
    ]
