"""Edits go into the draft at once, and can be taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.dom import DOMNode

from aigw_dev.tui.link import Link
from tests.tui.screens.routes_house import (
    CONFIG,
    canvas,
    desk,
    draft,
    drafted,
    flipped,
    live,
    loaded,
    quick,
    room,
    sent,
    told,
)

pytestmark = pytest.mark.anyio


async def test_every_edit_is_in_the_draft_at_once_and_not_live(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.sees("draft (1 change)", "aigw-dev routes edit ai-test --flow")
        await sent(at)
        assert (await drafted(at, "ai-test"))["tree"]["flow"]["if"] == 'metadata.env == "dev"'
        assert (await live(at))["ai-test"]["if"] == 'metadata.tier == "pro"'
        assert "# who pays gets the thinker" in (await draft(at))["text"]


async def test_undo_and_redo_reach_the_draft(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("u")
        await at.sees("Undone")
        await sent(at)
        assert await draft(at) == {}
        await at.press("U")
        await sent(at)
        assert (await drafted(at, "ai-test"))["state"] == "changed"


async def test_each_route_keeps_its_own_undo_list(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("escape", "down")
        await loaded(at, "eu-only")
        await at.press("up")
        await loaded(at)
        await at.press("enter", "u")
        await sent(at)
        assert await draft(at) == {}


async def test_a_draft_is_there_again_in_the_next_run(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        flow = canvas(at).flow
        await at.press("escape")
        at.app.shell.memory.save(b"{}")
        at.app.go("logs")
        at.app.go("routes")
        room(at).bench.reload()
        await at.until(lambda: canvas(at).flow == flow, "the draft is shown")


async def test_a_config_that_is_held_back_can_be_read_and_not_changed(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        at.app.shell.status["config"]["held_back"] = ["providers.x.base_url = http://example.com"]
        room(at).bench.put_on_canvas()
        await at.press("d")
        await told(at, "Read only", "not trusted yet")
        await at.press("enter", "x")
        assert canvas(at).flow["then"]["send"] == "mock/think"
        await at.press("s")
        assert await draft(at) == {}


async def test_an_answer_older_than_an_edit_does_not_take_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        link = at.app.shell.link
        late: list[Callable[[], None]] = []

        def ask(node: DOMNode, work: Any, then: Callable[[Any], None], **more: Any) -> None:
            Link.ask(link, node, work, lambda found: late.append(lambda: then(found)), **more)

        with monkeypatch.context() as slowly:
            slowly.setattr(link, "ask", ask)
            room(at).bench.reload()
            await at.until(lambda: late, "the gateway has answered")
        await flipped(at)
        flow = canvas(at).flow
        late[0]()
        assert canvas(at).flow == flow
        await at.sees("draft (1 change)")
