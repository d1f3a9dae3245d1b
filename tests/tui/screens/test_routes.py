"""The Routes screen: the list of routes and what is done to whole routes, by keys, over a real gateway."""

from pathlib import Path

import pytest

from tests.tui.harness import Desk
from tests.tui.screens.routes_house import (
    CONFIG,
    canvas,
    desk,
    draft,
    drafted,
    file,
    live,
    loaded,
    room,
    sent,
)

pytestmark = pytest.mark.anyio


async def add(at: Desk, name: str, *, sample: int = 0) -> None:
    await at.press("a")
    await at.sees("New route")
    await at.type(name)
    await at.press("tab", "tab", "tab", *["right"] * sample, "ctrl+j")
    await at.until(lambda: room(at).bench.at == name, f"{name} is there")


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


async def test_calls_and_errors_of_the_range_stand_beside_the_name(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        for _ in range(3):
            await at.house.chat("dynamic/eu-only")
        await at.press("greater_than_sign")
        await at.until(lambda: room(at).live.counts.get("eu-only") == (3, 0), "three calls are counted")
        assert any("eu-only" in line and " 3" in line for line in at.screen_text().split("\n"))
        assert "24h" in at.screen_text()


async def test_adding_puts_a_sample_with_the_picked_model_into_the_draft(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await add(at, "fresh", sample=1)
        await at.sees("Added fresh", "aigw-dev routes add fresh --flow", "tier == pro")
        await sent(at)
        row = await drafted(at, "fresh")
        assert row["state"] == "new"
        assert row["tree"]["flow"]["if"] == 'metadata.tier == "pro"'
        assert "fresh" not in await live(at)


async def test_a_name_that_cannot_be_is_refused_in_the_form(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("a")
        await at.type("eu-only")
        await at.press("ctrl+j")
        await at.sees("there is a route eu-only already")
        await at.press("escape")
        assert await draft(at) == {}


async def test_settings_change_description_claims_and_modes(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("e")
        await at.sees("Settings of ai-test")
        await at.press("tab")
        await at.type("!")
        await at.press("tab")
        await at.type("gold, claude-*")
        await at.press("tab", "right", "ctrl+j")
        await at.sees("Changed ai-test")
        await sent(at)
        tree = (await drafted(at, "ai-test"))["tree"]
        assert tree["description"] == "Pro users think!"
        assert tree["models"] == ["gold", "claude-*"]
        assert tree["metadata"] == "optional"
        assert "on_loss" not in tree
        assert "# who pays gets the thinker" in (await draft(at))["text"]


async def test_a_rename_keeps_comments_and_undoes(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("r")
        await at.type("-2")
        await at.press("enter")
        await at.sees("Renamed ai-test to ai-test-2", "aigw-dev routes rename ai-test ai-test-2")
        await sent(at)
        assert (await drafted(at, "ai-test-2"))["state"] == "new"
        assert (await drafted(at, "ai-test"))["state"] == "removed"
        assert "# who pays gets the thinker\n  ai-test-2:" in (await draft(at))["text"]
        await at.press("u")
        await sent(at)
        assert await draft(at) == {}
        assert room(at).bench.at == "ai-test"


async def test_a_duplicate_stands_below_without_the_names_it_claims(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("down")
        await loaded(at, "eu-only")
        await at.press("C")
        await at.sees("Copied eu-only to eu-only-copy")
        await sent(at)
        assert (await drafted(at, "eu-only-copy"))["tree"] == {"flow": {"send": "mock/echo"}}


async def test_delete_asks_nothing_and_u_brings_the_route_back_comments_and_all(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("d")
        await at.sees("Deleted ai-test", "aigw-dev routes remove ai-test")
        await sent(at)
        assert (await drafted(at, "ai-test"))["state"] == "removed"
        assert "ai-test" in await live(at)
        await at.press("u")
        await at.sees("Undone: delete ai-test")
        await sent(at)
        assert await draft(at) == {}
        assert file(tmp_path) == CONFIG


async def test_a_deleted_route_cannot_be_edited(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("d", "enter", "x")
        await at.sees("taken out by the draft")


async def test_revert_throws_the_draft_of_one_route_away(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter", "x")
        await sent(at)
        assert (await drafted(at, "ai-test"))["state"] == "changed"
        await at.press("escape", "R")
        await at.sees("Reverted ai-test")
        await sent(at)
        assert await draft(at) == {}
        assert canvas(at).flow["if"] == 'metadata.tier == "pro"'
        await at.press("u")
        await sent(at)
        assert (await drafted(at, "ai-test"))["state"] == "changed"


async def test_no_route_at_all_teaches_how_to_begin(tmp_path: Path) -> None:
    async with desk(tmp_path, room="routes") as at:
        await at.until(lambda: room(at).bench.shelf.is_loaded, "loaded")
        await at.sees("no routes yet", "A route decides by the")
        await add(at, "first")
        await sent(at)
        assert (await drafted(at, "first"))["state"] == "new"


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
