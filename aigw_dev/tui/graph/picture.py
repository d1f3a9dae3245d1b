"""What the canvas shows of a flow at one moment: painted rows, and what lies under a cell."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from aigw_dev.tui import text
from aigw_dev.tui.graph import outline, paint, quick, traffic
from aigw_dev.tui.graph import plan as plans
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.check import Mark
from aigw_dev.tui.graph.trace import Trace
from aigw_dev.tui.graph.tree import Empty, Node
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Row, Span

_TEACH: Final = (
    "",
    "e  choose a model",
    "a  add a condition",
    f":  in one line: {quick.EXAMPLE}",
)
"""What stands below an empty flow."""
_NEVER: Final = "never"
"""On a wire that no request takes."""


class Subject(Struct, frozen=True, kw_only=True):
    """What is painted."""

    root: Node
    form: plans.Form
    is_outline: bool
    problems: tuple[Mark, ...]
    calls: Mapping[str, int]
    """Live traffic, by the core's names of nodes."""
    glyphs: Glyphs


class Lighting(Struct, frozen=True, kw_only=True):
    """What changes without anything moving."""

    selected: str
    trace: Trace
    found: frozenset[str]
    """Nodes that a search found."""


class Picture:
    """A planned subject; `light` paints it, as often as what is selected or lit changes."""

    def __init__(self, subject: Subject) -> None:
        """Plans it."""
        self.subject = subject
        self.rows: list[Row] = []
        """As `light` painted them."""
        self._lighting: Lighting | None = None
        self._painting: paint.Painting | None = None
        self._marks: dict[str, list[Mark]] = {}
        for mark in subject.problems:
            self._marks.setdefault(mark.node, []).append(mark)
        self._worst: dict[str, Literal["error", "warning"]] = {
            node: _worst(marks) for node, marks in self._marks.items()
        }
        is_dense = subject.form.is_dense and not subject.is_outline
        self._labels = traffic.labels(subject.root, subject.calls, is_dense=is_dense)
        for mark in subject.problems:
            if mark.branch is not None:
                self._labels[mark.node, mark.branch] = _NEVER
        self.plan = plans.fitting(subject.root, subject.form, labels=self._labels, glyphs=subject.glyphs)

    def light(self, lighting: Lighting) -> list[int] | None:
        """Paint; the rows that look different now, None where their number is another."""
        before, self.rows = self.rows, self._painted(lighting)
        self._lighting = lighting
        if len(before) != len(self.rows):
            return None
        return [
            y
            for y, (old, new) in enumerate(zip(before, self.rows, strict=True))
            if old is not new and old != new
        ]

    @property
    def width(self) -> int:
        """Cells of the widest row."""
        if not self.subject.is_outline and len(self.rows) == self.plan.height:
            return self.plan.width
        return max((text.width("".join(span.text for span in row)) for row in self.rows), default=0)

    def node_at(self, x: int, y: int) -> str | None:
        """The node whose box, or line of the outline, is there."""
        if self.subject.is_outline:
            order = [node.id for node in trees.walk(self.subject.root)]
            return order[y] if 0 <= y < len(order) else None
        return next(
            (
                box.id
                for box in self.plan.boxes.values()
                if box.x <= x < box.x + box.width and box.y <= y < box.y + box.height
            ),
            None,
        )

    def fork_at(self, x: int, y: int) -> str | None:
        """The node on one of whose branches there are words."""
        wires = () if self.subject.is_outline else self.plan.wires
        for wire in wires:
            begin, row = wire.label_at
            if y == row and begin <= x < begin + text.width(wire.label):
                return wire.source
        return None

    def place_of(self, node_id: str) -> tuple[int, int, int, int]:
        """What should be seen of a node: x, y, width, height; the start sign belongs to the first one."""
        if self.subject.is_outline:
            order = [node.id for node in trees.walk(self.subject.root)]
            return 0, order.index(node_id), 1, 1
        box = self.plan.boxes[node_id]
        above = box.y if box.id == self.plan.root else 1
        x, y = max(0, box.x - 1), max(0, box.y - above)
        return x, y, box.width + 2, box.y + box.height + 1 - y

    def _painted(self, lighting: Lighting) -> list[Row]:
        subject, before = self.subject, self._lighting
        scene = paint.Scene(
            selected=lighting.selected, trace=lighting.trace, marks=self._worst, found=lighting.found
        )
        if subject.is_outline:
            return outline.outline(
                subject.root, scene, marks=self._marks, labels=self._labels, glyphs=subject.glyphs
            )
        if (
            self._painting is not None
            and before is not None
            and (before.trace, before.found) == (lighting.trace, lighting.found)
        ):
            self._painting.select(lighting.selected)
        else:
            self._painting = paint.Painting(self.plan, scene, subject.glyphs)
        rows = list(self._painting.rows)
        if isinstance(subject.root, Empty):
            rows += [[Span(f"  {line}", "dim")] for line in _TEACH]
        return rows


def _worst(marks: Sequence[Mark]) -> Literal["error", "warning"]:
    return "error" if any(mark.severity == "error" for mark in marks) else "warning"
