"""A route's flow: checked once when the config is read, decided for every request.

    node   {if: CONDITION, then: NODE, else: NODE}
         | {split: [{weight: NUMBER, ...NODE}, ...], sticky: conversation | request}
         | {send: provider/model, key, params, fallback: [...], fallback_on: [...], retry: {...}, ..._timeout_ms}

Nodes are named by their place: `flow`, `flow.then`, `flow.else.split.1`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

from aigw_dev.core.config import Route
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Scalar
from aigw_dev.core.problem import Problem
from aigw_dev.core.routing import cells, metadata, nodes
from aigw_dev.core.routing.conditions import evaluate, names, read_condition
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.leaf import LEAF_KEYS, Path, Providers, Report, check_keys, node_id, read_leaf
from aigw_dev.core.routing.nodes import CompiledRoute, If, Node, Send, Split
from aigw_dev.core.routing.terms import Condition, compares
from aigw_dev.core.routing.trace import (
    Decision,
    IfStep,
    Retry,
    SendStep,
    Share,
    SplitStep,
    Step,
    Target,
    read_decision,
)
from aigw_dev.core.routing.yaml_tree import as_list, as_mapping, yaml_kind

__all__ = [
    "CompiledRoute",
    "Decision",
    "If",
    "Node",
    "Retry",
    "Send",
    "Split",
    "Target",
    "compile_flow",
    "compile_route",
    "decide",
    "read_decision",
]

MAX_DEPTH: Final = 32
"""How deep nodes may nest."""
MAX_BRANCHES: Final = 64
"""The most branches of one split."""
_KEYS: Final = {"if": ("if", "then", "else"), "split": ("split", "sticky"), "send": LEAF_KEYS}
"""What makes a node of each kind, and the keys it takes."""
_EVERY_KEY: Final = tuple(key for keys in _KEYS.values() for key in keys)
_EXAMPLE: Final = "for example: {send: openai/gpt-4o-mini}"


def compile_route(
    name: str, route: Route, *, path: Path | None = None, providers: Providers | None = None
) -> tuple[CompiledRoute | None, list[Problem]]:
    """The route ready to decide, or None and what is wrong. `providers` as in `compile_flow`."""
    node, problems = compile_flow(route.flow, path=path or ("routes", name, "flow"), providers=providers)
    if node is None:
        return None, problems
    conditions = list(_conditions(node))
    read = frozenset(name for condition in conditions for name in names(condition))
    return CompiledRoute(name, node, route, read, _metadata_example(conditions)), problems


def compile_flow(
    tree: Any, *, path: Path, providers: Providers | None = None
) -> tuple[Node | None, list[Problem]]:
    """The flow as nodes, or None and what is wrong at which place.

    `path` is where the flow stands in the config. `providers` names the configured providers and the keys each lists
    (None for one whose keys are not listed); without it neither is checked. `mock` is always there.
    """
    report = Report(providers, [])
    node = _read_node(tree, path, report, depth=1)
    return (None if report.problems else node), report.problems


def decide(
    route: CompiledRoute, facts: Facts, *, draw: Callable[[], float], conversation: str = ""
) -> Decision | Refusal:
    """Where the request goes and why; a refusal where the route wants metadata and the request has none.

    `draw` gives a number from 0 up to 1; it is asked only by a split that no `conversation` decides.
    """
    if facts.metadata is None and route.reads_metadata and route.config.metadata == "required":
        return metadata.missing(route, url=facts.url)
    steps: list[Step] = []
    node = route.node
    while not isinstance(node, Send):
        if isinstance(node, If):
            step, node = _ask(node, facts)
        else:
            step, node = _draw(node, route.name, draw, conversation)
        steps.append(step)
    steps.append(SendStep(node=node.id))
    return Decision(route=route.name, targets=node.targets, trace=tuple(steps), sticky=_stickiness(steps))


def _ask(node: If, facts: Facts) -> tuple[IfStep, Node]:
    result, observations = evaluate(node.condition, facts)
    taken, other = (node.then, node.otherwise) if result else (node.otherwise, node.then)
    step = IfStep(
        node=node.id,
        condition=node.condition.text,
        observations=observations,
        result=result,
        not_taken=other.summary,
    )
    return step, taken


def _draw(node: Split, route: str, draw: Callable[[], float], conversation: str) -> tuple[SplitStep, Node]:
    is_sticky = node.sticky == "conversation" and bool(conversation)
    drawn = nodes.point(route, node.id, conversation) if is_sticky else draw()
    chosen = _chosen(node.shares, drawn)
    step = SplitStep(
        node=node.id,
        shares=node.shares,
        draw=drawn,
        chosen=chosen,
        sticky="conversation" if is_sticky else "request",
        reason="" if is_sticky else _NOT_STICKY[node.sticky],
    )
    return step, node.branches[chosen]


_NOT_STICKY: Final = {
    "conversation": "the request names no conversation",
    "request": "the route says `sticky: request`",
}


def _chosen(shares: tuple[Share, ...], drawn: float) -> int:
    """The share in which `drawn` falls when all of them lie side by side from 0 to 1."""
    left = drawn * math.fsum(share.weight for share in shares)
    for position, share in enumerate(shares[:-1]):
        left -= share.weight
        if left < 0:
            return position
    return len(shares) - 1


def _stickiness(steps: list[Step]) -> Literal["conversation", "request", ""]:
    drawn = [step.sticky for step in steps if isinstance(step, SplitStep)]
    if not drawn:
        return ""
    return "conversation" if "conversation" in drawn else "request"


def _conditions(node: Node) -> Iterator[Condition]:
    if isinstance(node, If):
        yield node.condition
    for child in nodes.children(node):
        yield from _conditions(child)


def _metadata_example(conditions: list[Condition]) -> dict[str, Scalar]:
    example: dict[str, Scalar] = {}
    for condition in conditions:
        for compare in compares(condition.root):
            if compare.name.root == "metadata":
                value = compare.wanted[0].value if compare.wanted and compare.operator != "matches" else "..."
                example.setdefault(str(compare.name.parts[0]), value)
    return example


def _read_node(tree: Any, path: Path, report: Report, *, depth: int, is_share: bool = False) -> Node | None:
    node = as_mapping(tree)
    if node is None:
        hint = f"write {{send: {cells.cut(tree, 60)}}}" if isinstance(tree, str) and "/" in tree else _EXAMPLE
        report.add(path, f"a node is a mapping with `if`, `split` or `send`, not {yaml_kind(tree)}", hint)
        return None
    if depth > MAX_DEPTH:
        report.add(path, f"the flow nests deeper than {MAX_DEPTH} nodes", "make two routes of it")
        return None
    kinds = [kind for kind in _KEYS if kind in node]
    if len(kinds) != 1:
        _report_kinds(node, kinds, path, report)
        return None
    kind = kinds[0]
    check_keys(node, path, (*_KEYS[kind], "weight") if is_share else _KEYS[kind], report)
    if kind == "if":
        return _read_if(node, path, report, depth)
    if kind == "split":
        return _read_split(node, path, report, depth)
    targets = read_leaf(node, path, report)
    return Send(node_id(path), targets, nodes.summary_of_send(targets)) if targets else None


def _report_kinds(node: Mapping[Any, Any], kinds: list[str], path: Path, report: Report) -> None:
    if kinds:
        report.add(
            path,
            f"a node has only one of `if`, `split` and `send`; this one has {' and '.join(kinds)}",
            _EXAMPLE,
        )
        return
    count = len(report.problems)
    check_keys({key: None for key in node if key != "weight"}, path, _EVERY_KEY, report)
    if len(report.problems) == count:
        report.add(path, "this node has none of `if`, `split` and `send`", _EXAMPLE)


def _read_if(node: Mapping[Any, Any], path: Path, report: Report, depth: int) -> If | None:
    condition = read_condition(node["if"], (*path, "if"))
    if isinstance(condition, Problem):
        report.problems.append(condition)
    branches: list[Node | None] = []
    for key in ("then", "else"):
        if key in node:
            branches.append(_read_node(node[key], (*path, key), report, depth=depth + 1))
        else:
            report.add(path, f"this `if` has no `{key}`", f"add {key}: {{send: provider/model}}")
            branches.append(None)
    then, otherwise = branches
    if isinstance(condition, Problem) or then is None or otherwise is None:
        return None
    return If(node_id(path), condition, then, otherwise, nodes.summary_of_if(condition, then, otherwise))


def _read_split(node: Mapping[Any, Any], path: Path, report: Report, depth: int) -> Split | None:
    sticky = node.get("sticky", "conversation")
    if sticky not in ("conversation", "request"):
        report.add(
            (*path, "sticky"), "`sticky` is `conversation` or `request`", "conversation is the default"
        )
    here: Path = (*path, "split")
    entries = as_list(node["split"])
    if not entries:
        hint = "split: [{weight: 90, send: openai/gpt-4o-mini}, {weight: 10, send: openai/gpt-4o}]"
        report.add(here, "`split` wants a list of branches with weights", hint)
        return None
    if len(entries) > MAX_BRANCHES:
        report.add(here, f"{len(entries)} branches are too many", f"at most {MAX_BRANCHES}")
        return None
    branches: list[Node] = []
    shares: list[Share] = []
    for position, entry in enumerate(entries):
        place: Path = (*here, position)
        weight = _weight(entry, place, report)
        branch = _read_node(entry, place, report, depth=depth + 1, is_share=True)
        if branch is not None and weight is not None:
            branches.append(branch)
            shares.append(Share(weight, branch.summary))
    held = tuple(shares)
    return Split(node_id(path), held, tuple(branches), sticky, nodes.summary_of_split(held))


def _weight(entry: Any, path: Path, report: Report) -> float | None:
    tree = as_mapping(entry)
    if tree is None:
        return None  # said where the node is read
    if "weight" not in tree:
        report.add(path, "this branch has no weight", "add `weight: 10`")
        return None
    weight = tree["weight"]
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not is_number or not 0 < weight <= 1_000_000:  # noqa: PLR2004 - a plain bound, so that sums stay exact
        report.add(
            (*path, "weight"), "`weight` wants a number above 0", "a branch that gets nothing is left out"
        )
        return None
    return float(weight)
