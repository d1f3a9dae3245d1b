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
