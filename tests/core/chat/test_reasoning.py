"""Effort in words and budgets in tokens say the same in both directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.reasoning import EFFORTS, budget_of, effort_of, nearest
from aigw_dev.core.chat.vocabulary import Reasoning


@pytest.mark.parametrize("effort", EFFORTS[1:4])
def test_an_effort_survives_the_way_to_a_budget_and_back(effort: str) -> None:
    budget = budget_of(Reasoning(effort=effort))
    assert effort_of(Reasoning(budget_tokens=budget)) == effort


@pytest.mark.parametrize(
    ("reasoning", "effort"),
    [
        (Reasoning(mode="off", effort="high"), "none"),
        (Reasoning(budget_tokens=0), "none"),
        (Reasoning(budget_tokens=1), "minimal"),
        (Reasoning(budget_tokens=1024), "low"),
        (Reasoning(budget_tokens=2047), "low"),
        (Reasoning(budget_tokens=4096), "high"),
        (Reasoning(budget_tokens=-1), ""),
        (Reasoning(mode="adaptive"), "medium"),
        (Reasoning(), ""),
    ],
)
def test_a_budget_becomes_the_effort_it_pays_for(reasoning: Reasoning, effort: str) -> None:
    assert effort_of(reasoning) == effort


def test_a_budget_goes_before_an_effort() -> None:
    assert budget_of(Reasoning(effort="low", budget_tokens=7)) == 7
    assert budget_of(Reasoning()) is None


@pytest.mark.parametrize(
    ("effort", "offered", "found"),
    [
        ("high", ("low", "high"), "high"),
        ("medium", ("low", "high"), "high"),
        ("minimal", ("low", "medium"), "low"),
        ("max", ("low", "medium"), "medium"),
        ("unheard-of", ("low", "medium"), "medium"),
    ],
)
def test_the_nearest_offered_effort_is_chosen(effort: str, offered: tuple[str, ...], found: str) -> None:
    assert nearest(effort, offered) == found


@given(st.text(), st.lists(st.sampled_from(EFFORTS), min_size=1, unique=True))
def test_only_offered_efforts_are_chosen(effort: str, offered: list[str]) -> None:
    assert nearest(effort, tuple(sorted(offered, key=EFFORTS.index))) in offered
