"""Tabs and facts stand on lines of their own."""

import pytest

from aigw_dev.tui.chat.edges import FactsLine, TabLine
from aigw_dev.tui.widgets.lines import Span
from tests.tui.stage import said, stage

pytestmark = pytest.mark.anyio


async def test_a_click_on_a_tabs_name_chooses_it() -> None:
    async with stage(TabLine) as app:
        await app.pilot.click(TabLine, offset=(11, 0))
        assert [message.name for message in said(app, TabLine.Chosen)] == ["cURL"]
        app.query_one(TabLine).put("cURL")
        await app.pilot.pause()
        assert "[cURL]" in app.text()


async def test_a_second_line_of_facts_makes_room_for_itself() -> None:
    async with stage(FactsLine) as app:
        line = app.query_one(FactsLine)
        line.show([[Span("one")], [Span("two")]])
        await app.pilot.pause()
        assert line.size.height == 2
        line.show([[Span("one")], []])
        await app.pilot.pause()
        assert line.size.height == 1
