"""The dry-run below the picture: a request is typed, its path is lit at every key, the last line says where it goes."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message

from aigw_dev.core.config import Route
from aigw_dev.core.routing.flow import CompiledRoute, compile_route
from aigw_dev.tui.graph import trace as traces
from aigw_dev.tui.graph.trace import Trace
from aigw_dev.tui.graph.tree import Tree
from aigw_dev.tui.look import Look
from aigw_dev.tui.routes import asking
from aigw_dev.tui.routes.asking import Asked, Shape
from aigw_dev.tui.routes.rows import result_row
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.text_pane import TextPane
from aigw_dev.tui.widgets.words import Words


def compiled(name: str, tree: Mapping[str, Any]) -> CompiledRoute | None:
    """The route ready to decide; None while something is wrong with it."""
    found, _ = compile_route(name, Route(flow=tree.get("flow"), metadata=metadata_mode(tree)))
    return found


def metadata_mode(tree: Mapping[str, Any]) -> Literal["required", "optional"]:
    """As written; anything else is the default."""
    return "optional" if tree.get("metadata") == "optional" else "required"


def example(route: CompiledRoute | None) -> str:
    """A request that the route's own conditions suggest."""
    if route is None:
        return "tier=free lang=de header.x-canary=1 stream=true"
    words = [f"{key}={value}" for key, value in route.metadata_example.items()]
    words += [f"{name}=…" for name in sorted(route.names) if not name.startswith("metadata.")]
    return " ".join(words) or "this route decides nothing: it sends every request to the same model"


def run(tree: Tree, name: str, route: Mapping[str, Any], typed: str) -> tuple[Trace, Asked | None]:
    """The path of the request that was typed, or why there is none, in the gateway's words."""
    known = compiled(name, route)
    asked = asking.read(typed, known if known is not None else Shape(name=name))
    if isinstance(asked, str):
        return Trace(stops=(), said=asked), None
    found = traces.dry_run(
        tree,
        asked.facts(name),
        route=name,
        metadata=metadata_mode(route),
        draw=lambda: asked.draw,
        conversation=asked.conversation,
    )
    return found, asked


class RunEntry(Entry):
    """The field; its keys beside those of every field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "screen.act('from_log')", "From the log", show=True, id="routes.from_log", tooltip="Take the request from one that was logged."),
        Binding("enter", "submit", "Keep", show=True, key_display="enter", id="routes.run_keep", tooltip="Back to the picture; the path stays lit."),
    ]  # fmt: skip


class DryRun(Vertical):
    """The bar. `Asked` says what was typed; the screen answers with `tell`."""

    DEFAULT_CSS = """
    DryRun { height: auto; background: $surface; }
    DryRun Horizontal { height: 1; }
    DryRun Words { width: auto; color: $accent; }
    DryRun Entry { width: 1fr; }
    DryRun TextPane { height: 1; scrollbar-size: 0 0; padding: 0 1; }
    """

    class Typed(Message):
        """Another request."""

        def __init__(self, text: str) -> None:
            """As it stands in the field."""
            super().__init__()
            self.text = text

    class Left(Message):
        """The field was left: the keys are the picture's again."""

    def __init__(self, look: Look) -> None:
        """Empty."""
        super().__init__(id="dry-run")
        self._look = look
        self.typed: str = ""
        """As it stands in the field."""

    def compose(self) -> ComposeResult:
        """The field, and the result below it."""
        with Horizontal():
            yield Words(f" dry-run {self._look.glyphs.pointer} ")
            yield RunEntry(
                self.typed, placeholder="tier=free lang=de header.x-canary=1 stream=true", id="run-entry"
            )
        result = TextPane(id="run-result")
        result.can_focus = False
        yield result

    def put(self, typed: str) -> None:
        """Type it."""
        self.typed = typed
        for entry in self.query(Entry):
            entry.value = typed

    def suggest(self, words: str) -> None:
        """What an empty field shows."""
        self.query_one(Entry).placeholder = words

    def tell(self, trace: Trace | None) -> None:
        """The result; None where nothing was asked."""
        pane = self.query_one(TextPane)
        row = result_row(trace, self._look.glyphs, cells=pane.size.width) if trace is not None else []
        pane.show([row] if row else [])

    def begin(self) -> None:
        """Give the field the keys."""
        self.query_one(Entry).focus()

    @on(Entry.Changed)
    def changed(self, event: Entry.Changed) -> None:
        """At every key."""
        event.stop()
        if event.value != self.typed or not event.value:
            self.typed = event.value
        self.post_message(self.Typed(self.typed))

    @on(Entry.Submitted)
    @on(Entry.Left)
    def left(self, event: Entry.Submitted | Entry.Left) -> None:
        """Back to the picture; the path stays lit."""
        event.stop()
        self.post_message(self.Left())
