"""All keys."""

from pathlib import Path

import pytest

from aigw_dev.tui.frame.help import key_rows
from aigw_dev.tui.widgets.lines import plain
from aigw_dev.tui.widgets.text_pane import TextPane
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_the_keys_of_the_focused_widget_come_first_each_action_once(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        pane = TextPane()
        await at.app.screen.mount(pane)
        pane.focus()
        await at.until(lambda: at.app.focused is pane)
        rows = [plain(row) for row in key_rows(at.app.screen)]
        assert rows[0] == "Text pane"
        assert "The whole Logs screen" in rows
        assert rows.count("Everywhere") == 1
        assert len([row for row in rows if "The Logs screen." in row]) == 1
        assert any("up" in row or "↑" in row for row in rows[1:3])


async def test_a_sentence_that_is_too_long_goes_on_below(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        rows = [plain(row) for row in key_rows(at.app.screen, 50)]
        assert max(map(len, rows)) <= 52
        assert (
            " ".join(" ".join(rows).split()).count(
                "The gateway's name, notes, recording, sampling, retention."
            )
            == 1
        )
