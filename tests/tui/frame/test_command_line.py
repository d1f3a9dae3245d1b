"""The equivalent command."""

from pathlib import Path

import pytest

from tests.tui.harness import desk, toasts

pytestmark = pytest.mark.anyio


async def test_it_has_no_height_until_there_is_something_to_show(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        before = at.screen_text()
        assert " $ " not in before
        at.app.show_command("aigw-dev routes deploy --note '\x1b[2J'")
        await at.sees("$ aigw-dev routes deploy --note '\\x1b[2J'")


async def test_a_long_one_is_cut_and_copied_whole(tmp_path: Path) -> None:
    async with desk(tmp_path, size=(80, 24), room="dashboard") as at:
        words = "aigw-dev routes edit x --flow '" + "y" * 100 + "'"
        at.app.show_command(words)
        await at.sees("yy…", "Y copies")
        await at.press("Y")
        await at.until(
            lambda: any(f"the command ({len(words)} characters)" in said for said in toasts(at.app))
        )
