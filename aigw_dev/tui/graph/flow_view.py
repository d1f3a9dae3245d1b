"""A flow as a picture one can walk through: selection, layouts, a lit path, traffic. `canvas` adds the editing."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message

from aigw_dev.tui.graph import check, exports, faces, inspector, moves, traffic
from aigw_dev.tui.graph import plan as plans
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.bindings import VIEW, What
from aigw_dev.tui.graph.catalogue import Catalogue
from aigw_dev.tui.graph.picture import Lighting, Picture, Subject
from aigw_dev.tui.graph.trace import Trace
from aigw_dev.tui.graph.tree import Node, Tree
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row

Density = Literal["auto", "dense", "boxes"]
"""`auto` follows the width."""

_DENSE_BELOW: Final = 110
"""Cells of width below which the picture is dense by itself."""
_NO_TRACE: Final = Trace(stops=())


class FlowView(Lines):
    """The picture and its selection."""

    BINDINGS: ClassVar[list[BindingType]] = VIEW

    class Told(Message):
        """What a picture says."""

        def __init__(self, canvas: "FlowView") -> None:
            """Of this one."""
            super().__init__()
            self.canvas = canvas

        @property
        def control(self) -> "FlowView":
            """For `@on(FlowCanvas.Changed, "#id")`."""
            return self.canvas

    class Selected(Told):
        """Another node, or another thing to say about it: a trace, traffic, a problem."""

    class Wants(Told):
        """A form is needed: `node_form.answer`."""

        def __init__(self, canvas: "FlowView", what: What) -> None:
            """For this."""
            super().__init__(canvas)
            self.what: What = what

    class Refused(Told):
        """A key could do nothing; why."""

        def __init__(self, canvas: "FlowView", reason: str) -> None:
            """A sentence for a toast."""
            super().__init__(canvas)
            self.reason = reason

    def __init__(self, look: Look, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Empty until a flow is loaded."""
        super().__init__(id=id, classes=classes)
        self.look = look
        self.route: str = "draft"
        """Whose flow it is."""
        self.selected: str = "n1"
        """The id of the node that keys work on."""
        self.catalogue: Catalogue = Catalogue()
        self.problems: tuple[check.Mark, ...] = ()
        """From the top of the flow."""
        self.trace: Trace = _NO_TRACE
        """The path that is lit."""
        self.density: Density = "auto"
        self.layout_name: plans.Layout = "ladder"
        self.is_outline: bool = False
        self._tree: Tree = trees.load(None)
        self._calls: dict[str, int] = {}
        self._found: frozenset[str] = frozenset()
        self._picture: Picture = self._drawn()
        self._check()

    # what the screen says

    def load(self, flow: Any, *, route: str = "draft") -> None:
        """Show a flow; the same flow again keeps the selection."""
        is_same = route == self.route and self.flow == flow
        self.route = route
        if not is_same:
            self._found = frozenset()
            self.show(trees.load(flow), "")

    def select(self, node_id: str) -> None:
        """Put the selection on a node; one that is gone is passed over."""
        if node_id != self.selected and trees.find(self._tree.root, node_id) is not None:
            self.selected = node_id
            self._repaint()
        self._reveal()
        self.post_message(self.Selected(self))

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """What can be picked, and what is warned about."""
        if catalogue != self.catalogue:
            self.catalogue = catalogue
            self._check()
            self._redraw()

    def set_trace(self, trace: Trace | None) -> None:
        """Light a path; None puts it out."""
        self.trace = trace if trace is not None else _NO_TRACE
        self._repaint()
        self.post_message(self.Selected(self))

    def set_traffic(self, calls: Mapping[str, int]) -> None:
        """Shares of live traffic on the wires: calls by the core's names of nodes."""
        if dict(calls) != self._calls:
            self._calls = dict(calls)
            self._redraw()
            self.post_message(self.Selected(self))

    def find(self, words: str) -> int:
        """Mark the nodes that hold the words and go to the next one; how many there are."""
        said = words.casefold().strip()
        found = [
            node.id for node in trees.walk(self._tree.root)
            if said and said in faces.outline_words(node, self.look.glyphs).casefold()
        ]  # fmt: skip
        self._found = frozenset(found)
        self._repaint()
        if found:
            self.select(_after(found, self.selected, [node.id for node in trees.walk(self._tree.root)], 1))
        return len(found)

    def recall(self, view: Mapping[str, Any]) -> None:
        """Take up what `view` gave, as far as it fits."""
        if view.get("density") in {"auto", "dense", "boxes"}:
            self.density = view["density"]
        if view.get("layout") in {"ladder", "left-right"}:
            self.layout_name = view["layout"]
        self.is_outline = view.get("outline") is True
        self._redraw()

    # what the screen asks

    @property
    def flow_tree(self) -> Tree:
        """The flow with the ids of its nodes."""
        return self._tree

    @flow_tree.setter
    def flow_tree(self, tree: Tree) -> None:
        """Show another tree; the undo list is the caller's affair."""
        self.show(tree, self.selected)

    @property
    def flow(self) -> Any:
        """The value of the flow as it stands now."""
        return trees.to_value(self._tree.root)

    @property
    def is_valid(self) -> bool:
        """Whether nothing but warnings is wrong."""
        return not check.is_blocking(self.problems)

    @property
    def selected_node(self) -> Node:
        """The node the keys work on."""
        return trees.find(self._tree.root, self.selected) or self._tree.root

    @property
    def form(self) -> plans.Form:
        """How it is drawn now."""
        is_dense = self.density == "dense" or (self.density == "auto" and 0 < self.size.width < _DENSE_BELOW)
        room = self.size.width if is_dense else 0
        return plans.Form(layout=self.layout_name, is_dense=is_dense, room=room)

    @property
    def view(self) -> dict[str, Any]:
        """What `recall` takes."""
        return {"density": self.density, "layout": self.layout_name, "outline": self.is_outline}

    def inspect(self, cells: int) -> list[Row]:
        """Everything about the selected node, `cells` wide."""
        view = inspector.View(
            root=self._tree.root,
            selected=self.selected_node.id,
            marks=[mark for mark in self.problems if mark.node == self.selected],
            trace=self.trace,
            labels=traffic.labels(self._tree.root, self._calls, is_dense=False),
            glyphs=self.look.glyphs,
            cells=cells,
        )
        return inspector.rows(view)

    def text(self, kind: exports.Kind) -> str:
        """The flow as text."""
        return exports.export(self._tree.root, kind, route=self.route, form=self.form)

    def node_at(self, x: int, y: int) -> str | None:
        """The node at a cell of the drawing."""
        return self._picture.node_at(x, y)

    def fork_at(self, x: int, y: int) -> str | None:
        """The node on one of whose wires there are words at a cell."""
        return self._picture.fork_at(x, y)

    # the lines

    def row_count(self) -> int:
        """The rows of the picture."""
        return len(self._picture.rows)

    def row_width(self) -> int:
        """The picture's; it scrolls sideways."""
        return self._picture.width

    def row(self, y: int) -> Row:
        """As painted."""
        return self._picture.rows[y]

    def on_resize(self) -> None:
        """Density may follow the width."""
        self._redraw()

    # keys

    def action_ask(self, what: What) -> None:
        """Ask for a form."""
        self.post_message(self.Wants(self, what))

    def action_go(self, way: moves.Way) -> None:
        """To a neighbour."""
        root = self._tree.root
        is_list = self.is_outline
        to = (
            moves.step(root, self.selected, way)
            if is_list
            else moves.move(self._picture.plan, root, self.selected, way)
        )
        if to is not None:
            self.select(to)

    def action_edge(self, which: str) -> None:
        """The first or the last node."""
        order = [node.id for node in trees.walk(self._tree.root)]
        self.select(order[0 if which == "first" else -1])

    def action_problem(self, by: int) -> None:
        """To the next node that something is wrong with."""
        order = [node.id for node in trees.walk(self._tree.root)]
        marked = {mark.node for mark in self.problems}
        wrong = [node_id for node_id in order if node_id in marked]
        if wrong:
            self.select(_after(wrong, self.selected, order, by))
        else:
            self.post_message(self.Refused(self, "nothing is wrong with this flow"))

    def action_layout(self) -> None:
        """The other layout."""
        self.layout_name = "left-right" if self.layout_name == "ladder" else "ladder"
        self._redraw()

    def action_density(self) -> None:
        """The other density."""
        self.density = "boxes" if self.form.is_dense else "dense"
        self._redraw()

    def action_outline(self) -> None:
        """Words, or the picture."""
        self.is_outline = not self.is_outline
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        """A click selects."""
        hit = self.node_at(event.x + self.scroll_offset.x, event.y + self.scroll_offset.y)
        if hit is not None:
            self.select(hit)

    # within

    def show(self, tree: Tree, selected: str) -> None:
        """Another tree, with one of its nodes selected; no path is lit."""
        self._tree = tree
        self.trace = _NO_TRACE
        self.selected = selected if trees.find(tree.root, selected) is not None else tree.root.id
        self._check()
        self._redraw()
        self.post_message(self.Selected(self))

    def _check(self) -> None:
        self.problems = check.check(self._tree, self.catalogue)

    def _redraw(self) -> None:
        """Everything may stand elsewhere."""
        self._picture = self._drawn()
        self.changed()
        if self.is_attached:
            self.call_after_refresh(self._reveal)

    def _drawn(self) -> Picture:
        subject = Subject(
            root=self._tree.root,
            form=self.form,
            is_outline=self.is_outline,
            problems=self.problems,
            calls=self._calls,
            glyphs=self.look.glyphs,
        )
        picture = Picture(subject)
        picture.light(self._lighting())
        return picture

    def _lighting(self) -> Lighting:
        return Lighting(selected=self.selected, trace=self.trace, found=self._found)

    def _repaint(self) -> None:
        """Everything stands where it was; only rows that look different are sent."""
        rows = self._picture.light(self._lighting())
        if rows is None:
            self.changed()
        else:
            self.row_changed(*rows)

    def _reveal(self) -> None:
        """Scroll as little as needed to see the selected node whole."""
        if self.is_attached:
            region = Region(*self._picture.place_of(self.selected))
            self.scroll_to_region(region, animate=False, force=True)


def _after(wanted: list[str], selected: str, order: list[str], by: int) -> str:
    """The next of `wanted` in the order of the tree, around the end."""
    at = order.index(selected) if selected in order else 0
    turned = order[at + 1 :] + order[: at + 1] if by > 0 else order[:at][::-1] + order[at:][::-1]
    return next(node_id for node_id in turned if node_id in wanted)
