"""The Chat screen as text at three sizes: what a person sees, read before it was accepted."""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from aigw_dev.tui.chat.board import Board
from tests.tui.harness import Desk, desk

pytestmark = pytest.mark.anyio
SAID = "Route *conditions*:\n\n- tier first\n- then region\n\n```python\ndef route(meta):\n    return meta['tier'] == 'pro'\n```\n\n| model | ms |\n|---|--:|\n| 你好 | 12 |"


def picture(at: Desk) -> str:
    """The screen without what differs from run to run: durations, and blanks that follow from them."""
    lines = [
        re.sub(r"(?:TTFT|time|reasoning|\bB−A\b).*", "(numbers)", line)
        if re.search(r"TTFT|B−A|reasoning", line)
        else line
        for line in at.screen_text().splitlines()
    ]
    return "\n".join(line.rstrip() for line in lines)


async def answered(at: Desk) -> Board:
    room = at.app.screen
    assert isinstance(room, Board)
    await at.until(lambda: room.options)
    room.set_model("mock/think")
    room.prompt.put(SAID)
    await at.press("ctrl+j")
    await at.until(lambda: room.pane.answer is not None and room.pane.answer.record)
    await at.sees("free")
    return room


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 45)])
async def test_an_answer(tmp_path: Path, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with desk(tmp_path, room="chat", size=size) as at:
        await answered(at)
        assert picture(at) == snapshot


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 45)])
async def test_nothing_said_yet(tmp_path: Path, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with desk(tmp_path, room="chat", size=size) as at:
        await at.sees("mock/")
        assert picture(at) == snapshot


async def test_two_panes(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with desk(tmp_path, room="chat", size=(160, 45)) as at:
        room = await answered(at)
        await at.press("escape", "plus")
        await at.type("mock/echo")
        await at.press("enter")
        await at.until(lambda: len(room.panes) == 2 and room.panes[1].view.row_count() > 5)
        await at.press("i")
        await at.sees("B  mock/echo")
        assert picture(at) == snapshot


async def test_ascii(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with desk(tmp_path, room="chat", is_ascii=True) as at:
        await answered(at)
        assert picture(at) == snapshot
