"""Actions by name."""

from pathlib import Path

import pytest

from aigw_dev.tui.palette import deeds
from aigw_dev.tui.widgets.picker import Picker
from aigw_dev.tui.widgets.viewer import Viewer
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_a_binding_is_found_by_its_label_and_done(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        await at.press("ctrl+p")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.type("app: keys")
        await at.sees("app: Keys")
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, Viewer))


async def test_a_theme_is_tried_on_while_choosing_and_taken_off_again(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        old = at.app.theme
        await at.press("ctrl+p")
        await at.type("view: theme")
        await at.press("enter")
        await at.until(lambda: at.app.screen.query("ThemePicker") or "Theme" in at.screen_text())
        await at.type("nord")
        await at.until(lambda: at.app.theme == "nord")
        await at.press("escape")
        await at.until(lambda: at.app.theme == old)


async def test_every_action_of_the_place_is_there_once(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        labels = [deed.label for deed in deeds(at.app)]
        assert len(set(labels)) == len(labels)
        assert {"go: Logs", "view: Theme", "app: Quit"} <= set(labels)


async def test_what_the_key_bar_shows_comes_first(tmp_path: Path) -> None:
    async with desk(tmp_path, room="routes") as at:
        labels = [deed.label for deed in deeds(at.app)]
        assert labels[0] == "routes: Add"
        assert labels.index("table: Up") > labels.index("routes: Save & deploy")
