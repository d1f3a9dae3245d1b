"""Titles and marks of the panels."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, desk, flipped, loaded, room, sent

pytestmark = pytest.mark.anyio


async def test_titles_count_changes_problems_and_routes_of_the_draft(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.sees(
            "ai-test · draft (1 change) · ✓ valid", "1 in the draft", "live #1 · draft +1", "5 nodes"
        )
        await at.press("right", "right", "d")
        await at.sees("! 1 problem")


async def test_a_route_that_is_wrong_is_marked_while_another_is_shown(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter", "right", "d")
        await sent(at)
        await at.press("escape", "down")
        await loaded(at, "eu-only")
        await at.sees("! ai-test")
        assert room(at).bench.at == "eu-only"
