"""The frame around the screens."""

from pathlib import Path

import pytest

from tests.tui.harness import desk

pytestmark = pytest.mark.anyio
ROOMS = ("Dashboard", "Routes", "Chat", "Logs", "Providers")


@pytest.mark.parametrize("digit", range(1, 6))
async def test_a_digit_shows_its_screen_and_brackets_it(tmp_path: Path, digit: int) -> None:
    async with desk(tmp_path) as at:
        await at.press(str(digit))
        await at.sees(f"[{digit} {ROOMS[digit - 1]}]")
