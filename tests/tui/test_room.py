"""What a screen is told."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.widget import Widget

from aigw_dev.tui.room import Room
from aigw_dev.tui.widgets.words import Words
from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


class Told(Room):
    """Writes down what it is told."""

    ROOM: ClassVar[str] = "told"

    def body(self) -> Iterable[Widget]:
        self.heard: list[Any] = []
        yield Words("here")

    def on_shown(self) -> None:
        self.heard.append("shown")

    def on_left(self) -> None:
        self.heard.append("left")

    def on_link(self, *, is_up: bool) -> None:
        self.heard.append(is_up)

    def on_config(self) -> None:
        self.heard.append("config")

    def open_at(self, **place: Any) -> None:
        self.heard.append(place)

    def remember(self) -> dict[str, Any]:
        return {"x": 1}

    def recall(self, kept: dict[str, Any]) -> None:
        self.heard.append(kept)

    def top_words(self) -> str:
        return "my words"


async def test_a_room_is_told_of_everything_that_concerns_it(tmp_path: Path) -> None:
    async with desk(tmp_path, "version: 1\n", room="logs") as at:
        room = Told(at.app.shell)
        at.app.add_room(room)
        at.app.go("told", filter="x")
        await at.sees("my words", "here")
        await at.until(lambda: {"filter": "x"} in room.heard)
        assert room.heard[:2] == [{}, "shown"]
        (tmp_path / "aigw-dev.yaml").write_text("version: 1\ngateway: {notes: other}\n")
        await at.house.gateway.reread(actor="test")
        await at.until(lambda: "config" in room.heard)
        at.bridge.is_down = True
        await at.until(lambda: False in room.heard)
        at.bridge.is_down = False
        await at.until(lambda: True in room.heard)
        await at.press("question_mark")
        assert "left" not in room.heard
        await at.press("x", "4")
        await at.until(lambda: room.heard[-1] == "left")
        assert at.app.shell.memory.room("told") == {} or at.app.shell.memory.room("told") == {"x": 1}
        await at.until(lambda: at.app.shell.memory.room("told") == {"x": 1})
