"""The Chat screen over a real gateway: what is said, sent, shown, kept, stopped and compared."""

from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from tests.tui.chat.sitting import ask, known, opened, room
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


async def test_an_answer_stands_below_its_question_with_its_cost_and_the_command(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "Hello **you**")
        await known(at)
        await at.sees(
            "▌ Hello **you**", "  Hello you", "free", "TTFT", "aigw-dev chat mock/echo 'Hello **you**'"
        )
        await at.sees("1 turn · free")
        logged = await at.house.http.get("/admin/v1/exchanges/last", headers=at.house.admin())
        assert msgspec.json.decode(logged.json()["request_body"])["max_tokens"] == 1024


async def test_l_opens_the_exchange_in_logs(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await ask(at, "where")
        await known(at)
        went: list[dict[str, Any]] = []
        at.app.shell.ways = cast("Any", Ways(at.app.shell.ways, went))
        await at.press("escape", "l")
        facts = room(at).pane.last_facts()
        assert facts is not None
        assert went == [{"room": "logs", "exchange": facts.exchange}]


class Ways:
    """Notes where the screen wants to go."""

    def __init__(self, real: Any, went: list[dict[str, Any]]) -> None:
        self._real, self._went = real, went

    def go(self, room: str, **place: Any) -> None:
        self._went.append({"room": room, **place})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


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
