"""Edits of the draft on their way to the gateway: one after the other, kept while it is away, never blocking a key."""

from collections.abc import Callable
from typing import Any, Final, assert_never

from textual.dom import DOMNode
from textual.timer import Timer

from aigw_dev.client import AdminClient, AdminError
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.link import Link, is_unreachable
from aigw_dev.tui.routes.shelf import Duplicate, Edit, Put, Remove, Rename, Revert

WAIT_S: Final = 0.25
"""Edits of one route that follow each other faster are sent as one."""
CONFLICTS: Final = frozenset({"config_changed", "config_conflict"})


class Outbox:
    """A queue of one screen. All of it on the UI loop; only the calls themselves are in threads."""

    def __init__(
        self,
        node: DOMNode,
        link: Link,
        *,
        digest: Callable[[], str],
        answered: Callable[[dict[str, Any] | None], None],
        refused: Callable[[Edit, GatewayError], None],
        changed: Callable[[], None],
    ) -> None:
        """Sends nothing yet.

        `digest` is the file's that edits are made against; `answered` gets the draft after the last edit; `refused` what
        the gateway would not take; `changed` is called when there is more or less to send.
        """
        self._node, self._link = node, link
        self._digest, self._answered, self._refused, self._changed = digest, answered, refused, changed
        self.waiting: list[Edit] = []
        """Not yet at the gateway, the oldest first; the first may be on its way."""
        self.is_sending: bool = False
        self.sent: int = 0
        """How many edits the gateway has taken: what was asked before the last of them is out of date."""
        self._timer: Timer | None = None
        self._then: list[Callable[[], None]] = []

    @property
    def is_empty(self) -> bool:
        """Whether the gateway knows everything."""
        return not self.waiting

    def add(self, edit: Edit, *, is_urgent: bool = False) -> None:
        """Send it soon; `is_urgent` at once, with what waits before it."""
        last = self.waiting[-1] if len(self.waiting) > (1 if self.is_sending else 0) else None
        if isinstance(edit, Put) and isinstance(last, Put) and last.name == edit.name:
            self.waiting[-1] = edit
        else:
            self.waiting.append(edit)
        self._changed()
        if is_urgent:
            self.flush()
        elif self._timer is None:
            self._timer = self._node.set_timer(WAIT_S, self.flush)

    def when_sent(self, action: Callable[[], None]) -> None:
        """Do `action` when the gateway knows everything: at once where it does. Forgotten where it refuses something."""
        if self.is_empty:
            action()
            return
        self._then.append(action)
        self.flush()

    def flush(self) -> None:
        """Send what waits, as long as the gateway takes it. Call it again when a gateway that was away is back."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.is_sending or not self.waiting:
            return
        edit, digest = self.waiting[0], self._digest()
        self.is_sending = True
        self._link.ask(self._node, lambda client: send(client, edit, digest), self._sent, failed=self._failed)

    def _sent(self, draft: dict[str, Any] | None) -> None:
        self.is_sending = False
        self.sent += 1
        self.waiting.pop(0)
        if self.waiting:
            self.flush()
            return
        self._answered(None if draft is not None and draft.get("is_empty") else draft)
        self._changed()
        actions, self._then = self._then, []
        for action in actions:
            action()

    def _failed(self, error: GatewayError) -> None:
        self.is_sending = False
        self._then.clear()
        if is_unreachable(error):
            self._changed()  # kept: sent when it is back
            return
        edit = self.waiting.pop(0)
        self._refused(edit, error)
        self._changed()
        self.flush()


def send(client: AdminClient, edit: Edit, digest: str) -> dict[str, Any] | None:
    """One edit; the draft after it."""
    match edit:
        case Put(name=name, tree=tree):
            return client.put_route(name, tree, digest)
        case Remove(name=name):
            return client.remove_route(name, digest)
        case Rename(name=name, to=to):
            return client.rename_route(name, to, digest)
        case Duplicate(name=name, to=to):
            return client.duplicate_route(name, to, digest)
        case Revert(name=name):
            return _revert(client, name)
        case _:  # pragma: no cover - the type checker proves it
            assert_never(edit)


def _revert(client: AdminClient, name: str) -> dict[str, Any] | None:
    """Without a draft there is nothing to take out of it."""
    try:
        return client.revert_route(name)
    except AdminError as error:
        if error.code != "nothing_to_deploy":
            raise
        return None
