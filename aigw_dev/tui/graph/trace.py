"""Which way a request takes through a flow, on the nodes of the tree: decided by the gateway's own code.

A dry-run works while the flow is unfinished: a part that is wrong is left out, and the path that reaches it ends there.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from msgspec import Struct

from aigw_dev.core.config import Route
from aigw_dev.core.errors import Refusal
from aigw_dev.core.routing.conditions import Observation
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import compile_route, decide
from aigw_dev.core.routing.trace import Decision, IfStep, SendStep, SplitStep, Step
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.tree import If, Node, Path, Send, Split, Tree

_STAND_IN: Final = {"send": "mock/echo"}
"""In the place of what is wrong, so that the rest can be decided."""
_ROUNDS: Final = 4
"""A stand-in can uncover another problem: a weight beside it, a branch behind it."""
_SHOWN: Final = 3


class Stop(Struct, frozen=True, kw_only=True):
    """One node on the path."""

    node: str
    """The node's id."""
    branch: int | None = None
    """The branch taken, as in `trees.children`; None at the end."""
    got: str = ""
    """What was found, short: `got "de"`, `tier missing`, `drawn 0.42`."""
    observations: tuple[Observation, ...] = ()
    """Of a condition, every question with its answer."""


class Trace(Struct, frozen=True, kw_only=True):
    """The path, from the first node on."""

    stops: tuple[Stop, ...]
    decision: Decision | None = None
    """What the gateway would do; None where the path ends in something unfinished."""
    said: str = ""
    """Why there is no path, or where it left the flow as it is now; empty where all is well."""

    @property
    def nodes(self) -> frozenset[str]:
        """The ids on the path."""
        return frozenset(stop.node for stop in self.stops)

    @property
    def wires(self) -> frozenset[tuple[str, int]]:
        """The branches taken."""
        return frozenset((stop.node, stop.branch) for stop in self.stops if stop.branch is not None)


def dry_run(
    tree: Tree,
    facts: Facts,
    *,
    route: str = "draft",
    metadata: Literal["required", "optional"] = "required",
    draw: Callable[[], float],
    conversation: str = "",
) -> Trace:
    """The path of one request; `draw` is asked by splits, 0 up to 1."""
    runnable, stand_ins = tree.root, set[str]()
    compiled = None
    for _ in range(_ROUNDS):
        flow = Route(flow=trees.to_value(runnable), metadata=metadata)
        compiled, problems = compile_route(route, flow, path=("flow",))
        if compiled is not None:
            break
        for problem in problems:
            runnable = _mended(runnable, problem.path, stand_ins)
    if compiled is None:
        return Trace(stops=(), said="the flow cannot be decided yet")
    decision = decide(compiled, facts, draw=draw, conversation=conversation)
    if isinstance(decision, Refusal):
        return Trace(stops=(), said=decision.message)
    return _path(tree, decision, stand_ins)


def from_decision(tree: Tree, decision: Decision) -> Trace:
    """The path that a recorded request took, as far as the flow still is what it was then."""
    return _path(tree, decision, set())


def _path(tree: Tree, decision: Decision, stand_ins: set[str]) -> Trace:
    ids = trees.core_ids(tree.root)
    stops: list[Stop] = []
    for step in decision.trace:
        node = trees.find(tree.root, ids.get(step.node, ""))
        if node is not None and node.id in stand_ins:
            stops.append(Stop(node=node.id))
            return Trace(stops=tuple(stops), said="the path ends in an unfinished node")
        if node is None or not _fits(node, step):
            said = "the flow has changed since: the path is shown as far as it is the same"
            return Trace(stops=tuple(stops), decision=decision, said=said)
        stops.append(_stop(node, step))
    return Trace(stops=tuple(stops), decision=decision)


def _fits(node: Node, step: Step) -> bool:
    match step:
        case IfStep():
            return isinstance(node, If) and _is_same(node.condition, step.condition)
        case SplitStep():
            return isinstance(node, Split) and step.chosen < len(node.shares)
        case SendStep():
            return isinstance(node, Send)


def _is_same(written: object, condition: str) -> bool:
    """A trace keeps a condition on one line."""
    return (
        isinstance(written, str)
        and " ".join(line.strip() for line in written.strip().splitlines()) == condition
    )


def _stop(node: Node, step: Step) -> Stop:
    match step:
        case IfStep(observations=seen, result=result):
            return Stop(node=node.id, branch=0 if result else 1, got=findings(seen), observations=seen)
        case SplitStep(chosen=chosen, draw=drawn):
            return Stop(node=node.id, branch=chosen, got=f"drawn {drawn:.2f}")
        case SendStep():
            return Stop(node=node.id)


def findings(observations: tuple[Observation, ...]) -> str:
    """`got "de"` for one question, `tier "pro", lang missing` for several; what was not asked is left out."""
    asked = [seen for seen in observations if seen.result is not None]
    found = [_found(seen) for seen in asked]
    if len(observations) == 1 and found:
        return found[0] if found[0] in {"missing", "null"} else f"got {found[0]}"
    named = dict.fromkeys(
        f"{seen.name.removeprefix('metadata.')} {text}" for seen, text in zip(asked, found, strict=True)
    )
    shown = list(named)
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")


def _found(seen: Observation) -> str:
    if seen.state in {"missing", "null"}:
        return seen.state
    if isinstance(seen.actual, str):
        return seen.actual if seen.state == "json" else f'"{seen.actual}"'
    return str(seen.actual).lower() if isinstance(seen.actual, bool) else str(seen.actual)


def _mended(root: Node, wrong: Path, stand_ins: set[str]) -> Node:
    """The flow with a stand-in for the node at `wrong`; where there already is one, its weight is what is wrong."""
    places: Mapping[Path, Node] = dict(trees.places(root))
    at = len(wrong)
    while wrong[:at] not in places:
        at -= 1
    node = places[wrong[:at]]
    if isinstance(node, If) and at == len(wrong):
        lacking = [each for each in trees.children(node) if isinstance(each, trees.Empty)]
        node = lacking[0] if lacking else node
    if node.id in stand_ins or wrong[at:] == ("weight",):
        return _weighed(root, node)
    stand_ins.add(node.id)
    return trees.put(root, node.id, Send(node.id, tuple(_STAND_IN.items())))


def _weighed(root: Node, node: Node) -> Node:
    """With a weight of 1 on the branch to `node`."""
    split, position = trees.parents(root).get(node.id, (None, 0))
    if not isinstance(split, Split):
        return root
    shares = list(split.shares)
    shares[position] = trees.Share(node, 1)
    return trees.put(root, split.id, Split(split.id, tuple(shares), split.rest, split.order))
