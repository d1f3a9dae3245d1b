"""What keeps the list up to date."""

from pathlib import Path

import pytest

from tests.tui.screens.logs_house import listing, logs, make, room, the_list, told

pytestmark = pytest.mark.anyio


async def test_marking_only_keeps_every_row_and_n_goes_through_the_matches(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=6) as at:
        room(at).open_at(filter="model:think")
        await at.press("ctrl+f")
        await at.sees("mark ▸ model:think", "3 of 6", "question 0", "question 5")
        await at.press("N")
        first = the_list(at).line_here()
        await at.press("N")
        second = the_list(at).line_here()
        assert first is not None
        assert second is not None
        assert (first.request_model, second.request_model) == ("think", "think")
        assert second.seq < first.seq
        await make(at, 2)
        await at.sees("4 of 8")
        await at.press("ctrl+f")
        await at.until(lambda: len(listing(at)) == 4)


async def test_a_running_call_is_shown_and_completed_when_it_ends(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        import asyncio

        task = asyncio.create_task(
            at.house.chat("mock/echo", "slow one", stream=True, mock={"delay_ms": 400})
        )
        await task
        await at.until(lambda: len(listing(at)) == 2)


async def test_the_gateway_going_keeps_rows_and_place_and_coming_back_goes_on(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        await at.press("up", "up")
        here = the_list(at).seq_here()
        at.bridge.is_down = True
        await at.sees("STALE", "question 3")
        at.bridge.is_down = False
        await make(at, 2)
        await at.sees("+2 new", "PAUSED")
        assert the_list(at).seq_here() == here


async def test_a_purge_is_asked_for_and_takes_the_rows_out(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        room(at).open_at(filter="model:think")
        await at.until(lambda: len(listing(at)) == 2)
        await at.press("D")
        await at.sees("2 exchanges that pass", "type purge")
        await at.type("purge")
        await at.press("enter")
        await told(at, "Deleted 2 exchanges")
        await at.sees("$ aigw-dev logs purge model:think")
        await at.press("escape")
        await at.until(lambda: len(listing(at)) == 2)
