"""Where an arrow key leads: along the flow first, else to the nearest node that way. Every node can be reached."""

from typing import Literal

from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.plan import Box, Plan
from aigw_dev.tui.graph.tree import Node

Way = Literal["up", "down", "left", "right"]

_ASIDE = 2.5
"""How much further a node seems that lies off the way."""
_ROW = 2
"""A row is about two cells high."""


def move(plan: Plan, root: Node, selected: str, way: Way) -> str | None:
    """The node to select, None where there is none that way."""
    along = _structural(plan, root, selected, way)
    return along if along is not None else _nearest(plan, selected, way)


def step(root: Node, selected: str, way: Way) -> str | None:
    """The same in an outline: up and down its lines, left to what a node hangs on, right into it."""
    order = [node.id for node in trees.walk(root)]
    if selected not in order:
        return root.id
    at = order.index(selected)
    if way == "left":
        parent = trees.parents(root).get(selected)
        return parent[0].id if parent else None
    if way == "right":
        node = trees.find(root, selected)
        below = trees.children(node) if node is not None else ()
        return below[0].id if below else None
    to = at + (1 if way == "down" else -1)
    return order[to] if 0 <= to < len(order) else None


def _structural(plan: Plan, root: Node, selected: str, way: Way) -> str | None:
    node = trees.find(root, selected)
    if node is None:
        return root.id
    parents = trees.parents(root)
    below = trees.children(node)
    if way == "left":
        return parents[selected][0].id if selected in parents else None
    if way == "right":
        return below[0].id if below else None
    if way == "up":
        return _above(plan, parents, selected)
    if plan.form.layout == "ladder" and len(below) > 1:
        return below[-1].id
    return _next(parents, selected)


def _above(plan: Plan, parents: dict[str, tuple[Node, int]], selected: str) -> str | None:
    if selected not in parents:
        return None
    parent, position = parents[selected]
    siblings = trees.children(parent)
    is_below = plan.form.layout == "ladder" and len(siblings) > 1 and position == len(siblings) - 1
    if is_below:
        return parent.id
    return siblings[position - 1].id if position else None


def _next(parents: dict[str, tuple[Node, int]], selected: str) -> str | None:
    """The branch after this one, or after the one that this one is the end of."""
    here = selected
    while here in parents:
        parent, position = parents[here]
        siblings = trees.children(parent)
        if position + 1 < len(siblings):
            return siblings[position + 1].id
        here = parent.id
    return None


def _nearest(plan: Plan, selected: str, way: Way) -> str | None:
    here = plan.boxes[selected]
    x, y = _point(here, plan)
    best: tuple[float, str] | None = None
    for box in plan.boxes.values():
        other_x, other_y = _point(box, plan)
        right, down = other_x - x, (other_y - y) * _ROW
        along, aside = {
            "up": (-down, right),
            "down": (down, right),
            "left": (-right, down),
            "right": (right, down),
        }[way]
        far = along + _ASIDE * abs(aside)
        if along > 0 and (best is None or far < best[0]):
            best = (far, box.id)
    return best[1] if best else None


def _point(box: Box, plan: Plan) -> tuple[float, float]:
    """The left edge in a ladder, where nodes of a column begin at the same cell; else the middle."""
    middle = box.y + box.height / 2
    return (box.x, middle) if plan.form.layout == "ladder" else (box.x + box.width / 2, middle)
