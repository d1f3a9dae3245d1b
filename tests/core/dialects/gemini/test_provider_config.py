"""Parameters, tools, formats and thinking as Gemini takes them."""

from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import (
    Cache,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Text,
    Tool,
    ToolChoice,
)
from aigw_dev.core.dialects.codec import Traits
from tests.core.dialects.gemini.neutral_requests import (
    NEW,
    SCHEMA,
    WEATHER,
    fates,
    raw,
    request,
    user,
    written,
)


def test_parameters_cross() -> None:
    body, ledger = written(
        request(
            max_tokens=5,
            temperature=0.5,
            top_p=0.9,
            top_k=3,
            stop=tuple("abcdef"),
            seed=2**40 + 1,
            choices=2,
            frequency_penalty=0.1,
            presence_penalty=0.2,
            top_logprobs=30,
            modalities=("text", "audio"),
        ),
        Traits(refuses=frozenset({"presence_penalty"}), params={"labels": {"a": "b"}}),
    )
    assert body["labels"] == {"a": "b"}
    assert body["generationConfig"] == {
        "maxOutputTokens": 5,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 3,
        "stopSequences": list("abcde"),
        "seed": 1,
        "candidateCount": 2,
        "frequencyPenalty": 0.1,
        "responseLogprobs": True,
        "logprobs": 20,
        "responseModalities": ["TEXT", "AUDIO"],
    }
    assert fates(ledger) == {
        ("approximated", "stop"),
        ("approximated", "seed"),
        ("dropped", "presence_penalty"),
    }
    assert {"max_tokens", "temperature", "messages"} <= set(ledger.kept)


def test_what_gemini_has_no_word_for_is_named() -> None:
    _, ledger = written(
        request(
            user(Text(text="x")),
            Message(role="user", name="ann", parts=(Text(text="y"),)),
            min_p=0.1,
            logit_bias=raw({"1": 2}),
            audio=raw({"voice": "alloy"}),
            verbosity="low",
            user="u",
            cache_key="k",
            metadata=raw({"a": "b"}),
            service_tier="scale",
            store=True,
            is_parallel=False,
            tools=(msgspec.structs.replace(WEATHER, is_strict=True, cache=Cache()),),
            hosted_tools=(Opaque(dialect="openai-responses", type="web_search", raw=raw({})),),
            extras={"prediction": raw(1)},
        )
    )
    assert {field for fate, field in fates(ledger) if fate == "dropped"} == {
        "messages[1].name", "min_p", "logit_bias", "audio", "verbosity", "user", "prompt_cache_key", "metadata",
        "service_tier", "store", "parallel_tool_calls", "tools[0].strict", "tools[0].cache_control", "tools[1]",
        "prediction",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice(mode="auto"), {"mode": "AUTO"}),
        (ToolChoice(mode="required"), {"mode": "ANY"}),
        (ToolChoice(mode="none"), {"mode": "NONE"}),
        (ToolChoice(mode="tool", names=("weather",)), {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
        (
            ToolChoice(mode="allowed", names=("a", "b")),
            {"mode": "VALIDATED", "allowedFunctionNames": ["a", "b"]},
        ),
        (ToolChoice(mode="allowed_required", names=("a",)), {"mode": "ANY", "allowedFunctionNames": ["a"]}),
    ],
)
def test_tool_choice(choice: ToolChoice, config: dict[str, Any]) -> None:  # bug class 19
    body, ledger = written(request(tools=(WEATHER,), tool_choice=choice))
    assert body["toolConfig"] == {"functionCallingConfig": config}
    assert not ledger.entries
    body, ledger = written(request(tool_choice=choice))
    assert "toolConfig" not in body
    assert bool(ledger.entries) == (choice.mode not in {"auto", "none"})


def test_tools_say_their_schema_in_the_form_that_reaches_furthest() -> None:  # bug class 8
    rich = raw(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"tags": {"type": "object", "additionalProperties": {"type": "string"}}},
            "patternProperties": {"^x": {}},
        }
    )
    body, ledger = written(
        request(
            tools=(
                WEATHER,
                Tool(name="rich", parameters=rich, description="d"),
                Tool(name="none", parameters=raw({"type": "object", "properties": {}})),
                Tool(name="patch", kind="custom", format=raw({"type": "grammar"})),
            )
        )
    )
    plain, other, none, patch = body["tools"][0]["functionDeclarations"]
    assert plain["parameters"]["type"] == "OBJECT"
    assert other["parametersJsonSchema"] == {
        "type": "object",
        "properties": {"tags": {"type": "object", "additionalProperties": {"type": "string"}}},
    }
    assert none == {"name": "none"}
    assert patch["parameters"]["required"] == ["input"]
    assert fates(ledger) == {
        ("dropped", "tools[1].parameters.patternProperties"),
        ("approximated", "tools[3]"),
        ("dropped", "tools[3].format"),
    }


