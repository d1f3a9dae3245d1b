"""What the Routes screen works on: the shelf of routes, the one on the canvas, and the ways an edit goes.

Every action of the screen goes through here; what is shown follows from `redraw`. Nothing in it waits.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec
from textual.app import App
from textual.screen import Screen

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.history import History
from aigw_dev.tui.graph.trace import Trace
from aigw_dev.tui.routes.asking import Asked
from aigw_dev.tui.routes.outbox import CONFLICTS, Outbox
from aigw_dev.tui.routes.route_canvas import RouteCanvas
from aigw_dev.tui.routes.shelf import EDITS, Edit, Item, Put, Revert, Shelf
from aigw_dev.tui.shell import Shell

OFFER_S: Final = 15.0
"""How long `u` rolls a deployment back."""


class Undo(msgspec.Struct, frozen=True):
    """How to take something back."""

    label: str
    edits: tuple[Edit, ...]
    select: str = ""
    """The route to go to."""


class Bench:
    """State and ways of one Routes screen. UI loop only."""

    def __init__(
        self, screen: "Screen[Any]", shell: Shell, canvas: RouteCanvas, *, redraw: Callable[[], None]
    ) -> None:
        """`redraw` shows what changed; `conflicted` is set by who answers conflicts."""
        self.screen, self.shell, self.canvas, self.redraw = screen, shell, canvas, redraw
        self.shelf: Final = Shelf()
        self.outbox: Final = Outbox(
            screen,
            shell.link,
            digest=lambda: self.shelf.digest,
            answered=self._drafted,
            refused=self._refused,
            changed=redraw,
        )
        self.conflicted: Callable[[str, GatewayError | None], None] = lambda _name, _error: None
        self.show_request: Callable[[str], None] = lambda _typed: None
        """Types a request into the dry-run; set by the screen, as the next one."""
        self.show_trace: Callable[[Trace], None] = lambda _trace: None
        """Lights a path that was not typed."""
        self.asked: Asked | None = None
        """The dry-run's request; None where nothing is asked."""
        self.kept_texts: dict[str, str] = {}
        """What an editor left that could not be read, by route."""
        self.at: str = ""
        """The route on the canvas; empty where there is none."""
        self.wanted: str = ""
        """The route to go to when it is there."""
        self.histories: dict[str, list[dict[str, Any]]] = {}
        """Deployments that changed a route, by route."""
        self.read_histories: set[str] = set()
        """Those that are as the gateway has them."""
        self.undos: list[Undo] = []
        self.offer: Callable[[], None] | None = None
        """What `u` does before anything else: rolls the last deployment back."""
        self._offered_at = 0.0
        self._parked: dict[str, tuple[History, trees.Tree, str]] = {}
        self._told: set[tuple[str, str]] = set()

    @property
    def app(self) -> "App[Any]":
        """The app, for what stands in front of the screen."""
        return self.screen.app

    @property
    def item(self) -> Item | None:
        """The route on the canvas."""
        return self.shelf.items.get(self.at)

    @property
    def read_only(self) -> str:
        """Why nothing can be changed now; empty where it can."""
        config = cast("Mapping[str, Any]", self.shell.status.get("config") or {})
        held = cast("list[str]", config.get("held_back") or [])
        if not held:
            return ""
        count = f"{len(held)} setting{'' if len(held) == 1 else 's'}"
        return (
            f"this config is not trusted yet ({count} held back): read them with `aigw-dev trust`, then edit"
        )

    # reading

    def reload(self) -> None:
        """Ask for file, routes in force and draft, and show them; edits on their way stay on top."""
        sent = self.outbox.sent

        def then(found: tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any] | None]) -> None:
            if self.outbox.sent == sent:
                self._loaded(found)
            else:  # an edit arrived there since this was asked: the answer may not know it
                self.reload()

        self.shell.link.ask(self.screen, _read, then, group="routes")

    def _loaded(self, found: tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any] | None]) -> None:
        config, rows, draft = found
        draft = None if draft is not None and draft.get("is_empty") else draft
        self.shelf.load(live_trees(config), rows, draft, digest=str(config.get("digest") or ""))
        for edit in self.outbox.waiting:
            self.shelf.apply(edit)
        self.outbox.flush()
        self._settle()

    def _drafted(self, draft: dict[str, Any] | None) -> None:
        self.shelf.take_draft(draft)
        self._settle()

    def _settle(self) -> None:
        """Show what is there now, and tell of a conflict once."""
        shelf = self.shelf
        if self.wanted in shelf.items:
            self.at, self.wanted = self.wanted, ""
        elif self.at not in shelf.items:
            self.at = next(iter(shelf.items), "")
        self.put_on_canvas()
        self.redraw()
        for name in shelf.conflicts if shelf.is_stale else ():
            if (name, shelf.digest) not in self._told:
                self._told.add((name, shelf.digest))
                self.conflicted(name, None)

    # the canvas

    def select(self, name: str) -> None:
        """Put a route on the canvas."""
        if name == self.at or name not in self.shelf.items:
            return
        self._park()
        self.at = name
        self.put_on_canvas()
        self.redraw()

    def put_on_canvas(self) -> None:
        """Show the selected route's flow as it is worked on; its undo list comes back with it."""
        item, canvas = self.item, self.canvas
        flow = item.shown.get("flow") if item is not None else None
        if canvas.route != (self.at or "draft"):
            canvas.history = History()
        canvas.load(flow, route=self.at or "draft")
        parked = self._parked.pop(self.at, None)
        if parked is not None and trees.to_value(parked[1].root) == flow:
            canvas.history, canvas.flow_tree = parked[:2]
            canvas.select(parked[2])
        canvas.frozen = self.read_only or (
            f"{self.at} is taken out by the draft: u brings it back"
            if item is not None and item.tree is None
            else ""
        )

    def _park(self) -> None:
        if self.at:
            self._parked[self.at] = self.canvas.history, self.canvas.flow_tree, self.canvas.selected

    def flow_edited(self) -> None:
        """The canvas was edited: into the draft with it."""
        item = self.item
        if item is None or item.tree is None or self.canvas.route != self.at:
            return
        flow = self.canvas.flow
        if item.tree.get("flow") != flow:
            self.offer = None
            tree = item.tree | {"flow": flow}
            # As it is live again: nothing of the draft is left, not even in how the file is written.
            self.send(Revert(self.at) if tree == item.live else Put(self.at, tree))

    # edits

    def send(self, edit: Edit, *, is_urgent: bool = False) -> None:
        """Do an edit here and now, and at the gateway as soon as it answers."""
        self.shelf.apply(edit)
        self.outbox.add(edit, is_urgent=is_urgent)

    def do(self, *edits: Edit, undo: Undo | None, select: str = "") -> bool:
        """An edit of the list; False, with the reason told, where nothing can be changed."""
        if self.read_only:
            self.shell.toast("Read only", self.read_only, "warning")
            return False
        self.offer = None
        if undo is not None:
            self.undos.append(undo)
        self._park()
        for edit in edits:
            self.send(edit, is_urgent=True)
        if select:
            self.at = select
        self._settle()
        return True

    def undo(self) -> None:
        """Take the last deployment back while that is offered, else the last change of the list."""
        if self.is_offering and self.offer is not None:
            action, self.offer = self.offer, None
            action()
        elif self.undos:
            one = self.undos.pop()
            self.do(*one.edits, undo=None, select=one.select)
            self.shell.toast(f"Undone: {one.label}")
        else:
            self.shell.toast("Nothing to undo", "on the picture u takes back its own changes")

    def offer_undo(self, action: Callable[[], None]) -> None:
        """For a while, `u` does this."""
        self.offer, self._offered_at = action, time.monotonic()

    @property
    def is_offering(self) -> bool:
        """Whether `u` would roll a deployment back."""
        return self.offer is not None and time.monotonic() - self._offered_at < OFFER_S

    def _refused(self, edit: Edit, error: GatewayError) -> None:
        name = edit.name
        if error.code in CONFLICTS:
            self.conflicted(name, error)
            return
        self.shell.toast(f"{name}: not kept", f"{error.message} {error.hint}".strip(), "error")
        self.reload()

    # memory

    def unsent(self) -> Any:
        """Edits that the gateway does not have yet, JSON-able."""
        return msgspec.to_builtins(self.outbox.waiting)

    def take_unsent(self, kept: Any) -> None:
        """Edits of a run that ended before they were sent."""
        try:
            edits: list[Edit] = msgspec.convert(kept, EDITS)
        except msgspec.ValidationError:
            return
        self.outbox.waiting = [*edits, *self.outbox.waiting]


def _read(client: AdminClient) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any] | None]:
    return client.config(), client.routes(), client.draft()


def live_trees(config: Mapping[str, Any]) -> dict[str, Any]:
    """The routes as the file has them; those in force where it has none, or cannot be read."""
    from aigw_dev.config_file.route_edits import route_trees

    effective = cast("Mapping[str, Any]", config.get("effective") or {})
    in_force = cast("dict[str, Any]", effective.get("routes") or {})
    written = route_trees(str(config.get("text") or ""))
    return (
        written | {name: tree for name, tree in in_force.items() if name not in written}
        if written
        else in_force
    )
