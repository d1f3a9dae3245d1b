import copy
from typing import Any

import pytest
from hypothesis import given

from aigw_dev.config_file.merge import merge
from tests.config_file.random_yaml import mappings


@pytest.mark.parametrize(
    ("tree", "overlay", "merged"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1}}, {"a": None}, {}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": 1}, {"a": 1}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({}, {"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 1}}}),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_mappings_merge_lists_replace_and_null_deletes(tree: Any, overlay: Any, merged: Any) -> None:
    assert merge(tree, overlay) == (merged, [])


def test_an_empty_value_that_deletes_nothing_is_named() -> None:
    merged, notes = merge({"providers": {}}, {"providers": {"groq": None}, "x": None, "new": {"y": None}})
    assert merged == {"providers": {}, "new": {}}
    assert [(note.path, note.severity) for note in notes] == [
        (("providers", "groq"), "warning"),
        (("x",), "warning"),
        (("new", "y"), "warning"),
    ]
    assert notes[0].hint == "Write `groq: {}` to add it."


def test_an_overlay_that_is_no_mapping_is_an_error_and_a_file_that_is_none_is_not_ours_to_judge() -> None:
    assert merge({"a": 1}, [1])[1][0].severity == "error"
    assert merge([1], {"a": 1}) == ([1], [])


@given(mappings, mappings)
def test_neither_argument_changes_and_merging_twice_changes_nothing(tree: Any, overlay: Any) -> None:
    before = copy.deepcopy((tree, overlay))
    merged, _ = merge(tree, overlay)
    assert (tree, overlay) == before
    assert merge(merged, overlay)[0] == merged
