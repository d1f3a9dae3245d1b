"""JSON as Python text: the same value when it is read, short enough to be read, nothing that hides."""

import ast
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.python_text import WIDTH, literal, quoted

TEXTS = st.text(st.characters(codec=None), max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)


@given(TEXTS)
def test_a_text_is_itself_again_and_shows_everything_it_holds(text: str) -> None:
    shown = quoted(text)
    assert ast.literal_eval(shown) == text
    assert shown.isprintable()


@given(JSON, st.integers(0, 4))
def test_a_value_is_itself_again_wherever_it_begins(value: Any, steps: int) -> None:
    shown = literal(value, "    " * steps, taken=7)
    assert ast.literal_eval(shown) == value
    assert all(line.isprintable() for line in shown.split("\n"))


def test_long_texts_are_cut_behind_their_lines_and_blanks() -> None:
    text = "first line\n" + "word " * 60 + "\nlast"
    shown = literal({"content": text}, "    ")
    assert ast.literal_eval(shown) == {"content": text}
    assert '"first line\\n"' in shown
    assert all(len(line) <= WIDTH for line in shown.split("\n"))
    assert all(piece.strip().endswith((' "', '\\n"', '"last"')) for piece in shown.split("\n")[2:-2])


def test_short_values_stay_on_their_line_and_quotes_are_those_with_fewer_escapes() -> None:
    assert literal([{"role": "user", "content": "hi"}]) == '[{"role": "user", "content": "hi"}]'
    assert quoted('{"a": 1}') == "'{\"a\": 1}'"
    assert quoted('it\'s "so"') == '"it\'s \\"so\\""'
    assert quoted("\u202e\x1b\U000e0001\ud800") == '"\\u202e\\x1b\\U000e0001\\ud800"'
    assert literal([1, 2.5, None, True]) == "[1, 2.5, None, True]"


def test_a_list_that_is_too_long_has_an_item_on_each_line() -> None:
    shown = literal([{"name": "n" * 60}, {"name": "m" * 60}])
    assert shown.split("\n") == ["[", f'    {{"name": "{"n" * 60}"}},', f'    {{"name": "{"m" * 60}"}},', "]"]
