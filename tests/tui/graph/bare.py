"""A canvas in an app of its own, and the ways to wait for it."""

import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from aigw_dev.tui.graph import node_form
from aigw_dev.tui.graph.canvas import FlowCanvas
from aigw_dev.tui.graph.catalogue import read_catalogue
from aigw_dev.tui.look import Look

DEADLINE_S = 10.0
CATALOGUE = read_catalogue(
    models=[
        {"provider": "openai", "model": "gpt-4o", "input_usd_per_m": 2.5, "output_usd_per_m": 10, "usable": True},
        {"provider": "openai", "model": "gpt-4o-mini", "input_usd_per_m": 0.15, "output_usd_per_m": 0.6, "usable": True},
        {"provider": "azure", "model": "gpt-4o", "usable": False, "why": "no key is stored"},
        {"provider": "mock", "model": "echo", "usable": True},
        {"provider": "dynamic", "model": "ai-test", "usable": True},
    ],
    providers=[
        {"name": "mock", "usable": True, "why": ""},
        {"name": "openai", "usable": True, "why": ""},
        {"name": "azure", "usable": False, "why": "no key is stored"},
    ],
    keys=[
        {"name": "openai-prod", "provider": "openai", "source": "keyring", "fingerprint": "sk-…a91f", "used_by": ["openai"]},
        {"name": "openai-eu", "provider": "openai", "source": "keyring", "state": "missing", "used_by": []},
    ],
)  # fmt: skip


class Bare(App[None]):
    """The canvas alone, with the forms."""

    CSS = "FlowCanvas { height: 1fr; }"
    AUTO_FOCUS = "FlowCanvas"

    def __init__(self, flow: Any, look: Look | None = None) -> None:
        super().__init__()
        self.canvas = FlowCanvas(look or Look(), id="flow")
        self.canvas.load(flow)
        self.told: list[FlowCanvas.Told] = []
        self.copied: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield self.canvas

    @on(FlowCanvas.Told)
    def heard(self, event: FlowCanvas.Told) -> None:
        self.told.append(event)
        if isinstance(event, FlowCanvas.Wants):
            node_form.answer(
                self.canvas, event.what, copy=lambda text, what: self.copied.append((text, what))
            )

    @property
    def labels(self) -> list[str]:
        """What was changed."""
        return [event.label for event in self.told if isinstance(event, FlowCanvas.Changed)]

    @property
    def reasons(self) -> list[str]:
        """What was refused."""
        return [event.reason for event in self.told if isinstance(event, FlowCanvas.Refused)]

    def screen_text(self) -> str:
        """Every line of what is shown."""
        return "\n".join(strip.text.rstrip() for strip in self.screen._compositor.render_strips())  # pyright: ignore[reportPrivateUsage]  # no public way to the text


class Sitting:
    """Someone at the keys."""

    def __init__(self, app: Bare, pilot: Pilot[None]) -> None:
        self.app, self.pilot, self.canvas = app, pilot, app.canvas

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.pilot.press(*({" ": "space"}.get(char, char) for char in text))
        await self.pilot.pause()

    async def until(self, holds: Callable[[], Any]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < end, f"never true\n{self.app.screen_text()}"
            await self.pilot.pause()

    async def form(self) -> None:
        """Wait until a form has the focus in a field."""
        await self.until(lambda: len(self.app.screen_stack) > 1 and self.app.screen.focused is not None)

    async def closed(self) -> None:
        await self.until(lambda: len(self.app.screen_stack) == 1)


@contextlib.asynccontextmanager
async def sitting(
    flow: Any, size: tuple[int, int] = (120, 36), look: Look | None = None
) -> AsyncGenerator[Sitting]:
    """An app with a flow, focused."""
    app = Bare(flow, look)
    async with app.run_test(size=size) as pilot:
        one = Sitting(app, pilot)
        await one.until(lambda: app.canvas.has_focus)
        app.canvas.set_catalogue(CATALOGUE)
        await pilot.pause()
        yield one
