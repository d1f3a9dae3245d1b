"""Conversations are kept, listed and opened again."""

from pathlib import Path

import pytest

from tests.tui.chat.sitting import ask, known, opened, room
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


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
