"""Panes of rows."""

import pytest

from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.text_pane import TextPane
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


async def test_keys_scroll_and_new_rows_begin_at_the_top() -> None:
    async with stage(TextPane([[Span(f"line {at}")] for at in range(100)]), size=(20, 5)) as app:
        pane = app.query_one(TextPane)
        await app.press("G")
        await app.pilot.wait_for_animation()
        assert "line 99" in app.text()
        pane.show([[Span("other")]] * 50)
        await app.pilot.pause()
        assert pane.scroll_offset.y == 0
        assert pane.content().startswith("other\nother")


async def test_a_text_is_wrapped_and_harmless() -> None:
    async with stage(TextPane(), size=(20, 5)) as app:
        app.query_one(TextPane).show_text("a long line of several words\x1b[0m")
        await app.pilot.pause()
        assert app.text().startswith("a long line of\nseveral")
        assert "\\x1b[0m" in app.text()
