"""A route as an outline of lines to draw: from the compiled route, with or without a decision, or from a stored decision.

What a decision adds is said in words: which branch was taken, what was found beside each question, why not the other.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, assert_never

import msgspec

from aigw_dev.core.routing.evaluate import Observation
from aigw_dev.core.routing.nodes import CompiledRoute, If, Node, Send, Split
from aigw_dev.core.routing.trace import Decision, IfStep, SendStep, Share, SplitStep, Step, Target

_REASONS: Final = 3
"""How many findings a line of reason holds."""
_PARAMS_CHARS: Final = 60


class Twig(msgspec.Struct, kw_only=True):
    """One line of the outline and what hangs below it. Untrusted text in it is as it came."""

    label: str = ""
    """`then`, `else`, `90 %`, `fallback 1`; empty for the first node."""
    text: str
    """The node in words."""
    details: list[str] = msgspec.field(default_factory=list[str])
    """Lines of their own below it."""
    state: Literal["", "taken", "not taken"] = ""
    """Empty where nothing was decided."""
    below: list["Twig"] = msgspec.field(default_factory=list["Twig"])


def of_route(route: CompiledRoute, decision: Decision | None = None) -> Twig:
    """The whole flow; with a decision, the path it took."""
    steps = {step.node: step for step in decision.trace} if decision else None
    return Twig(text=_title(route.name, route.config.description), below=[_of_node(route.node, steps)])


def of_decision(decision: Decision) -> Twig:
    """The path a decision took; branches that were not taken are there as summaries."""
    return Twig(text=_title(decision.route, ""), below=[_of_trace(decision.trace, decision.targets)])


def _title(name: str, description: str) -> str:
    return f"dynamic/{name}: {description}" if description else f"dynamic/{name}"


def _of_node(node: Node, steps: Mapping[str, Step] | None) -> Twig:
    """`steps` by node; None where nothing was decided."""
    step = steps.get(node.id) if steps is not None else None
    match node:
        case Send(targets=targets):
            twig = _sent(targets)
        case If(condition=condition, then=then, otherwise=otherwise):
            asked = step if isinstance(step, IfStep) else None
            twig = _questioned(condition.text, asked, [_branch(then, steps), _branch(otherwise, steps)])
        case Split(shares=shares, branches=branches, sticky=sticky):
            drawn = step if isinstance(step, SplitStep) else None
            if drawn is not None and len(drawn.shares) != len(shares):
                drawn = None  # the route has changed since
            twig = _split(shares, drawn, [_branch(branch, steps) for branch in branches])
            if sticky == "request" and drawn is None:
                twig.text += " (sticky: request)"
        case _:  # pragma: no cover - the type checker proves it
            assert_never(node)
    if step is not None:
        twig.state = "taken"
    return twig


def _branch(node: Node, steps: Mapping[str, Step] | None) -> Twig:
    """A branch below a decided node; below one that was not taken nothing more is said."""
    if steps is None or node.id in steps:
        return _of_node(node, steps)
    twig = _of_node(node, None)
    twig.state = "not taken"
    return twig


def _of_trace(trace: tuple[Step, ...], targets: tuple[Target, ...]) -> Twig:
    step, rest = trace[0], trace[1:]
    match step:
        case SendStep():
            twig = _sent(targets)
        case IfStep(condition=condition, result=result, not_taken=summary):
            taken, other = _of_trace(rest, targets), Twig(text=summary, state="not taken")
            twig = _questioned(condition, step, [taken, other] if result else [other, taken])
        case SplitStep(shares=shares, chosen=chosen):
            below = [Twig(text=share.summary, state="not taken") for share in shares]
            below[chosen] = _of_trace(rest, targets)
            twig = _split(shares, step, below)
        case _:  # pragma: no cover - the type checker proves it
            assert_never(step)
    twig.state = "taken"
    return twig


def _sent(targets: tuple[Target, ...]) -> Twig:
    below = [
        Twig(label=f"fallback {position}", text=_called(target))
        for position, target in enumerate(targets[1:], start=1)
    ]
    return Twig(text=_called(targets[0]), below=below)


def _called(target: Target) -> str:
    """A target with what is special about calling it."""
    extras = [f"key {target.key}"] if target.key else []
    if target.params:
        params = json.dumps(target.params, ensure_ascii=False)
        extras.append(
            "params " + (params if len(params) <= _PARAMS_CHARS else params[: _PARAMS_CHARS - 1] + "…")
        )
    if target.retry and target.retry.attempts:
        extras.append(f"retry {target.retry.attempts}")
    for name in ("connect_timeout_ms", "first_packet_timeout_ms", "idle_timeout_ms", "timeout_ms"):
        value: int | None = getattr(target, name)
        if value is not None:
            extras.append(f"{name} {value}")
    if target.fallback_on:
        extras.append("fallback_on " + " ".join(map(str, target.fallback_on)))
    return f"{target.text()} ({', '.join(extras)})" if extras else target.text()


def _questioned(condition: str, step: IfStep | None, below: list[Twig]) -> Twig:
    below[0].label, below[1].label = "then", "else"
    twig = Twig(text=f"if {condition}", below=below)
    if step is None:
        return twig
    twig.text += f" → {_yes_no(step.result)}"
    twig.details = _findings(step.observations)
    below[1 if step.result else 0].details.insert(
        0, f"because the condition is {_yes_no(step.result)}: {_reasons(step.observations)}"
    )
    return twig


def _split(shares: tuple[Share, ...], step: SplitStep | None, below: list[Twig]) -> Twig:
    total = sum(share.weight for share in shares)
    for share, twig in zip(shares, below, strict=True):
        twig.label = f"{100 * share.weight / total:.3g} %"
    if step is None:
        return Twig(text="split", below=below)
    how = (
        "once for the whole conversation"
        if step.sticky == "conversation"
        else f"for this request alone, {step.reason}"
    )
    chosen = below[step.chosen].label
    for position, twig in enumerate(below):
        if position != step.chosen:
            twig.details.insert(0, f"because the draw fell to branch {step.chosen + 1} ({chosen})")
    return Twig(
        text=f"split → branch {step.chosen + 1} of {len(shares)}",
        details=[f"drawn {how}: {step.draw:.4f} of 1"],
        below=below,
    )


def _findings(observations: tuple[Observation, ...]) -> list[str]:
    """What was found for each question; a single one needs no repeating of the question."""
    if len(observations) == 1:
        return [_finding(observations[0])]
    return [
        f"{_question(seen)}: not evaluated, the answer was clear before"
        if seen.result is None
        else f"{_question(seen)} → {_yes_no(seen.result)}: {_finding(seen)}"
        for seen in observations
    ]


def _reasons(observations: tuple[Observation, ...]) -> str:
    findings = list(dict.fromkeys(_finding(seen) for seen in observations if seen.result is not None))
    shown = ", ".join(findings[:_REASONS])
    return f"{shown}, …" if len(findings) > _REASONS else shown


def _question(seen: Observation) -> str:
    if seen.wanted is None:
        return f"{seen.name} {seen.operator}".rstrip()
    return f"{seen.name} {seen.operator} {_json(seen.wanted)}"


def _finding(seen: Observation) -> str:
    match seen.state:
        case "missing":
            return f"{seen.name} is missing"
        case "null":
            return f"{seen.name} is null, which counts as missing"
        case "json":
            return f"{seen.name} is {seen.actual}"
        case _:
            return f"{seen.name} is {_json(seen.actual)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _yes_no(value: bool) -> str:  # noqa: FBT001 - the value itself, not a switch
    return "true" if value else "false"
