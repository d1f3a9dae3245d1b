"""The Logs screen over a real gateway: what it keeps, where others send people."""

from pathlib import Path

import pytest

from tests.tui.harness import desk
from tests.tui.screens.logs_house import CONFIG, detail, listing, logs, make, opened, room, the_list

pytestmark = pytest.mark.anyio


async def test_the_last_term_is_turned_around_and_the_range_goes_wider(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        room(at).open_at(filter="model:think")
        await at.until(lambda: len(listing(at)) == 2)
        await at.press("exclamation_mark")
        await at.sees("filter ▸ -model:think")
        await at.until(lambda: {line.request_model for line in listing(at).kept()} >= {"tools"})
        await at.press("less_than_sign")
        await at.sees("-model:think since:7d")
        await at.press("less_than_sign", "greater_than_sign")
        await at.sees("-model:think since:7d")


async def test_filter_columns_row_and_tab_survive_a_restart(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        room(at).open_at(filter="model:think")
        await at.until(lambda: len(listing(at)) == 2)
        await at.press("up")
        await opened(at, "attempts")
        here = the_list(at).seq_here()
        kept = room(at).remember()
        await at.until(lambda: at.app.shell.memory.kept.get("logs") == kept, "kept")
        at.app.shell.memory.save(at.app.shell.memory.encoded())
    async with logs(tmp_path, calls=0, is_again=True) as at:
        await at.until(lambda: len(listing(at)) == 2)
        assert the_list(at).seq_here() == here
        assert room(at).remember() == kept
        await at.sees("[Attempts]", "1 mock/think")


async def test_another_screen_sends_here_by_filter_and_exchange(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=5) as at:
        name = listing(at).line(listing(at).runs.seq(1)).id
        await at.press("2")
        at.app.shell.go("logs", filter="model:think", exchange=name)
        await at.sees("[4 Logs]", "model:think", name[:12])
        await at.until(lambda: the_list(at).line_here() and the_list(at).line_here().id == name)  # pyright: ignore[reportOptionalMemberAccess]
        assert (detail(at).exchange or {})["id"] == name


async def test_the_first_visit_can_be_to_a_place(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="providers") as at:
        await make(at, 4)
        at.app.shell.go("logs", filter="model:think")
        await at.sees("[4 Logs]", "filter ▸ model:think", "2 of 4")
