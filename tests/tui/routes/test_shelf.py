"""Routes as they are worked on: edits here at once, the draft's word after."""

from typing import Any

import msgspec
import pytest

from aigw_dev.tui.routes.shelf import EDITS, Duplicate, Edit, Put, Remove, Rename, Revert, Shelf

A = {"flow": {"send": "mock/echo"}, "models": ["smart"]}
B = {"flow": {"send": "mock/think"}}


def shelf(*edits: Edit, draft: Any = None) -> Shelf:
    made = Shelf()
    made.load({"a": dict(A), "b": dict(B)}, [{"name": "a", "version": 3}], draft, digest="d1")
    for edit in edits:
        made.apply(edit)
    return made


def states(made: Shelf) -> dict[str, str]:
    return {name: item.state for name, item in made.items.items()}


def test_without_a_draft_everything_is_as_live() -> None:
    made = shelf()
    assert states(made) == {"a": "same", "b": "same"}
    assert (made.items["a"].version, made.items["a"].claims, made.drafted()) == (3, ["smart"], [])


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        ([Put("a", {"flow": None})], {"a": "changed", "b": "same"}),
        ([Put("c", dict(A))], {"a": "same", "b": "same", "c": "new"}),
        ([Remove("a")], {"a": "removed", "b": "same"}),
        ([Put("c", dict(A)), Remove("c")], {"a": "same", "b": "same"}),
        ([Rename("a", "c")], {"c": "new", "a": "removed", "b": "same"}),
        ([Rename("a", "c"), Rename("c", "a")], {"a": "same", "b": "same"}),
        ([Rename("a", "b")], {"a": "same", "b": "same"}),
        ([Duplicate("a", "c")], {"a": "same", "c": "new", "b": "same"}),
        ([Remove("a"), Revert("a")], {"a": "same", "b": "same"}),
        ([Put("c", dict(A)), Revert("c"), Revert("none"), Remove("none")], {"a": "same", "b": "same"}),
    ],
)
def test_an_edit_is_seen_at_once(edits: list[Edit], found: dict[str, str]) -> None:
    assert states(shelf(*edits)) == found


def test_a_renamed_route_is_told_as_one_change_and_deployed_with_its_old_name() -> None:
    made = shelf(Rename("a", "c"))
    assert [change.text() for change in made.changes("c")] == ["~ name a → c"]
    assert set(made.belonging("c")) == set(made.belonging("a")) == {"a", "c"}


def test_a_rename_is_recognized_in_a_draft_that_was_read_anew() -> None:
    rows = [
        {"name": "c", "state": "new", "tree": dict(A)},
        {"name": "b", "state": "same", "tree": dict(B)},
        {"name": "a", "state": "removed", "tree": None},
    ]
    made = shelf(draft={"routes": rows, "base_digest": "d2", "is_stale": True, "conflicts": ["b"]})
    assert set(made.belonging("c")) == {"a", "c"}
    assert (made.digest, made.is_stale, made.conflicts) == ("d2", True, ["b"])


def test_a_draft_that_is_gone_leaves_what_is_live() -> None:
    made = shelf(Remove("a"), Put("c", dict(A)))
    made.take_draft(None)
    assert states(made) == {"a": "same", "b": "same"}


def test_a_copy_gets_a_free_name_and_no_claims() -> None:
    made = shelf(Duplicate("a", "a-copy"))
    assert made.free_name("a") == "a-copy-2"
    assert made.items["a-copy"].tree == {"flow": A["flow"]}


@pytest.mark.parametrize(
    ("name", "said"), [("x y", "1 to 64"), ("mock", "reserved"), ("a", "already"), ("fresh", "")]
)
def test_a_name_is_judged(name: str, said: str) -> None:
    found = shelf().name_problem(name)
    assert said in found
    assert bool(said) is bool(found)


def test_a_name_of_a_route_taken_out_is_free() -> None:
    assert shelf(Remove("a")).name_problem("a") == ""


def test_edits_can_be_kept_as_json() -> None:
    edits: list[Edit] = [Put("a", dict(A)), Remove("a"), Rename("a", "b"), Duplicate("a", "b"), Revert("a")]
    assert msgspec.convert(msgspec.to_builtins(edits), EDITS) == edits
