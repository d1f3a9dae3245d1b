"""The Routes screen as a whole: what it shows, at every size and look, and what it remembers."""

import re
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.tui.look import ASCII
from tests.tui.screens.routes_house import (
    CONFIG,
    add,
    canvas,
    deploy,
    desk,
    drafted,
    live,
    loaded,
    quick,
    room,
    sent,
)

pytestmark = pytest.mark.anyio


async def test_the_list_shows_every_route_and_the_first_on_the_canvas(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.sees(
            "Routes (2)", "ai-test", "eu-only", "tier == pro", "lang != en", "valid", "Pro users think"
        )


async def test_moving_in_the_list_shows_the_other_route(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("down")
        await loaded(at, "eu-only")
        await at.sees("claims smart", "1 node")


async def test_no_route_at_all_teaches_how_to_begin(tmp_path: Path) -> None:
    async with desk(tmp_path, room="routes") as at:
        await at.until(lambda: room(at).bench.shelf.is_loaded, "loaded")
        await at.sees("no routes yet", "A route decides by the")
        await add(at, "first")
        await sent(at)
        assert (await drafted(at, "first"))["state"] == "new"


async def test_selection_layout_and_dry_run_are_there_again(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="dashboard") as at:
        kept = {
            "route": "ai-test",
            "node": 2,
            "view": {"layout": "left-right"},
            "dry_run": "tier=pro",
            "range": 2,
            "focus": "flow",
        }
        at.app.shell.memory.put("routes", kept)
        at.app.go("routes")
        await at.sees("left-right", "tier=pro", "→ mock/think", "24h")
        await at.until(lambda: canvas(at).has_focus, "focus")
        now = room(at).remember()
        assert {key: now[key] for key in ("route", "node", "dry_run", "range", "focus")} == {
            key: kept[key] for key in ("route", "node", "dry_run", "range", "focus")
        }


@pytest.mark.parametrize("options", [{"is_ascii": True}, {"is_colour": False}])
async def test_the_story_works_without_colour_and_without_unicode(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=(80, 24), **options) as at:
        await loaded(at)
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.press("t")
        await at.type("env=dev")
        await at.sees("mock/echo", "draft (1 change)")
        if options.get("is_ascii"):
            assert at.screen_text().isascii()
            assert ASCII.to in at.screen_text()
        await at.press("enter")
        await deploy(at)
        assert (await live(at))["ai-test"]["if"] == 'metadata.env == "dev"'


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_looks(tmp_path: Path, size: tuple[int, int], snapshot: Any) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=size) as at:
        await loaded(at)
        await at.until(
            lambda: room(at).bench.histories.get("ai-test") and room(at).live.traffic, "history, traffic"
        )
        await at.press("t")
        await at.type("tier=free lang=de")
        await at.press("enter")
        await at.until(lambda: canvas(at).has_focus and "→ mock/tools" in at.screen_text(), "decided")
        assert re.sub(r"[0-9]{2}:[0-9]{2}", "HH:MM", at.screen_text()) == snapshot
