"""Rows of spans."""

import pytest

from aigw_dev.tui.widgets.lines import STYLES, Lines, Row, Span, plain
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


class Numbers(Lines):
    """Counts how often a row is asked for."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count, self.asked = count, 0

    def row_count(self) -> int:
        return self.count

    def row(self, y: int) -> Row:
        self.asked += 1
        return [Span(f"row {y} ", "strong"), Span("日本", "good mark")]


async def test_only_rows_on_the_screen_are_asked_for() -> None:
    lines = Numbers(1_000_000)
    async with stage(lines, size=(20, 5)) as app:
        assert app.text().split("\n")[0] == "row 0 日本"
        assert lines.asked < 50
        lines.show_row(999_999)
        await app.pilot.pause()
        assert "row 999999 日本" in app.text()
        assert lines.asked < 100


async def test_a_row_that_did_not_change_is_not_asked_for_again() -> None:
    lines = Numbers(4)
    async with stage(lines, size=(20, 5)) as app:
        lines.asked = 0
        lines.refresh()
        await app.pilot.pause()
        assert lines.asked == 0
        lines.row_changed(2)
        await app.pilot.pause()
        assert lines.asked == 1
        lines.changed()
        await app.pilot.pause()
        assert lines.asked == 5


async def test_rows_beyond_the_end_are_blank() -> None:
    async with stage(Numbers(1), size=(20, 3)) as app:
        assert app.text() == "row 0 日本\n\n"


async def test_every_style_can_be_painted() -> None:
    async with stage(Numbers(1)) as app:
        lines = app.query_one(Numbers)
        assert len({str(lines._style(name)) for name in STYLES}) >= len(STYLES) - 1


async def test_a_new_theme_is_painted() -> None:
    async with stage(Numbers(1)) as app:
        lines = app.query_one(Numbers)
        old = lines.render_line(0)
        app.theme = "textual-light"
        await app.pilot.pause()
        assert lines.render_line(0) != old


def test_plain_is_the_text_of_a_row() -> None:
    assert plain([Span("a", "good"), Span(" b  ")]) == "a b"
