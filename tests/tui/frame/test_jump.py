"""Letters on everything."""

from pathlib import Path

import pytest

from aigw_dev.tui.frame.jump import Jump
from aigw_dev.tui.widgets.entry import Entry
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_the_letter_of_a_widget_focuses_it_and_escape_does_not(tmp_path: Path) -> None:
    async with desk(tmp_path, room="dashboard") as at:
        await at.app.screen.mount(Entry(id="target"))
        await at.pilot.pause()
        await at.press("ctrl+o")
        screen = await at.until(lambda: at.app.screen if isinstance(at.app.screen, Jump) else None)
        letter = next(key for key, widget in screen._by_letter.items() if widget.id == "target")
        await at.press(letter)
        await at.until(lambda: at.app.focused is not None and at.app.focused.id == "target")
        await at.press("ctrl+o", "escape")
        await at.until(lambda: not isinstance(at.app.screen, Jump))
