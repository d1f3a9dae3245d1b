"""The screen comes back as it was, and takes requests from elsewhere."""

from pathlib import Path

import pytest

from tests.tui.chat.sitting import ask, known, opened, over, room
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


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
