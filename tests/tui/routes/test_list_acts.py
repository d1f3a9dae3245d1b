"""What is done to whole routes, by keys, over a real gateway."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import (
    CONFIG,
    add,
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
