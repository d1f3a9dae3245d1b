"""A plan as rows of spans: what is selected, the path of a request, what is wrong. Pure.

Nothing is told by colour alone: a path has heavy lines, a mark in dense rows and bold text; the selected node a pointer;
a problem a sign.
"""

import itertools
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from aigw_dev.tui import text
from aigw_dev.tui.graph.plan import Box, Cell, Plan, Wire
from aigw_dev.tui.graph.trace import Trace
from aigw_dev.tui.look import UNICODE, Glyphs
from aigw_dev.tui.widgets.lines import Row, Span

_UP, _RIGHT, _DOWN, _LEFT = 1, 2, 4, 8
_NO_TRACE: Final = Trace(stops=())
_SEEN: Final[frozenset[str]] = frozenset()


class Scene(Struct, frozen=True, kw_only=True):
    """What is to be seen on a plan."""

    selected: str = ""
    trace: Trace = _NO_TRACE
    marks: Mapping[str, Literal["error", "warning"]] = {}
    """The worst problem of each node that has any."""
    found: frozenset[str] = _SEEN
    """Nodes that a search found."""


def paint(plan: Plan, scene: Scene, glyphs: Glyphs = UNICODE) -> list[Row]:
    """The rows of the drawing, `plan.height` of them."""
    return Painting(plan, scene, glyphs).rows


class Painting:
    """A painted plan in which another node can be selected without painting the rest again."""

    def __init__(self, plan: Plan, scene: Scene, glyphs: Glyphs = UNICODE) -> None:
        """Paints all of it."""
        self._plan, self._scene = plan, scene
        self._stops = {stop.node: stop for stop in scene.trace.stops}
        self._canvas = canvas = _Canvas(plan, glyphs)
        wires, is_started = scene.trace.wires, bool(scene.trace.stops)
        for wire in plan.wires:
            canvas.line(wire.points, is_hot=(wire.source, wire.branch) in wires)
        canvas.line(plan.start, is_hot=is_started)
        canvas.draw_lines()
        _paint_start(canvas, plan, is_hot=is_started)
        for wire in plan.wires:
            _paint_words(canvas, wire, is_hot=(wire.source, wire.branch) in wires)
        for box in plan.boxes.values():
            self._put(box)
        self.rows: list[Row] = [canvas.row(y) for y in range(plan.height)]

    def select(self, node_id: str) -> None:
        """Another node is selected; the rows of both are new."""
        before = self._scene.selected
        self._scene = replace(self._scene, selected=node_id)
        for box in (self._plan.boxes.get(before), self._plan.boxes.get(node_id)):
            if box is not None:
                self._put(box)
                for y in range(box.y, box.y + box.height):
                    self.rows[y] = self._canvas.row(y)

    def _put(self, box: Box) -> None:
        stop = self._stops.get(box.id)
        painter = _paint_dense if self._plan.form.is_dense else _paint_box
        painter(self._canvas, box, self._scene, is_hot=stop is not None)
        if stop is not None and stop.got:
            _paint_note(self._canvas, box, stop.got, is_selected=box.id == self._scene.selected)


