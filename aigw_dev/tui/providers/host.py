"""What the parts of the Providers screen may ask of the screen."""

from collections.abc import Callable
from typing import Any, Protocol

from textual.app import App
from textual.dom import DOMNode

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.providers.board import Board, Health, ProviderLine
from aigw_dev.tui.providers.spend import Spent
from aigw_dev.tui.shell import Shell


class Host(Protocol):
    """The screen, as its parts know it."""

    shell: Shell
    board: Board
    health: dict[str, Health]
    """By provider, the last free test."""
    spent: dict[str, Spent]
    """By provider, the last test that spent a token."""
    asking: set[str]
    """Providers that are being asked."""
    keyring: dict[str, Any]
    """`AdminClient.keyring()`; empty before the first answer."""
    traffic: dict[str, str]
    """By provider, the last day in words."""
    is_loaded: bool
    """The first answer came."""

    @property
    def node(self) -> DOMNode:
        """For `Link.ask`."""
        ...

    @property
    def app(self) -> App[object]:
        """For dialogs."""
        ...

    def chosen(self) -> ProviderLine | None:
        """The provider under the cursor."""
        ...

    def load(self, then: Callable[[], None] | None = None) -> None:
        """Ask for everything again; `then` runs when it is shown."""
        ...

    def show(self) -> None:
        """Paint what is known."""
        ...

    def select(self, provider: str) -> None:
        """Put the cursor on a provider, now or when it comes."""
        ...

    def refuse(self, error: GatewayError) -> None:
        """Say what went wrong and what to do."""
        ...
