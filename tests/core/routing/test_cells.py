"""Text is measured as terminals show it and never runs past its room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing import cells

ANY = st.text(alphabet=st.sampled_from("ab é漢\u0301🎉-"), max_size=60)


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("é", 1), ("e\u0301", 1), ("漢字", 4), ("🎉", 2), ("a\u200bb", 2)],
)
def test_width_counts_cells(text: str, width: int) -> None:
    assert cells.width(text) == width


@given(ANY, st.integers(2, 30))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, room: int) -> None:
    cut = cells.cut(text, room)
    assert cells.width(cut) <= room
    assert cut == text or cut.endswith("…")


@given(ANY, st.integers(2, 30))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, room: int) -> None:
    lines = cells.wrap(text, room)
    assert lines
    assert all(cells.width(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_line_breaks_at_a_space() -> None:
    assert cells.wrap("one two three", 8) == ["one two", "three"]
    assert cells.wrap("one two", 3) == ["one", "two"]


def test_a_word_without_spaces_is_cut() -> None:
    assert cells.wrap("abcdefgh", 3) == ["abc", "def", "gh"]


def test_a_character_wider_than_the_room_stands_alone() -> None:
    assert cells.wrap("漢字", 1) == ["漢", "字"]


def test_a_quotation_is_short_and_harmless() -> None:
    assert cells.ticked("a\x1b[31m") == r"`a\x1b[31m`"
    assert cells.ticked("x" * 100, room=5) == "`xxxx…`"
