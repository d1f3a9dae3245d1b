"""Where a person types."""

import pytest

from aigw_dev.tui.widgets.entry import Editor, Entry
from tests.tui.stage import said, stage

pytestmark = pytest.mark.anyio


async def test_escape_says_that_the_field_is_left() -> None:
    async with stage(lambda: Entry("a"), lambda: Editor("b\nc")) as app:
        await app.press("escape", "tab", "escape")
        assert len(said(app, Entry.Left)) == 1
        assert len(said(app, Editor.Left)) == 1


async def test_what_is_set_is_harmless() -> None:
    async with stage(lambda: Entry("\x1b[2Jx\ny"), lambda: Editor("\x1b[2J\nz")) as app:
        assert app.query_one(Entry).value == "\\x1b[2Jx\\ny"
        assert app.query_one(Editor).text == "\\x1b[2J\nz"


async def test_the_cursor_does_not_blink() -> None:
    async with stage(Entry, Editor) as app:
        assert not app.query_one(Entry).cursor_blink
        assert not app.query_one(Editor).cursor_blink
