"""How long, how freely and how thoughtfully: what Anthropic takes together."""

from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import ChatRequest, Reasoning
from aigw_dev.core.dialects.anthropic.blocks_write import Writing
from aigw_dev.core.dialects.anthropic.sampling import write_sampling, write_thought
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.ledger import Ledger

ADAPTIVE = Traits(has_adaptive_thinking=True, efforts=("low", "medium", "high", "max"))
OWN = "anthropic-messages"


def writing(dialect: str = "openai-chat", **fields: Any) -> Writing:
    return Writing(ChatRequest(dialect=dialect, model="m", messages=(), **fields), Ledger())


def fates(one: Writing) -> list[tuple[str, str]]:
    return [(entry.fate, entry.field) for entry in one.ledger.entries]


@pytest.mark.parametrize(
    ("reasoning", "max_tokens", "budget", "limit"),
    [
        (Reasoning(effort="minimal"), 9000, 1024, 9000),
        (Reasoning(effort="high"), 9000, 4096, 9000),
        (Reasoning(effort="max"), 2000, 1999, 2000),
        (Reasoning(effort="high"), None, 4096, 8192),
        (Reasoning(effort="low"), None, 1024, 4096),
        (Reasoning(budget_tokens=-1), 9000, 4096, 9000),
        (Reasoning(mode="adaptive"), 9000, 4096, 9000),
        (Reasoning(budget_tokens=2000), 9000, 2000, 9000),
        (Reasoning(budget_tokens=500), 9000, 1024, 9000),
    ],
)
def test_an_effort_is_a_budget_within_the_limit(
    reasoning: Reasoning, max_tokens: int | None, budget: int, limit: int
) -> None:
    one = writing(reasoning=reasoning, max_tokens=max_tokens)
    thought = write_thought(one, Traits(), can_think=True)
    assert thought.thinking == {"type": "enabled", "budget_tokens": budget}
    assert thought.limit == limit
    assert thought.is_on
    assert thought.is_manual
    assert ("approximated", "reasoning_effort") in fates(one) or reasoning.budget_tokens == budget


def test_there_is_no_thinking_where_it_does_not_fit() -> None:
    one = writing(reasoning=Reasoning(effort="high"), max_tokens=1024)
    assert write_thought(one, Traits(), can_think=True).thinking is None
    assert fates(one) == [("dropped", "reasoning_effort")]
    one = writing(reasoning=Reasoning(effort="high"), max_tokens=9000)
    assert write_thought(one, Traits(), can_think=False).thinking is None
    assert fates(one) == [("approximated", "reasoning_effort")]


@pytest.mark.parametrize(
    ("reasoning", "effort", "fate"),
    [
        (Reasoning(effort="high"), "high", ""),
        (Reasoning(effort="minimal"), "low", "approximated"),
        (Reasoning(effort="xhigh"), "max", "approximated"),
        (Reasoning(budget_tokens=3000), "medium", "approximated"),
        (Reasoning(mode="adaptive"), "", ""),
    ],
)
def test_an_adaptive_model_takes_the_effort(reasoning: Reasoning, effort: str, fate: str) -> None:
    one = writing(reasoning=reasoning, max_tokens=500)
    thought = write_thought(one, ADAPTIVE, can_think=False)
    assert thought.thinking == {"type": "adaptive", "display": "summarized"}
    assert thought.effort == effort
    assert not thought.is_manual
    expected = [("invented", "thinking.display"), *([(fate, "reasoning_effort")] if fate else [])]
    assert fates(one) == expected


@pytest.mark.parametrize(
    "reasoning", [Reasoning(mode="off"), Reasoning(effort="none"), Reasoning(budget_tokens=0)]
)
def test_thinking_is_switched_off(reasoning: Reasoning) -> None:
    thought = write_thought(writing(reasoning=reasoning, max_tokens=5), Traits(), can_think=True)
    assert (thought.thinking, thought.is_on, thought.effort) == ({"type": "disabled"}, False, "")


def test_the_protocols_own_callers_keep_their_words() -> None:
    one = writing(OWN, reasoning=Reasoning(effort="low"), max_tokens=5)
    thought = write_thought(one, Traits(), can_think=True)
    assert (thought.thinking, thought.effort, thought.is_on, thought.is_manual) == (None, "low", False, False)
    shown = Reasoning(budget_tokens=2000, summary="omitted", effort="high")
    thought = write_thought(writing(OWN, reasoning=shown, max_tokens=5000), Traits(), can_think=True)
    assert thought.thinking == {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}
    assert thought.effort == "high"
    thought = write_thought(
        writing(OWN, reasoning=Reasoning(mode="adaptive"), max_tokens=5), ADAPTIVE, can_think=True
    )
    assert thought.thinking == {"type": "adaptive"}


def test_a_summary_is_a_display() -> None:
    one = writing(reasoning=Reasoning(effort="low", summary="detailed"), max_tokens=5)
    assert write_thought(one, ADAPTIVE, can_think=True).thinking == {
        "type": "adaptive",
        "display": "summarized",
    }
    assert fates(one) == []


def test_sampling_stays_within_its_bounds() -> None:
    one = writing(temperature=1.7, top_p=0.5, top_k=-3)
    assert write_sampling(one, Traits(), is_thinking=False) == {"top_p": 0.5, "top_k": 0}
    assert fates(one) == [("approximated", "temperature"), ("approximated", "top_k")]


@pytest.mark.parametrize(
    ("temperature", "top_p", "wire", "fate"),
    [
        (0.5, 0.9, {"temperature": 0.5}, [("dropped", "top_p")]),
        (0.5, 1.0, {"temperature": 0.5}, []),
        (1.0, 0.9, {"top_p": 0.9}, []),
        (1.0, 1.0, {"temperature": 1.0}, []),
    ],
)
def test_temperature_and_top_p_do_not_go_together(
    temperature: float, top_p: float, wire: Any, fate: Any
) -> None:
    one = writing(temperature=temperature, top_p=top_p)
    assert write_sampling(one, Traits(), is_thinking=False) == wire
    assert fates(one) == fate
    assert ("top_p" in one.ledger.kept) == (not fate)
    own = writing(OWN, temperature=temperature, top_p=top_p)
    assert write_sampling(own, Traits(), is_thinking=False) == {"temperature": temperature, "top_p": top_p}


def test_a_thinking_model_is_sampled_its_own_way() -> None:
    one = writing(temperature=0.2, top_p=0.5, top_k=3)
    assert write_sampling(one, Traits(), is_thinking=True) == {"top_p": 0.95}
    assert fates(one) == [("dropped", "temperature"), ("approximated", "top_p"), ("dropped", "top_k")]
    one = writing(temperature=1.0, top_p=0.97)
    assert write_sampling(one, Traits(), is_thinking=True) == {"temperature": 1.0, "top_p": 0.97}
    assert fates(one) == []
