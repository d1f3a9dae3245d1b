"""One exchange whole: its tabs."""

from pathlib import Path

import pytest

from tests.tui.screens.logs_house import detail, listing, logs, opened, room, the_list

pytestmark = pytest.mark.anyio

HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \u202ertl \x9b1m [bold]markup[/] \x00"


async def test_enter_opens_and_moving_takes_the_detail_along(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        await opened(at)
        await at.sees("[Overview]", "asked for as dynamic/smart", "$ aigw-dev logs show")
        first = (detail(at).exchange or {})["id"]
        await at.press("up")
        await at.until(lambda: (detail(at).exchange or {})["id"] != first)
        await at.press("escape")
        assert not room(at).has_class("detail")


async def test_every_tab_shows_what_it_is_for(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await opened(at)
        await at.press("tab")
        for tab, said in (
            ("request", '"role": "user"'),
            ("response", "question 1"),
            ("stream", "at ms"),
            ("route", 'metadata.tier is "free"'),
            ("attempts", "1 mock/think"),
            ("ledger", "Nothing was translated"),
            ("curl", "curl -sSN http://127.0.0.1:2449/v1/chat/completions"),
        ):
            await at.press("right_square_bracket")
            assert detail(at).tab == tab
            await at.sees(said)
        await at.press("right_square_bracket")
        assert detail(at).tab == "overview"


async def test_the_route_tab_names_the_path_and_its_targets(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1, size=(120, 60)) as at:
        await opened(at, "route")
        await at.sees(
            "else (taken): mock/tools", "fallback 1: mock/echo", "1 mock/tools", "2 mock/echo", "not tried"
        )


async def test_the_pane_is_zoomed_and_fills_small_screens(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await opened(at)
        assert "request" in at.screen_text().split("\n")[2]
        await at.press("z")
        await at.until(lambda: detail(at).size.height > 25)
        await at.press("z")
        await at.until(lambda: detail(at).size.height < 25)
        await at.pilot.resize_terminal(80, 24)
        await at.until(lambda: detail(at).size.width >= 76 and detail(at).size.height > 15)
        await at.pilot.resize_terminal(240, 70)
        await at.until(lambda: the_list(at).size.width > 100 and detail(at).size.width > 100)


async def test_hostile_texts_reach_the_screen_spelled_out(tmp_path: Path) -> None:
    async with logs(tmp_path, size=(160, 45)) as at:
        await at.house.chat("mock/echo", HOSTILE, stream=True)
        await at.house.chat(f"mock/{HOSTILE}", HOSTILE)
        await at.until(lambda: len(listing(at)) == 2)
        await at.sees("a\\x1b[31mred")
        await at.press("up")
        await opened(at)
        await at.press("tab")
        for _ in range(8):
            await at.press("right_square_bracket")
            await at.until(lambda: len(detail(at).view.source) > 0)
            shown = at.screen_text()
            assert not any(char in shown for char in "\x1b\x07\u202e\x9b\x00")
        await at.sees("\\u202ertl", "[bold]markup[/]")
        assert not any(char in at.screen_text() for char in "\x1b\x07\u202e\x9b\x00")
