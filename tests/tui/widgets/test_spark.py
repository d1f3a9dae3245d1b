"""Sparklines."""

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.widgets.spark import spark, squeezed

VALUES = st.lists(st.none() | st.floats(0, 1e9), max_size=60)


def test_the_highest_is_a_full_cell_and_zero_the_lowest() -> None:
    assert spark([0, 1, 2, 4, 8], 10) == "▁▂▃▅█"


def test_what_is_not_zero_never_looks_like_zero() -> None:
    assert spark([0, 0.001, 1000], 10) == "▁▂█"


def test_where_nothing_was_measured_stands_a_blank() -> None:
    assert spark([None, 1, None], 10) == " █ "
    assert spark([None], 10) == " "
    assert spark([], 10) == ""


def test_all_zero_is_a_flat_line() -> None:
    assert spark([0, 0], 10) == "▁▁"


def test_in_ascii_it_is_ascii() -> None:
    assert spark([0, 1, 2, 4, 8], 10, glyphs=ASCII) == "_.,=#"


def test_more_values_than_cells_become_means_or_peaks() -> None:
    assert squeezed([1, 3, 5, 7], 2) == [2, 6]
    assert squeezed([1, 3, 5, 7], 2, is_peak=True) == [3, 7]
    assert squeezed([None, None, 5, None], 2) == [None, 5]
    assert squeezed([1, 2], 0) == []


@given(VALUES, st.integers(0, 40))
def test_it_is_never_wider_than_its_place(values: list[float | None], cells: int) -> None:
    line = spark(values, cells)
    assert len(line) == min(len(values), cells)
    assert set(line) <= {*UNICODE.sparks, " "}
