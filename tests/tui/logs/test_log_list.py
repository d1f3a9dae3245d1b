"""The list: following, moving."""

from pathlib import Path

import pytest

from tests.tui.screens.logs_house import listing, logs, make, the_list

pytestmark = pytest.mark.anyio


async def test_calls_show_up_as_they_are_made_the_newest_at_the_bottom(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.sees("question 0", "question 1", "question 2", "mock/think", "TAIL")
        lines = [line for line in at.screen_text().split("\n") if "question" in line]
        assert [line.index("question") for line in lines]
        assert ["question 0" in lines[0], "question 2" in lines[2]] == [True, True]
        assert "▌" in lines[2]


async def test_going_up_stops_following_and_says_what_came_meanwhile(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.press("up")
        await at.sees("paused · G to follow", "PAUSED")
        here = the_list(at).seq_here()
        await make(at, 4, "later")
        await at.sees("+4 new · G to follow", "PAUSED · +4")
        assert the_list(at).seq_here() == here
        await at.press("G")
        await at.sees("later 3", "TAIL")
        assert "to follow" not in at.screen_text()
        assert the_list(at).seq_here() == listing(at).runs.seq(6)


async def test_space_stops_and_goes_on(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await at.press("space")
        await at.sees("PAUSED")
        await at.press("space")
        await at.sees("TAIL")


async def test_moving_in_a_long_list_paints_where_the_cursor_is_and_was(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=150, size=(100, 24)) as at:
        await at.press("up", "up", "up")
        shown = [line[0] for line in at.screen_text().split("\n") if "question" in line]
        assert shown.count("▌") == 1
        await at.press("g")
        await at.sees("question 0")
        await at.press("down", "down")
        lines = [line for line in at.screen_text().split("\n") if "question" in line]
        assert [place for place, line in enumerate(lines) if line.startswith("▌")] == [2]
        await at.press("pagedown", "pagedown")
        await at.sees("question 38 ", "question 20 ")
        await at.press("G")
        await at.sees("question 149", "TAIL")
