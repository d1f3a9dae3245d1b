"""Calls, errors and live traffic on the Routes screen."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, desk, loaded, quick, room

pytestmark = pytest.mark.anyio


async def test_calls_and_errors_of_the_range_stand_beside_the_name(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        for _ in range(3):
            await at.house.chat("dynamic/eu-only")
        await at.press("greater_than_sign")
        await at.until(lambda: room(at).live.counts.get("eu-only") == (3, 0), "three calls are counted")
        assert any("eu-only" in line and " 3" in line for line in at.screen_text().split("\n"))
        assert "24h" in at.screen_text()


async def test_live_traffic_stands_on_the_wires_while_the_flow_is_the_live_one(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=(160, 45)) as at:
        await loaded(at)
        for tier in ("pro", "free", "free", "free"):
            await at.house.chat(
                "dynamic/ai-test", headers=at.house.token() | {"x-ai-route-metadata": f"tier={tier}"}
            )
        await at.press("less_than_sign")
        await at.sees("25 %", "75 %", "4 calls")
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.until(lambda: "25 %" not in at.screen_text(), "another flow has other traffic")
