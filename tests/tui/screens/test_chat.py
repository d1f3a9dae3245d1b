"""The Chat screen over a real gateway: what is said, sent, shown, kept, stopped and compared."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.tui.chat.board import Board
from aigw_dev.tui.widgets.text_pane import TextPane
from tests.scripted import Hold, ScriptedUpstream, chunk, event, json_reply, sse_reply, stream_head
from tests.tui.harness import Desk, desk

pytestmark = pytest.mark.anyio
ROUTE = """version: 1
routes:
  ai-test:
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/echo}
      else: {send: mock/think}
"""


@pytest.fixture
def upstream() -> Generator[ScriptedUpstream]:
    """A provider that does what a test says."""
    with ScriptedUpstream() as made:
        yield made


def with_upstream(upstream: ScriptedUpstream) -> str:
    return f"""version: 1
providers:
  up: {{kind: openai-compatible, base_url: "{upstream.url}/v1", models: [m, n]}}
routes:
  smart: {{flow: {{send: up/m, fallback: [up/n]}}}}
"""


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


def room(at: Desk) -> Board:
    screen = at.app.screen
    assert isinstance(screen, Board)
    return screen


async def opened(at: Desk, model: str) -> None:
    """The screen with its models, `model` picked and the prompt focused."""
    await at.until(lambda: room(at).options, "models to pick from")
    room(at).set_model(model)
    room(at).prompt.focus()
    await at.pilot.pause()


async def ask(at: Desk, said: str) -> None:
    await at.type(said)
    await at.press("ctrl+j")


async def over(at: Desk) -> None:
    await at.until(lambda: not room(at).is_busy and room(at).pane.answer is not None, "the answer's end")


async def known(at: Desk) -> None:
    await at.until(lambda: all(p.answer is not None and p.answer.record for p in room(at).panes), "the record")


async def test_an_answer_stands_below_its_question_with_its_cost_and_the_command(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "Hello **you**")
        await known(at)
        await at.sees("▌ Hello **you**", "  Hello you", "free", "TTFT", "aigw-dev chat mock/echo 'Hello **you**'")
        await at.sees("1 turn · free")
        logged = await at.house.http.get("/admin/v1/exchanges/last", headers=at.house.admin())
        assert msgspec.json.decode(logged.json()["request_body"])["max_tokens"] == 1024


async def test_the_picker_lists_routes_and_chat_models_only(tmp_path: Path) -> None:
    async with desk(tmp_path, ROUTE, room="chat") as at:
        await at.until(lambda: room(at).options)
        await at.sees("dynamic/ai-test")
        await at.press("escape", "m")
        await at.sees("Model or route", "mock/echo", "mock/think")
        assert "mock/embed" not in at.screen_text()
        await at.type("think")
        await at.press("enter")
        assert room(at).pane.strand.model == "mock/think"


async def test_reasoning_stands_apart_and_folds(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/think")
        await ask(at, "why")
        await over(at)
        await at.sees("▼ reasoning", "I will repeat")
        await at.press("escape", "v")
        await at.sees("▸ reasoning")
        assert "I will repeat" not in at.screen_text()


async def test_a_missing_metadata_stands_where_the_answer_would_be_and_the_prompt_is_back(tmp_path: Path) -> None:
    async with desk(tmp_path, ROUTE, room="chat") as at:
        await opened(at, "dynamic/ai-test")
        await ask(at, "lost words")
        await at.sees("400 from the gateway", "x-ai-route-metadata", "r retries")
        assert room(at).prompt.text == "lost words"
        room(at).draft.metadata = "tier=pro"
        await at.press("ctrl+j")
        await known(at)
        await at.sees("mock/echo", "  lost words")
        assert "400 from" not in at.screen_text()
        await at.press("escape", *["right_square_bracket"] * 4)
        await at.sees("dynamic/ai-test", 'if metadata.tier == "pro"', "'pro'", "mock/echo")


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
        assert (turn.role, turn.text, turn.is_partial) == ("assistant", "half an ans" if has_begun else "", True)


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
        assert not (await at.house.http.get("/admin/v1/exchanges", headers=at.house.admin())).json()["entries"]


async def test_two_models_answer_the_same_prompt_side_by_side_and_are_compared(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    upstream.enqueue(sse_reply(delta(content="one two three")))
    async with desk(tmp_path, with_upstream(upstream), room="chat", size=(160, 45)) as at:
        await opened(at, "up/m")
        await at.press("escape", "plus")
        await at.type("mock/echo")
        await at.press("enter", "i")
        await at.until(lambda: len(room(at).panes) == 2)
        await ask(at, "one two four")
        await known(at)
        await at.sees("A  up/m", "B  mock/echo", "B−A", "one two three", "one two four")
        await at.press("escape", "w", "D")
        await at.sees("67% of the words are the same", "[-three-]", "{+four+}")
        await at.press("escape")
        assert [strand.is_winner for strand in room(at).talk.strands] == [False, True]
        await at.press("minus")
        await at.until(lambda: len(room(at).panes) == 1)


async def test_limits_are_refused_in_place_and_can_be_lifted(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat", has_toasts=True) as at:
        await opened(at, "mock/echo")
        room(at).params.query_one("#param-max_tokens").focus()
        await at.press("9", "0", "0", "0")
        await at.sees("9000", "✗ 0 to 8192")
        room(at).prompt.focus()
        await ask(at, "no")
        await at.sees("Not sent: max_tokens")
        assert room(at).pane.answer is None
        room(at).params.query_one("#param-limits").focus()
        await at.press("space")
        room(at).prompt.focus()
        await at.press("ctrl+j")
        await over(at)
        answer = room(at).pane.answer
        assert answer is not None
        assert answer.body["max_tokens"] == 9000


async def test_a_parameter_is_not_sent_when_it_is_unset(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        for name in ("max_tokens", "top_p", "temperature"):
            room(at).params.query_one(f"#param-{name}").focus()
            await at.press("x")
        await at.sees("not sent")
        room(at).prompt.focus()
        await ask(at, "bare")
        await over(at)
        answer = room(at).pane.answer
        assert answer is not None
        assert set(answer.body) == {"model", "messages", "stream"}


async def test_a_system_prompt_beyond_the_limit_is_counted_and_refused(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        room(at).params.query_one("#param-system").focus()
        await at.type("s" * 101)
        await at.sees("101/100", "1 over 100")


async def test_custom_json_is_judged_while_it_is_typed(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        room(at).params.query_one("#param-custom").focus()
        await at.type('{"temperature"')
        await at.sees("✗ not JSON")
        await at.type(": 0}")
        await at.sees("! wins over temperature", "1 ✓")


async def test_a_tool_is_called_and_answered_by_hand_or_by_itself(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "look", "arguments": '{"at": "sky"}'}}
    for words in ("done one", "done two"):
        upstream.enqueue(sse_reply(delta(tool_calls=[call])))
        upstream.enqueue(sse_reply(delta(content=words)))
    async with desk(tmp_path, with_upstream(upstream), room="chat") as at:
        await opened(at, "up/m")
        room(at).draft.tools = '[{"function": {"name": "look"}}]'
        await ask(at, "look")
        await at.sees("calls look", '{"at": "sky"}', "t types it")
        await at.press("escape", "t")
        await at.sees("Tool results")
        await at.type("blue")
        await at.press("ctrl+j")
        await at.sees("done one")
        sent = upstream.requests[1].json()
        assert sent["messages"][-1] == {"role": "tool", "tool_call_id": "c1", "content": "blue"}
        assert sent["tools"] == [{"type": "function", "function": {"name": "look"}}]
        room(at).draft.tools = '[{"function": {"name": "look"}, "result": {"colour": "red"}}]'
        await at.press("i")
        await ask(at, "again")
        await at.sees("done two")
        assert '"red"' in upstream.requests[3].json()["messages"][-1]["content"]


async def test_retry_edit_and_branch(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "first")
        await known(at)
        await ask(at, "second")
        await known(at)
        await at.press("escape", "r")
        await known(at)
        roles = [turn.role for turn in room(at).pane.strand.turns]
        assert roles == ["user", "assistant"] * 2
        await at.press("e")
        assert room(at).prompt.text == "second"
        await ask(at, " thought")
        await known(at)
        assert [t.text for t in room(at).pane.strand.turns] == ["first", "first", "second thought", "second thought"]
        old = room(at).talk.id
        await at.press("escape", "B")
        await at.sees("Branch before which message", "first", "second thought")
        await at.press("down", "enter")
        await at.until(lambda: room(at).talk.branch_of == old)
        assert [t.text for t in room(at).pane.strand.turns] == ["first", "first"]
        assert room(at).prompt.text == "second thought"


async def test_conversations_are_kept_and_found_again(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "remember me")
        await known(at)
        await at.press("escape", "N")
        await at.until(lambda: room(at).talk.is_empty)
        await at.type("unsent words")
        await at.press("escape", "H")
        await at.sees("Conversations", "remember me")
        await at.press("enter")
        await at.sees("▌ remember me")
        await at.press("i")
    files = list((tmp_path / "tui" / "conversations").glob("*.json"))
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o077 == 0


async def test_a_restart_brings_back_the_conversation_and_the_unsent_prompt(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        room(at).draft.numbers["temperature"] = "0.3"
        await ask(at, "before the crash")
        await known(at)
        await at.type("half a thou")
        await at.until(lambda: b"half a thou" in (tmp_path / "tui" / "memory.json").read_bytes())
    async with desk(tmp_path) as at:
        await at.sees("[3 Chat]", "▌ before the crash", "half a thou", "0.3")
        await at.until(lambda: room(at).options)
        assert room(at).pane.strand.model == "mock/echo"
        await at.press("up")
        assert room(at).prompt.text == "before the crash"
        await at.press("down")
        assert room(at).prompt.text == "half a thou"


async def test_another_screen_opens_a_request_here(tmp_path: Path) -> None:
    body = {
        "model": "mock/echo",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "uno"},
            {"role": "user", "content": "two"},
        ],
        "temperature": 0.5,
        "seed": 7,
    }
    async with desk(tmp_path) as at:
        at.app.go("chat", model="mock/think", request=body, metadata={"tier": "pro"})
        await at.sees("▌ one", "uno", "mock/think", "Be brief.", "tier=pro", '"seed": 7')
        assert room(at).prompt.text == "two"
        await at.press("ctrl+j")
        await over(at)
        answer = room(at).pane.answer
        assert answer is not None
        assert answer.body == {**body, "model": "mock/think"}
        assert answer.metadata == {"tier": "pro"}


async def test_a_pasted_curl_command_opens_as_a_request(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/think")
        from textual import events

        pasted = """curl http://x/v1/chat/completions -d '{"model":"mock/echo","messages":[{"role":"user","content":"hi"}]}'"""
        room(at).prompt.post_message(events.Paste(pasted))
        await at.until(lambda: room(at).prompt.text == "hi")
        assert room(at).pane.strand.model == "mock/echo"


