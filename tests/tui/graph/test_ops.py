"""Every edit changes what it names and nothing else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.tui.graph import moving, ops
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.ops import Denied, Edit, Outcome
from aigw_dev.tui.graph.tree import Tree
from tests.tui.graph.flows import MIXED, either, odd_values, send, split, whole_flows

GOLD = 'metadata.tier == "gold"'


def value(outcome: Outcome) -> Any:
    assert isinstance(outcome, Edit), outcome
    return trees.to_value(outcome.tree.root)


def why(outcome: Outcome) -> str:
    assert isinstance(outcome, Denied), outcome
    return outcome.reason


def at(tree: Tree, place: str) -> str:
    return trees.core_ids(tree.root)[place]


EDITS: dict[str, Any] = {
    "wrap_in_if": lambda tree, node: ops.wrap_in_if(tree, node, GOLD),
    "add_before": lambda tree, node: ops.add_before(tree, node, GOLD, send("new/model")),
    "wrap_in_split": ops.wrap_in_split,
    "add_share": ops.add_share,
    "set_condition": lambda tree, node: ops.set_condition(tree, node, "has_tools"),
    "set_field": lambda tree, node: ops.set_field(tree, node, "key", "other"),
    "add_fallback": lambda tree, node: ops.add_fallback(tree, node, "new/model"),
    "remove_fallback": lambda tree, node: ops.remove_fallback(tree, node, 0),
    "move_fallback": lambda tree, node: ops.move_fallback(tree, node, 0, 1),
    "flip": ops.flip,
    "delete": ops.delete,
    "delete, keep then": lambda tree, node: ops.delete(tree, node, "then"),
    "paste": lambda tree, node: ops.paste(tree, node, MIXED),
    "move_up": moving.move_up,
    "move_down": moving.move_down,
    "promote": moving.promote,
}


@settings(deadline=None, max_examples=150)
@given(whole_flows | odd_values, st.sampled_from(sorted(EDITS)), st.data())
def test_an_edit_leaves_a_tree_that_holds_together_and_the_old_one_as_it_was(
    flow: Any, name: str, data: st.DataObject
) -> None:
    tree = trees.load(flow)
    node = data.draw(st.sampled_from([each.id for each in trees.walk(tree.root)]))
    outcome: Outcome = EDITS[name](tree, node)
    assert trees.to_value(tree.root) == flow
    if isinstance(outcome, Denied):
        assert outcome.reason
        return
    ids = [each.id for each in trees.walk(outcome.tree.root)]
    assert len(set(ids)) == len(ids)
    assert f"n{outcome.tree.next_number}" not in ids
    assert outcome.selected in ids
    assert outcome.label
    assert trees.to_value(trees.load(trees.to_value(outcome.tree.root)).root) == trees.to_value(
        outcome.tree.root
    )
    above = ancestors(tree, node)
    kept = {each.id: each for each in trees.walk(outcome.tree.root)}
    for each in trees.walk(tree.root):
        inside = {below.id for below in trees.walk(each)}
        if (
            node not in inside
            and each.id not in above
            and each.id in kept
            and not name.startswith(("move", "flip"))
        ):
            assert kept[each.id] is each, "what is beside the node is the same object"


def ancestors(tree: Tree, node: str) -> set[str]:
    parents, found = trees.parents(tree.root), set[str]()
    while node in parents:
        node = parents[node][0].id
        found.add(node)
    return found


def test_a_condition_before_a_model_keeps_it_where_it_is_true_and_puts_its_first_fallback_where_it_is_false() -> (
    None
):
    flow = send("openai/gpt-4o", "azure/gpt-4o", {"send": "mock/echo", "key": "k"}, key="openai-prod")
    edit = ops.wrap_in_if(trees.load(flow), "n1", GOLD)
    assert value(edit) == either(GOLD, flow, send("azure/gpt-4o", {"send": "mock/echo", "key": "k"}))
    assert isinstance(edit, Edit)
    assert edit.selected == edit.tree.root.id
    assert edit.label == f"add if {GOLD}"


def test_the_statuses_that_fall_back_go_with_the_rest_of_the_chain() -> None:
    flow = send("a/a", {"send": "b/b"}, "c/c", fallback_on=[404])
    false_branch = value(ops.wrap_in_if(trees.load(flow), "n1", GOLD))["else"]
    assert false_branch == {"send": "b/b", "fallback": ["c/c"], "fallback_on": [404]}


def test_a_condition_before_a_model_without_fallback_leaves_the_false_branch_open() -> None:
    assert value(ops.wrap_in_if(trees.load(send("a/b")), "n1", GOLD)) == {
        "if": GOLD,
        "then": send("a/b"),
        "else": None,
    }


def test_a_condition_with_a_model_of_its_own_puts_the_node_on_the_false_branch() -> None:
    assert value(ops.add_before(trees.load(MIXED), "n1", GOLD, send("a/b"))) == either(
        GOLD, send("a/b"), MIXED
    )


def test_a_split_shares_between_the_node_and_its_fallback() -> None:
    edit = ops.wrap_in_split(trees.load(send("a/b", "c/d")), "n1")
    assert value(edit) == split((90, send("a/b", "c/d")), (10, send("c/d")))


def test_a_branch_of_a_split_comes_and_goes_with_its_weight() -> None:
    tree = trees.load(split((90, send("a/b")), (10, send("c/d"))))
    added = ops.add_share(tree, "n1", weight=5)
    assert value(added)["split"][2] == {"weight": 5}
    assert isinstance(added, Edit)
    gone = ops.delete(added.tree, added.selected)
    assert value(gone) == trees.to_value(tree.root)


def test_a_split_of_one_becomes_that_branch() -> None:
    tree = trees.load(split((90, send("a/b")), (10, {})))
    assert value(ops.delete(tree, at(tree, "flow.split.1"))) == send("a/b")
    alone = trees.load({"split": [{"weight": 1}]})
    assert value(ops.delete(alone, at(alone, "flow.split.0"))) is None


@pytest.mark.parametrize(("keep", "left"), [("else", "c/d"), ("then", "a/b")])
def test_deleting_a_condition_leaves_the_branch_that_is_kept(keep: ops.Branch, left: str) -> None:
    tree = trees.load(either(GOLD, send("a/b"), send("c/d")))
    edit = ops.delete(tree, "n1", keep)
    assert value(edit) == send(left)
    assert isinstance(edit, Edit)
    assert edit.label == f"delete if {GOLD}, keep {left}"


def test_deleting_a_model_leaves_an_empty_branch_and_an_empty_branch_stays() -> None:
    tree = trees.load(either(GOLD, send("a/b"), send("c/d")))
    edit = ops.delete(tree, "n2")
    assert value(edit) == {"if": GOLD, "else": send("c/d")}
    assert isinstance(edit, Edit)
    assert "press e" in why(ops.delete(edit.tree, "n2"))


def test_flipping_changes_the_branches_and_not_the_question() -> None:
    assert value(ops.flip(trees.load(either(GOLD, send("a/b"), send("c/d"))), "n1")) == either(
        GOLD, send("c/d"), send("a/b")
    )
    turned = value(ops.flip(trees.load(split((9, send("a/b")), (1, send("c/d")), sticky="request")), "n1"))
    assert turned == split((1, send("c/d")), (9, send("a/b")), sticky="request")


def test_fallbacks_are_added_moved_and_removed() -> None:
    tree = trees.load(send("a/a"))
    one = ops.add_fallback(tree, "n1", "b/b")
    assert value(one) == send("a/a", "b/b")
    assert isinstance(one, Edit)
    two = ops.add_fallback(one.tree, "n1", {"send": "c/c"}, at=0)
    assert value(two) == send("a/a", {"send": "c/c"}, "b/b")
    assert isinstance(two, Edit)
    moved = ops.move_fallback(two.tree, "n1", 0, 1)
    assert value(moved) == send("a/a", "b/b", {"send": "c/c"})
    assert "no place" in why(ops.move_fallback(two.tree, "n1", 0, 2))
    gone = ops.remove_fallback(one.tree, "n1", 0)
    assert value(gone) == send("a/a")
    assert value(ops.set_fallbacks(two.tree, "n1", ["x/x"])) == send("a/a", "x/x")
    assert "as they were" in why(ops.set_fallbacks(one.tree, "n1", ["b/b"]))


def test_a_fallback_that_is_no_list_is_not_thrown_away() -> None:
    tree = trees.load({"send": "a/a", "fallback": "b/b"})
    assert "no list" in why(ops.add_fallback(tree, "n1", "c/c"))


def test_weights_and_stickiness_are_set_together() -> None:
    tree = trees.load(split((90, send("a/b")), (10, send("c/d"))))
    assert value(ops.set_weights(tree, "n1", [1, 2])) == split((1, send("a/b")), (2, send("c/d")))
    assert value(ops.set_weights(tree, "n1", [90, 10], sticky="request"))["sticky"] == "request"
    assert "as they were" in why(ops.set_weights(tree, "n1", [90, 10], sticky="conversation"))
    assert "2 branches" in why(ops.set_weights(tree, "n1", [1]))


def test_fields_of_a_leaf_are_set_in_their_place_and_taken_away() -> None:
    tree = trees.load({"send": "a/b", "key": "k", "x": 1})
    assert list(value(ops.set_field(tree, "n1", "key", "j")).items()) == [
        ("send", "a/b"),
        ("key", "j"),
        ("x", 1),
    ]
    assert value(ops.set_field(tree, "n1", "key", None)) == {"send": "a/b", "x": 1}
    assert "as it was" in why(ops.set_field(tree, "n1", "key", "k"))


def test_a_subtree_is_pasted_with_ids_of_its_own() -> None:
    tree = trees.load(either(GOLD, send("a/b"), MIXED))
    copied = ops.subtree(tree, "n3")
    assert value(ops.paste(tree, "n2", copied)) == either(GOLD, MIXED, MIXED)
    assert ops.subtree(tree, "nobody") is None


def test_an_edit_that_would_change_nothing_is_denied() -> None:
    tree = trees.load(MIXED)
    assert why(ops.replace(tree, "n1", MIXED)) == "nothing changed"
    assert "as it was" in why(ops.set_condition(tree, "n1", GOLD))


@pytest.mark.parametrize("name", sorted(EDITS))
def test_a_node_that_is_gone_is_no_error(name: str) -> None:
    assert why(EDITS[name](trees.load(MIXED), "n999"))


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        (MIXED, f"if {GOLD}"),
        (split((1, send("a/b")), (2, send("a/b"))), "split of 2"),
        (send("a/b"), "a/b"),
        (None, "empty branch"),
        (7, "unreadable node"),
        (send("a/" + "b" * 99), "a/" + "b" * 45 + "…"),
    ],
)
def test_every_node_has_a_few_words(flow: Any, words: str) -> None:
    assert ops.words(trees.load(flow).root) == words
