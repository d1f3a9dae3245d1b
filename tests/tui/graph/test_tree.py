"""The tree keeps every value, and what is not changed is the same object."""

from hypothesis import given
from msgspec import UNSET

from aigw_dev.core.routing.flow import compile_flow
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.tree import Broken, Empty, If, Send, Split
from tests.tui.graph.flows import ALL, BROKEN, CHAIN, MIXED, SPLIT, odd_values, whole_flows


@given(odd_values)
def test_no_value_is_lost_and_no_key_changes_its_place(value: object) -> None:
    written = trees.to_value(trees.load(value).root)
    assert written == value
    assert repr(written) == repr(value)


@given(whole_flows)
def test_a_flow_that_is_right_is_read_without_anything_left_over(value: object) -> None:
    for node in trees.walk(trees.load(value).root):
        assert not isinstance(node, Broken | Empty)


@given(odd_values)
def test_every_node_has_an_id_of_its_own(value: object) -> None:
    tree = trees.load(value)
    ids = [node.id for node in trees.walk(tree.root)]
    assert len(set(ids)) == len(ids)
    assert f"n{tree.next_number}" not in ids


def test_the_value_given_is_not_the_one_kept() -> None:
    value = {"send": "a/b", "params": {"stop": []}}
    tree = trees.load(value)
    value["params"]["stop"].append("x")  # type: ignore[index]  # pyright: ignore[reportArgumentType, reportCallIssue, reportIndexIssue, reportAttributeAccessIssue, reportUnknownMemberType]  # a dict of dicts
    trees.to_value(tree.root)["params"]["stop"].append("y")
    assert trees.to_value(tree.root) == {"send": "a/b", "params": {"stop": []}}


def test_what_is_no_node_is_kept_as_it_is_written() -> None:
    root = trees.load(BROKEN).root
    assert isinstance(root, If)
    assert root.then == Broken("n2", {"model": "gpt-4o"})
    assert isinstance(root.otherwise, Split)
    empty, seven, last = root.otherwise.shares
    assert (empty.weight, isinstance(empty.node, Empty)) == (1, True)
    assert (seven.weight, seven.node) == (UNSET, Broken(seven.node.id, 7))
    assert (last.weight, isinstance(last.node, Send)) == (0, True)


def test_a_missing_branch_is_an_empty_one() -> None:
    root = trees.load({"if": "stream", "then": {"send": "a/b"}}).root
    assert isinstance(root, If)
    assert root.otherwise == Empty("n3")
    new = trees.put(root, "n3", Send("n3", (("send", "c/d"),)))
    assert list(trees.to_value(new)) == ["if", "then", "else"]


def test_a_true_branch_that_is_added_stands_before_the_false_one() -> None:
    root = trees.load({"if": "stream", "else": {"send": "a/b"}}).root
    new = trees.put(root, "n2", Send("n2", (("send", "c/d"),)))
    assert list(trees.to_value(new)) == ["if", "then", "else"]


def test_putting_a_node_shares_all_the_rest() -> None:
    root = trees.load(MIXED).root
    assert isinstance(root, If)
    assert isinstance(root.then, If)
    new = trees.put(root, root.then.otherwise.id, Send("x", (("send", "a/b"),)))
    assert isinstance(new, If)
    assert new.otherwise is root.otherwise
    assert isinstance(new.then, If)
    assert new.then.then is root.then.then
    assert trees.put(root, "nobody", root) is root


def test_places_are_the_names_that_the_core_gives() -> None:
    for value in (CHAIN, MIXED, SPLIT):
        node, _ = compile_flow(value, path=("flow",))
        names = trees.core_ids(trees.load(value).root)
        if node is not None:
            assert node.id in names
    names = trees.core_ids(trees.load(SPLIT).root)
    assert list(names) == [
        "flow", "flow.split.0", "flow.split.1", "flow.split.1.then", "flow.split.1.else", "flow.split.2", "flow.split.3",
    ]  # fmt: skip


def test_what_nests_deeper_than_any_flow_is_kept_unread() -> None:
    value: object = {"send": "a/b"}
    for _ in range(trees.MAX_DEPTH + 5):
        value = {"if": "stream", "then": value, "else": {"send": "a/b"}}
    tree = trees.load(value)
    assert any(isinstance(node, Broken) for node in trees.walk(tree.root))
    assert trees.to_value(tree.root) == value


def test_an_entry_is_named_by_its_model() -> None:
    assert trees.entry_text("a/b") == "a/b"
    assert trees.entry_text({"send": "a/b", "key": "k"}) == "a/b"
    assert trees.entry_text(None) == "?"
    assert trees.entry_text(3) == "3"


def test_all_flows_by_hand_load() -> None:
    for value in ALL.values():
        assert trees.to_value(trees.load(value).root) == value
