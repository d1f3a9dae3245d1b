"""The prompt takes more than typing."""

from pathlib import Path

import pytest

from tests.tui.chat.sitting import opened, room
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_a_pasted_curl_command_opens_as_a_request(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/think")
        from textual import events

        pasted = """curl http://x/v1/chat/completions -d '{"model":"mock/echo","messages":[{"role":"user","content":"hi"}]}'"""
        room(at).prompt.post_message(events.Paste(pasted))
        await at.until(lambda: room(at).prompt.text == "hi")
        assert room(at).pane.strand.model == "mock/echo"