def test_formats() -> None:
    body, _ = written(request(format=OutputFormat(kind="json")))
    assert body["generationConfig"] == {"responseMimeType": "application/json"}
    body, _ = written(request(format=OutputFormat(kind="schema", schema=SCHEMA)))
    assert body["generationConfig"]["responseSchema"]["properties"] == {"city": {"type": "STRING"}}
    body, _ = written(
        request(
            format=OutputFormat(
                kind="schema", schema=raw({"oneOf": [{"type": "string"}, {"type": "number"}]})
            )
        )
    )
    assert body["generationConfig"]["responseJsonSchema"] == {
        "oneOf": [{"type": "string"}, {"type": "number"}]
    }
    body, _ = written(request(format=OutputFormat(kind="text")))
    assert "generationConfig" not in body
    body, ledger = written(request(format=OutputFormat(kind="grammar")))
    assert "generationConfig" not in body
    assert fates(ledger) == {("dropped", "response_format")}


def test_a_format_that_the_model_cannot_take_is_said_in_words() -> None:
    wanted = OutputFormat(kind="schema", schema=SCHEMA)
    body, ledger = written(request(format=wanted, tools=(WEATHER,)))
    assert "generationConfig" not in body
    assert bytes(SCHEMA).decode() in body["systemInstruction"]["parts"][0]["text"]
    assert fates(ledger) == {("approximated", "response_format")}
    body, ledger = written(request(format=wanted, tools=(WEATHER,)), NEW)
    assert "responseSchema" in body["generationConfig"]
    assert not ledger.entries
    body, ledger = written(request(format=wanted), Traits(has_structured_outputs=False))
    assert body["generationConfig"] == {"responseMimeType": "application/json"}
    assert fates(ledger) == {("approximated", "response_format")}


@pytest.mark.parametrize(
    ("reasoning", "config", "is_exact"),
    [
        (Reasoning(mode="off"), {"thinkingBudget": 0}, True),
        (Reasoning(budget_tokens=2000), {"thinkingBudget": 2000, "includeThoughts": True}, True),
        (Reasoning(budget_tokens=60000), {"thinkingBudget": 24576, "includeThoughts": True}, False),
        (Reasoning(budget_tokens=-1), {"thinkingBudget": -1, "includeThoughts": True}, True),
        (Reasoning(effort="minimal"), {"thinkingBudget": 512, "includeThoughts": True}, False),
        (Reasoning(effort="high"), {"thinkingBudget": 4096, "includeThoughts": True}, False),
        (Reasoning(mode="adaptive", summary="omitted"), {"thinkingBudget": -1}, True),
        (Reasoning(summary="detailed"), {"includeThoughts": True}, False),
    ],
)
def test_thinking_in_tokens(reasoning: Reasoning, config: dict[str, Any], is_exact: bool) -> None:
    body, ledger = written(request(reasoning=reasoning))
    assert body["generationConfig"]["thinkingConfig"] == config
    assert (not ledger.entries) == is_exact


@pytest.mark.parametrize(
    ("reasoning", "efforts", "config", "is_exact"),
    [
        (Reasoning(mode="off"), (), {"thinkingLevel": "low"}, False),
        (Reasoning(mode="off"), ("minimal", "high"), {"thinkingLevel": "minimal"}, False),
        (Reasoning(effort="low"), (), {"thinkingLevel": "low", "includeThoughts": True}, True),
        (Reasoning(effort="max"), (), {"thinkingLevel": "high", "includeThoughts": True}, False),
        (
            Reasoning(budget_tokens=1500),
            ("low", "high"),
            {"thinkingLevel": "low", "includeThoughts": True},
            False,
        ),
        (Reasoning(mode="adaptive"), (), {"includeThoughts": True}, True),
    ],
)
def test_thinking_in_levels(
    reasoning: Reasoning, efforts: tuple[str, ...], config: dict[str, Any], is_exact: bool
) -> None:
    body, ledger = written(request(reasoning=reasoning), Traits(has_thinking_level=True, efforts=efforts))
    assert body["generationConfig"]["thinkingConfig"] == config
    assert (not ledger.entries) == is_exact


def test_a_model_that_does_not_think_is_not_asked_to() -> None:
    body, ledger = written(
        request(reasoning=Reasoning(effort="low")), Traits(refuses=frozenset({"reasoning"}))
    )
    assert "generationConfig" not in body
    assert fates(ledger) == {("dropped", "reasoning_effort")}


def test_its_own_thinking_is_said_as_it_was() -> None:
    for reasoning, config in (
        (Reasoning(effort="high", summary="omitted"), {"thinkingLevel": "high", "includeThoughts": False}),
        (Reasoning(budget_tokens=100), {"thinkingBudget": 100}),
        (Reasoning(mode="off", budget_tokens=0, summary="auto"), {"thinkingBudget": 0}),
    ):
        for traits in (Traits(), NEW):
            body, ledger = written(request(dialect="gemini-generate-content", reasoning=reasoning), traits)
            assert body["generationConfig"]["thinkingConfig"] == config
            assert not ledger.entries


def test_a_forms_description_is_in_the_ledger() -> None:
    _, ledger = written(request(format=OutputFormat(kind="schema", schema=SCHEMA, description="A tree")))
    assert "response_format.description" in {one.field for one in ledger.entries if one.fate == "dropped"}
