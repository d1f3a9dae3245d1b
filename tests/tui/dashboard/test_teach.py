"""A dashboard without a request."""

from pathlib import Path

import pytest

from aigw_dev.tui.dashboard import teach
from aigw_dev.tui.widgets.lines import plain
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_it_names_the_three_ways_to_a_first_request(tmp_path: Path) -> None:
    async with desk(tmp_path, room="dashboard") as at:
        shell = at.app.shell
        words = "\n".join(plain(row) for row in teach.rows(shell))
        assert teach.export_line(shell) == "export OPENAI_BASE_URL=http://127.0.0.1:2449/v1"
        assert teach.export_line(shell) in words
        assert all(f"  {key}  " in words for key in "y3g")


async def test_a_mock_request_goes_through_v1(tmp_path: Path) -> None:
    async with desk(tmp_path, room="dashboard") as at:
        await at.press("g")
        await at.until(lambda: at.house.gateway.recorder.ended, "a call that ended")
        assert at.house.gateway.recorder.cost_nanousd == 0
