"""Before what cannot be undone."""

import pytest

from aigw_dev.tui.widgets.confirm import Confirm
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


async def test_only_the_typed_word_confirms() -> None:
    async with stage() as app:
        await app.show(Confirm("Delete", "gone for ever", "openai-prod"))
        assert "gone for ever" in app.text()
        await app.press("enter")
        await app.press(*"openai", "enter")
        assert app.results == []
        await app.press(*"openai-prod", "enter")
        assert app.results == [True]


async def test_escape_does_nothing() -> None:
    async with stage() as app:
        await app.show(Confirm("Delete", "x", "y"))
        await app.press("escape")
        assert app.results == [None]
