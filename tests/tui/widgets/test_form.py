"""Forms."""

import pytest

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


def form(**more: object) -> Form:
    return Form(
        "Add",
        [
            Field(name="name", check=lambda said: "" if said else "a name is wanted"),
            Field(name="kind", kind="choice", options=[Option(value="x"), Option(value="y")]),
            Field(name="on", kind="check", value=True),
            Field(name="note", kind="area", value="one\ntwo"),
        ],
        Look(),
        **more,  # pyright: ignore[reportArgumentType]  -- a test's keywords
    )


async def test_enter_gives_every_value() -> None:
    async with stage(size=(80, 24)) as app:
        await app.show(form(note="why"))
        assert "why" in app.text()
        await app.press(*"abc", "tab", "right", "tab", "right", "shift+tab", "shift+tab", "enter")
        assert app.results == [{"name": "abc", "kind": "y", "on": False, "note": "one\ntwo"}]


async def test_what_is_wrong_stands_under_its_field_and_holds_the_form() -> None:
    async with stage(size=(80, 24)) as app:
        await app.show(form())
        assert "a name is wanted" not in app.text()
        await app.press("enter")
        assert "a name is wanted" in app.text()
        assert app.results == []
        await app.press("a")
        assert "a name is wanted" not in app.text()


async def test_all_values_are_judged_together() -> None:
    async with stage(size=(80, 24)) as app:
        await app.show(form(check=lambda values: f"{values['name']} is taken"))
        await app.press("a", "ctrl+j")
        assert "a is taken" in app.text()
        assert app.results == []


async def test_escape_in_a_field_gives_nothing() -> None:
    async with stage(size=(80, 24)) as app:
        await app.show(form())
        await app.press("a", "escape")
        assert app.results == [None]


async def test_a_secret_is_never_shown() -> None:
    async with stage(size=(80, 24)) as app:
        await app.show(Form("Key", [Field(name="key", kind="secret")], Look()))
        await app.press(*"sk-canary")
        assert "canary" not in app.text()
        await app.press("enter")
        assert app.results == [{"key": "sk-canary"}]
