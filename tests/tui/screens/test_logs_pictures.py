"""The Logs screen in text at three sizes, from fixed answers of a gateway."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from aigw_dev.tui.app import AigwApp
from aigw_dev.tui.look import ASCII, Look
from aigw_dev.tui.settings import Settings
from aigw_dev.tui.shell import Opening
from tests.tui.harness import screen_text

pytestmark = pytest.mark.anyio
SIZES = [(80, 24), (120, 36), (160, 45)]
FIXED = Path(__file__).parents[3] / "fixtures" / "tui"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def answer(request: httpx.Request) -> httpx.Response:
    """What the admin API says, whoever asks."""
    told: dict[str, Any] = msgspec.json.decode((FIXED / "logs.json").read_bytes())
    path = request.url.path.removeprefix("/admin/v1")
    entries = told["entries"]
    if path == "/status":
        return httpx.Response(200, json=told["status"])
    if path == "/exchanges/index":
        runs = [[1, len(entries)]]
        return httpx.Response(
            200,
            json={
                "runs": runs,
                "total": len(entries),
                "is_complete": True,
                "end": "e",
                "took_ms": 14.0,
                "logged": 48_213,
            },
        )
    if path == "/exchanges/rows":
        wanted = {int(seq) for seq in request.url.params["seqs"].split(",")}
        return httpx.Response(200, json={"entries": [one for one in entries if one["seq"] in wanted]})
    if path == "/exchanges/changes":
        return httpx.Response(200, json={"runs": [], "ended": [], "dropped": [], "end": "e"})
    if path.startswith("/exchanges/"):
        return httpx.Response(200, json=told["exchange"])
    return httpx.Response(404, json={"error": {"message": path, "code": "not_found"}})


def app(*, is_ascii: bool = False, is_colour: bool = True) -> AigwApp:
    opening = Opening(
        name="my-app",
        url="http://127.0.0.1:2449",
        admin_token="admin",
        token="token",
        transport=httpx.MockTransport(answer),
        room="logs",
    )
    look = Look(glyphs=ASCII, is_ascii=True) if is_ascii else Look(is_colour=is_colour)
    return AigwApp(opening, look=look, settings=Settings())


async def picture(size: tuple[int, int], *keys: str, wait: str, **look: bool) -> str:
    """The screen after some keys, once `wait` is on it."""
    made = app(**look)
    async with made.run_test(size=size) as pilot:
        for word, presses in (("12:00:24", ()), (wait, keys)):
            for key in presses:
                await pilot.press(key)
            end = time.monotonic() + 20
            while word not in screen_text(made):
                assert time.monotonic() < end, screen_text(made)
                await pilot.pause(0.02)
        await pilot.pause(0.1)
        return screen_text(made)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_list(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert await picture(size, wait="TAIL") == snapshot


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_detail(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert await picture(size, "up", "enter", wait="asked for as") == snapshot


@pytest.mark.parametrize(
    ("tab", "presses", "wait"),
    [
        ("request", 1, '"role"'),
        ("response", 2, "Because"),
        ("stream", 3, "at ms"),
        ("route", 4, "targets"),
        ("attempts", 5, "whole call"),
    ],
)
async def test_a_tab(tab: str, presses: int, wait: str, snapshot: SnapshotAssertion) -> None:
    keys = ["up", "enter", "z", *["right_square_bracket"] * presses]
    assert await picture((120, 36), *keys, wait=wait) == snapshot(name=tab)


async def test_ascii_is_ascii() -> None:
    shown = await picture((120, 36), "up", "enter", wait="asked for as", is_ascii=True)
    rows, _, _keys = shown.rpartition("\n")
    said = set((FIXED / "logs.json").read_text("utf-8"))
    # What callers wrote and the names of keys are filtered by the app on their way out.
    assert {char for char in rows if not char.isascii()} <= said


async def test_without_colour_nothing_is_lost() -> None:
    shown = await picture((120, 36), "up", wait="PAUSED", is_colour=False)
    assert "▌" in shown
    assert "429→200" in shown
