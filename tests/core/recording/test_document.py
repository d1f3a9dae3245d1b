import json

import msgspec
import pytest
from hypothesis import given

from aigw_dev.core.recording.document import Line, Rows, depth_of, is_same, lossless, parse, pretty
from aigw_dev.core.recording.fixture import FixtureError
from tests.core.recording.made_fixtures import JSON


def test_lines_rows_and_numbers_stand_on_one_line_each() -> None:
    value: dict[str, object] = {
        "times": Line([1, 2]),
        "rows": Rows([["a", {"b": 1}], ["c"]]),
        "none": Rows([]),
        "numbers": [1.0, -2, 0.5],
        "texts": ["a", "b"],
        "flags": [True, False],
        "empty": [{}, []],
        "mark": {"~v": "0.0.1"},
    }
    assert (
        pretty(value).decode()
        == """{
  "times": [1, 2],
  "rows": [
    ["a", {"b": 1}],
    ["c"]
  ],
  "none": [],
  "numbers": [1.0, -2, 0.5],
  "texts": [
    "a",
    "b"
  ],
  "flags": [
    true,
    false
  ],
  "empty": [
    {},
    []
  ],
  "mark": {"~v": "0.0.1"}
}
"""
    )


def test_what_could_steer_a_terminal_is_escaped_and_other_text_is_not() -> None:
    assert pretty(["ä 日 👍🏽", "\x1b[2J\x7f\x85", "\u202e\u200b", "\ud800", "\U000e0041"]).decode() == (
        '[\n  "ä 日 👍🏽",\n  "\\u001b[2J\\u007f\\u0085",\n  "\\u202e\\u200b",\n  "\\ud800",\n  "\\udb40\\udc41"\n]\n'
    )


@given(JSON)
def test_the_text_has_the_same_value(value: object) -> None:
    content = pretty(value)
    assert repr(parse(content)) == repr(value)
    assert repr(json.loads(content)) == repr(value)
    assert repr(lossless(content)) == repr(value)
    assert is_same(value, parse(content))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", {1: object()}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(FixtureError, match="cannot be written"):
        pretty([value])


def test_too_deep_a_value_is_refused_however_deep() -> None:
    for levels in (250, 100_000):
        value: list[object] = []
        for _ in range(levels):
            value = [value]
        with pytest.raises(FixtureError, match="too deep"):
            pretty(value)
        with pytest.raises(FixtureError, match=r"too deep|cannot be written"):
            pretty(Line(value))


def test_depth_counts_brackets_outside_of_texts() -> None:
    assert depth_of(b'[{"a\\"[[[": [1, "]]"]}]', most=9) == 3
    assert depth_of(b"[[[[[[", most=2) == 3
    assert depth_of(b'"[[[\\', most=9) == 0
    assert depth_of(b"", most=9) == 0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b'{"a":1,"a":1}', b"NaN", b"1e400", b"[" * 151 + b"]" * 151]
)
def test_json_that_would_not_survive_is_not_taken(content: bytes) -> None:
    assert lossless(content) is msgspec.UNSET


def test_numbers_keep_their_kind_and_sign() -> None:
    assert repr(lossless("[1, 1.0, -0, -0.0, 1e5, 12345678901234567890]")) == (
        "[1, 1.0, -0.0, -0.0, 100000.0, 12345678901234567890]"
    )


def test_equal_values_of_other_kinds_or_orders_are_not_the_same() -> None:
    assert not is_same(1, 1.0)
    assert not is_same(1, True)
    assert not is_same({"a": 1, "b": 2}, {"b": 2, "a": 1})
