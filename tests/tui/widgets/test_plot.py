"""Plots, by what they look like."""

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui import text
from aigw_dev.tui.look import ASCII, UNICODE, Glyphs
from aigw_dev.tui.widgets.lines import Row, plain
from aigw_dev.tui.widgets.plot import Curve, Mark, Sheet, bars, curves, scale


def sheet(
    cells: int, rows: int, *, glyphs: Glyphs = UNICODE, cursor: int | None = None, **marks: str
) -> Sheet:
    return Sheet(
        cells=cells,
        rows=rows,
        times=lambda place: f"{place:02d}",
        marks=[Mark(int(at[1:]), sign) for at, sign in marks.items()],
        glyphs=glyphs,
        cursor=cursor,
    )


def drawn(rows: list[Row]) -> str:
    return "\n" + "\n".join(plain(row) for row in rows)


def test_bars_golden() -> None:
    values = [0, 1, 2, 3, 4, 6, 8, 4]
    assert drawn(bars([Curve("", values)], sheet(18, 7, m4="^"))) == BARS


def test_bars_golden_in_ascii() -> None:
    values = [0, 1, 2, 3, 4, 6, 8, 4]
    assert drawn(bars([Curve("", values)], sheet(18, 7, glyphs=ASCII, m4="^"))) == BARS_ASCII


def test_curves_golden() -> None:
    assert drawn(curves([Curve("p95", HIGH), Curve("p50", LOW)], sheet(34, 8))) == CURVES


def test_curves_golden_in_ascii() -> None:
    assert drawn(curves([Curve("p95", HIGH), Curve("p50", LOW)], sheet(34, 8, glyphs=ASCII))) == CURVES_ASCII


def test_parts_are_heaped_and_keep_their_styles() -> None:
    rows = bars([Curve("errors", [4], "bad"), Curve("rest", [4], "info")], sheet(6, 6))
    styles = [[span.style for span in row if "█" in span.text] for row in rows]
    assert styles[:4] == [["info"], ["info"], ["bad"], ["bad"]]


def test_without_colour_the_lower_part_has_a_sign_of_its_own() -> None:
    rows = bars(
        [Curve("errors", [4], "bad"), Curve("rest", [4], "info")],
        Sheet(cells=6, rows=6, times=str, is_colour=False),
    )
    assert ["█" in plain(row) for row in rows[:4]] == [True, True, False, False]
    assert ["░" in plain(row) for row in rows[:4]] == [False, False, True, True]


def test_a_few_errors_do_not_paint_a_whole_cell() -> None:
    rows = bars([Curve("errors", [1], "bad"), Curve("rest", [99], "info")], sheet(8, 8))
    assert not [span for row in rows for span in row if span.style == "bad"]


def test_a_cursor_points_at_its_bucket() -> None:
    rows = bars([Curve("", [0, 0, 0, 0])], sheet(12, 5, cursor=2))
    assert [span for span in rows[0] if span.style == "accent"]


def test_where_there_is_no_room_or_nothing_there_is_no_plot() -> None:
    assert bars([Curve("", [1.0])], sheet(3, 6)) == []
    assert bars([Curve("", [1.0])], sheet(30, 2)) == []
    assert curves([Curve("", [])], sheet(30, 8)) == []


def test_the_axis_ends_at_a_round_number_just_above_the_highest() -> None:
    assert scale(118, 2) == (120, 60)
    assert scale(0.0, 3) == (1.0, 1.0)
    assert scale(7, 1) == (8, 8)
    assert scale(float("inf"), 2) == (1.0, 1.0)


@given(st.floats(1e-6, 1e12), st.integers(1, 9))
def test_the_scale_holds_the_highest_in_few_round_steps(highest: float, labels: int) -> None:
    top, step = scale(highest, labels)
    assert top >= highest * (1 - 1e-6)
    assert 1 <= round(top / step) <= labels


@given(
    st.lists(st.none() | st.floats(0, 1e7), max_size=50),
    st.integers(0, 60),
    st.integers(0, 20),
    st.sampled_from([UNICODE, ASCII]),
)
def test_every_row_fits_whatever_is_drawn(
    values: list[float | None], cells: int, rows: int, glyphs: Glyphs
) -> None:
    for paint in (curves, bars):
        painted = paint(
            [Curve("p95", values), Curve("p50", values[::-1])], sheet(cells, rows, glyphs=glyphs, m3="^")
        )
        assert len(painted) in {0, rows}
        assert all(text.width("".join(span.text for span in row)) <= cells for row in painted)


HIGH = [4.0, 5.0, 6.0, None, None, 9.0, 8.0, 7.0, 6.0, 6.0]
LOW = [1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 2.0, 2.0, 1.0, 1.0]

BARS = """
8┤ · · · · · ·██ ·
 │          ████
 │      ▄▄████████
 │  ▄▄████████████
0└─┬───────┬─────┬
  00      04    07
           ^"""

BARS_ASCII = """
8+ . . . . . .## .
 |          ####
 |      --########
 |  --############
0+-+-------+-----+
  00      04    07
           ^"""

CURVES = """
10┤ · · · · · · ·⠠⢄ · · · · ·
  │                ⠉⠑⠢⢄⣀
 5┤ · ·⢀⡠⠔· · · · · · · ⠉⠒⠒⠒⠒  p95
  │ ⠤⠒⠊⠁
  │     ⢀⡠⠤⠤⠤⠤⠤⠤⠒⠉⠑⠒⠤⠤⠤⢄⡀      p50
  │ ⠒⠒⠒⠊⠁               ⠈⠑⠒⠒⠒
 0└─┬────┬─────┬───────┬────┬─
   00   02    04      07   09"""

CURVES_ASCII = """
10+ . . . . . . .** . . . . .
  |                ***
 5+ . ****. . . . . . *******  p95
  | **
  | ooooooooooooooooooooooooo  p50
  |
 0+-+----+-----+-------+----+-
   00   02    04      07   09"""
