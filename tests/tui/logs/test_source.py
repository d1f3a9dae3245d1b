"""Long texts in rows."""

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui import text
from aigw_dev.tui.logs.source import Body, Rows, chopped, pretty
from aigw_dev.tui.logs.text_view import find
from aigw_dev.tui.widgets.lines import Span, plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES, st.integers(20, 90))
def test_no_row_of_json_steers_a_terminal_and_the_words_stay(value: object, width: int) -> None:
    content = json.dumps({"value": value}, ensure_ascii=False)
    body = Body(content, width=width)
    for y in range(len(body)):
        shown = plain(body.row(y))
        assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert body.is_json
    assert body.whole() == content


@given(st.text(max_size=300), st.integers(4, 50))
def test_pieces_fit_and_lose_nothing(line: str, width: int) -> None:
    pieces = chopped(line, width)
    assert "".join(pieces) == line
    assert all(text.width(piece) <= width for piece in pieces)


def test_numbers_keep_their_spelling_and_what_is_no_json_its_lines() -> None:
    assert pretty('{"a":1.0e3}') == '{\n  "a": 1.0e3\n}'
    assert pretty("data: {}") is None
    assert pretty("{broken") is None
    body = Body("one\r\ntwo\tx", width=40)
    assert [plain(body.row(y)) for y in range(len(body))] == ["one", "two x"]


def test_a_prompt_reads_over_its_lines() -> None:
    body = Body(json.dumps({"content": "first\nsecond\nthird \\n no end"}), width=60)
    shown = [plain(body.row(y)) for y in range(len(body))]
    assert shown == ["{", '  "content": "first\\n', "    second\\n", '    third \\\\n no end"', "}"]


def test_keys_strings_and_numbers_are_told_apart() -> None:
    body = Body('{"a": "b", "c": 1, "d": null}', width=60)
    styles = {span.text: span.style for y in range(len(body)) for span in body.row(y)}
    assert styles['"a"'] == "info"
    assert styles['"b"'] == "good"
    assert styles["1"] == "accent"
    assert styles["null"] == "code"


def test_megabytes_take_little_time_and_rows_are_built_in_sight() -> None:
    content = json.dumps({"messages": [{"role": "user", "content": "word " * 40_000} for _ in range(25)]})
    began = time.process_time()
    body = Body(content, width=100)
    assert len(body) > 10_000
    plain(body.row(9_000))
    assert time.process_time() - began < 2.0
    assert find(body, "nowhere") == []


def test_what_is_too_long_says_so() -> None:
    body = Body("x" * 9_000_000, width=100)
    assert "left out" in plain(body.row(len(body) - 1))
    assert len(body.whole()) == 9_000_000


def test_words_are_found_whatever_the_case() -> None:
    rows = Rows([[Span("One "), Span("two")], [Span("three")]])
    assert find(rows, "ONE TWO") == [0]
    assert find(rows, "") == []
