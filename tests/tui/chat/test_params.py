"""The parameters are judged where they stand."""

from pathlib import Path

import pytest

from tests.tui.chat.sitting import ask, opened, over, room
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


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


async def test_on_80_columns_the_parameters_are_a_drawer(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat", size=(80, 24)) as at:
        await opened(at, "mock/echo")
        assert "max_tokens" not in at.screen_text()
        await at.press("escape", "p")
        await at.sees("max_tokens", "Parameters")
        await at.press("escape")
        await at.until(lambda: "max_tokens" not in at.screen_text())
