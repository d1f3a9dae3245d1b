"""Call examples by language."""

from typing import Any

import pytest

from aigw_dev.tui.look import Look
from aigw_dev.tui.providers.examples import Examples, chat_examples
from aigw_dev.tui.widgets.picker import Option
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


def view(copied: list[Any]) -> Examples:
    return Examples(
        [Option(value="mock/echo"), Option(value="mock/think")],
        Look(),
        model="mock/echo",
        write=chat_examples("http://127.0.0.1:2449"),
        copy=lambda text, what: copied.append((text, what)),
    )


async def test_brackets_change_the_language_and_y_copies_it() -> None:
    copied: list[Any] = []
    async with stage(size=(120, 30)) as at:
        await at.show(view(copied))
        assert "[cURL]" in at.text()
        assert "curl -sS http://127.0.0.1:2449/v1/chat/completions" in at.text()
        await at.press("right_square_bracket")
        assert "[Python (openai)]" in at.text()
        assert "from openai import OpenAI" in at.text()
        await at.press("y", "left_square_bracket", "left_square_bracket")
        assert copied[0][1] == "the Python (openai) example"
        assert "$AIGW_DEV_TOKEN" not in copied[0][0]
        assert "[cURL]" not in at.text()


async def test_m_shows_another_model() -> None:
    async with stage(size=(120, 30)) as at:
        await at.show(view([]))
        await at.press("m", *"think", "enter")
        assert "Call mock/think" in at.text()
        assert '"model": "mock/think"' in at.text()
