"""The file and the draft changed the same route."""

from pathlib import Path

import pytest

from tests.tui.harness import Desk
from tests.tui.screens.routes_house import (
    CONFIG,
    canvas,
    deployments,
    desk,
    draft,
    file,
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


async def conflict(at: Desk, folder: Path) -> None:
    """The draft asks something before the flow, the file gets another last model: the difference is on the screen."""
    await loaded(at)
    await at.press("enter")
    await quick(at, "env == dev -> mock/echo")
    await sent(at)
    await edited_elsewhere(at, folder, "else: {send: mock/echo}", "else: {send: mock/tools}")
    room(at).bench.reload()
    await at.sees("changed on both sides", "r  rebase")


@pytest.mark.parametrize(
    ("key", "depth", "last"), [("r", 3, "mock/tools"), ("o", 3, "mock/echo"), ("d", 2, "mock/tools")]
)
async def test_a_conflict_is_shown_and_settled_in_three_ways(
    tmp_path: Path, key: str, depth: int, last: str
) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await conflict(at, tmp_path)
        await at.press(key)
        await at.until(lambda: not at.app.screen.is_modal, "closed")
        await sent(at)
        await at.until(lambda: not room(at).bench.shelf.is_stale, "settled")
        flow = canvas(at).flow
        for _ in range(depth):
            flow = flow["else"]
        assert flow == {"send": last}
        now = await draft(at)
        assert not now.get("is_stale")
        assert bool(now) is (key != "d")


async def test_a_conflict_can_wait(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await conflict(at, tmp_path)
        await at.press("escape")
        await told(at, "your version is kept")
        await at.sees("file changed too")
        await at.press("s")
        await at.sees("changed on both sides")
