from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import Reasoning, Thinking, ToolCall, ToolResult
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.requests import (
    CLAUDE,
    NOVA,
    answered,
    assistant,
    fates,
    request,
    user,
    written,
)

ADAPTIVE = Traits(has_adaptive_thinking=True, efforts=("low", "medium", "high", "max"))
OSS, QWEN, NOVA_2 = "openai.gpt-oss-120b-1:0", "qwen.qwen3-32b-v1:0", "us.amazon.nova-2-lite-v1:0"


def asked(
    reasoning: Reasoning, *messages: Any, model: str = CLAUDE, traits: Traits | None = None, **fields: Any
) -> tuple[Any, dict[str, str]]:
    ledger = Ledger()
    body = written(
        request(*messages, reasoning=reasoning, **fields), model=model, traits=traits, ledger=ledger
    )
    return body.get("additionalModelRequestFields", {}), fates(ledger)


@pytest.mark.parametrize(
    ("reasoning", "budget", "fate"),
    [
        (Reasoning(budget_tokens=5000), 5000, None),
        (Reasoning(budget_tokens=10), 1024, "approximated"),
        (Reasoning(budget_tokens=-1), 2048, "approximated"),
        (Reasoning(effort="high"), 4096, "approximated"),
        (Reasoning(effort="minimal"), 1024, "approximated"),
        (Reasoning(), 2048, "approximated"),
    ],
)
def test_a_budget_is_what_anthropics_models_take(reasoning: Reasoning, budget: int, fate: str | None) -> None:
    fields, entries = asked(reasoning)
    assert fields == {"thinking": {"type": "enabled", "budget_tokens": budget}}
    assert entries.get("reasoning") == fate


def test_a_budget_leaves_room_for_the_answer() -> None:
    assert asked(Reasoning(budget_tokens=5000), max_tokens=3000)[0]["thinking"]["budget_tokens"] == 2999
    fields, entries = asked(Reasoning(budget_tokens=5000), max_tokens=1024)
    assert fields == {}
    assert entries == {"reasoning": "dropped"}


@pytest.mark.parametrize("off", [Reasoning(mode="off"), Reasoning(budget_tokens=0)])
def test_thinking_can_be_off(off: Reasoning) -> None:
    assert asked(off) == ({}, {})
    assert asked(off, traits=ADAPTIVE) == ({"thinking": {"type": "disabled"}}, {})
    assert asked(off, model=NOVA_2) == ({}, {})
    assert asked(off, model=NOVA) == ({}, {})


def test_a_model_that_always_thinks_thinks_least() -> None:
    assert asked(Reasoning(mode="off"), model=OSS) == (
        {"reasoning_effort": "low"},
        {"reasoning": "approximated"},
    )


@pytest.mark.parametrize(
    ("reasoning", "expected", "fate"),
    [
        (Reasoning(mode="adaptive"), {"thinking": {"type": "adaptive"}}, None),
        (Reasoning(effort="high"), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}, None),
        (Reasoning(effort="xhigh"), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "approximated"),
        (Reasoning(budget_tokens=2048), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}}, "approximated"),
        (Reasoning(summary="detailed"), {"thinking": {"type": "adaptive", "display": "summarized"}}, None),
    ],
)  # fmt: skip
def test_adaptive_thinking_has_an_effort(reasoning: Reasoning, expected: object, fate: str | None) -> None:
    fields, entries = asked(reasoning, traits=ADAPTIVE)
    assert fields == expected
    assert entries.get("reasoning") == fate


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (OSS, {"reasoning_effort": "high"}),
        (QWEN, {"reasoning_config": "high"}),
        (NOVA_2, {"reasoningConfig": {"maxReasoningEffort": "high", "type": "enabled"}}),
    ],
)
def test_other_families_take_an_effort_under_their_own_names(model: str, expected: object) -> None:
    assert asked(Reasoning(effort="high"), model=model) == (expected, {})
    assert asked(Reasoning(effort="max"), model=model) == (expected, {"reasoning": "approximated"})


def test_a_model_that_nobody_knows_is_not_guessed_at() -> None:
    assert asked(Reasoning(effort="high"), model=NOVA) == ({}, {"reasoning": "dropped"})


def test_an_arn_whose_traits_say_adaptive_thinks() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x"
    fields, _ = asked(Reasoning(mode="adaptive"), model=arn, traits=ADAPTIVE)
    assert fields == {"thinking": {"type": "adaptive"}}


def test_a_tool_loop_whose_thinking_is_gone_goes_on_without() -> None:
    call, result = ToolCall(id="c", name="f"), answered(ToolResult(call_id="c"))
    own = Thinking(text="hm", signature="s", origin="bedrock-converse")
    wish = Reasoning(budget_tokens=2000)
    fields, entries = asked(wish, user("hi"), assistant(call), result)
    assert fields == {}
    assert entries["reasoning"] == "dropped"
    assert asked(wish, user("hi"), assistant(own, call), result)[0] != {}
    assert asked(wish, user("hi"), assistant(call), result, assistant("done"), user("go on"))[0] != {}


def test_thoughts_that_should_not_be_shown_are_named() -> None:
    assert asked(Reasoning(budget_tokens=2000, summary="omitted"))[1] == {"reasoning.summary": "dropped"}


def test_nova_thinks_hardest_only_without_limits_and_sampling() -> None:
    fields: dict[str, Any] = {"max_tokens": 900, "temperature": 0.5, "top_p": 0.5, "top_k": 3}
    ledger = Ledger()
    body = written(request(reasoning=Reasoning(effort="high"), **fields), model=NOVA_2, ledger=ledger)
    assert "inferenceConfig" not in body
    assert set(body["additionalModelRequestFields"]) == {"reasoningConfig"}
    assert fates(ledger) == dict.fromkeys(fields, "dropped")
    body = written(request(reasoning=Reasoning(effort="low"), **fields), model=NOVA_2)
    assert body["inferenceConfig"] == {"maxTokens": 900, "temperature": 0.5, "topP": 0.5}
