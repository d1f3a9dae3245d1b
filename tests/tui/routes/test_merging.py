"""Changes of both sides together."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui.routes.merging import merged

BASE: dict[str, Any] = {
    "description": "a",
    "flow": {"if": "stream", "then": {"send": "a/b"}, "else": {"send": "c/d"}},
}
TREES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(["x", "y", 1, None]),
    lambda inner: st.dictionaries(st.sampled_from(["send", "then", "else", "k"]), inner, max_size=3),
    max_leaves=6,
)


def test_changes_of_different_branches_both_stay() -> None:
    ours = {**BASE, "flow": {**BASE["flow"], "then": {"send": "ours/x"}}}
    theirs = {"description": "theirs", "flow": {**BASE["flow"], "else": {"send": "theirs/y"}}}
    assert merged(BASE, ours, theirs) == {
        "description": "theirs",
        "flow": {"if": "stream", "then": {"send": "ours/x"}, "else": {"send": "theirs/y"}},
    }


def test_where_both_changed_the_same_ours_stays() -> None:
    assert merged({"a": 1}, {"a": 2}, {"a": 3}) == {"a": 2}


def test_what_we_took_away_stays_away_and_what_they_added_is_there() -> None:
    assert merged({"a": 1, "b": 1}, {"b": 1}, {"a": 1, "b": 1, "c": 1}) == {"b": 1, "c": 1}


def test_nodes_of_different_kinds_are_not_mixed() -> None:
    ours = {"if": "stream", "then": {"send": "p/q"}, "else": {"send": "c/d"}}
    assert merged({"send": "a/b"}, ours, {"send": "x/y"}) == ours


def test_a_node_put_before_the_flow_keeps_what_they_changed_below() -> None:
    wrapped = {"if": "has_tools", "then": {"send": "x/y"}, "else": BASE["flow"]}
    changed = {"if": "stream", "then": {"send": "a/b"}, "else": {"send": "theirs/y"}}
    for ours, theirs in ((wrapped, changed), (changed, wrapped)):
        assert merged(BASE["flow"], ours, theirs) == {
            "if": "has_tools",
            "then": {"send": "x/y"},
            "else": changed,
        }


@given(base=TREES, ours=TREES, theirs=TREES)
def test_one_side_alone_is_taken_as_it_is(base: Any, ours: Any, theirs: Any) -> None:
    assert merged(base, base, theirs) == theirs
    assert merged(base, ours, base) == ours
    assert merged(base, ours, ours) == ours
