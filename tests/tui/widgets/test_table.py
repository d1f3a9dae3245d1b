"""Tables with a cursor."""

import pytest

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.table import Column, Entry, Table
from tests.tui.stage import said, stage

pytestmark = pytest.mark.anyio


def table(count: int = 30) -> Table:
    made = Table(
        [Column("name", is_elastic=True), Column("n", width=4, is_right=True)], Look(), empty="nothing\nyet"
    )
    made.fill([Entry(f"k{at}", (f"name {at}", Span(str(at), "dim"))) for at in range(count)])
    return made


async def test_titles_cursor_and_cells_stand_in_columns() -> None:
    async with stage(table(2), size=(20, 4)) as app:
        assert (
            app.text().split("\n")[:3] == ["  name          n", "▸ name 0        0", "  name 1        1"]
            or app.text()
        )
        lines = app.text().split("\n")
        assert lines[0].split() == ["name", "n"]
        assert lines[1].startswith("▸ name 0")
        assert lines[0].rindex("n") == lines[1].rindex("0")


async def test_arrows_and_vi_keys_move_and_say_so() -> None:
    async with stage(table()) as app:
        await app.press("down", "j", "j", "k", "up")
        assert app.query_one(Table).key == "k1"
        await app.press("G")
        assert app.query_one(Table).key == "k29"
        assert "name 29" in app.text()
        await app.press("g")
        assert app.query_one(Table).key == "k0"
        assert "  name" in app.text().split("\n")[0]
        assert [one.key for one in said(app, Table.Moved)][:3] == ["k1", "k2", "k3"]


async def test_enter_chooses_and_a_double_click_too() -> None:
    async with stage(table()) as app:
        await app.press("enter")
        await app.pilot.click(Table, offset=(3, 3), times=2)
        await app.pilot.pause()
        assert [one.key for one in said(app, Table.Chosen)] == ["k0", "k2"]


async def test_the_cursor_stays_on_its_key_when_rows_change() -> None:
    async with stage(table(3)) as app:
        one = app.query_one(Table)
        await app.press("down", "down")
        one.fill([Entry("k2", ("x", "1")), Entry("k9", ("y", "2"))])
        assert one.key == "k2"
        one.fill([])
        assert one.key == ""
        await app.press("enter", "down")
        assert said(app, Table.Chosen) == []
        assert "nothing" in app.text()
        assert "yet" in app.text()


async def test_move_to_finds_a_key_or_says_no() -> None:
    async with stage(table()) as app:
        one = app.query_one(Table)
        assert one.move_to("k7")
        assert one.key == "k7"
        assert not one.move_to("zz")


async def test_cells_are_harmless() -> None:
    made = table(0)
    made.fill([Entry("k", ("\x1b[31mred[bold]", "1"))])
    async with stage(made) as app:
        assert "\\x1b[31mred[bold]" in app.text()


async def test_columns_and_the_words_of_an_empty_table_can_change() -> None:
    async with stage(table(2), size=(20, 4)) as app:
        shown = app.query_one(Table)
        shown.set_columns([Column("only", width=6)])
        shown.fill([Entry("a", ("one",))])
        await app.pilot.pause()
        assert app.text().split("\n")[:2] == ["  only", "▸ one"]
        shown.set_empty("none left")
        shown.fill([])
        await app.pilot.pause()
        assert "none left" in app.text()


async def test_a_table_that_was_never_filled_shows_its_titles_and_what_teaches() -> None:
    async with stage(Table([Column("name")], Look(), empty="nothing"), size=(20, 4)) as app:
        assert "nothing" in app.text()
