"""Which way a decision of the past took through a flow as it is now: what a picture of the flow counts.

A flow changes and the log does not: a decision fits when every question it answered stands at the same place with the
same words, every split it drew has that branch, and it ended at a leaf with the same targets.
"""

from aigw_dev.core.routing.nodes import CompiledRoute, If, Node, Send, Split
from aigw_dev.core.routing.trace import Decision, IfStep, SendStep, SplitStep, Step


def way(route: CompiledRoute, decision: Decision) -> tuple[str, ...] | None:
    """The ids of the nodes that the decision passed, from the start to its leaf; None where it does not fit."""
    node: Node = route.node
    passed: list[str] = []
    for step in decision.trace:
        if step.node != node.id:
            return None
        passed.append(node.id)
        if isinstance(step, SendStep):
            is_same = isinstance(node, Send) and _texts(node) == [
                target.text() for target in decision.targets
            ]
            return tuple(passed) if is_same else None
        taken = _taken(node, step)
        if taken is None:
            return None
        node = taken
    return None  # pragma: no cover - a decision ends with a `SendStep`


def _taken(node: Node, step: Step) -> Node | None:
    """The branch that a step took, if the node still asks the same."""
    match node, step:
        case If(), IfStep():
            if node.condition.text != step.condition:
                return None
            return node.then if step.result else node.otherwise
        case Split(), SplitStep():
            return node.branches[step.chosen] if step.chosen < len(node.branches) else None
        case _:
            return None


def _texts(node: Send) -> list[str]:
    return [target.text() for target in node.targets]
