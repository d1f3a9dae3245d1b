"""The equivalent command."""

from pathlib import Path

import pytest

from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_it_has_no_height_until_there_is_something_to_show(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        before = at.screen_text()
        assert " $ " not in before
        at.app.show_command("aigw-dev routes deploy --note '\x1b[2J'")
        await at.sees("$ aigw-dev routes deploy --note '\\x1b[2J'")
