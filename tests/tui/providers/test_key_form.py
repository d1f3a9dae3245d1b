"""Where a key is typed: cleaned, judged, never shown."""

from typing import Any

import pytest
from textual import events

from aigw_dev.tui.look import Look
from aigw_dev.tui.providers.key_form import Entered, KeyEntry, KeyForm, describe, pasted
from aigw_dev.tui.widgets.picker import Option
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio
KEY = "sk-proj-0123456789abcdefghijklmnop"


def form(**more: Any) -> KeyForm:
    return KeyForm("Key for openai", Look(), name="openai-api-key", kind="openai", **more)


@pytest.mark.parametrize(
    "raw",
    [
        f"  {KEY}\n",
        f"export OPENAI_API_KEY='{KEY}'\r\n",
        f"Bearer {KEY}",
        f"{KEY[:10]}\n{KEY[10:]}",
        f"{KEY[:5]} {KEY[5:]}",
    ],
)
def test_a_paste_is_the_key_alone(raw: str) -> None:
    assert pasted(raw) == KEY


def test_a_service_account_keeps_its_lines() -> None:
    assert pasted(' {"type":\n "service_account"}\n') == '{"type":\n "service_account"}'


def test_what_is_said_is_length_and_end_and_whose_it_looks_like() -> None:
    assert describe(KEY, "openai") == ("34 characters, ends in mnop; looks like a key of openai", False)
    said, is_wrong = describe(KEY, "groq")
    assert is_wrong
    assert "not of groq" in said
    assert describe("", "openai")[1] is False
    assert describe("short-key", "") == ("9 characters", False)
    said, is_wrong = describe("aigwdev-0123456789abcdef", "openai")
    assert is_wrong
    assert "token of the gateway" in said


async def test_the_key_is_dots_on_the_screen_and_comes_out_clean() -> None:
    async with stage() as at:
        await at.show(form(places=(Option(value="keyring"), Option(value="encrypted"))))
        at.screen.query_one(KeyEntry).post_message(events.Paste(f"{KEY[:20]}\n{KEY[20:]}\n"))
        await at.pilot.pause()
        assert "34 characters, ends in mnop" in at.text()
        assert KEY[:12] not in at.text()
        await at.press("enter")
        assert (at.results[0].name, at.results[0].value, at.results[0].place) == (
            "openai-api-key",
            KEY,
            "keyring",
        )


async def test_a_wrong_name_or_key_is_told_and_held_back() -> None:
    async with stage() as at:
        await at.show(form(taken=("taken",)))
        await at.press("enter")
        assert "the key is empty" in at.text()
        await at.press("shift+tab", "ctrl+u", *"taken", "ctrl+j")
        assert "there is a key of that name" in at.text()
        await at.press("escape")
        assert at.results == [None]


async def test_a_rotation_has_no_other_name() -> None:
    async with stage() as at:
        await at.show(form(taken=("openai-api-key",), note="old one"))
        assert not at.screen.query("#key-name")
        await at.press(*KEY, "ctrl+j")
        assert at.results[0].name == "openai-api-key"


def test_a_key_on_its_way_is_not_in_its_repr() -> None:
    assert KEY not in repr(Entered(name="n", value=KEY))
