"""Nodes change places with what is before and behind them."""

from typing import Any

from aigw_dev.tui.graph import moving
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.ops import Denied, Edit
from tests.tui.graph.flows import either, send, split
from tests.tui.graph.test_ops import at, value

A, B, C = send("a/a"), send("b/b"), send("c/c")
CHAIN = either("stream", A, either("has_tools", B, C))


def test_a_condition_of_a_chain_is_asked_earlier_and_later_again() -> None:
    tree = trees.load(CHAIN)
    lower = at(tree, "flow.else")
    earlier = moving.move_up(tree, lower)
    assert value(earlier) == either("has_tools", B, either("stream", A, C))
    assert isinstance(earlier, Edit)
    assert earlier.selected == lower
    assert value(moving.move_down(earlier.tree, lower)) == CHAIN


def test_a_branch_goes_to_the_other_side_of_its_condition() -> None:
    tree = trees.load(either("stream", A, B))
    assert value(moving.move_up(tree, "n3")) == either("stream", B, A)
    edit = moving.move_down(tree, "n2")
    assert value(edit) == either("stream", B, A)
    assert isinstance(edit, Edit)
    assert edit.selected == "n2"


def test_a_branch_of_a_split_moves_with_its_weight() -> None:
    tree = trees.load(split((1, A), (2, B), (3, C)))
    assert value(moving.move_up(tree, "n3")) == split((2, B), (1, A), (3, C))
    assert value(moving.move_down(tree, "n3")) == split((1, A), (3, C), (2, B))


def test_a_node_takes_the_place_of_what_it_hangs_on() -> None:
    tree = trees.load(CHAIN)
    edit = moving.promote(tree, at(tree, "flow.else"))
    assert value(edit) == either("has_tools", B, C)


def test_at_the_edge_nothing_moves() -> None:
    tree: Any = trees.load(split((1, A), (2, B)))
    for outcome in (
        moving.move_up(tree, "n2"),
        moving.move_down(tree, "n3"),
        moving.move_up(tree, "n1"),
        moving.promote(tree, "n1"),
    ):
        assert isinstance(outcome, Denied)
