"""Writes how long, how freely and how thoughtfully the model answers, within what Anthropic takes together.

Rules (vendor pages "Extended thinking", "Adaptive thinking", read 2026-11-20; peers, 5.4): `max_tokens` is required;
1024 <= budget < `max_tokens`; while the model thinks temperature is 1, `top_k` is refused, `top_p` is 0.95 to 1. Models from Claude Opus 4.1 on refuse
`temperature` beside `top_p`; callers of other protocols often send both, so one of them is left out for those.
"""

from typing import Final

from aigw_dev.core.chat.reasoning import EFFORTS, MIN_BUDGET, budget_of, effort_of, nearest
from aigw_dev.core.chat.vocabulary import Reasoning
from aigw_dev.core.dialects.anthropic.blocks_write import Block, Writing
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.field_names import spelled

_EFFORTS: Final = EFFORTS[1:]
"""`minimal` is no word here."""
_LEAST_TOP_P: Final = 0.95
_SHOWN: Final = {"auto": "summarized", "concise": "summarized", "detailed": "summarized"}
_DISPLAYS: Final = frozenset({"summarized", "omitted"})
_USUAL_BUDGET: Final = 4096


class Thought:
    """What `thinking`, `output_config.effort` and `max_tokens` become together."""

    def __init__(self) -> None:
        self.thinking: Block | None = None
        self.effort = ""
        self.limit = 0

    @property
    def is_on(self) -> bool:
        """The model thinks: some parameters are then refused."""
        return self.thinking is not None and self.thinking["type"] != "disabled"

    @property
    def is_manual(self) -> bool:
        """It thinks by a budget: no tool can then be forced (adaptive thinking takes it, as recordings show)."""
        return self.thinking is not None and self.thinking["type"] == "enabled"


def write_thought(writing: Writing, traits: Traits, *, can_think: bool) -> Thought:
    """Reasoning and the limit; `can_think` is False where the history forbids manual thinking."""
    request, ledger = writing.request, writing.ledger
    thought = Thought()
    reasoning = request.reasoning
    field = spelled(request.dialect, "reasoning")
    if reasoning is not None:
        if "reasoning" in traits.refuses:
            ledger.dropped(field, "the model does not think")
        elif effort_of(reasoning) == "none":
            thought.thinking = {"type": "disabled"}
            thought.effort = _effort(reasoning.effort, traits, writing)
            ledger.keep(field)
        elif writing.is_own and reasoning.mode == "on" and reasoning.budget_tokens is None:
            thought.effort = _effort(reasoning.effort, traits, writing)  # effort alone
            ledger.keep(field)
        elif traits.has_adaptive_thinking:
            _adapt(thought, reasoning, writing, traits)
        elif can_think:
            _enable(thought, reasoning, writing)
        else:
            ledger.approximated(field, "off: a tool was called without a signed thought before it")
    _limit(thought, writing, traits)
    return thought


def write_sampling(writing: Writing, traits: Traits, *, is_thinking: bool) -> Block:
    """`temperature`, `top_p` and `top_k`, as far as the model takes them."""
    request, ledger = writing.request, writing.ledger
    wire: Block = {}
    for name, value in (
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("top_k", request.top_k),
    ):
        if value is None:
            continue
        field = spelled(request.dialect, name)
        if name in traits.refuses:
            ledger.dropped(field, "the model refuses it")
        elif is_thinking and name != "top_p":
            if name == "temperature" and value == 1:
                wire[name] = value
                ledger.keep(field)
            else:
                ledger.dropped(field, "the model does not take it while it thinks")
        else:
            least = _LEAST_TOP_P if is_thinking else 0
            fitting = max(least, min(1, value)) if name != "top_k" else max(0, value)
            wire[name] = fitting
            if fitting == value:
                ledger.keep(field)
            else:
                ledger.approximated(field, f"{fitting:g}, the nearest that is taken")
    if "temperature" in wire and "top_p" in wire and not (writing.is_own or is_thinking):
        _leave_one(wire, writing)
    return wire


