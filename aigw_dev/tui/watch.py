"""Keeps an eye on the gateway: its state in the top line, its changes as toasts, and starting it again."""

import select
import sys
from collections.abc import Callable
from typing import Any, Final

from textual.app import App

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Opening, Shell
from aigw_dev.tui.widgets.viewer import Viewer

STATUS_S: Final = 2.0
"""How often it is asked."""


TERMINAL_S: Final = 1.0


def terminal_is_gone() -> bool:
    """Whether the terminal that keys come from was hung up; False where this cannot be told."""
    stream = sys.__stdin__
    if stream is None or not hasattr(select, "poll"):
        return False
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)
        return any(seen & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, seen in poll.poll(0))
    except (OSError, ValueError):
        return False


class Watch:
    """Of one app. Everything runs on its loop, what blocks in threads."""

    def __init__(self, app: App[Any], shell: Shell, rooms: Callable[[], list[Room]]) -> None:
        """`rooms` gives the screens that were made."""
        self._app, self._shell, self._rooms = app, shell, rooms
        self.every_s: float = STATUS_S
        self._was_up = shell.link.is_up

    def begin(self) -> None:
        """Start the gateway where there is none, and ask from now on."""
        self._shell.link.on_state = self._on_link
        self._app.set_interval(self.every_s, self._ask)
        if not self._app.is_headless and not self._app.is_web:
            self._app.set_interval(TERMINAL_S, self._look_at_terminal)
        if self._shell.link.is_placed:
            self._ask()
        else:
            self.start()

    def start(self) -> None:
        """Start this config's gateway; the link then points to it."""
        start = self._shell.opening.start
        if start is None:
            self._shell.toast("No gateway can be started from here", "`aigw-dev up` starts one", "warning")
            return
        self._shell.toast("Starting the gateway", "it takes about a second")

        def then(opening: Opening) -> None:
            self._shell.opening = opening
            self._shell.link.point(opening.url, admin_token=opening.admin_token, token=opening.token)
            self._ask()

        def failed(error: GatewayError) -> None:
            said = f"{error.message}\n{error.hint}".strip()
            self._app.push_screen(Viewer("The gateway did not start", said, copy=self._shell.copy))

        self._shell.link.ask(self._app, lambda _: start(), then, failed=failed, group="start", is_local=True)

    def _look_at_terminal(self) -> None:
        """A terminal that has gone without a signal would be read for ever: end as if it were closed."""
        if terminal_is_gone():
            self._app.exit(0)

    def _ask(self) -> None:
        link = self._shell.link
        if link.is_placed:
            link.ask(
                self._app, lambda client: client.status(), self._on_status, failed=_quiet, group="status"
            )

    def _on_status(self, status: dict[str, Any]) -> None:
        old, self._shell.status = self._shell.status, status
        before, now = (one.get("config") or {} for one in (old, status))
        current = [room for room in self._rooms() if room.is_current]
        if old and before.get("generation") != now.get("generation"):
            self._shell.toast("Config in force", f"generation {now.get('generation')}")
            for room in current:
                room.on_config()
        elif old and before.get("problems") != now.get("problems") and now.get("problems"):
            said = "\n".join(now["problems"][:3])
            self._shell.toast("The config has problems; the old one stays", said, "error")
        for room in current:
            room.refresh_top()

    def _on_link(self, is_up: bool) -> None:
        if is_up:
            title = "The gateway answers again" if self._was_up else "The gateway runs"
            self._was_up = True
            self._shell.toast(title, self._shell.link.url)
        else:
            self._shell.toast(
                "The gateway does not answer",
                "What is shown stays; it is asked again every 2 seconds. ^g starts or picks a gateway.",
                "warning",
            )
        for room in self._rooms():
            if room.is_attached:
                room.refresh_top()
                room.on_link(is_up=is_up)


def _quiet(_: Exception) -> None:
    """The top line shows that the gateway does not answer."""
