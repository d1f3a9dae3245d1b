"""What `enter` looks for in Logs; tests/tui/screens/test_dashboard.py presses it."""

from pathlib import Path

import pytest

from aigw_dev.tui.dashboard.drilling import drill_filter, window_of
from aigw_dev.tui.dashboard.panels import PlotPanel
from tests.tui.dashboard.made import made
from tests.tui.screens.dashboard_house import numbers, room

pytestmark = pytest.mark.anyio


def test_a_range_goes_on_unless_it_is_paused() -> None:
    assert window_of(made(), is_fixed=False) == "since:15m"
    assert window_of(made(), is_fixed=True) == "since:2026-09-21T14:00:00Z until:2026-09-21T14:15:00Z"


async def test_every_panel_leads_somewhere(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        picture = made()
        found = {panel.id: drill_filter(picture, panel, is_fixed=False) for panel in room(at).query(".panel")}
        assert found["tile-success"] == "outcome:failed since:15m"
        assert found["tile-cost"] == found["latency"] == found["metric"] == "since:15m"
        plot = room(at).query_one("#metric", PlotPanel)
        plot.cursor = 0
        assert (
            drill_filter(picture, plot, is_fixed=False)
            == "since:2026-09-21T14:00:00Z until:2026-09-21T14:00:20Z"
        )
