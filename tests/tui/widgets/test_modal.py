"""What stands in front."""

import pytest
from textual.app import ComposeResult

from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.words import Words
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


class Small(Modal[str]):
    def compose(self) -> ComposeResult:
        with Box():
            yield Words("inside")


async def test_escape_and_a_click_outside_close_it_a_click_inside_does_not() -> None:
    async with stage() as app:
        await app.show(Small())
        await app.pilot.click(Words)
        assert app.results == []
        await app.pilot.click(offset=(0, 0))
        await app.pilot.pause()
        assert app.results == [None]
        await app.show(Small())
        await app.press("escape")
        assert app.results == [None, None]


async def test_closed_twice_at_once_it_closes_once_and_nothing_behind_it() -> None:
    async with stage() as app:
        behind, small = Small(), Small()
        await app.show(behind)
        await app.show(small)
        small.dismiss("first")
        small.dismiss("second")
        await app.pilot.pause()
        assert app.results == ["first"]
        assert app.screen is behind
        app.simulate_key("escape")
        app.simulate_key("escape")
        await app.pilot.pause()
        assert app.results == ["first", None]
        assert len(app.screen_stack) == 1
