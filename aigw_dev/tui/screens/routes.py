"""The Routes screen: the list and its versions, the flow as a picture with a dry-run below it, the inspector."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus
from textual.widget import Widget

from aigw_dev.tui.graph import node_form
from aigw_dev.tui.graph.canvas import FlowCanvas
from aigw_dev.tui.graph.trace import Trace
from aigw_dev.tui.graph.tree import Send, entry_text, walk
from aigw_dev.tui.room import Room
from aigw_dev.tui.routes import cli_words, deploy_acts, dry_run, list_acts, view_acts
from aigw_dev.tui.routes.bench import Bench
from aigw_dev.tui.routes.dry_run import DryRun
from aigw_dev.tui.routes.lists import RouteList, VersionList
from aigw_dev.tui.routes.live import RANGES, Live
from aigw_dev.tui.routes.panels import Panels, Widgets
from aigw_dev.tui.routes.route_canvas import RouteCanvas
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.table import Table
from aigw_dev.tui.widgets.text_pane import TextPane

_ACTS: Final[dict[str, Callable[[Bench], None]]] = {
    "add_route": list_acts.add,
    "edit_route": list_acts.edit,
    "rename_route": list_acts.rename,
    "duplicate_route": list_acts.duplicate,
    "delete_route": list_acts.delete,
    "revert_route": list_acts.revert,
    "diff_route": deploy_acts.show_diff,
    "deploy": deploy_acts.save,
    "copy_route": view_acts.copy,
    "examples": view_acts.show_examples,
    "editor": view_acts.edit_yaml,
    "from_log": view_acts.pick_logged,
    "chat": view_acts.chat,
    "logs": view_acts.logs,
}
"""What keys of the whole screen do to the route that is selected."""


def _key(keys: str, action: str, label: str, said: str, *, show: bool = False) -> Binding:
    name = action.replace("(", "_").strip("')").replace("'", "")
    return Binding(keys, action, label, show=show, id=f"routes.room_{name}", tooltip=said)


class RoutesRoom(Room):
    """Edits routes. What is live changes only by Save & Deploy."""

    ROOM: ClassVar[str] = "routes"
    AUTO_FOCUS = "#routes"
    DEFAULT_CSS = """
    RoutesRoom #board { height: 1fr; }
    RoutesRoom #side { width: 31; }
    RoutesRoom #stage { width: 1fr; }
    RoutesRoom #inspector { width: 30; overflow-x: hidden; }
    RoutesRoom #board #inspector, RoutesRoom #board #flow { padding: 0 1; }
    RoutesRoom #routes { height: 1fr; }
    RoutesRoom #versions { height: auto; min-height: 4; max-height: 40%; }
    RoutesRoom #flow { height: 1fr; }
    RoutesRoom #board Lines, RoutesRoom DryRun { border: round $foreground 25%; border-title-color: $foreground 80%; border-subtitle-color: $foreground 60%; }
    RoutesRoom #board Lines:focus, RoutesRoom DryRun:focus-within { border: heavy $accent; border-title-color: $accent; }
    RoutesRoom #board #run-result { border: none; }
    RoutesRoom.-ascii #board Lines, RoutesRoom.-ascii DryRun { border: ascii $foreground 40%; }
    RoutesRoom.-ascii #board Lines:focus, RoutesRoom.-ascii DryRun:focus-within { border: ascii $accent; }
    RoutesRoom.-ascii #board #run-result { border: none; }
    RoutesRoom.-wide #side { width: 37; }
    RoutesRoom.-wide #inspector { width: 34; }
    RoutesRoom.-narrow #board { layers: below above; }
    RoutesRoom.-narrow #side { layer: above; dock: left; width: 100%; display: none; background: $background; }
    RoutesRoom.-narrow.-listing #side { display: block; }
    RoutesRoom.-narrow #inspector { dock: bottom; width: 100%; height: 6; }
    RoutesRoom.-narrow.-short #inspector { height: 5; border-bottom: none; }
    RoutesRoom.-narrow.-short #flow { border-bottom: none; }
    RoutesRoom.-short DryRun { border: none; display: none; }
    RoutesRoom.-short DryRun.-asked, RoutesRoom.-short DryRun:focus-within { display: block; border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("t", "dry_run", "Dry-run", "Type a request and see its way.", show=True),
        _key("s", "act('deploy')", "Save & deploy", "Put this route's draft in force.", show=True),
        _key("f4", "act('editor')", "YAML", "This route's YAML in your editor."),
        _key("X", "act('examples')", "Examples", "cURL, Python and Node for this route."),
        _key("f5", "act('chat')", "Chat", "Talk to this route."),
        _key("f6", "act('logs')", "Logs", "The requests that went through it."),
        _key("ctrl+l", "act('from_log')", "From the log", "Take the dry-run's request from one that was logged."),
        _key("less_than_sign", "span(-1)", "Shorter", "Calls and traffic of a shorter time."),
        _key("greater_than_sign", "span(1)", "Longer", "Calls and traffic of a longer time."),
        _key("u,ctrl+z", "undo", "Undo", "Take the last change of the list back; after a deployment: roll back."),
        _key("escape", "list", "Routes", "To the list of routes."),
    ]  # fmt: skip

    def __init__(self, shell: Shell) -> None:
        """The canvas is there before it is shown: everything else works on it."""
        super().__init__(shell)
        self.canvas: Final = RouteCanvas(shell.look, id="flow")
        self.bench: Final = Bench(self, shell, self.canvas, redraw=self.redraw)
        self.bench.conflicted = lambda name, error: deploy_acts.resolve(self.bench, name, error)
        self.bench.show_request = self._type_request
        self.bench.show_trace = self._show_trace
        self.canvas.is_undo_lent = lambda: self.bench.is_offering
        self.live: Final = Live(self.bench, changed=self.redraw)
        self._list: Final = RouteList(shell.look)
        self._versions: Final = VersionList(shell.look)
        self._bar: Final = DryRun(shell.look)
        self._inspector: Final = TextPane(id="inspector")
        widgets = Widgets(routes=self._list, versions=self._versions, inspector=self._inspector)
        self._panels: Final = Panels(self.bench, self.live, widgets)
        self._kept_node = -1
        self._recorded: Trace | None = None

    def body(self) -> Iterable[Widget]:
        """Side, stage, inspector."""
        self.set_class(self.shell.look.is_ascii, "-ascii")
        with Horizontal(id="board"):
            with Vertical(id="side"):
                yield self._list
                yield self._versions
            with Vertical(id="stage"):
                yield self.canvas
                yield self._bar
            yield self._inspector

    # what the app says

    def on_shown(self) -> None:
        """Everything anew; then calls and traffic every few seconds."""
        self.bench.reload()
        self.live.read_catalogue()
        self.live.start()

    def on_left(self) -> None:
        """Stop asking."""
        self.live.stop()

    def on_link(self, *, is_up: bool) -> None:
        """Back: what waited is sent."""
        if is_up:
            self.bench.outbox.flush()
            self.bench.reload()
            self.live.ask()
        self.redraw()

    def on_config(self) -> None:
        """Somebody deployed or edited the file."""
        self.bench.read_histories.clear()
        self.bench.reload()
        self.live.read_catalogue()

    def open_at(self, **place: Any) -> None:
        """`route=` selects it; `exchange=` (an id) or `decision=` lights the path that a request took."""
        route = str(place.get("route") or "")
        if route:
            self.bench.wanted = route
            self.bench.select(route)
            if route in self.bench.shelf.items:
                self.bench.wanted = ""
        self.canvas.focus()
        exchange = place.get("exchange")
        if isinstance(exchange, str) and exchange:
            view_acts.take(self.bench, exchange)
        elif isinstance(exchange, dict):
            view_acts.light(self.bench, cast("dict[str, Any]", exchange))
        elif place.get("decision") is not None:
            view_acts.light(self.bench, {"decision": place["decision"], "route": route})

    def remember(self) -> dict[str, Any]:
        """Selection, layout, dry-run, and edits that were not sent yet."""
        canvas = self.canvas
        order = [node.id for node in walk(canvas.flow_tree.root)]
        return {
            "route": self.bench.at,
            "node": order.index(canvas.selected) if canvas.selected in order else 0,
            "scroll": [int(canvas.scroll_offset.x), int(canvas.scroll_offset.y)],
            "view": canvas.view,
            "dry_run": self._bar.typed,
            "range": self.live.at,
            "focus": self.focused.id if self.focused is not None else "",
            "unsent": self.bench.unsent(),
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """As far as it fits."""
        self.bench.wanted = str(kept.get("route") or "")
        self.canvas.recall(cast("Mapping[str, Any]", kept.get("view") or {}))
        span = kept.get("range")
        self.live.at = span if isinstance(span, int) and 0 <= span < len(RANGES) else 1
        self._bar.put(str(kept.get("dry_run") or ""))
        self.bench.take_unsent(kept.get("unsent") or [])
        node = kept.get("node")
        self._kept_node = node if isinstance(node, int) else -1
        if kept.get("focus") in {"flow", "versions"}:
            self.query_one(f"#{kept['focus']}").focus()

    def top_words(self) -> str:
        """`live #7 · draft +2`."""
        item = self.bench.item
        if item is None:
            return ""
        count = len(self.bench.shelf.changes(item.name))
        live = f"live #{item.version}" if item.version else "live" if item.live is not None else "not live"
        if count and self.has_class("-narrow"):
            return f"{live.removeprefix('live ')} +{count}"
        return f"{live} {self.shell.look.glyphs.middot} draft +{count}" if count else live

    # what is shown

    def redraw(self) -> None:
        """Lists, titles, inspector: from what the bench knows."""
        if not self.is_mounted or not self._list.is_attached:
            return
        bench = self.bench
        self._panels.routes(
            "full" if self.has_class("-narrow") else "roomy" if self.has_class("-wide") else "tight"
        )
        self._panels.versions()
        self._take_up_node()
        self._run()
        self._panels.title()
        self._panels.inspector()
        if bench.at:
            deploy_acts.read_history(bench)
        self.refresh_top()
        self.refresh_bindings()

    def _take_up_node(self) -> None:
        """The node that was selected in the last run."""
        if self._kept_node >= 0 and self.bench.shelf.is_loaded:
            order = [node.id for node in walk(self.canvas.flow_tree.root)]
            at, self._kept_node = self._kept_node, -1
            if at < len(order):
                self.canvas.select(order[at])

    # what happens

    @on(Table.Moved, "#routes")
    def _route_moved(self, event: Table.Moved) -> None:
        if event.key and event.key == event.table.key != self.bench.at:
            self.bench.select(event.key)
            self.live.another_route()

    @on(Table.Chosen, "#routes")
    def _route_chosen(self) -> None:
        self.canvas.focus()

    @on(FlowCanvas.Changed)
    def _flow_changed(self, event: FlowCanvas.Changed) -> None:
        self.bench.flow_edited()
        self.live.show()
        item = self.bench.item
        if item is not None and item.tree is not None:
            self.shell.cli(cli_words.edit_flow(item.name, item.tree))
        if event.way != "did":
            self.shell.toast(f"{'Undone' if event.way == 'undid' else 'Done again'}: {event.label}")
        self.redraw()

    @on(FlowCanvas.Selected)
    def _node_selected(self) -> None:
        self._panels.inspector()

    @on(FlowCanvas.Refused)
    def _refused(self, event: FlowCanvas.Refused) -> None:
        self.shell.toast(event.reason)

    @on(FlowCanvas.Copied)
    def _copied(self, event: FlowCanvas.Copied) -> None:
        self.shell.toast(f"Remembered {event.words}", "p puts it in the place of a node")

    @on(FlowCanvas.Wants)
    def _wanted(self, event: FlowCanvas.Wants) -> None:
        node = self.canvas.selected_node
        if event.what == "copy":
            view_acts.copy(self.bench)
        elif event.what == "key":
            provider = entry_text(node.get("send")).partition("/")[0] if isinstance(node, Send) else ""
            self.shell.go("providers", **({"provider": provider} if provider else {}))
        elif self.canvas.frozen:
            self.shell.toast("Read only", self.canvas.frozen, "warning")
        elif self.bench.item is None:
            list_acts.add(self.bench)
        else:
            node_form.answer(self.canvas, event.what)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """On a narrow screen the list lies above the picture while it has the keys."""
        self.set_class(event.widget.id in {"routes", "versions"}, "-listing")

    # the dry-run

    @on(DryRun.Typed)
    def _typed(self) -> None:
        self._recorded = None
        self._run()
        view_acts.explained(self.bench)

    @on(DryRun.Left)
    def _bar_left(self) -> None:
        self.canvas.focus()

    def _run(self) -> None:
        """Decide what was typed, here, and light the way."""
        bar, item = self._bar, self.bench.item
        bar.set_class(bool(bar.typed), "-asked")
        if item is None:
            bar.tell(None)
            return
        bar.suggest(dry_run.example(dry_run.compiled(item.name, item.shown)))
        if not bar.typed.strip():
            self.bench.asked = None
            bar.tell(self._recorded)
            self._light(self._recorded)
            return
        trace, self.bench.asked = dry_run.run(self.canvas.flow_tree, item.name, item.shown, bar.typed)
        bar.tell(trace)
        self._light(self._recorded or trace)

    def _light(self, trace: Trace | None) -> None:
        if self.canvas.trace != (trace or Trace(stops=())):
            self.canvas.set_trace(trace)

    def _type_request(self, typed: str) -> None:
        self._bar.put(typed)
        self._run()

    def _show_trace(self, trace: Trace) -> None:
        self._recorded = trace
        self._run()

    # keys

    def action_act(self, name: str) -> None:
        """One of the acts."""
        _ACTS[name](self.bench)

    def action_dry_run(self) -> None:
        """Into the field."""
        self._bar.begin()

    def action_list(self) -> None:
        """To the list."""
        self._list.focus()

    def action_undo(self) -> None:
        """Of the list, or of a deployment."""
        self.bench.undo()

    def action_span(self, by: int) -> None:
        """Another range."""
        self.live.widen(by)

    def action_version(self, name: str) -> None:
        """Something with the version under the cursor."""
        key = self._versions.key
        {"diff": deploy_acts.show_diff, "restore": deploy_acts.restore, "back": deploy_acts.roll_back}[name](
            self.bench, key
        )
