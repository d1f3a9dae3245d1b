"""Edits of a gateway that is away, and of a run that crashed."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, desk, drafted, loaded, room, sent, told

pytestmark = pytest.mark.anyio


async def test_edits_made_while_the_gateway_is_away_are_sent_when_it_is_back(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        at.bridge.is_down = True
        await at.press("enter", "x")
        await at.sees("gateway away, 1 edit kept", "tier == pro")
        await at.press("s")
        await told(at, "the draft is kept")
        assert room(at).remember()["unsent"][0]["type"] == "put"
        at.bridge.is_down = False
        await sent(at)
        assert (await drafted(at, "ai-test"))["state"] == "changed"
        await at.until(lambda: "gateway away" not in at.screen_text(), "not stale any more")


async def test_edits_of_a_run_that_crashed_are_sent_by_the_next(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="dashboard") as at:
        tree = {"flow": {"send": "mock/tools"}}
        at.app.shell.memory.put(
            "routes", {"route": "eu-only", "unsent": [{"type": "put", "name": "eu-only", "tree": tree}]}
        )
        at.app.go("routes")
        await loaded(at, "eu-only")
        await sent(at)
        assert (await drafted(at, "eu-only"))["tree"] == tree
