"""The base of the five screens: top line, body, key bar, and what the app tells them."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget

from aigw_dev.tui.frame.command_line import CommandLine
from aigw_dev.tui.frame.key_bar import KeyBar
from aigw_dev.tui.frame.top_line import TopLine
from aigw_dev.tui.shell import Shell


class Foot(Vertical):
    """The last lines: what is docked alone would lie over one another."""

    DEFAULT_CSS = "Foot { dock: bottom; height: auto; }"


class Room(Screen[None]):
    """One of the five screens. Subclasses give `body` and override what they need."""

    ROOM: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (140, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]

    def __init__(self, shell: Shell) -> None:
        """Compose comes later; nothing is asked before `on_shown`."""
        super().__init__(id=f"room-{self.ROOM}")
        self.shell = shell
        self.is_recalled: bool = False
        """It has taken up what the last run left: from now on what it remembers is its own."""

    def compose(self) -> ComposeResult:
        """The frame around `body`."""
        yield TopLine(self.shell, self.ROOM)
        yield from self.body()
        with Foot():
            yield CommandLine()
            yield KeyBar(self.shell)

    # what subclasses give

    def body(self) -> Iterable[Widget]:
        """What stands between top line and key bar."""
        return ()

    def on_shown(self) -> None:
        """The screen came to the front: ask for what it shows."""

    def on_left(self) -> None:
        """Another screen came to the front: stop polling."""

    def on_link(self, *, is_up: bool) -> None:
        """The gateway went or came back. What is shown stays, dimmed by the frame."""

    def on_config(self) -> None:
        """Another config is in force; called while the screen is shown."""
        self.on_shown()

    def open_at(self, **place: Any) -> None:
        """Another screen sends the person here: `filter=`, `route=`, `exchange=` ..."""

    def remember(self) -> dict[str, Any]:
        """What to keep for the next run, JSON-able."""
        return {}

    def recall(self, kept: dict[str, Any]) -> None:
        """What `remember` gave, possibly by an older version: take what fits."""

    def top_words(self) -> str:
        """The right end of the top line: the screen's own state in a few words."""
        return ""

    def refresh_top(self) -> None:
        """Say that `top_words` has changed."""
        for line in self.query(TopLine):
            line.changed()

    # Textual's side

    def on_mount(self) -> None:
        """Take up what the last run left."""
        self._recall_once()

    def _recall_once(self) -> None:
        """Before anything is shown: Textual may resume a screen before it is mounted, and mounts it once per class."""
        if not self.is_recalled:
            self.is_recalled = True
            self.recall(self.shell.memory.room(self.ROOM))

    def on_screen_resume(self) -> None:
        """To the front."""
        if not self.is_mounted:
            return  # `on_mount` comes, and then this again
        self._recall_once()
        self.refresh_top()
        self.on_shown()

    def on_screen_suspend(self) -> None:
        """To the back; also when a modal covers it."""
        if not any(screen.is_modal for screen in self.app.screen_stack):
            self.on_left()
