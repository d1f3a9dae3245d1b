"""What is copied, shown, taken from the log and taken to other screens."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, canvas, desk, loaded, logged, room, told

pytestmark = pytest.mark.anyio


async def test_chat_and_logs_open_with_this_route(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        went: list[tuple[str, dict[str, object]]] = []
        room(at).shell.ways.go = lambda where, **place: went.append((where, place))  # pyright: ignore[reportAttributeAccessIssue]  -- a seam of the app
        await at.press("c", "l")
        assert went == [
            ("chat", {"model": "dynamic/ai-test", "metadata": {"tier": "pro", "lang": "en"}}),
            ("logs", {"filter": "route:ai-test"}),
        ]


async def test_copies_come_in_every_form(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        copied: dict[str, str] = {}
        room(at).shell.ways.copy_text = lambda content, what: copied.update({what: content})  # pyright: ignore[reportAttributeAccessIssue]  -- a seam of the app
        for typed in ("YAML", "JSON", "cURL", "Model name", "Mermaid", "in words", "mail"):
            await at.press("y")
            await at.type(typed)
            await at.press("enter")
        assert copied["ai-test as yaml"].startswith("ai-test:\n  description: Pro users think\n  flow:")
        assert copied["the model's name"] == "dynamic/ai-test"
        assert '"tier":"pro"' in copied["ai-test as curl"]
        assert copied["ai-test as mermaid"].startswith("flowchart TD")
        assert copied["ai-test as ascii"].isascii()
        assert set(copied) >= {"ai-test as json", "ai-test as outline"}


async def test_call_examples_carry_the_metadata_the_route_needs(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("X")
        await at.sees("[cURL]", "x-ai-route-metadata", "dynamic/ai-test")
        await at.press("right_square_bracket")
        await at.sees("from openai import OpenAI")
        await at.press("escape")
        await at.sees("Routes (2)")


async def test_a_logged_request_fills_the_dry_run(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t", "ctrl+l")
        await told(at, "ai-test has no logged requests")
        await at.house.chat(
            "dynamic/ai-test", headers=at.house.token() | {"x-ai-route-metadata": "tier=free;lang=en"}
        )
        await logged(at)
        await at.press("ctrl+l")
        await at.sees("A logged request of ai-test")
        await at.press("enter")
        await at.sees("tier=free lang=en", "→ mock/echo")
        assert [stop.branch for stop in canvas(at).trace.stops] == [1, 1, None]


async def test_a_log_row_opens_here_with_its_path_lit(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="logs") as at:
        await at.house.chat("dynamic/ai-test", headers=at.house.token() | {"x-ai-route-metadata": "tier=pro"})
        at.app.go("routes", route="ai-test", exchange=(await logged(at))["id"])
        await at.sees("[2 Routes]", "tier=pro", "→ mock/think")
        await at.until(lambda: [stop.branch for stop in canvas(at).trace.stops] == [0, None], "lit")
        assert canvas(at).has_focus
