"""Effort in words, budgets in tokens: the two ways to say how long a model should think.

Numbers are those that the field settled on (reference: LiteLLM's mapping); who wants others says a budget.
"""

from typing import Final

from aigw_dev.core.chat.vocabulary import Reasoning

MIN_BUDGET: Final = 1024
"""The least that Anthropic takes."""
EFFORTS: Final = ("minimal", "low", "medium", "high", "xhigh", "max")
"""Rising."""
_BUDGETS: Final = {"minimal": 128, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
_FLOORS: Final = ((4096, "high"), (2048, "medium"), (1024, "low"), (1, "minimal"))


def budget_of(reasoning: Reasoning) -> int | None:
    """Tokens to think with; None where neither a budget nor an effort was said; -1 = the model decides."""
    if reasoning.budget_tokens is not None:
        return reasoning.budget_tokens
    return _BUDGETS.get(reasoning.effort)


def effort_of(reasoning: Reasoning) -> str:
    """The effort in words; `none` where thinking is off, empty where nothing was said."""
    if reasoning.mode == "off":
        return "none"
    if reasoning.effort:
        return reasoning.effort
    budget = reasoning.budget_tokens
    if budget is None or budget < 0:
        return "medium" if reasoning.mode == "adaptive" else ""
    if budget == 0:
        return "none"
    return next(word for floor, word in _FLOORS if budget >= floor)


def nearest(effort: str, offered: tuple[str, ...]) -> str:
    """The offered effort nearest to `effort`, of two as near the higher; an unknown word gives the highest offered.

    `offered` holds words of `EFFORTS`, rising, at least one.
    """
    if effort in offered:
        return effort
    if effort not in EFFORTS:
        return offered[-1]
    wanted = EFFORTS.index(effort)
    return min(reversed(offered), key=lambda one: abs(EFFORTS.index(one) - wanted))
