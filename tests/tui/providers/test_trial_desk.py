"""Testing with and without spending, browsing models, call examples."""

from pathlib import Path

import pytest

from aigw_dev.tui.providers.examples import Examples
from aigw_dev.tui.providers.models import Models
from aigw_dev.tui.widgets.picker import Picker
from tests.scripted import Hold, json_reply
from tests.tui.harness import toasts
from tests.tui.providers.screen import choose, room, sitting

pytestmark = pytest.mark.anyio


async def test_t_asks_without_spending_and_shows_the_steps(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, upstream):
        upstream.enqueue([Hold("gate"), json_reply({"data": []})])
        await choose(at, "spare")
        await at.press("t")
        await at.sees("asking spare")
        upstream.open("gate")
        await at.until(lambda: "spare" in room(at).health)
        await at.sees("✓ reached 127.0.0.1", "✓ answered 200", "aigw-dev providers check spare")
        assert [request.method for request in upstream.requests] == ["GET"]


async def test_capital_t_asks_all_and_says_how_many_answer(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await at.press("T")
        await at.until(lambda: len(room(at).health) == 3 and not room(at).asking)
        assert any("2 of 3 providers answer" in one for one in toasts(at.app))
        await at.press("n")
        await at.sees("┓╭─ up ")


async def test_a_failing_provider_is_shown_with_its_words_made_harmless(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, upstream):
        words = "\x1b[31mred\x1b]0;x\x07 [bold]\u202e quota"
        upstream.enqueue([json_reply({"error": {"message": words}}, status=429)])
        await choose(at, "spare")
        await at.press("t")
        await at.until(lambda: "spare" in room(at).health)
        await at.sees("429", "quota", "over its limit")
        assert not set("\x1b\x07\u202e") & set(at.screen_text())


async def test_dollar_calls_only_after_a_model_was_chosen(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, upstream):
        await choose(at, "spare")
        await at.press("m")
        await at.until(lambda: isinstance(at.app.screen, Models))
        await at.press("u")
        await at.sees("spare/m1")
        await at.press("escape", "dollar_sign")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.sees("One real call to spare", "price unknown")
        await at.press("escape")
        assert all(request.method == "GET" for request in upstream.requests)
        await at.press("dollar_sign")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.press("enter")
        await at.until(lambda: "spare" in room(at).spent)
        await at.sees("✓ chat 1 token", "8 in, 1 out")
        assert upstream.requests[-1].json()["max_tokens"] == 1


async def test_models_are_fetched_and_enter_takes_one_to_the_chat(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "spare")
        await at.press("m")
        await at.until(lambda: isinstance(at.app.screen, Models))
        await at.sees("No model fits")
        await at.press("u")
        await at.sees("spare/m1", "spare/m2", "2 models")
        await at.press("down", "enter")
        await at.sees("[3 Chat]")


async def test_a_list_that_cannot_be_had_says_why(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, upstream):
        upstream.enqueue([json_reply({"error": {"message": "go away"}}, status=403)])
        await choose(at, "spare")
        await at.press("m", "u")
        await at.sees("not listed: 403 go away")


async def test_examples_list_only_what_can_be_called(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "up")
        await at.press("X")
        await at.until(lambda: any("Nothing of up can be called" in one for one in toasts(at.app)))
        await choose(at, "mock")
        await at.press("X")
        await at.until(lambda: isinstance(at.app.screen, Examples))
        await at.sees("Call mock/echo", "curl -sS http://127.0.0.1:2449")
        await at.press("m")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.sees("mock/think")
        assert "mock/embed" not in at.screen_text()


async def test_a_provider_without_chat_models_spends_nothing(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, upstream):
        await choose(at, "spare")
        await at.press("dollar_sign")
        await at.until(lambda: any("no model for chat" in one for one in toasts(at.app)))
        assert upstream.requests == []


async def test_a_gateway_that_is_gone_ends_the_asking(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        at.bridge.is_down = True
        await at.press("t")
        await at.until(lambda: not room(at).asking)
        assert room(at).health == {}
