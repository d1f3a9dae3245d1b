"""What stands in a row, and how wide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui import text
from aigw_dev.tui.logs.columns import COLUMNS, GUTTER, SEED, cells, marked, place, titles
from aigw_dev.tui.logs.line import Line
from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.widgets.lines import plain

NAMES = st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, max_size=6)
WORDS = st.text(max_size=40)


def said(name: str, line: Line) -> str:
    return COLUMNS[name].cell(line, UNICODE).text


@given(st.integers(70, 260))
def test_at_any_width_the_seeds_five_stay_and_the_row_is_full(width: int) -> None:
    placed = place(width)
    names = {"model" if one.column.name == "sent" else one.column.name for one in placed}
    assert names >= set(SEED)
    assert GUTTER + sum(one.cells + one.gap for one in placed) == width


@given(st.integers(30, 200), NAMES, WORDS, WORDS)
def test_a_row_is_never_wider_than_its_place_whatever_it_holds(
    width: int, names: list[str], request: str, model: str
) -> None:
    placed = place(width, names)
    line = Line(seq=1, id=model, request_preview=request, request_model=model, error=request, client=request)
    spans = cells(line, placed, UNICODE, ("a",))
    assert sum(text.width(span.text) for span in spans) == sum(one.cells + one.gap for one in placed)
    assert all(char.isprintable() or char == " " for span in spans for char in span.text if ord(char) < 0xA0)


def test_wider_lists_show_more() -> None:
    names = [[one.column.name for one in place(width)] for width in (80, 120, 160)]
    assert names[0] == ["time", "status", "model", "request", "response"]
    assert {"ms", "tokens", "cost"} <= set(names[1])
    assert {"route", "ttft", "provider"} <= set(names[2])


def test_the_providers_status_stands_before_ours_where_it_differs() -> None:
    assert said("status", Line(seq=1, id="a", status=200, upstream_status=429)) == "429→200"
    assert said("status", Line(seq=1, id="a", status=200, upstream_status=200)) == "200"
    assert said("status", Line(seq=1, id="a", status=200, marks=("broken",))) == "200!"
    assert said("status", Line(seq=1, id="a", state="open")) == "………"


def test_counts_and_costs_say_how_sure_they_are() -> None:
    line = Line(seq=1, id="a", input_tokens=1234, output_tokens=901, usage_estimated=True)
    assert said("tokens", line) == "~1.2k→901"
    assert said("tokens", Line(seq=1, id="a")) == "–"
    assert said("cost", Line(seq=1, id="a", cost_nanousd=4_100_000, cost_status="exact")) == "0.0041"
    assert said("cost", Line(seq=1, id="a", cost_nanousd=4_100_000, cost_status="estimated")) == "~0.0041"
    assert said("cost", Line(seq=1, id="a", cost_status="unknown")) == "–"
    assert said("cost", Line(seq=1, id="a", cost_nanousd=12, cost_status="exact")) == "<0.000001"
    assert said("cost", Line(seq=1, id="a", cost_status="free", cost_nanousd=0)) == "free"


def test_a_route_is_shown_with_its_path_and_further_attempts() -> None:
    assert said("route", Line(seq=1, id="a", route="smart", path="F·F·T", attempts=2)) == "smart F·F·T ↻1"
    assert said("route", Line(seq=1, id="a", attempts=1)) == "– direct"


def test_ascii_is_ascii() -> None:
    line = Line(
        seq=1, id="a", route="r", path="F·T", attempts=3, status=200, upstream_status=500, input_tokens=1
    )
    placed = place(240)
    assert plain(cells(line, placed, ASCII)).isascii()
    assert plain(titles(placed, ASCII)).isascii()


@given(WORDS, st.lists(st.text(min_size=1, max_size=3), max_size=3))
def test_marking_keeps_the_text(content: str, marks: list[str]) -> None:
    assert "".join(span.text for span in marked(content, [mark.casefold() for mark in marks])) == content


def test_every_occurrence_is_marked_whatever_the_case() -> None:
    spans = marked("A cat, aCat", ("cat",), "dim")
    assert [span.text for span in spans if "mark" in span.style] == ["cat", "Cat"]


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_can_show_an_empty_row(name: str) -> None:
    assert isinstance(said(name, Line(seq=1, id="a")), str)
