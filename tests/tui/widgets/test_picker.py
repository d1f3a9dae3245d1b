"""Picking by typing."""

import pytest

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.picker import Option, Picker
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio
OPTIONS = [
    Option(value="openai/gpt-4o", detail="$2.50"),
    Option(value="mock/echo", detail="free", style="good"),
    Option(value="mock/tools"),
]


async def test_typing_narrows_and_enter_picks() -> None:
    async with stage() as app:
        await app.show(Picker("Model", OPTIONS, Look()))
        await app.press(*"mock")
        assert "openai" not in app.text()
        await app.press("down", "enter")
        assert app.results == ["mock/tools"]


async def test_words_in_any_order_and_in_the_detail_match() -> None:
    async with stage() as app:
        await app.show(Picker("Model", OPTIONS, Look()))
        await app.press(*"free", "space", *"echo", "enter")
        assert app.results == ["mock/echo"]


async def test_it_begins_on_the_present_value() -> None:
    async with stage() as app:
        await app.show(Picker("Model", OPTIONS, Look(), at="mock/echo"))
        await app.press("enter")
        assert app.results == ["mock/echo"]


async def test_escape_picks_nothing() -> None:
    async with stage() as app:
        await app.show(Picker("Model", OPTIONS, Look()))
        await app.press("escape")
        assert app.results == [None]


async def test_what_is_in_no_option_is_taken_only_where_it_may() -> None:
    async with stage() as app:
        await app.show(Picker("Model", OPTIONS, Look(), is_free=True))
        await app.press(*"x/y", "enter")
        assert app.results == ["x/y"]
        await app.show(Picker("Model", OPTIONS, Look()))
        await app.press(*"x/y", "enter")
        assert app.results == ["x/y"]
        assert "nothing matches" in app.text()
