"""Text on its way to the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Static

from aigw_dev.tui import text

ANY = st.text(alphabet=st.characters(), max_size=80)


@given(ANY, st.integers(1, 60))
def test_fit_is_exactly_as_wide_as_asked(said: str, cells: int) -> None:
    shown = text.fit(text.line(said), cells)
    assert text.width(shown) == cells


@given(ANY, st.integers(2, 40))
def test_wrapped_lines_fit_and_keep_every_character_but_blanks(said: str, cells: int) -> None:
    whole = text.line(said)
    parts = text.wrapped(whole, cells)
    assert all(text.width(part) <= cells for part in parts)
    assert "".join(parts).replace(" ", "") == whole.replace(" ", "")


@given(ANY)
def test_nothing_that_steers_a_terminal_is_left(said: str) -> None:
    for part in (text.line(said), *text.block(said)):
        assert not any(
            ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u202e\u2066\u200f" for char in part
        )


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("said", "rows"), [("W" * 1_000_000, 10_000), ("漢" * 300_000, 6_000), ("word " * 200_000, 10_000)]
)
def test_a_line_of_a_megabyte_is_wrapped_without_looking_at_all_of_it_each_time(said: str, rows: int) -> None:
    parts = text.wrapped(said, 100)
    assert len(parts) == rows
    assert all(text.width(part) <= 100 for part in parts)


def test_cut_marks_what_it_leaves_out_and_wide_characters_are_never_halved() -> None:
    assert text.cut("日本語テスト", 5) == "日本…"
    assert text.cut("abc", 3) == "abc"
    assert text.cut("abc", 0) == ""
    assert text.fit("7", 3, is_right=True) == "  7"


def test_a_title_takes_no_markup() -> None:
    widget = Static()
    text.title(widget, "[red]x[/]\x1b[0m", "[b]")
    assert str(widget._border_title) == "[red]x[/]\\x1b[0m"
    assert str(widget._border_subtitle) == "[b]"
