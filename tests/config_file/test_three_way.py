"""Edits of one text come onto another that changed meanwhile, or are a conflict that names them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.config_file import edit, route_edits, three_way
from aigw_dev.config_file.yaml_tree import read_yaml

BASE = "version: 1\nroutes:\n  # one\n  a: {flow: {send: m/a}}  # first\n  b: {flow: {send: m/b}}\nlogging: {sample: 1.0}\n"


def send(text: str, name: str, model: str) -> str:
    return route_edits.put_route(text, name, {"flow": {"send": model}})


def test_edits_of_other_units_and_comments_of_both_go_together() -> None:
    theirs = send(BASE, "b", "m/z").replace("# one", "# theirs")
    ours = edit.set_value(BASE, ("logging", "sample"), 0.5) + "# ours\n"
    merged = three_way.merge(BASE, ours, theirs)
    assert merged.conflicts == ()
    assert merged.text == theirs.replace("1.0", "0.5") + "# ours\n"


def test_both_may_add_at_the_same_place() -> None:
    merged = three_way.merge(BASE, send(BASE, "mine", "m/x"), send(BASE, "yours", "m/y"))
    assert set(route_edits.route_trees(merged.text)) == {"a", "b", "mine", "yours"}
    assert "# first" in merged.text


def test_both_may_do_the_same() -> None:
    same = send(BASE, "a", "m/x")
    ours = send(same, "c", "m/c")
    assert three_way.merge(BASE, ours, same).text == ours
    gone = route_edits.remove_route(BASE, "a")
    assert three_way.merge(BASE, gone, gone + "# x\n").text == gone + "# x\n"
    assert three_way.merge(BASE, BASE, same).text == same
    assert three_way.merge(BASE, same, BASE).text == same


def test_the_same_unit_changed_differently_is_a_conflict_unless_we_win() -> None:
    ours, theirs = send(send(BASE, "a", "m/x"), "c", "m/c"), send(BASE, "a", "m/y")
    merged = three_way.merge(BASE, ours, theirs)
    assert (merged.conflicts, merged.text) == ((("routes", "a"),), ours)
    won = three_way.merge(BASE, ours, theirs, we_win=[("routes", "a")])
    assert route_edits.route_trees(won.text)["a"] == {"flow": {"send": "m/x"}}


def test_taking_out_what_they_changed_is_a_conflict() -> None:
    merged = three_way.merge(BASE, route_edits.remove_route(BASE, "a"), send(BASE, "a", "m/y"))
    assert merged.conflicts == (("routes", "a"),)


def test_a_section_that_became_something_else_is_a_conflict() -> None:
    merged = three_way.merge(BASE, send(BASE, "a", "m/x"), "version: 1\nroutes: 5\n")
    assert ("routes", "a") in merged.conflicts


@pytest.mark.parametrize("broken", ["a: [\n", "a: 1\na: 2\n"])
def test_a_text_that_cannot_be_read_is_a_conflict(broken: str) -> None:
    assert three_way.merge(BASE, broken, BASE + "# x\n").conflicts == ((),)
    assert three_way.merge(BASE, BASE + "# x\n", broken).conflicts == ((),)


def test_a_renamed_unit_keeps_its_place_and_comments_where_lines_collide() -> None:
    ours = route_edits.rename_route(BASE, "a", "z")
    theirs = send(BASE, "b", "m/new").replace("# one", "# theirs")
    assert three_way.merge(BASE, ours, theirs).text == theirs.replace("  a:", "  z:")
    units = three_way.changed_units(BASE, ours)
    assert units is not None
    assert three_way.apply_units(BASE, units, base=BASE) == ours
    gone = route_edits.remove_route(BASE, "a")
    assert "z" in route_edits.route_trees(three_way.apply_units(gone, units, base=BASE))


def test_an_empty_section_is_no_change() -> None:
    assert three_way.changed_units("version: 1\nroutes:\n", "version: 1\n") == {}
    assert three_way.changed_units("- 1\n", "version: 1\n") == {("version",): 1}


names = st.sampled_from(["a", "b", "c", "d"])
edits = st.dictionaries(names, st.none() | st.sampled_from(["m/1", "m/2"]), max_size=3)


def after(text: str, wanted: dict[str, str | None]) -> str:
    for name, model in wanted.items():
        if model is not None:
            text = send(text, name, model)
        elif name in route_edits.route_trees(text):
            text = route_edits.remove_route(text, name)
    return text


@settings(max_examples=80, deadline=None)
@given(edits, edits)
def test_a_merge_is_both_or_a_conflict_that_both_touched(mine: dict[str, Any], yours: dict[str, Any]) -> None:
    ours, theirs = after(BASE, mine), after(BASE, yours)
    merged = three_way.merge(BASE, ours, theirs)
    if merged.conflicts:
        assert {path[1] for path in merged.conflicts} <= mine.keys() & yours.keys()
        return
    wanted = route_edits.route_trees(theirs)
    for name in mine:
        tree = route_edits.route_trees(ours).get(name)
        if tree != route_edits.route_trees(BASE).get(name):
            wanted = {key: kept for key, kept in wanted.items() if key != name}
            wanted |= {name: tree} if tree is not None else {}
    assert edit.is_same(route_edits.route_trees(merged.text), wanted)
    assert not read_yaml(merged.text).problems
