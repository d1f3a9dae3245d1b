"""What stands where an answer would be."""

from pathlib import Path

import pytest

from tests.tui.chat.sitting import ROUTE, ask, known, opened, over, room
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_reasoning_stands_apart_and_folds(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/think")
        await ask(at, "why")
        await over(at)
        await at.sees("▼ reasoning", "I will repeat")
        await at.press("escape", "v")
        await at.sees("▸ reasoning")
        assert "I will repeat" not in at.screen_text()


async def test_a_missing_metadata_stands_where_the_answer_would_be_and_the_prompt_is_back(
    tmp_path: Path,
) -> None:
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
