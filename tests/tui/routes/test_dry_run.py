"""A request is typed, its path is lit."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, canvas, desk, loaded, room

pytestmark = pytest.mark.anyio


async def test_a_dry_run_lights_the_path_while_it_is_typed(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t")
        await at.type("tier=free")
        await at.sees('got "free"', "mock/tools", "2 conditions", "lang", "missing")
        await at.type(" lang=en")
        await at.sees("→ mock/echo", "aigw-dev routes explain ai-test --metadata")
        assert room(at).bench.asked is not None
        await at.press("enter")
        assert canvas(at).has_focus
        assert len(canvas(at).trace.stops) == 3


async def test_the_dry_run_agrees_with_the_gateway(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t")
        for typed, metadata in (
            ("tier=pro", {"tier": "pro"}),
            ("lang=de", {"lang": "de"}),
            ("lang=en", {"lang": "en"}),
        ):
            room(at).bench.show_request(typed)
            reply = await at.house.http.post(
                "/admin/v1/routes/ai-test/explain", json={"metadata": metadata}, headers=at.house.admin()
            )
            target = reply.json()["decision"]["targets"][0]
            await at.sees(f"→ {target['provider']}/{target['model']}")


async def test_metadata_that_is_missing_is_refused_in_the_gateways_words(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=(160, 45)) as at:
        await loaded(at)
        await at.press("t")
        await at.type("stream=true")
        await at.sees("route ai-test decides by metadata")


async def test_a_dry_run_stays_lit_over_an_edit(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t")
        await at.type("tier=pro")
        await at.press("enter", "x")
        await at.until(lambda: canvas(at).trace.stops and canvas(at).trace.stops[0].branch == 0, "lit again")
        await at.sees("→ mock/tools")
