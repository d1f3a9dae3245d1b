"""Tool arguments become the text of one JSON object, or are known to be none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.arguments import is_whole, missing_end, object_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('{"a":1}', '{"a":1}'),
        (' { "a" : 1.50 } ', ' { "a" : 1.50 } '),
        ("", "{}"),
        ("  ", "{}"),
        ("null", "{}"),
        ('""', "{}"),
        ('"{\\"a\\":1}"', '{"a":1}'),
        ("[1]", None),
        ("7", None),
        ('"word"', None),
        ('"open', None),
        ('{"a":', None),
        ("{'a':1}", None),
        ("{} {}", None),
    ],
)
def test_what_stands_for_an_object_is_one(text: str, whole: str | None) -> None:
    assert object_text(text) == whole


def test_nesting_without_end_is_no_object() -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    assert object_text(deep) is None
    assert missing_end(deep[:-1]) is None


@given(OBJECTS, st.booleans(), st.data())
def test_every_beginning_of_an_object_has_an_end(
    value: dict[str, Any], is_ascii: bool, data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    cut = data.draw(st.integers(1, len(text)))
    ending = missing_end(text[:cut])
    if is_whole(text[:cut]):
        assert ending is None
    else:
        assert ending is not None
        assert is_whole(text[:cut] + ending)


@pytest.mark.parametrize("text", ["", "x", "[", "{'a", "{]", '{"a" "b', "{}}", '{"a":1}, "', '{"a":\\'])
def test_what_begins_no_object_has_no_end(text: str) -> None:
    assert missing_end(text) is None


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ('{"city":"Par', '"}'),
        ('{"a":tr', "ue}"),
        ('{"a":[1,{"b":-', "0}]}"),
        ('{"a"', ":null}"),
        ('{"a', '":null}'),
        ('{"a":1,', '"":null}'),
        ('{"a":"\\', '\\"}'),
        ('{"a":"\\u12', '00"}'),
        ('{"a":"\\ud83d', '\\udc00"}'),
        ("{", "}"),
    ],
)
def test_the_end_is_the_least_that_is_missing(text: str, ending: str) -> None:
    assert missing_end(text) == ending
