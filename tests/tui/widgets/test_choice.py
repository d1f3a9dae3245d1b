"""One of several on a line."""

import pytest

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.choice import Choice
from aigw_dev.tui.widgets.picker import Option, Picker
from tests.tui.stage import said, stage

pytestmark = pytest.mark.anyio
OPTIONS = [Option(value="a", label="Alpha"), Option(value="b"), Option(value="c")]


async def test_arrows_step_around_the_ends_and_say_so() -> None:
    async with stage(Choice(OPTIONS, Look())) as app:
        assert "Alpha" in app.text()
        await app.press("right", "right", "right", "left")
        assert app.query_one(Choice).value == "c"
        assert [one.value for one in said(app, Choice.Changed)] == ["b", "c", "a", "c"]


async def test_enter_opens_the_list() -> None:
    async with stage(Choice(OPTIONS, Look(), value="b", title="Which")) as app:
        await app.press("enter")
        assert isinstance(app.screen, Picker)
        await app.press("down", "enter")
        assert app.query_one(Choice).value == "c"


async def test_a_value_of_no_option_is_shown_as_it_is() -> None:
    async with stage(Choice(OPTIONS, Look(), value="\x1bzz", is_free=True)) as app:
        assert "\\x1bzz" in app.text()
        app.query_one(Choice).set_options([Option(value="q")])
        await app.press("right")
        assert app.query_one(Choice).value == "q"


async def test_without_colour_the_focus_is_seen_by_reversing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(Choice(OPTIONS, Look())) as app:
        choice = app.query_one(Choice)
        assert any(segment.style is not None and segment.style.reverse for segment in choice.render_line(0))
        app.set_focus(None)
        await app.pilot.pause()
        assert not any(
            segment.style is not None and segment.style.reverse for segment in choice.render_line(0)
        )
