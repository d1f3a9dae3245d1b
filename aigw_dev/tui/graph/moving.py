"""Moving a node among its neighbours: up and down a chain of conditions, along a split, out of a condition."""

from typing import Final

from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.ops import Denied, Edit, Outcome, flip, words
from aigw_dev.tui.graph.tree import If, Node, Share, Split, Tree

_EDGE: Final = "it cannot move further that way"


def move_up(tree: Tree, node_id: str) -> Outcome:
    """One place up.

    An if on the false branch of an if is asked before it (their true branches go with them); a branch of a split
    changes places with the one before, weights included; another false branch becomes the true one.
    """
    node, parent, position = _around(tree, node_id)
    match parent:
        case If() if isinstance(node, If) and position == 1:
            return _exchange(tree, parent, node, selected=node_id)
        case If() if position == 1:
            return _selected(flip(tree, parent.id), node_id)
        case Split() if position > 0:
            return _swap_shares(tree, parent, position - 1, selected=node_id)
        case _:
            return Denied(_EDGE)


def move_down(tree: Tree, node_id: str) -> Outcome:
    """One place down: the reverse of `move_up`."""
    node, parent, position = _around(tree, node_id)
    if isinstance(parent, Split) and position < len(parent.shares) - 1:
        return _swap_shares(tree, parent, position, selected=node_id)
    if isinstance(node, If) and isinstance(node.otherwise, If):
        return _exchange(tree, node, node.otherwise, selected=node_id)
    if isinstance(parent, If) and position == 0:
        return _selected(flip(tree, parent.id), node_id)
    return Denied(_EDGE)


def promote(tree: Tree, node_id: str) -> Outcome:
    """The node takes the place of what it hangs on; the other branches go."""
    node, parent, _ = _around(tree, node_id)
    if node is None or parent is None:
        return Denied("there is nothing above it to take the place of")
    root = trees.put(tree.root, parent.id, node)
    return Edit(Tree(root, tree.next_number), node_id, f"{words(node)} takes the place of {words(parent)}")


def _around(tree: Tree, node_id: str) -> tuple[Node | None, Node | None, int]:
    parent, position = trees.parents(tree.root).get(node_id, (None, 0))
    return trees.find(tree.root, node_id), parent, position


def _exchange(tree: Tree, upper: If, lower: If, *, selected: str) -> Edit:
    """`if a: A else if b: B else: C` becomes `if b: B else if a: A else: C`."""
    below = If(upper.id, upper.condition, upper.then, lower.otherwise, upper.rest, upper.order)
    above = If(lower.id, lower.condition, lower.then, below, lower.rest, lower.order)
    root = trees.put(tree.root, upper.id, above)
    return Edit(Tree(root, tree.next_number), selected, f"ask {words(lower)} before {words(upper)}")


def _swap_shares(tree: Tree, split: Split, first: int, *, selected: str) -> Edit:
    shares: list[Share] = list(split.shares)
    shares[first], shares[first + 1] = shares[first + 1], shares[first]
    changed = Split(split.id, tuple(shares), split.rest, split.order)
    root = trees.put(tree.root, split.id, changed)
    return Edit(Tree(root, tree.next_number), selected, "move branch of split")


def _selected(outcome: Outcome, node_id: str) -> Outcome:
    return Edit(outcome.tree, node_id, outcome.label) if isinstance(outcome, Edit) else outcome
