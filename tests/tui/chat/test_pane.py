"""A pane shows a call from every side, and stops it."""

from pathlib import Path

import pytest

from aigw_dev.tui.widgets.text_pane import TextPane
from tests.scripted import Hold, ScriptedUpstream, chunk, event, json_reply, sse_reply, stream_head
from tests.tui.chat.sitting import ask, delta, known, opened, room, with_upstream
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("has_begun", [False, True])
async def test_esc_stops_the_call_at_the_provider_and_keeps_what_came(
    tmp_path: Path, upstream: ScriptedUpstream, *, has_begun: bool
) -> None:
    begun = [stream_head(), chunk(event(delta(content="half an ans")))] if has_begun else []
    upstream.enqueue([*begun, Hold("never")])
    async with desk(tmp_path, with_upstream(upstream), room="chat") as at:
        await opened(at, "up/m")
        await ask(at, "go on")
        await at.until(lambda: upstream.requests)
        await at.sees("half an ans" if has_begun else "waiting for the first token")
        await at.press("escape")
        await at.sees("stopped; what came is kept")
        await at.until(lambda: upstream.open_connections == 0, "the provider's connection closed")
        turn = room(at).pane.strand.turns[-1]
        assert (turn.role, turn.text, turn.is_partial) == (
            "assistant",
            "half an ans" if has_begun else "",
            True,
        )


async def test_the_facts_tick_and_say_why_it_was_slow(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    upstream.enqueue([json_reply({"error": {"message": "slow down"}}, status=429)])
    upstream.enqueue(sse_reply(delta(content="late"), {"choices": [], "usage": usage}))
    async with desk(tmp_path, with_upstream(upstream), room="chat") as at:
        await opened(at, "dynamic/smart")
        await ask(at, "hm")
        await known(at)
        await at.sees("slow: up/m 429, then up/n", "7→3 tok", "cost unknown")


async def test_every_tab_shows_its_side_of_the_call(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "it's")
        await known(at)
        await at.press("escape", "right_square_bracket")
        await at.sees("[cURL]", "curl -sSN http://127.0.0.1:2449/v1/chat/completions", "$AIGW_DEV_TOKEN")
        await at.press("right_square_bracket")
        await at.sees("[Code]", "Python (openai)", "from openai import OpenAI")
        await at.press("right_square_bracket")
        await at.sees("[Raw]", "x-aigw-request-id", "data: {")
        await at.press("right_square_bracket")
        await at.sees("[Route]", "mock/echo was called directly", "1 mock/echo")
        await at.press("right_square_bracket")
        await at.sees("[Timing]", "first token", "reads, longest pause")
        await at.press("right_square_bracket")
        await at.sees("[Answer]")


async def test_the_call_is_shown_before_anything_is_sent(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await at.type("not yet")
        await at.press("escape", "right_square_bracket")
        await at.sees("not yet", "curl -sSN")
        assert not (await at.house.http.get("/admin/v1/exchanges", headers=at.house.admin())).json()[
            "entries"
        ]


async def test_hostile_answers_stay_text(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    hostile = "\x1b[31mred\x1b]52;c;aGk=\x07 \u202eevil [bold]markup[/] \x9b2J\n```\n\x1b[2J\n```"
    upstream.enqueue(sse_reply(delta(reasoning_content=hostile), delta(content=hostile)))
    async with desk(tmp_path, with_upstream(upstream), room="chat") as at:
        await opened(at, "up/m")
        await ask(at, "x")
        await known(at)
        await at.sees("\\x1b[31mred", "[bold]markup[/]", "\\u202e")
        for _ in range(6):
            await at.press("escape", "right_square_bracket")
            assert not {"\x1b", "\u202e", "\x07", "\x9b"} & set(at.screen_text())


async def test_a_gateway_that_is_down_says_so_in_the_pane_and_keeps_the_prompt(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        at.bridge.is_down = True
        await ask(at, "anyone")
        await at.sees("does not answer")
        assert room(at).prompt.text == "anyone"
        at.bridge.is_down = False
        await at.press("ctrl+j")
        await known(at)
        await at.sees("  anyone")


async def test_y_copies_what_the_tab_shows(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "copy me")
        await known(at)
        pane = room(at).pane
        assert pane.copied() == ("copy me", "the answer")
        await at.press("escape", "right_square_bracket")
        assert pane.copied()[0].startswith("curl -sSN")
        assert "Python" not in pane.copied()[0]
        await at.press("right_square_bracket")
        assert pane.copied()[0] == pane.query_one(TextPane).content()
