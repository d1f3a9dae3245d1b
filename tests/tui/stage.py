"""A bare app around one widget or modal, for widgets that know nothing of gateways."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.tui.harness import screen_text


class Stage(App[None]):
    """Collects what its widget says and what its modal is dismissed with."""

    def __init__(self, *widgets: Widget | Callable[[], Widget]) -> None:
        super().__init__()
        self._widgets = widgets
        self.heard: list[Any] = []
        self.results: list[Any] = []
        self.pilot: Pilot[None]

    def compose(self) -> ComposeResult:
        for made in self._widgets:
            yield made if isinstance(made, Widget) else made()

    def text(self) -> str:
        return screen_text(self)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def show(self, screen: Screen[Any]) -> None:
        """Put a modal in front; `results` gets what it is dismissed with."""
        await self.push_screen(screen, self.results.append)
        await self.pilot.pause()


@contextlib.asynccontextmanager
async def stage(
    *widgets: Widget | Callable[[], Widget], size: tuple[int, int] = (60, 16)
) -> AsyncGenerator[Stage]:
    """A running app with these widgets (or what makes them, inside the app); the first focusable has the focus."""
    app = Stage(*widgets)
    messages: list[Any] = app.heard
    async with app.run_test(size=size, message_hook=messages.append) as pilot:
        app.pilot = pilot
        for widget in app.screen.focus_chain[:1]:
            widget.focus()
        await pilot.pause()
        yield app


def said(app: Stage, kind: type[Any]) -> list[Any]:
    """The messages of a kind, each once."""
    found: list[Any] = []
    for message in app.heard:
        if type(message) is kind and not any(message is one for one in found):
            found.append(message)
    return found
