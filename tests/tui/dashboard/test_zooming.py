"""One panel alone, and all of them again."""

from pathlib import Path

import pytest

from aigw_dev.tui.dashboard.zooming import zoom
from tests.tui.screens.dashboard_house import numbers, room

pytestmark = pytest.mark.anyio


async def test_a_panel_alone_takes_the_whole_screen_and_gives_it_back(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        screen = room(at)
        before = {panel.id: panel.region for panel in screen.query(".panel")}
        zoom(screen, "faults")
        await at.until(lambda: screen.query_one("#faults").size.height > 25)
        assert [panel.id for panel in screen.query(".panel") if panel.region.area] == ["faults"]
        assert at.app.focused is screen.query_one("#faults")
        zoom(screen, "")
        await at.until(lambda: {panel.id: panel.region for panel in screen.query(".panel")} == before)