def _leave_one(wire: Block, writing: Writing) -> None:
    """Of `temperature` and `top_p` the one that says more: 1 is what both are without a word."""
    if wire["temperature"] == 1 and wire["top_p"] != 1:
        del wire["temperature"]
    elif wire.pop("top_p") != 1:
        field = spelled(writing.request.dialect, "top_p")
        writing.ledger.kept.pop(field, None)
        writing.ledger.dropped(field, "newer models refuse it beside temperature")


def _adapt(thought: Thought, reasoning: Reasoning, writing: Writing, traits: Traits) -> None:
    """The model decides how much to think, as far as the effort lets it."""
    ledger, field = writing.ledger, spelled(writing.request.dialect, "reasoning")
    thought.thinking = {"type": "adaptive"} | _display(reasoning, writing)
    wanted = reasoning.effort if reasoning.budget_tokens is None or reasoning.effort else effort_of(reasoning)
    if reasoning.budget_tokens is not None:
        ledger.approximated(
            field, f"adaptive thinking{f' with effort {wanted}' if wanted else ''}: no budget is taken"
        )
    thought.effort = _effort(wanted, traits, writing)
    if reasoning.budget_tokens is None and thought.effort == reasoning.effort:
        ledger.keep(field)


def _enable(thought: Thought, reasoning: Reasoning, writing: Writing) -> None:
    """A fixed budget, within `max_tokens`; an effort stands for one."""
    request, ledger = writing.request, writing.ledger
    field = spelled(request.dialect, "reasoning")
    asked = budget_of(reasoning)
    budget = _USUAL_BUDGET if asked is None or asked < 0 else asked
    wanted = budget
    budget = max(MIN_BUDGET, budget)
    limit = request.max_tokens
    if limit is not None and limit <= MIN_BUDGET:
        ledger.dropped(field, f"max_tokens of {limit} leaves no room: a budget is {MIN_BUDGET} at least")
        return
    if limit is not None and budget >= limit:
        budget = limit - 1
    is_exact = reasoning.budget_tokens == budget and wanted == budget
    if is_exact:
        ledger.keep(field)
    else:
        ledger.approximated(field, f"a budget of {budget} tokens")
    thought.thinking = {"type": "enabled", "budget_tokens": budget}
    if writing.is_own:
        thought.thinking |= _display(reasoning, writing)
        thought.effort = reasoning.effort if reasoning.mode == "on" else ""


def _display(reasoning: Reasoning, writing: Writing) -> Block:
    """Callers of other protocols expect to see thoughts, which newer models leave out unless asked."""
    shown = _SHOWN.get(reasoning.summary, reasoning.summary)
    if shown in _DISPLAYS:
        return {"display": shown}
    if writing.is_own:
        return {}
    writing.ledger.invented("thinking.display", "summarized")
    return {"display": "summarized"}


def _effort(effort: str, traits: Traits, writing: Writing) -> str:
    if not effort or effort == "none":
        return ""
    offered = tuple(word for word in traits.efforts if word in _EFFORTS) or _EFFORTS
    fitting = nearest(effort, offered)
    if fitting != effort:
        writing.ledger.approximated(spelled(writing.request.dialect, "reasoning"), f"effort {fitting}")
    return fitting


def _limit(thought: Thought, writing: Writing, traits: Traits) -> None:
    """The caller's limit, or the model's; a thought of a fixed length needs room for the answer behind it."""
    limit, field = writing.request.max_tokens, spelled(writing.request.dialect, "max_tokens")
    if limit is not None:
        thought.limit = limit
        writing.ledger.keep(field)
        return
    thought.limit = traits.max_output_tokens
    budget = thought.thinking.get("budget_tokens") if thought.thinking is not None else None
    if isinstance(budget, int) and thought.limit < budget + MIN_BUDGET:
        thought.limit += budget
    writing.ledger.invented(field, str(thought.limit))
