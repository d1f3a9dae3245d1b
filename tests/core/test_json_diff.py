"""JSON is told apart by structure: by path, whatever the order of keys."""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.json_diff import MOST_DIFFERENCES, Difference, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_there_is_a_difference_exactly_where_the_values_differ(before: Any, after: Any) -> None:
    is_same = msgspec.json.encode(before, order="sorted") == msgspec.json.encode(after, order="sorted")
    assert (differences(before, after) == []) == is_same
    assert differences(before, copy.deepcopy(before)) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (
            {"a": {"b": [1, 2]}},
            {"a": {"b": [1, 3]}},
            Difference(path="a.b[1]", kind="changed", before="2", after="3"),
        ),
        ({"a": 1}, {}, Difference(path="a", kind="removed", before="1")),
        ({}, {"a": [True]}, Difference(path="a", kind="added", after="[true]")),
        ([1], [1, 2], Difference(path="[1]", kind="added", after="2")),
        ([1, 2], [1], Difference(path="[1]", kind="removed", before="2")),
        (1, True, Difference(path="", kind="changed", before="1", after="true")),
        ({"a": {}}, {"a": {"x": 1}}, Difference(path="a.x", kind="added", after="1")),
        ({"a": {"x": 1}}, {"a": {}}, Difference(path="a.x", kind="removed", before="1")),
    ],
)
def test_a_difference_names_its_place(before: Any, after: Any, found: Difference) -> None:
    assert differences(before, after) == [found]


def test_what_is_ignored_is_ignored_at_any_depth() -> None:
    before, after = {"id": 1, "x": [{"id": 2}]}, {"id": 3, "x": [{"id": 4, "created": 1}]}
    assert differences(before, after, ignored=frozenset({"id", "created"})) == []


def test_many_long_and_deep_differences_stay_bounded() -> None:
    assert len(differences(list(range(900)), list(range(1, 901)))) == MOST_DIFFERENCES
    (long,) = differences({"a": "x" * 10_000}, {"a": 1})
    assert (len(long.before), long.before[-1]) == (400, "…")
    deep: Any = 1
    other: Any = 2
    for _ in range(200):
        deep, other = [deep], [other]
    (found,) = differences(deep, other)
    assert found.kind == "changed"
