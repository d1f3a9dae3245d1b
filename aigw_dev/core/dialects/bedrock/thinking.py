"""How much the model should think, as each family of models on Bedrock wants to be told."""

from typing import Final

import msgspec

from aigw_dev.core.chat.reasoning import MIN_BUDGET, budget_of, effort_of, nearest
from aigw_dev.core.chat.vocabulary import Reasoning
from aigw_dev.core.dialects.bedrock.families import Family, put
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.ledger import Ledger

_FIELD: Final = "reasoning"
_BARE: Final = frozenset({"max_tokens", "temperature", "top_p", "top_k"})
_NOTHING: Final = frozenset[str]()
_USUAL_BUDGET: Final = 2048
_DISPLAYS: Final = {
    "auto": "summarized",
    "concise": "summarized",
    "detailed": "summarized",
    "summarized": "summarized",
    "omitted": "omitted",
}


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What decides beside the wish."""

    max_tokens: int | None
    is_in_unthought_tool_loop: bool
    """Earlier thinking of this turn is not there, without which Anthropic's models refuse to think on."""


def write_thinking(
    reasoning: Reasoning | None,
    fields: dict[str, object],
    *,
    family: Family,
    traits: Traits,
    situation: Situation,
    ledger: Ledger,
) -> tuple[bool, frozenset[str]]:
    """Put the wish into the model's own fields.

    Gives back whether the model then thinks as Anthropic's do (its own sampling, no forced tool), and the names of
    neutral parameters that it refuses besides.
    """
    if reasoning is None:
        return False, _NOTHING
    is_off = effort_of(reasoning) == "none"
    if family.thinking == "effort":
        effort = _write_effort(reasoning, fields, family=family, traits=traits, ledger=ledger, is_off=is_off)
        return False, _BARE if effort and effort == family.bare_effort else _NOTHING
    if traits.has_adaptive_thinking:
        is_on = _write_adaptive(reasoning, fields, family=family, traits=traits, ledger=ledger, is_off=is_off)
        return is_on, _NOTHING
    if family.thinking == "budget":
        return not is_off and _write_budget(reasoning, fields, situation, ledger), _NOTHING
    if not is_off:
        ledger.dropped(
            _FIELD,
            "how this model is asked to think is not known: set additionalModelRequestFields in the route's params",
        )
    return False, _NOTHING


def _write_effort(
    reasoning: Reasoning,
    fields: dict[str, object],
    *,
    family: Family,
    traits: Traits,
    ledger: Ledger,
    is_off: bool,
) -> str:
    """The effort written; empty for none."""
    offered = traits.efforts or family.efforts
    if is_off and not family.always_thinks:
        ledger.keep(_FIELD)  # it thinks only where it is asked to
        return ""
    wanted = effort_of(reasoning) or "medium"
    effort = offered[0] if is_off else nearest(wanted, offered)
    put(fields, family.effort, effort)
    for name, value in family.effort_beside:
        put(fields, (*family.effort[:-1], name), value)
    if reasoning.effort == effort:
        ledger.keep(_FIELD)
    else:
        ledger.approximated(_FIELD, f"effort {effort}")
    return effort


def _write_adaptive(
    reasoning: Reasoning,
    fields: dict[str, object],
    *,
    family: Family,
    traits: Traits,
    ledger: Ledger,
    is_off: bool,
) -> bool:
    if is_off:
        fields["thinking"] = {"type": "disabled"}
        ledger.keep(_FIELD)
        return False
    display = _DISPLAYS.get(reasoning.summary)
    fields["thinking"] = {"type": "adaptive", "display": display} if display else {"type": "adaptive"}
    wanted = effort_of(reasoning) if reasoning.effort or reasoning.budget_tokens else ""
    if not wanted:
        ledger.keep(_FIELD)
        return True
    effort = nearest(wanted, traits.efforts or family.efforts)
    put(fields, ("output_config", "effort"), effort)
    if reasoning.effort == effort and reasoning.budget_tokens is None:
        ledger.keep(_FIELD)
    else:
        ledger.approximated(_FIELD, f"adaptive thinking with effort {effort}")
    return True


def _write_budget(
    reasoning: Reasoning, fields: dict[str, object], situation: Situation, ledger: Ledger
) -> bool:
    if situation.is_in_unthought_tool_loop:
        ledger.dropped(
            _FIELD, "the thinking before the last tool call is not there: the model cannot think on"
        )
        return False
    asked = budget_of(reasoning)
    budget = _USUAL_BUDGET if asked is None or asked < 0 else max(asked, MIN_BUDGET)
    if situation.max_tokens is not None and budget >= situation.max_tokens:
        budget = situation.max_tokens - 1
        if budget < MIN_BUDGET:
            ledger.dropped(_FIELD, f"thinking needs at least {MIN_BUDGET} tokens and max_tokens leaves less")
            return False
    fields["thinking"] = {"type": "enabled", "budget_tokens": budget}
    if budget == reasoning.budget_tokens:
        ledger.keep(_FIELD)
    else:
        ledger.approximated(_FIELD, f"a budget of {budget} tokens")
    if reasoning.summary == "omitted":
        ledger.dropped(f"{_FIELD}.summary", "the model shows what it thinks")
    return True
