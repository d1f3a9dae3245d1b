"""Fills the panels of the Routes screen from what the bench knows: lists, titles, inspector. Asks nothing."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from aigw_dev.tui import text
from aigw_dev.tui.graph.tree import walk
from aigw_dev.tui.routes import rows
from aigw_dev.tui.routes.bench import Bench
from aigw_dev.tui.routes.lists import Room, RouteList, VersionList
from aigw_dev.tui.routes.live import Live
from aigw_dev.tui.widgets.text_pane import TextPane

_MORE: Final[dict[Room, int]] = {"tight": 0, "roomy": 1, "full": 2}
"""Cells of a row beside name, calls and errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Widgets:
    """What is filled, beside the canvas."""

    routes: RouteList
    versions: VersionList
    inspector: TextPane


class Panels:
    """The panels of one screen; UI loop only."""

    def __init__(self, bench: Bench, live: Live, widgets: Widgets) -> None:
        """Fills nothing yet."""
        self._bench, self._live, self._widgets = bench, live, widgets
        self._glyphs = bench.shell.look.glyphs

    def routes(self, room: Room) -> None:
        """The list, its cursor on the route that is on the canvas."""
        bench, table = self._bench, self._widgets.routes
        table.fit(room)
        table.fill(
            rows.route_entries(bench.shelf, self._live.counts, self._bad(), self._glyphs, more=_MORE[room])
        )
        if bench.at:
            table.move_to(bench.at)
        drafted = len(bench.shelf.drafted())
        words = f"{self._live.span}  < >" + (f"  {drafted} in the draft" if drafted else "")
        text.title(table, f"Routes ({len(bench.shelf.items)})", words)

    def _bad(self) -> dict[str, int]:
        """Routes with errors: the one on the canvas by itself, the others as the draft was judged."""
        bench = self._bench
        found: dict[str, int] = {}
        for problem in cast("list[Mapping[str, Any]]", (bench.shelf.draft or {}).get("problems") or []):
            path = cast("list[Any]", problem.get("path") or [])
            if len(path) > 1 and path[0] == "routes" and problem.get("severity") != "warning":
                found[str(path[1])] = found.get(str(path[1]), 0) + 1
        found.pop(bench.at, None)
        errors = sum(mark.severity == "error" for mark in bench.canvas.problems)
        return found | ({bench.at: errors} if errors and bench.at else {})

    def versions(self) -> None:
        """The draft and the deployments of the selected route."""
        bench, item = self._bench, self._bench.item
        table = self._widgets.versions
        changes = bench.shelf.changes(item.name) if item is not None else []
        history = bench.histories.get(bench.at, [])
        table.fill(
            rows.version_entries(item, history, changes, now_s=time.time()) if item is not None else []
        )
        text.title(table, f"Versions of {item.name}" if item is not None else "Versions")

    def title(self) -> None:
        """Above the picture: the route, its draft, whether it is valid, whether it is saved."""
        bench, canvas, glyphs = self._bench, self._bench.canvas, self._glyphs
        item = bench.item
        if item is None:
            text.title(canvas, "no route", "a on the list adds one")
            return
        count = len(bench.shelf.changes(item.name))
        draft = f"draft ({count} change{'' if count == 1 else 's'})" if count else "as live"
        errors = sum(mark.severity == "error" for mark in canvas.problems)
        warnings = len(canvas.problems) - errors
        valid = (
            f"{glyphs.warn} {errors} problem{'' if errors == 1 else 's'}"
            if errors
            else f"{glyphs.tick} valid"
        )
        valid += f", {warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""
        dot = f" {glyphs.middot} "
        nodes = sum(1 for _ in walk(canvas.flow_tree.root))
        said = [
            f"{nodes} node{'' if nodes == 1 else 's'}",
            canvas.form.layout + (", dense" if canvas.form.is_dense else ""),
        ]
        bottom = "read only: run `aigw-dev trust`" if bench.read_only else dot.join(said)
        text.title(canvas, dot.join([item.name, *self._sending(), draft, valid]), bottom)

    def _sending(self) -> list[str]:
        """How far the edits are on their way."""
        bench = self._bench
        waiting = len(bench.outbox.waiting)
        if not bench.shell.link.is_up:
            kept = f", {waiting} edit{'' if waiting == 1 else 's'} kept" if waiting else ""
            return [f"gateway away{kept}"]
        if bench.shelf.is_stale and bench.at in bench.shelf.conflicts:
            return [f"{self._glyphs.warn} file changed too"]
        return [f"saving{self._glyphs.ellipsis}"] if waiting else []

    def inspector(self) -> None:
        """The selected node, the dry-run, live traffic, the route's settings; or what a route is."""
        pane = self._widgets.inspector
        cells = max(20, pane.size.width - 1)
        item = self._bench.item
        if item is None:
            shown = rows.teaching(cells)
        else:
            shown = list(self._bench.canvas.inspect(cells))
            shown += (
                rows.traffic_rows(self._live.traffic, self._live.span, cells) if self._live.traffic else []
            )
            shown += rows.route_rows(item, cells)
        pane.show(shown, is_kept=True)
        text.title(pane, "Inspector")
