"""What is wrong stands at its node, in the core's words; warnings say what no request reaches and what is not there yet."""

from typing import Any

import pytest

from aigw_dev.core.routing.flow import compile_flow
from aigw_dev.tui.graph import check
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.catalogue import Catalogue, read_catalogue
from aigw_dev.tui.graph.check import Mark
from tests.tui.graph.bare import CATALOGUE
from tests.tui.graph.flows import ALL, BROKEN, either, send, split

A, B = send("a/a"), send("b/b")


def marks(flow: Any, catalogue: Catalogue | None = None) -> dict[str, list[Mark]]:
    """By the core's name of the place."""
    tree = trees.load(flow)
    names = {node: name for name, node in trees.core_ids(tree.root).items()}
    found = check.by_node(check.check(tree, catalogue or Catalogue()))
    return {names[node]: some for node, some in found.items()}


def test_every_problem_of_the_core_stands_at_a_node() -> None:
    for flow in ALL.values():
        _, problems = compile_flow(flow, path=("flow",))
        found = [mark for some in marks(flow).values() for mark in some if mark.severity == "error"]
        assert len(found) == len(problems)


def test_problems_stand_where_they_are_made() -> None:
    found = marks(BROKEN)
    assert set(found) == {"flow", "flow.then", "flow.else.split.0", "flow.else.split.1", "flow.else.split.2"}
    assert found["flow"][0].field == "if"
    assert "\n" not in found["flow"][0].message
    assert "press e" in found["flow.else.split.0"][0].hint
    assert found["flow.else.split.2"][0].field == "weight"


@pytest.mark.parametrize(
    "lacking", [{"then": A}, {"else": A}, {"then": A, "else": None}, {"then": {}, "else": A}]
)
def test_an_empty_branch_is_marked_and_not_the_condition_above(lacking: dict[str, Any]) -> None:
    (place,) = marks({"if": "stream", **lacking})
    assert place in {"flow.then", "flow.else"}
    assert marks(None)["flow"][0].message == "this branch has no model"


def test_both_branches_can_be_empty() -> None:
    assert set(marks({"if": "stream"})) == {"flow.then", "flow.else"}


@pytest.mark.parametrize(
    ("outer", "inner", "branch", "never"),
    [
        ('metadata.a == "x"', 'metadata.a == "x"', "then", 1),
        ('metadata.a == "x"', 'metadata.a == "x"', "else", 0),
        ('metadata.a == "x"', 'metadata.a != "x"', "then", 0),
        ('metadata.a != "x"', 'metadata.a == "x"', "else", 1),
        ('metadata.a == "x"', 'metadata.a == "y"', "then", 0),
        ('metadata.a == "x"', 'metadata.a in ["x", "y"]', "then", 1),
        ('metadata.a == "x"', 'metadata.a not in ["y", "z"]', "then", 1),
        ("stream and has_tools", "has_tools", "then", 1),
        ("stream or has_tools", "has_tools", "else", 0),
        ("stream", "stream or has_images", "then", 1),
        ("not stream", "stream", "then", 0),
        ("stream", "not stream", "then", 0),
        ("stream", "stream and not stream", "then", 0),
        ("stream and has_tools", "has_tools and stream", "then", 1),
    ],
)
def test_a_branch_that_nothing_reaches_is_told(outer: str, inner: str, branch: str, never: int) -> None:
    below = either(inner, A, B)
    flow = either(outer, below, B) if branch == "then" else either(outer, A, below)
    (mark,) = marks(flow)[f"flow.{branch}"]
    assert (mark.severity, mark.branch) == ("warning", never)
    assert ("true", "false")[never] + " branch is never reached" in mark.message


@pytest.mark.parametrize(
    ("outer", "inner", "branch"),
    [
        ('metadata.a == "x"', 'metadata.a == "y"', "else"),
        ('metadata.a == "1"', "metadata.a == 1", "then"),
        ('metadata.a == "x"', 'metadata.b == "x"', "then"),
        ("stream or has_tools", "stream", "then"),
        ("stream and has_tools", "stream", "else"),
        ('metadata.a contains "x"', 'metadata.a contains "xy"', "then"),
        ("metadata.a ==", "stream", "then"),
    ],
)
def test_a_branch_that_something_may_reach_is_not(outer: str, inner: str, branch: str) -> None:
    below = either(inner, A, B)
    flow = either(outer, below, B) if branch == "then" else either(outer, A, below)
    assert f"flow.{branch}" not in marks(flow)


def test_a_condition_is_known_below_a_split_too() -> None:
    flow = either("stream", split((1, either("stream", A, B)), (1, B)), B)
    assert marks(flow)["flow.then.split.0"][0].branch == 1


def test_what_is_not_configured_is_an_error_and_what_cannot_be_called_yet_a_warning() -> None:
    flow = send(
        "nowhere/x",
        "azure/gpt-4o",
        "openai/gpt-4o-minni",
        {"send": "openai/gpt-4o", "key": "openai-eu"},
        {"send": "openai/gpt-4o", "key": "other"},
    )
    found = [(mark.severity, mark.field, mark.message) for mark in marks(flow, CATALOGUE)["flow"]]
    assert found[0][:2] == ("error", "send")
    assert [(severity, field) for severity, field, _ in found[1:]] == [
        ("warning", f"fallback.{at}") for at in range(4)
    ]
    assert "no key is stored" in found[1][2]
    assert "lists no model gpt-4o-minni" in found[2][2]
    assert "openai-eu is missing" in found[3][2]
    assert "other is not stored" in found[4][2]
    assert marks(flow) == {}


def test_a_like_name_is_offered() -> None:
    (mark,) = marks(send("openai/gpt-4o-minni"), CATALOGUE)["flow"]
    assert mark.hint == "did you mean openai/gpt-4o-mini?"


def test_a_key_that_the_config_does_not_list_is_the_cores_to_tell() -> None:
    listed = read_catalogue(
        providers=[{"name": "openai", "keys": ["one"]}], keys=[{"name": "two", "provider": "openai"}]
    )
    (mark,) = marks({"send": "openai/x", "key": "two"}, listed)["flow"]
    assert (mark.severity, mark.field) == ("error", "key")


def test_warnings_block_nothing() -> None:
    tree = trees.load(send("azure/gpt-4o"))
    found = check.check(tree, CATALOGUE)
    assert found
    assert not check.is_blocking(found)
    assert check.is_blocking(check.check(trees.load(None)))


def test_a_condition_is_judged_while_it_is_typed() -> None:
    assert check.condition_problem("stream") == ""
    assert check.condition_problem("metadata.a = 1").startswith("column 12: `=` has no meaning here")
