"""Arrows follow the flow, then the picture. That every node is reached is in test_plan."""

import pytest

from aigw_dev.tui.graph import moves
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.plan import Form, plan
from tests.tui.graph.flows import CHAIN, MIXED, either, send, split

SPLIT = either("stream", split((1, send("a/a")), (2, send("b/b")), (3, send("c/c"))), send("d/d"))


@pytest.mark.parametrize("is_dense", [True, False])
@pytest.mark.parametrize(
    ("flow", "begin", "keys", "end"),
    [
        (CHAIN, "flow", "right", "flow.then"),
        (CHAIN, "flow", "down", "flow.else"),
        (CHAIN, "flow.then", "left", "flow"),
        (CHAIN, "flow.then", "down", "flow.else"),
        (CHAIN, "flow.else", "up", "flow"),
        (CHAIN, "flow.else.then", "up", "flow.then"),
        (CHAIN, "flow.else", "left", "flow"),
        (SPLIT, "flow.then", "right", "flow.then.split.0"),
        (SPLIT, "flow.then", "down", "flow.then.split.2"),
        (SPLIT, "flow.then.split.0", "down", "flow.then.split.1"),
        (SPLIT, "flow.then.split.1", "up", "flow.then.split.0"),
        (SPLIT, "flow.then.split.2", "up", "flow.then"),
        (SPLIT, "flow.then.split.2", "down", "flow.else"),
        (CHAIN, "flow", "up", None),
        (CHAIN, "flow", "left", None),
    ],
)
def test_in_a_ladder_right_is_true_and_down_is_false(
    flow: object, begin: str, keys: moves.Way, end: str | None, *, is_dense: bool
) -> None:
    root = trees.load(flow).root
    ids = trees.core_ids(root)
    to = moves.move(plan(root, Form(is_dense=is_dense)), root, ids[begin], keys)
    assert to == (ids[end] if end else None)


def test_from_left_to_right_down_is_the_next_branch() -> None:
    root = trees.load(MIXED).root
    ids = trees.core_ids(root)
    drawn = plan(root, Form(layout="left-right"))
    assert moves.move(drawn, root, ids["flow.then"], "down") == ids["flow.else"]
    assert moves.move(drawn, root, ids["flow.else"], "up") == ids["flow.then"]
    assert moves.move(drawn, root, ids["flow"], "right") == ids["flow.then"]


def test_an_outline_is_walked_line_by_line() -> None:
    root = trees.load(CHAIN).root
    order = [node.id for node in trees.walk(root)]
    assert [moves.step(root, each, "down") for each in order] == [*order[1:], None]
    assert [moves.step(root, each, "up") for each in order] == [None, *order[:-1]]
    assert moves.step(root, order[1], "left") == order[0]
    assert moves.step(root, order[0], "right") == order[1]
    assert moves.step(root, order[1], "right") is None
    assert moves.step(root, "gone", "down") == root.id
