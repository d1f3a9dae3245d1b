"""Takes the pictures of the screens: `python docs/screens.py [NAME ...]`.

Runs the real app, without a terminal, over a demo gateway with generated traffic, and writes docs/screens/*.svg. Fonts
are named, not fetched: the pictures are drawn with whatever monospaced font the reader has.
"""

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from aigw_dev.cli.demo import demo
from aigw_dev.tui.app import AigwApp
from aigw_dev.tui.look import ASCII, Look
from aigw_dev.tui.settings import Settings
from aigw_dev.tui.shell import Opening

OUT = Path(__file__).parent / "screens"
_FETCHED = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
WARM_S = 12.0
"""How long the demo's traffic runs before the pictures."""


@dataclass(frozen=True)
class Shot:
    """One picture."""

    name: str
    size: tuple[int, int]
    play: Callable[["Pilot[int]"], Awaitable[None]]
    theme: str = "aigw-dark"
    is_ascii: bool = False


async def keys(pilot: "Pilot[int]", *names: str, pause: float = 0.4) -> None:
    for name in names:
        await pilot.press(name)
        await pilot.pause(pause)


async def dashboard(pilot: "Pilot[int]") -> None:
    await keys(pilot, "1", "<", "<", pause=3.5)


async def routes(pilot: "Pilot[int]") -> None:
    await keys(pilot, "2", pause=2.0)
    await keys(pilot, "t")
    await keys(
        pilot, *("space" if char == " " else char for char in "tier=free task=code region=eu"), pause=0.02
    )
    await pilot.pause(1.0)


async def logs(pilot: "Pilot[int]") -> None:
    await keys(pilot, "4", pause=2.0)


async def detail(pilot: "Pilot[int]") -> None:
    await keys(pilot, "4", pause=2.0)
    await keys(pilot, "up", "up", "up", "enter", pause=1.0)


async def typed(pilot: "Pilot[int]", text: str) -> None:
    await keys(pilot, *("space" if char == " " else char for char in text), pause=0.01)


async def chat(pilot: "Pilot[int]") -> None:
    await keys(pilot, "3", pause=1.5)
    await keys(pilot, "escape", "m", pause=0.6)
    await typed(pilot, "openai/gpt-4o-mini")
    await keys(pilot, "enter", "escape", "plus", pause=0.8)
    await typed(pilot, "claude-haiku")
    await keys(pilot, "enter", "escape", "i", pause=0.8)
    await typed(pilot, "Review this function: def total(rows): return sum(r.price * r.count for r in rows)")
    await keys(pilot, "ctrl+j", pause=5.0)


async def providers(pilot: "Pilot[int]") -> None:
    await keys(pilot, "5", pause=2.0)


SHOTS = [
    Shot("dashboard", (140, 40), dashboard),
    Shot("routes", (140, 40), routes),
    Shot("chat", (140, 40), chat),
    Shot("logs", (140, 40), logs),
    Shot("logs-detail", (140, 40), detail),
    Shot("providers", (140, 40), providers),
    Shot("routes-80x24", (80, 24), routes),
    Shot("logs-80x24", (80, 24), logs),
    Shot("routes-light", (120, 36), routes, theme="aigw-light"),
    Shot("routes-ascii", (100, 30), routes, is_ascii=True),
]


def svg(app: "AigwApp", title: str) -> str:
    """The screen, without the fonts that Rich would have fetched."""
    text = app.export_screenshot(title=title)
    return _FETCHED.sub("", text).replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


async def take(shot: Shot, opening: Opening) -> None:
    look = Look(glyphs=ASCII, is_ascii=True) if shot.is_ascii else Look()
    app = AigwApp(opening, look=look, settings=Settings(theme=shot.theme))
    async with app.run_test(size=shot.size) as pilot:
        await pilot.pause(1.0)
        await shot.play(pilot)
        (OUT / f"{shot.name}.svg").write_text(svg(app, f"aigw-dev {shot.name}"), "utf-8")
    print(OUT / f"{shot.name}.svg")


def main() -> None:
    wanted = set(sys.argv[1:])
    OUT.mkdir(exist_ok=True)
    with demo() as running:
        opening: dict[str, Any] = {
            "name": running.name, "url": running.url, "admin_token": running.admin_token, "token": running.token,
        }  # fmt: skip
        time.sleep(WARM_S)
        for shot in SHOTS:
            if not wanted or shot.name in wanted:
                asyncio.run(take(shot, Opening(**opening)))


if __name__ == "__main__":
    main()
