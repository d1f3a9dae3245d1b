"""Inline marks become styles, and only where they are marks."""

import pytest

from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.prose import chop, inline, wrap


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a **b** c", [Span("a "), Span("b", "strong"), Span(" c")]),
        ("*a* _b_", [Span("a", "em"), Span(" "), Span("b", "em")]),
        ("***a***", [Span("a", "strong em")]),
        ("**a *b* c**", [Span("a ", "strong"), Span("b", "strong em"), Span(" c", "strong")]),
        ("`**x**`", [Span("**x**", "code")]),
        ("`` a`b ``", [Span("a`b", "code")]),
        ("~~gone~~", [Span("gone", "dim")]),
        (
            "snake_case_name 2*3*4 a * b",
            [
                Span("snake"),
                Span("_"),
                Span("case"),
                Span("_"),
                Span("name 2"),
                Span("*"),
                Span("3"),
                Span("*"),
                Span("4 a "),
                Span("*"),
                Span(" b"),
            ],
        ),
        ("[t](http://x/y)", [Span("t", "info"), Span(" (http://x/y)", "dim")]),
        ("[http://x](http://x)", [Span("http://x", "info")]),
        ("\\*no\\*", [Span("*"), Span("no"), Span("*")]),
        ("**open", [Span("**"), Span("open")]),
        ("`open", [Span("`"), Span("open")]),
        ("", []),
    ],
)
def test_marks_become_styles(text: str, spans: list[Span]) -> None:
    assert inline(text) == spans


def test_while_it_grows_what_is_open_counts_to_the_end() -> None:
    assert inline("a **b", is_open=True) == [Span("a "), Span("b", "strong")]
    assert inline("a `b", is_open=True) == [Span("a "), Span("b", "code")]
    assert inline("a ** b", is_open=True) == [Span("a "), Span("**"), Span(" b")]


def test_rows_keep_their_styles_and_hang() -> None:
    rows = wrap([Span("- "), Span("bold", "strong"), Span("tail words")], 10, rest="  ")
    assert ["".join(span.text for span in row) for row in rows] == ["- boldtail", "  words"]
    assert rows[0][2] == Span("bold", "strong")


def test_a_word_longer_than_a_row_is_cut() -> None:
    assert ["".join(s.text for s in row) for row in wrap([Span("ab " + "x" * 14)], 6)] == [
        "ab",
        "xxxxxx",
        "xxxxxx",
        "xx",
    ]


def test_code_is_cut_anywhere_and_keeps_its_blanks() -> None:
    assert ["".join(s.text for s in row) for row in chop([Span("  a  b"), Span("cdef", "code")], 6)] == [
        "  a  b",
        "cdef",
    ]
