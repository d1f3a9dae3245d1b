"""How much of the draft is deployed."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, desk, draft, drafted, flipped, live, loaded, sent

pytestmark = pytest.mark.anyio


async def test_only_this_route_is_deployed_unless_all_is_asked_for(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("escape", "down")
        await loaded(at, "eu-only")
        await at.press("C")
        await sent(at)
        await at.press("s")
        await at.sees("only this route")
        await at.press("enter")
        await at.sees("Deployed #2")
        assert "eu-only-copy" in await live(at)
        assert (await live(at))["ai-test"]["then"]["send"] == "mock/think"
        assert (await drafted(at, "ai-test"))["state"] == "changed"


async def test_the_whole_draft_can_be_deployed(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("escape", "down")
        await loaded(at, "eu-only")
        await at.press("d")
        await sent(at)
        await at.press("s")
        await at.sees("only this route")
        await at.press("shift+tab", "right")
        await at.sees("the whole draft: also ai-test")
        await at.press("ctrl+j")
        await at.sees("Deployed #2")
        assert list(await live(at)) == ["ai-test"]
        assert await draft(at) == {}
