"""Searching in a text."""

from pathlib import Path

import pytest

from tests.tui.screens.logs_house import logs, opened

pytestmark = pytest.mark.anyio

HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \u202ertl \x9b1m [bold]markup[/] \x00"


async def test_words_are_searched_in_the_text(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        await opened(at, "request")
        await at.press("tab", "slash")
        await at.type("ROLE")
        await at.press("enter")
        await at.sees("/role: 1 of 1 lines")
        await at.press("n", "N")
        await at.press("slash")
        await at.type("zzz")
        await at.press("enter")
        await at.sees("found nowhere here")
        await at.press("slash", "escape")
        await at.sees("z zoom")
