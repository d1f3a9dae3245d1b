"""Putting drafts in force, and versions back."""

from pathlib import Path

import pytest

from tests.tui.harness import Desk
from tests.tui.screens.routes_house import (
    CONFIG,
    canvas,
    deploy,
    deployments,
    desk,
    draft,
    drafted,
    file,
    flipped,
    live,
    loaded,
    quick,
    room,
    sent,
    told,
)

pytestmark = pytest.mark.anyio


async def edited_elsewhere(at: Desk, folder: Path, old: str, new: str) -> None:
    """Somebody edits the file, and it is in force."""
    text = file(folder)
    assert old in text
    before = (await deployments(at))[0]["number"]
    reply = await at.house.http.get("/admin/v1/config", headers=at.house.admin())
    body = {"text": text.replace(old, new)}
    headers = at.house.admin() | {"if-match": f'"{reply.json()["digest"]}"'}
    reply = await at.house.http.put("/admin/v1/config", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
    assert (await deployments(at))[0]["number"] == before + 1


async def test_deploying_shows_the_difference_and_puts_it_in_force(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.press("s")
        await at.sees(
            "Deploy ai-test: 1 change", "+ if env == dev → mock/echo", '+    if: metadata.env == "dev"'
        )
        await at.type("dev goes to echo")
        await at.press("enter")
        await at.sees(
            "Deployed #2", "u rolls back", "aigw-dev routes deploy --route ai-test --note 'dev goes"
        )
        assert (await live(at))["ai-test"]["if"] == 'metadata.env == "dev"'
        assert (await deployments(at))[0]["note"] == "dev goes to echo"
        assert "# who pays gets the thinker" in file(tmp_path)
        await at.sees("as live", "#2")


async def test_u_after_a_deployment_rolls_it_back_as_a_new_one(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await deploy(at)
        await at.press("u")
        await at.sees("Rolled ai-test back to #1")
        assert (await deployments(at))[0]["number"] == 3
        assert (await live(at))["ai-test"]["if"] == 'metadata.tier == "pro"'
        await at.until(lambda: canvas(at).flow["then"]["send"] == "mock/think", "the canvas shows it")


async def test_a_rename_is_deployed_whole(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("r")
        await at.type("-2")
        await at.press("enter")
        await sent(at)
        await deploy(at)
        assert list(await live(at)) == ["ai-test-2", "eu-only"]


async def test_a_flow_with_errors_is_not_deployed_and_the_first_is_shown(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter", "right", "d")
        await at.sees("1 problem")
        await at.press("up", "s")
        await told(at, "holds it back", "n goes to the next one")
        assert (await deployments(at))[0]["number"] == 1
        assert "flow" in (await drafted(at, "ai-test"))["tree"]


async def test_nothing_to_deploy_is_said(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("s")
        await told(at, "Nothing to deploy", "the draft is what is live")


async def test_versions_are_shown_compared_restored_and_rolled_back(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await deploy(at, "flip")
        await at.sees("#2", "#1")
        versions = at.app.screen.query_one("#versions")
        versions.focus()
        await at.until(
            lambda: room(at).bench.histories.get("ai-test") and len(room(at).bench.histories["ai-test"]) == 2,
            "history",
        )
        await at.press("G", "D")
        await at.sees("#1 → now", "branches exchanged")
        await at.press("escape", "R")
        await at.sees("Restored #1 into the draft")
        await sent(at)
        assert (await drafted(at, "ai-test"))["tree"]["flow"]["then"]["send"] == "mock/think"
        assert (await live(at))["ai-test"]["then"]["if"]
        await at.press("u")
        await sent(at)
        assert await draft(at) == {}
        versions.focus()
        await at.press("G", "B")
        await at.sees("Rolled ai-test back to #1")
        assert (await live(at))["ai-test"]["then"]["send"] == "mock/think"


async def test_a_change_elsewhere_in_the_file_is_no_conflict(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await edited_elsewhere(at, tmp_path, "models: [smart]", "models: [smarter]")
        await deploy(at)
        assert "smarter" in file(tmp_path)
        assert (await live(at))["ai-test"]["then"]["if"]
