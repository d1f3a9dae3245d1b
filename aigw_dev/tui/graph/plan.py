"""Where every node and wire of a flow stands, in terminal cells. Pure: the same tree gives the same plan.

Ladder: the first branch of a node is right of it, the last one below it, those between are right of it too, one below
the other. So a chain of conditions costs rows for `false` and columns for `true`, and reads like code. Left-right:
every branch is right of its node, which stands in the middle of them.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from aigw_dev.tui import text
from aigw_dev.tui.graph import faces
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.faces import Face
from aigw_dev.tui.graph.tree import If, Node, Send, Split
from aigw_dev.tui.look import UNICODE, Glyphs

Layout = Literal["ladder", "left-right"]
Cell = tuple[int, int]
"""x, y"""

_MARGIN: Final = 1
_DENSE_CAP: Final = 34
_SHORTER: Final = (31, 29, 27, 25, 23, 21)
"""Tried in this order where a dense picture does not fit."""
_BOX_CAP: Final = 40
_BOX_EDGE: Final = 4
"""Cells of a box beside its text: edge and a blank on both sides."""
_LEAST_BOX: Final = 18
"""An if's box: its edge has room for what a dry-run found."""
_NOTE: Final = 26
"""Cells kept for what a dry-run found beside a dense row."""


class Form(Struct, frozen=True, kw_only=True):
    """How a flow is drawn."""

    layout: Layout = "ladder"
    is_dense: bool = False
    cap: int = 0
    """The widest a node may be; 0 = the usual."""
    room: int = 0
    """Cells there are: where a dense picture is wider, `fitting` cuts long nodes shorter; 0 = as many as it takes."""

    @property
    def widest(self) -> int:
        """Cells."""
        return self.cap or (_DENSE_CAP if self.is_dense else _BOX_CAP)


class Box(Struct, frozen=True, kw_only=True):
    """One node."""

    id: str
    x: int
    y: int
    width: int
    height: int
    face: Face
    note_x: int = 0
    """Where in the row below a dense row there is room for a note."""
    note_width: int = 0
    """0 = no room; in a box the note stands on its lower edge."""


class Wire(Struct, frozen=True, kw_only=True):
    """From a node to one of its branches: along `points`, to the arrow's head at the last of them."""

    source: str
    branch: int
    target: str
    points: tuple[Cell, ...]
    """Corners; the first touches the source, the last the target."""
    label: str
    label_at: Cell
    is_down: bool = False
    """The head points down, else right."""


class Plan(Struct, frozen=True):
    """The drawing, not yet painted."""

    boxes: dict[str, Box]
    """By node, in the order of the tree."""
    wires: tuple[Wire, ...]
    start: tuple[Cell, ...]
    """The wire from the start sign to the first node: sign, then head."""
    width: int
    height: int
    form: Form
    root: str


def plan(
    root: Node, form: Form, *, labels: Mapping[tuple[str, int], str] | None = None, glyphs: Glyphs = UNICODE
) -> Plan:
    """The plan of a flow. `labels` are added to the words on wires, by node and branch: live traffic."""
    drawing = _Drawing(form, labels or {}, glyphs)
    if form.layout == "ladder":
        drawing.ladder(root, _MARGIN, 2)
        start: tuple[Cell, ...] = ((_MARGIN + 1, 0), (_MARGIN + 1, 1))
    else:
        drawing.left_right(root, _MARGIN + 4, 0)
        middle = drawing.boxes[root.id].y + _middle(drawing.boxes[root.id])
        start = ((_MARGIN, middle), (_MARGIN + 3, middle))
    boxes = {node.id: drawing.boxes[node.id] for node in trees.walk(root)}
    right = max(max(box.x + box.width, box.note_x + box.note_width) for box in boxes.values())
    words = [wire.label_at[0] + text.width(wire.label) for wire in drawing.wires if wire.is_down]
    return Plan(
        boxes=boxes,
        wires=tuple(drawing.wires),
        start=start,
        width=max(right, *words, _MARGIN + 9) + 1 if words else max(right, _MARGIN + 9) + 1,
        height=max(box.y + box.height for box in boxes.values()) + (0 if form.is_dense else 1),
        form=form,
        root=root.id,
    )


def fitting(
    root: Node, form: Form, *, labels: Mapping[tuple[str, int], str] | None = None, glyphs: Glyphs = UNICODE
) -> Plan:
    """The plan whose long nodes are as wide as the form's room allows; the usual one where none fits."""
    usual = plan(root, form, labels=labels, glyphs=glyphs)
    if not form.is_dense or not form.room or usual.width <= form.room:
        return usual
    for cap in _SHORTER:
        made = plan(root, replace(form, cap=cap), labels=labels, glyphs=glyphs)
        if made.width <= form.room:
            return made
    return usual


def _middle(box: Box) -> int:
    """The row of a box that wires from the side touch, counted from its top."""
    return 0 if box.height == 1 else 1


