"""Where a person types."""

import pytest
from textual import events

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


async def test_what_is_set_later_is_harmless() -> None:
    async with stage(Entry, Editor) as app:
        app.query_one(Entry).value = "a\x9b1m\u202e"
        app.query_one(Editor).load_text("a\x07\r\nb")
        assert app.query_one(Entry).value == "a\\x9b1m\\u202e"
        assert app.query_one(Editor).text == "a\\x07\nb"
        app.query_one(Editor).text = "\x1bc"
        assert app.query_one(Editor).text == "\\x1bc"


async def test_hints_are_harmless_and_no_markup() -> None:
    said = "[/] [bold]b[/bold] [@click=app.quit]x[/] \x1b[2J\u202e"
    async with stage(lambda: Entry(placeholder=said), lambda: Editor(placeholder=said), size=(90, 8)) as app:
        assert app.text().count("[/] [bold]b[/bold] [@click=app.quit]x[/] \\x1b[2J\\u202e") == 2
        app.query_one(Entry).placeholder = "\x1b]0;t\x07"
        await app.pilot.pause()
        assert "\\x1b]0;t\\x07" in app.text()


async def test_what_is_pasted_is_harmless_and_the_cursor_stands_behind_it() -> None:
    async with stage(lambda: Entry("<>"), lambda: Editor("<>")) as app:
        entry, editor = app.query_one(Entry), app.query_one(Editor)
        entry.cursor_position = 1
        app.post_message(events.Paste("\x1b]0;t\x07\u202e\nsecond line"))
        await app.pilot.pause()
        editor.focus()
        editor.move_cursor((0, 1))
        app.post_message(events.Paste("\x1b[2J\r\nb\x9b"))
        await app.pilot.pause()
        assert entry.value == "<\\x1b]0;t\\x07\\u202e>"
        assert entry.cursor_position == len(entry.value) - 1
        assert editor.text == "<\\x1b[2J\nb\\x9b>"
        assert editor.cursor_location == (1, 5)


async def test_a_secret_stays_what_it_is() -> None:
    async with stage(lambda: Entry(is_secret=True)) as app:
        entry = app.query_one(Entry)
        app.post_message(events.Paste("a\u200bb"))
        await app.pilot.pause()
        assert entry.value == "a\u200bb"
        assert "a" not in app.text()


async def test_the_cursor_does_not_blink() -> None:
    async with stage(Entry, Editor) as app:
        assert not app.query_one(Entry).cursor_blink
        assert not app.query_one(Editor).cursor_blink
