"""What the keys do to a conversation."""

from pathlib import Path

import pytest

from tests.scripted import ScriptedUpstream, sse_reply
from tests.tui.chat.sitting import ROUTE, ask, delta, known, opened, over, room, with_upstream
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


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
        assert [t.text for t in room(at).pane.strand.turns] == [
            "first",
            "first",
            "second thought",
            "second thought",
        ]
        old = room(at).talk.id
        await at.press("escape", "B")
        await at.sees("Branch before which message", "first", "second thought")
        await at.press("down", "enter")
        await at.until(lambda: room(at).talk.branch_of == old)
        assert [t.text for t in room(at).pane.strand.turns] == ["first", "first"]
        assert room(at).prompt.text == "second thought"


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
