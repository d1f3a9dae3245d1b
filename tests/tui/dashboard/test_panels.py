"""The dashboard's widgets."""

import pytest

from aigw_dev.tui.dashboard.faces import faces
from aigw_dev.tui.dashboard.panels import FaultTable, GroupTable, PlotPanel, Tile
from aigw_dev.tui.dashboard.plots import Drawing
from aigw_dev.tui.look import UNICODE, Look
from aigw_dev.tui.widgets.lines import plain
from tests.tui.dashboard.made import STEP_S, made, point, question
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio
LOOK = Look()


async def test_a_tile_shows_value_past_and_words_in_what_room_there_is() -> None:
    tile = Tile("tokens", LOOK)
    async with stage(tile, size=(40, 3)):
        tile.show(faces(made(), UNICODE)["tokens"])
        rows = [plain(tile.row(y)) for y in range(3)]
        assert rows[0].startswith("~409 k / ~114 k")
        assert "█" in rows[1]
        assert rows[2] == "in / out"


async def test_a_bare_tile_of_two_rows_has_its_name_before_the_value() -> None:
    tile = Tile("rt", LOOK)
    tile.add_class("bare")
    async with stage(tile, size=(19, 2)):
        tile.show(faces(made(), UNICODE)["rt"])
        assert [plain(tile.row(y)) for y in range(2)] == ["RT 640 whl 640 str", "first 214 ms"]


async def test_the_cursor_of_a_plot_stays_at_its_moment_while_time_goes_on() -> None:
    plot = PlotPanel(Drawing("requests"), LOOK, id="p")
    async with stage(plot, size=(60, 12)):
        picture = made()
        plot.show(picture)
        plot.action_point(-1)
        plot.action_point(-1)
        assert plot.cursor == 43
        at_s = picture.steps[43].start_s
        later = [point(step.start_s + STEP_S, 4) for step in picture.steps]
        plot.show(made(series={"step_s": STEP_S, "points": later}))
        assert plot.cursor == 42
        assert made(series={"step_s": STEP_S, "points": later}).steps[42].start_s == at_s
        assert plot.unpoint()
        assert not plot.unpoint()


@pytest.mark.parametrize("cells", [20, 46, 70, 120])
async def test_groups_show_as_many_columns_as_fit_and_keep_the_cursor(cells: int) -> None:
    table = GroupTable(LOOK)
    async with stage(table, size=(cells, 8)):
        table.show(made())
        table.action_move(1)
        assert table.key == "group claude-sonnet-4-5"
        table.show(made())
        assert table.key == "group claude-sonnet-4-5"
        assert ("p95" in plain(table.row(0))) is (cells >= 48)
        assert ("first" in plain(table.row(0))) is (cells >= 92)


async def test_errors_say_that_only_the_newest_are_sorted() -> None:
    table = FaultTable(LOOK)
    async with stage(table, size=(90, 8)):
        table.show(made())
        assert table.border_subtitle == "the newest 26 of them"
        assert plain(table.row(1)).split()[:3] == ["▸", "14", "429"]
        table.show(made(faults=[], total={"groups": []}))
        assert "no errors in this range" in plain(table.row(1))
        assert question().by == "model"
