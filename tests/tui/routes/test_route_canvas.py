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


async def test_a_picture_that_is_too_wide_cuts_its_nodes_so_that_nothing_lies_outside(tmp_path: Path) -> None:
    words = "metadata.a_long_name in ['one', 'two'] and input_chars > 4000"
    flow = '{if: "' + words + '", then: {send: mock/a-model-with-a-long-name}, else: {send: mock/echo}}'
    async with desk(tmp_path, f"version: 1\nroutes: {{ai-test: {{flow: {flow}}}}}\n", room="routes") as at:
        await loaded(at)
        await at.until(lambda: canvas(at).form.is_dense, "rows")
        assert canvas(at).virtual_size.width <= canvas(at).size.width
