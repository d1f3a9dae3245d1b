"""Text and rules of a condition follow each other."""

import pytest
from textual.widgets import Input

from tests.tui.graph.bare import Sitting, sitting
from tests.tui.graph.flows import either, send

pytestmark = pytest.mark.anyio
A, B = send("mock/a"), send("mock/b")


async def opened(one: Sitting) -> None:
    await one.press("e")
    await one.form()


async def typed(one: Sitting, where: str, text: str) -> None:
    """Over what stands there."""
    field = one.app.screen.query_one(where, Input)
    field.focus()
    await one.pilot.pause()
    field.select_all()
    await one.type(text)
    await one.pilot.pause()


async def test_rules_follow_the_text() -> None:
    async with sitting(either("metadata.a == 1", A, B)) as one:
        await opened(one)
        await typed(one, "#text", "tier == gold or not (x == 1 and y == 2)")
        names = [field.value for field in one.app.screen.query(".name").results(Input)]
        assert names == ["tier", "not (x == 1 and y == 2)"]
        await one.press("enter")
        await one.closed()
        assert one.canvas.flow["if"] == 'metadata.tier == "gold" or not (metadata.x == 1 and metadata.y == 2)'


async def test_the_text_follows_the_rules() -> None:
    async with sitting(either('metadata.tier == "gold"', A, B)) as one:
        await opened(one)
        await one.press("ctrl+n")
        await one.type("lang")
        await one.press("tab", "right", "tab")
        await one.type("de")
        assert one.app.screen.query_one("#text", Input).value == 'tier == "gold" and lang != "de"'
        await one.press("enter")
        await one.closed()
        assert one.canvas.flow["if"] == 'metadata.tier == "gold" and metadata.lang != "de"'


async def test_a_rule_is_taken_away() -> None:
    async with sitting(either("metadata.a == 1 or metadata.b == 2", A, B)) as one:
        await opened(one)
        await one.press("ctrl+r", "enter")
        await one.closed()
        assert one.canvas.flow["if"] == "metadata.b == 2"


async def test_all_becomes_any() -> None:
    async with sitting(either("metadata.a == 1 and metadata.b == 2", A, B)) as one:
        await opened(one)
        one.app.screen.query_one("#match").focus()
        await one.press("right")
        await one.press("ctrl+j")
        await one.closed()
        assert one.canvas.flow["if"] == "metadata.a == 1 or metadata.b == 2"


async def test_what_is_wrong_is_said_while_typing_and_holds_the_form() -> None:
    async with sitting(either("metadata.a == 1", A, B)) as one:
        await opened(one)
        await typed(one, "#text", "tier = gold")
        assert "column 6" in one.app.screen_text()
        await one.press("enter")
        assert len(one.app.screen_stack) == 2
        assert one.canvas.flow["if"] == "metadata.a == 1"


async def test_a_condition_that_cannot_be_read_is_kept_to_be_mended() -> None:
    async with sitting(either("metadata.a = 1", A, B)) as one:
        await opened(one)
        field = one.app.screen.query_one("#text", Input)
        assert field.value == "metadata.a = 1"
        assert one.app.screen.focused is field
        await typed(one, "#text", "a == 1")
        await one.press("enter")
        await one.closed()
        assert one.canvas.flow["if"] == "metadata.a == 1"


async def test_a_condition_left_as_it_was_is_no_edit() -> None:
    async with sitting(either('metadata.a == "1"', A, B)) as one:
        await opened(one)
        await one.press("enter")
        await one.closed()
        assert one.app.labels == []
