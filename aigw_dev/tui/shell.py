"""What every screen is given: the gateway, the look, the memory, and the ways to the other screens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from aigw_dev.tui.link import Link
from aigw_dev.tui.look import Look
from aigw_dev.tui.memory import Memory
from aigw_dev.tui.settings import Settings

Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A gateway that can be attached to."""

    name: str
    url: str
    config: str
    """The config's path, or how the built-in default is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the composition root hands in: one gateway and the ways to others."""

    name: str
    url: str
    admin_token: str
    token: str
    memory_path: Path | None = None
    """Where the screens' memory of this gateway is kept; None keeps nothing."""
    config_path: str = ""
    editor: tuple[str, ...] = ()
    """The command of `$VISUAL` or `$EDITOR`."""
    pager: tuple[str, ...] = ()
    transport: Any = None
    """Stands in for the network in tests."""
    gateways: Callable[[], list[Choice]] = list
    """Every running gateway; called in a thread."""
    attach: Callable[[Choice], "Opening"] | None = None
    """The opening of another gateway; called in a thread."""
    start: Callable[[], "Opening"] | None = None
    """Starts this gateway again; called in a thread, raises GatewayError."""
    is_own: bool = False
    """This TUI started the gateway and ends it when it goes."""
    room: str = ""
    """The screen to begin with; empty = where the last run ended."""


class Ways(Protocol):
    """What the app does for screens."""

    def go(self, room: str, **place: Any) -> None:
        """Show another screen, at a place."""
        ...

    def toast(self, title: str, text: str = "", severity: Severity = "information") -> None:
        """Say what happened, with numbers."""
        ...

    def copy_text(self, text: str, what: str) -> None:
        """Put text where it can be pasted, and say how that went."""
        ...

    def show_command(self, words: str) -> None:
        """The command that does the same as the last action."""
        ...

    def attach(self, opening: Opening) -> None:
        """Go on with another gateway."""
        ...

    def start_gateway(self) -> None:
        """Start this config's gateway again."""
        ...


@dataclass(slots=True, kw_only=True)
class Shell:
    """Shared by all screens of one app; `link` is exchanged when another gateway is picked."""

    opening: Opening
    link: Link
    look: Look
    memory: Memory
    settings: Settings
    ways: Ways
    status: dict[str, Any] = field(default_factory=dict[str, Any])
    """The gateway's last status answer; empty before the first."""

    def go(self, room: str, **place: Any) -> None:
        """Show another screen, at a place: `go("logs", filter="status:>=400")`."""
        self.ways.go(room, **place)

    def toast(self, title: str, text: str = "", severity: Severity = "information") -> None:
        """Say what happened, with numbers: `toast("Deployed #8", "2 changes")`."""
        self.ways.toast(title, text, severity)

    def copy(self, text: str, what: str) -> None:
        """Put text where it can be pasted; the toast says what and by which way."""
        self.ways.copy_text(text, what)

    def cli(self, words: str) -> None:
        """Show the command that does the same: `aigw-dev routes deploy`."""
        self.ways.show_command(words)
