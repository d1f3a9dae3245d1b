"""A real gateway and the real app in one process, and the ways to wait without sleeping."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from aigw_dev.server.door import Door
from aigw_dev.tui.app import AigwApp
from aigw_dev.tui.look import ASCII, Look
from aigw_dev.tui.settings import Settings
from aigw_dev.tui.shell import Opening
from tests.server.house import PORT, House, house
from tests.tui.bridge import Bridge

DEADLINE_S = 20.0


@dataclass
class Desk:
    """Someone sitting in front of the app."""

    app: AigwApp
    pilot: Pilot[int]
    house: House
    bridge: Bridge

    async def press(self, *keys: str) -> None:
        """Keys, one after the other, each handled before the next."""
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Text into the field that has the focus."""
        names = {" ": "space", "\n": "enter"}
        await self.pilot.press(*(names.get(char, char) for char in text))
        await self.pilot.pause()

    async def until(self, holds: Callable[[], Any], what: str = "") -> Any:
        """Wait until `holds()` is true; its value. Fails with the screen's text after the deadline."""
        end = time.monotonic() + DEADLINE_S
        while True:
            await self.pilot.pause()
            with contextlib.suppress(LookupError):
                value = holds()
                if value:
                    return value
            if time.monotonic() > end:
                raise AssertionError(f"never true: {what or holds}\n{self.screen_text()}")
            await asyncio.sleep(0.02)

    async def sees(self, *texts: str) -> None:
        """Wait until all these texts are on the screen."""
        await self.until(lambda: all(text in self.screen_text() for text in texts), f"{texts} on the screen")

    def screen_text(self) -> str:
        """What is on the screen, as lines of text."""
        return screen_text(self.app)


def screen_text(app: Any) -> str:
    """Every line of what an app shows now."""
    screen = app.screen
    lines = screen._compositor.render_strips(screen.size if screen.size.area else None)
    return "\n".join(strip.text.rstrip() for strip in lines)


def toasts(app: Any) -> list[str]:
    """What the toasts say that are shown now."""
    return [f"{one.title}\n{one.message}" for one in app._notifications]


@contextlib.asynccontextmanager
async def desk(
    folder: Path,
    config: str = "",
    *,
    size: tuple[int, int] = (120, 36),
    is_ascii: bool = False,
    is_colour: bool = True,
    room: str = "",
    settings: Settings | None = None,
    env: dict[str, str] | None = None,
    is_started: bool = True,
    has_toasts: bool = False,
    **opening: Any,
) -> AsyncGenerator[Desk]:
    """The app over a gateway of `config` (none = the built-in default) in `folder`.

    `has_toasts` shows them on the screen, too. With `is_started` off the app begins without an address and `start` gives it.
    """
    async with house(folder, config, env=env) as home:
        loop = asyncio.get_running_loop()
        bridge = Bridge(Door(home.gateway), loop)
        look = (
            Look(glyphs=ASCII, is_ascii=True, is_colour=is_colour) if is_ascii else Look(is_colour=is_colour)
        )
        whole = Opening(
            name="test",
            url=f"http://127.0.0.1:{PORT}",
            admin_token=home.gateway.home.admin_token(),
            token=home.gateway.home.token(),
            memory_path=folder / "tui" / "memory.json",
            transport=bridge,
            room=room,
            **opening,
        )
        app = AigwApp(
            whole if is_started else replace(whole, url="", start=whole.start or (lambda: whole)),
            look=look,
            settings=settings or Settings(),
        )
        async with app.run_test(size=size, notifications=has_toasts) as pilot:
            await pilot.pause()
            yield Desk(app, pilot, home, bridge)