async def test_an_attachment_goes_along_with_the_message(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("the sky is blue", "utf-8")
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await at.press("escape", "a")
        await at.sees("Attach from")
        await at.type(str(tmp_path / "notes.txt"))
        await at.press("enter")
        await at.sees("notes.txt 15 B", "1 attached")
        await at.press("i")
        await ask(at, "read it")
        await over(at)
        answer = room(at).pane.answer
        assert answer is not None
        assert answer.body["messages"][0]["content"] == [
            {"type": "text", "text": "read it"},
            {"type": "text", "text": "notes.txt:\n\nthe sky is blue"},
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


async def test_on_80_columns_the_parameters_are_a_drawer(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat", size=(80, 24)) as at:
        await opened(at, "mock/echo")
        assert "max_tokens" not in at.screen_text()
        await at.press("escape", "p")
        await at.sees("max_tokens", "Parameters")
        await at.press("escape")
        await at.until(lambda: "max_tokens" not in at.screen_text())


async def test_l_opens_the_exchange_in_logs(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "where")
        await known(at)
        went: list[dict[str, Any]] = []
        at.app.shell.ways = Ways(at.app.shell.ways, went)
        await at.press("escape", "l")
        assert room(at).pane.strand.turns[-1].facts is not None
        assert went == [{"room": "logs", "exchange": room(at).pane.strand.turns[-1].facts.exchange}]


class Ways:
    """Notes where the screen wants to go."""

    def __init__(self, real: Any, went: list[dict[str, Any]]) -> None:
        self._real, self._went = real, went

    def go(self, room: str, **place: Any) -> None:
        self._went.append({"room": room, **place})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


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


@pytest.mark.parametrize("look", ["no colour", "ascii"])
async def test_it_also_works_without_colour_and_in_ascii(tmp_path: Path, look: str) -> None:
    async with desk(tmp_path, room="chat", is_ascii=look == "ascii", is_colour=look != "no colour") as at:
        await opened(at, "mock/think")
        await ask(at, "- plain\n")
        await known(at)
        await at.sees("free", "mock/think")
        if look == "ascii":
            inside = [line for line in at.screen_text().splitlines() if "plain" in line]
            assert any("* plain" in line for line in inside)
