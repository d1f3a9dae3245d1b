"""A few words."""

import pytest

from aigw_dev.tui.widgets.words import Words
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


async def test_words_are_harmless_and_no_markup() -> None:
    async with stage(Words("[bold]a[/]\x1b]52;c;x\x07")) as app:
        assert "[bold]a[/]\\x1b]52;c;x\\x07" in app.text()
        app.query_one(Words).say("\u202eb")
        await app.pilot.pause()
        assert "\\u202eb" in app.text()