class _Canvas:
    """Cells by row and column."""

    def __init__(self, plan: Plan, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self.width, self.height = plan.width, plan.height
        self._chars = [[" "] * plan.width for _ in range(plan.height)]
        self._styles = [[""] * plan.width for _ in range(plan.height)]
        self._masks: dict[Cell, int] = {}
        self._hot: set[Cell] = set()

    def line(self, points: tuple[Cell, ...], *, is_hot: bool) -> None:
        """Remember a line from corner to corner; cells where lines meet become junctions."""
        for (x, y), (to_x, to_y) in itertools.pairwise(points):
            step_x, step_y = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
            forward, back = (_RIGHT, _LEFT) if step_x > 0 else (_LEFT, _RIGHT) if step_x else (_DOWN, _UP) if step_y > 0 else (_UP, _DOWN)  # fmt: skip
            at_x, at_y = x, y
            while (at_x, at_y) != (to_x, to_y):
                self._join((at_x, at_y), forward, is_hot=is_hot)
                at_x, at_y = at_x + step_x, at_y + step_y
                self._join((at_x, at_y), back, is_hot=is_hot)
        (x, y), second = points[0], points[min(1, len(points) - 1)]
        self._join((x, y), _UP if second[0] == x else _LEFT, is_hot=is_hot)

    def draw_lines(self) -> None:
        """Put the lines remembered."""
        light, heavy = self.glyphs.light, self.glyphs.heavy_lines
        for (x, y), mask in self._masks.items():
            is_hot = (x, y) in self._hot
            self.put(x, y, (heavy if is_hot else light)[mask], "hot" if is_hot else "wire")

    def put(self, x: int, y: int, said: str, style: str) -> None:
        """Text from a cell on, cut at the right edge; the second cell of a wide character is empty."""
        if not 0 <= y < self.height:
            return
        chars, styles = self._chars[y], self._styles[y]
        pieces = list(said) if said.isascii() else _pieces(said)
        for piece in pieces:
            if x >= self.width:
                return
            chars[x], styles[x] = piece, style
            x += 1

    def row(self, y: int) -> Row:
        """One row, neighbours of one style joined."""
        return _joined(self._chars[y], self._styles[y])

    def _join(self, cell: Cell, way: int, *, is_hot: bool) -> None:
        self._masks[cell] = self._masks.get(cell, 0) | way
        if is_hot:
            self._hot.add(cell)


def _pieces(said: str) -> list[str]:
    """One text per cell: marks stand with what they combine with, an empty text behind what is wide."""
    pieces: list[str] = []
    for char in said:
        cells = text.width(char)
        if cells:
            pieces += [char] + [""] * (cells - 1)
            continue
        at = next((place for place in range(len(pieces) - 1, -1, -1) if pieces[place]), None)
        if at is not None:
            pieces[at] += char
    return pieces


def _joined(chars: list[str], styles: list[str]) -> Row:
    spans: list[Span] = []
    begin = 0
    for at in range(1, len(chars) + 1):
        if at == len(chars) or styles[at] != styles[begin]:
            spans.append(Span("".join(chars[begin:at]), styles[begin]))
            begin = at
    return spans


def _paint_start(canvas: _Canvas, plan: Plan, *, is_hot: bool) -> None:
    style, glyphs = "hot" if is_hot else "dim", canvas.glyphs
    (x, y), (head_x, head_y) = plan.start[0], plan.start[-1]
    is_down = plan.form.layout == "ladder"
    canvas.put(x, y, f"{glyphs.dot} start" if is_down else glyphs.dot, style)
    canvas.put(head_x, head_y, glyphs.down if is_down else glyphs.right, style)


def _paint_words(canvas: _Canvas, wire: Wire, *, is_hot: bool) -> None:
    head = wire.points[-1]
    style = "hot" if is_hot else "wire"
    canvas.put(*head, canvas.glyphs.down if wire.is_down else canvas.glyphs.right, style)
    canvas.put(*wire.label_at, wire.label, "hot" if is_hot else "dim")


def _paint_dense(canvas: _Canvas, box: Box, scene: Scene, *, is_hot: bool) -> None:
    """Sign of what is wrong or of the path, sign of the kind, first line."""
    glyphs, face = canvas.glyphs, box.face
    slot = _sign(scene, box, glyphs) or (glyphs.path if is_hot else " ")
    said = face.lines[0] if len(face.lines) == 1 or face.more else " ".join(face.lines)
    room = box.width - 3 - (1 + text.width(face.more) if face.more else 0)
    shown = text.cut(said, room, glyphs=glyphs) + (f" {face.more}" if face.more else "")
    if box.id == scene.selected:
        canvas.put(box.x, box.y, text.fit(f"{slot}{glyphs.pointer} {shown}", box.width), "sel")
        return
    style = _style(scene, box, is_hot=is_hot)
    canvas.put(box.x, box.y, slot, _style(scene, box, is_hot=True) if slot == glyphs.path else style)
    canvas.put(box.x + 1, box.y, f"{face.sign} {shown}", style)


def _paint_box(canvas: _Canvas, box: Box, scene: Scene, *, is_hot: bool) -> None:
    glyphs, face = canvas.glyphs, box.face
    is_selected = box.id == scene.selected
    left_top, right_top, left_low, right_low, flat, tall = (
        glyphs.thick if is_hot or is_selected else glyphs.round
    )
    style = "sel" if is_selected else _style(scene, box, is_hot=is_hot)
    sign = _sign(scene, box, glyphs)
    name = f" {glyphs.pointer + ' ' if is_selected else ''}{face.title}{' ' + sign if sign else ''} "
    name = text.cut(name, box.width - 3, glyphs=glyphs)
    canvas.put(
        box.x, box.y, f"{left_top}{flat}{name}{flat * (box.width - 3 - text.width(name))}{right_top}", style
    )
    for row, said in enumerate(face.lines, start=1):
        shown = text.fit(said, box.width - 4, glyphs=glyphs)
        canvas.put(box.x, box.y + row, f"{tall} ", style)
        canvas.put(box.x + 2, box.y + row, shown, style if is_selected or is_hot or row == 1 else "")
        canvas.put(box.x + box.width - 2, box.y + row, f" {tall}", style)
    canvas.put(box.x, box.y + box.height - 1, f"{left_low}{flat * (box.width - 2)}{right_low}", style)


def _paint_note(canvas: _Canvas, box: Box, said: str, *, is_selected: bool) -> None:
    """What a dry-run found: on the lower edge of a box, under a dense row."""
    words = text.line(said)
    if box.height > 1:
        shown = text.cut(f" {words} ", box.width - 3, glyphs=canvas.glyphs)
        canvas.put(box.x + 2, box.y + box.height - 1, shown, "sel" if is_selected else "hot")
    elif box.note_width > 2:
        shown = text.cut(words, box.note_width, glyphs=canvas.glyphs)
        canvas.put(box.note_x, box.y + 1, shown, "hot")


def _sign(scene: Scene, box: Box, glyphs: Glyphs) -> str:
    worst = scene.marks.get(box.id)
    return "" if worst is None else glyphs.cross if worst == "error" else glyphs.warn


def _style(scene: Scene, box: Box, *, is_hot: bool) -> str:
    if scene.marks.get(box.id) == "error":
        return "bad strong" if is_hot else "bad"
    style = "hot" if is_hot else box.face.style
    return f"{style} mark" if box.id in scene.found else style