class _Drawing:
    """Places nodes; each method returns what the next one needs."""

    def __init__(self, form: Form, labels: Mapping[tuple[str, int], str], glyphs: Glyphs) -> None:
        self.form, self.labels, self.glyphs = form, labels, glyphs
        self.boxes: dict[str, Box] = {}
        self.wires: list[Wire] = []
        self._by_source: dict[str, list[Wire]] = {}

    def ladder(self, node: Node, x: int, y: int) -> int:
        """Place the node and all below it; the first row that is free."""
        box = self._put(node, x, y)
        bottom = y + box.height
        below = trees.children(node)
        aside = len(below) - 1 if len(below) > 1 else len(below)
        child_x = x + box.width + max((self._gap(node, branch) for branch in range(aside)), default=0)
        dense = self.form.is_dense
        for branch, child in enumerate(below[:aside]):
            child_y = y if branch == 0 else bottom + (0 if dense else 1)
            bottom = max(bottom, self.ladder(child, child_x, child_y))
            self._aside(node, branch, child)
        if not below or aside == len(below):
            return bottom
        aside_bottom = bottom
        down_y = bottom + (1 if dense else 2)
        bottom = self.ladder(below[-1], x, down_y)
        self._down(node, len(below) - 1, below[-1])
        self._note(node, child_x=child_x, bottom=aside_bottom)
        return bottom

    def left_right(self, node: Node, x: int, y: int) -> int:
        """The same, every branch on the right."""
        size = self._put(node, x, y)
        below = trees.children(node)
        if not below:
            return y + size.height
        child_x = x + size.width + max(self._gap(node, branch) for branch in range(len(below))) + 2
        bottom = y
        for child in below:
            bottom = self.left_right(child, child_x, bottom) + (0 if self.form.is_dense else 1)
        bottom -= 0 if self.form.is_dense else 1
        rows = [self.boxes[child.id].y + _middle(self.boxes[child.id]) for child in below]
        top = max(y, (rows[0] + rows[-1]) // 2 - _middle(size))
        box = replace(size, y=top)
        self.boxes[node.id] = box
        for branch, child in enumerate(below):
            self._fan(node, branch, child)
        return max(bottom, top + size.height)

    def _put(self, node: Node, x: int, y: int) -> Box:
        widest, dense = self.form.widest, self.form.is_dense
        if self.form.cap and isinstance(node, Send):  # nothing stands right of it: it may take what is left
            widest = max(widest, min(_DENSE_CAP, self.form.room - x - 1))
        face = faces.face(node, self.glyphs, widest - (2 if dense else _BOX_EDGE))
        if dense:
            more = 1 + text.width(face.more) if face.more else 0
            words = text.width(face.lines[0] if len(face.lines) == 1 or face.more else " ".join(face.lines))
            width, height = min(widest, 3 + words + more), 1
        else:
            words = max(map(text.width, face.lines))
            least = _LEAST_BOX if isinstance(node, If | Split) else text.width(face.title) + _BOX_EDGE + 6
            width = min(widest, max(least, words + _BOX_EDGE))
            height = len(face.lines) + 2
        box = Box(id=node.id, x=x, y=y, width=width, height=height, face=face)
        self.boxes[node.id] = box
        return box

    def _wire(self, wire: Wire) -> None:
        self.wires.append(wire)
        self._by_source.setdefault(wire.source, []).append(wire)

    def _words(self, node: Node, branch: int) -> str:
        added = self.labels.get((node.id, branch), "")
        said = faces.branch_words(node, branch, is_dense=self.form.is_dense)
        return f"{said} {added}" if added else said

    def _gap(self, node: Node, branch: int) -> int:
        """Cells between a node and a branch right of it: a line, the words, a line, the head."""
        return text.width(self._words(node, branch)) + (4 if self.form.is_dense else 6)

    def _aside(self, node: Node, branch: int, child: Node) -> None:
        source, target = self.boxes[node.id], self.boxes[child.id]
        row = target.y + _middle(target)
        end = (target.x - 1, row)
        label = self._words(node, branch)
        trunk = source.x + 1
        points = (
            ((source.x + source.width, row), end)
            if branch == 0
            else ((trunk, source.y + source.height), (trunk, row), end)
        )
        at = (target.x - 2 - text.width(label) - (0 if self.form.is_dense else 1), row)
        self._wire(
            Wire(source=node.id, branch=branch, target=child.id, points=points, label=label, label_at=at)
        )

    def _down(self, node: Node, branch: int, child: Node) -> None:
        source, target = self.boxes[node.id], self.boxes[child.id]
        trunk = source.x + 1
        points = ((trunk, source.y + source.height), (trunk, target.y - 1))
        label = self._words(node, branch)
        self._wire(
            Wire(source=node.id, branch=branch, target=child.id, points=points, label=label,
                 label_at=(trunk + 2, target.y - 1), is_down=True)
        )  # fmt: skip

    def _fan(self, node: Node, branch: int, child: Node) -> None:
        source, target = self.boxes[node.id], self.boxes[child.id]
        row, to = source.y + _middle(source), target.y + _middle(target)
        trunk = source.x + source.width + 1
        points = ((trunk - 1, row), (trunk, row), (trunk, to), (target.x - 1, to))
        label = self._words(node, branch)
        at = (target.x - 2 - text.width(label) - (0 if self.form.is_dense else 1), to)
        self._wire(
            Wire(source=node.id, branch=branch, target=child.id, points=points, label=label, label_at=at)
        )

    def _note(self, node: Node, *, child_x: int, bottom: int) -> None:
        """Room in the row under a dense row: nothing but this node's own branches is right of it there."""
        box = self.boxes[node.id]
        row = box.y + 1
        if not self.form.is_dense or any(
            wire.label_at[1] == row and not wire.is_down for wire in self._of(node)
        ):
            return
        down = self._of(node)[-1]
        begin = box.x + 3
        if down.label_at[1] == row:
            begin = down.label_at[0] + text.width(down.label) + 1
        room = min(child_x - begin - 2, _NOTE) if row < bottom else _NOTE
        self.boxes[node.id] = replace(box, note_x=begin, note_width=max(0, room))

    def _of(self, node: Node) -> list[Wire]:
        """The wires of a node that was just placed: the last ones that have it as their source."""
        return self._by_source[node.id]
