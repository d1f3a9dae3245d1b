"""JSON that may be anything is read without a crash."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import loose_json


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a":[1,2.5,null,true]}', {"a": [1, 2.5, None, True]}),
        (b'{"a":NaN,"b":-Infinity}', {"a": None, "b": None}),
        (rb'"\ud800"', "\ud800"),
        (b'"\xff"', "\ufffd"),
        (b"9" * 350, int("9" * 350)),
        (b"", None),
        (b"{", None),
        (b"[" * 100_000, None),
    ],
)
def test_a_value_is_read_as_far_as_possible(raw: bytes, expected: object) -> None:
    assert loose_json.load(raw) == expected


def test_a_number_beyond_all_bounds_is_infinite() -> None:
    assert loose_json.load(b"[1e999," + b"9" * 5000 + b"]") == [float("inf"), float("inf")]


def test_a_raw_value_is_read_like_bytes() -> None:
    assert loose_json.load(msgspec.Raw(b'{"a":NaN}')) == {"a": None}


@given(st.binary(max_size=50))
def test_no_bytes_raise(raw: bytes) -> None:
    loose_json.load(raw)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    )
)
def test_sound_json_is_read_like_everywhere(value: Any) -> None:
    assert loose_json.load(json.dumps(value).encode()) == value


def test_the_wrong_type_becomes_an_empty_value() -> None:
    assert loose_json.mapping([1]) == {}
    assert loose_json.mapping({"a": 1}) == {"a": 1}
    assert loose_json.items({"a": 1}) == []
    assert loose_json.items([1]) == [1]
    assert loose_json.text(7) == ""
    assert loose_json.text("é") == "é"
    assert loose_json.text("a\ud800b") == "a?b"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (7, 7), (7.9, 7), (10**12, 10**12), (10**12 + 1, None), (-1, None), (True, None), ("7", None),
     (float("nan"), None), (float("inf"), None), (None, None)],
)  # fmt: skip
def test_a_count_is_a_believable_number(value: object, expected: int | None) -> None:
    assert loose_json.count(value) == expected
