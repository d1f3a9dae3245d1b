"""The canvas draws boxes where they fit, and can be held."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, canvas, desk, loaded, quick, sent

pytestmark = pytest.mark.anyio


async def test_boxes_give_way_to_rows_when_the_flow_outgrows_its_pane(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.until(lambda: not canvas(at).form.is_dense, "boxes")
        await at.press("enter")
        for name in ("a", "b", "c", "d"):
            await quick(at, f"{name} == 1 -> mock/echo")
        await at.until(lambda: canvas(at).form.is_dense, "rows")
        await at.press("z")
        assert not canvas(at).form.is_dense


async def test_a_held_canvas_changes_nothing_and_says_why(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter", "x")
        await sent(at)
        flow = canvas(at).flow
        canvas(at).frozen = "held by the test"
        await at.press("x", "u", "U", "d")
        assert canvas(at).flow == flow
        await at.sees("held by the test")
