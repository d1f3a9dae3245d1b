"""The dashboard's widgets: tiles, plots and tables. Arrows go from one to the next."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.tui import text
from aigw_dev.tui.dashboard import say
from aigw_dev.tui.dashboard.faces import Face
from aigw_dev.tui.dashboard.picture import Fault, Group, Picture
from aigw_dev.tui.dashboard.plots import Drawing
from aigw_dev.tui.dashboard.ranges import clock
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets import spark as sparks
from aigw_dev.tui.widgets.lines import Lines, Row, Span
from aigw_dev.tui.widgets.table import Column, Entry, Table

_WIDE_FAULTS: Final = 76
"""Cells from which on errors tell the first time too."""
_SIDEWAYS: Final[list[BindingType]] = [
    Binding("left,h", "screen.step(-1, 0)", "Left", show=False, id="dashboard.left", tooltip="The panel at the left."),
    Binding("right,l", "screen.step(1, 0)", "Right", show=False, id="dashboard.right", tooltip="The panel at the right."),
]  # fmt: skip
_ARROWS: Final[list[BindingType]] = [
    *_SIDEWAYS,
    Binding("up,k", "screen.step(0, -1)", "Up", show=False, id="dashboard.up", tooltip="The panel above."),
    Binding("down,j", "screen.step(0, 1)", "Down", show=False, id="dashboard.down", tooltip="The panel below."),
    Binding("enter", "screen.drill", "Open in Logs", id="dashboard.drill", tooltip="These calls in Logs: the same filter, the same time."),
]  # fmt: skip


class Tile(Lines):
    """A number, its past and what is beside it."""

    BINDINGS: ClassVar[list[BindingType]] = _ARROWS

    def __init__(self, name: str, look: Look) -> None:
        """`name` is the face's."""
        super().__init__(id=f"tile-{name}", classes="panel tile")
        self.face_name: str = name
        self._look = look
        self._face: Face | None = None

    def show(self, face: Face) -> None:
        """Other numbers."""
        self._face = face
        text.title(self, face.title)
        self.changed()

    def row_count(self) -> int:
        """As many as there is room for."""
        return self.size.height

    def row(self, y: int) -> Row:
        """Framed: value, sparkline, words. Bare: title, value, sparkline, or title with value and words."""
        if self._face is None:
            return []
        rows = self._rows(self._face)
        return rows[y] if y < len(rows) else []

    def _rows(self, face: Face) -> list[Row]:
        cells = self.size.width
        if self.has_class("bare"):
            return self._bare(face, cells)
        rows: list[Row] = [self._valued(face, cells)]
        if face.values and self.size.height > 2:
            rows.append(self._spark(face, cells))
        more = face.brief if face.brief and text.width(face.more) > cells else face.more
        rows.append([Span(text.cut(more, cells, glyphs=self._look.glyphs), "dim")])
        return rows

    def _bare(self, face: Face, cells: int) -> list[Row]:
        style = "sel" if self.has_focus else "dim"
        word = face.title.split()[0]
        if self.size.height < 3:
            value = _fitting(face, cells - text.width(word) - 1)
            return [[Span(word, style), Span(" "), *value], [Span(face.brief or face.more, "dim")]]
        title = face.title if text.width(face.title) <= cells else word
        return [[Span(title, style)], list(_fitting(face, cells)), self._spark(face, cells)]

    def _valued(self, face: Face, cells: int) -> Row:
        value = _fitting(face, cells)
        room = cells - _wide(value) - text.width(face.aside.text)
        return [*value, Span(" " * room), face.aside] if room > 0 else list(value)

    def _spark(self, face: Face, cells: int) -> Row:
        line = sparks.spark(face.values, cells, glyphs=self._look.glyphs, is_peak=face.is_peak)
        return [Span(line, face.style)]


def _fitting(face: Face, cells: int) -> Sequence[Span]:
    return face.tight if face.tight and _wide(face.value) > cells else face.value


def _wide(spans: Sequence[Span]) -> int:
    return sum(text.width(span.text) for span in spans)


class PlotPanel(Lines):
    """A plot over the range; a bucket can be pointed at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_ARROWS,
        Binding("comma", "point(-1)", "Earlier", show=False, id="dashboard.earlier", tooltip="Point at the bucket before."),
        Binding("full_stop", "point(1)", "Later", show=False, id="dashboard.later", tooltip="Point at the next bucket."),
    ]  # fmt: skip

    def __init__(self, drawing: Drawing, look: Look, *, id: str) -> None:  # noqa: A002  -- Textual's name
        """`drawing` says what is drawn."""
        super().__init__(id=id, classes="panel plot")
        self.drawing: Drawing = drawing
        self._look = look
        self._picture: Picture | None = None
        self._rows: Sequence[Row] = ()
        self.cursor: int | None = None
        """The bucket that is pointed at."""

    def show(self, picture: Picture) -> None:
        """Other numbers; the cursor stays at its moment."""
        if self.cursor is not None and self._picture is not None:
            at_s = self._picture.steps[self.cursor].start_s if self.cursor < len(self._picture.steps) else 0
            starts = [step.start_s for step in picture.steps]
            self.cursor = starts.index(at_s) if at_s in starts else None
        self._picture = picture
        self.changed()

    def draw(self, drawing: Drawing) -> None:
        """Something else of the same picture."""
        self.drawing = drawing
        self.changed()

    def changed(self) -> None:
        """Paint again: sizes or numbers are new."""
        if self._picture is not None and self.size.area:
            title, below = self.drawing.titles(self._picture, self.cursor, self._look)
            text.title(self, title, below)
            self._rows = self.drawing.rows(
                self._picture, self._look, cells=self.size.width, rows=self.size.height, cursor=self.cursor
            )
        super().changed()

    def row_count(self) -> int:
        """All there is room for."""
        return len(self._rows)

    def row(self, y: int) -> Row:
        """As painted."""
        return self._rows[y]

    def action_point(self, by: int) -> None:
        """Another bucket; the first one is the newest."""
        count = len(self._picture.steps) if self._picture is not None else 0
        if not count:
            return
        start = count if by < 0 else -1
        self.cursor = max(0, min(count - 1, (start if self.cursor is None else self.cursor) + by))
        self.changed()

    def unpoint(self) -> bool:
        """No bucket any more; whether there was one."""
        was, self.cursor = self.cursor is not None, None
        if was:
            self.changed()
        return was

    def on_click(self, event: events.Click) -> None:
        """A double click opens."""
        if event.chain == 2:
            cast("Any", self.screen).action_drill()


class _EdgeTable(Table):
    """A table whose ends lead to the next panel."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_SIDEWAYS,
        Binding(
            "enter", "choose", "Open in Logs", id="dashboard.open", tooltip="The calls of this row in Logs."
        ),
    ]

    def action_move(self, by: int) -> None:
        """Within the rows; beyond them to the panel there."""
        if 0 <= self.at + by < self.row_count() - 1 and self.key:
            super().action_move(by)
        else:
            cast("Any", self.screen).action_step(0, by)


class GroupTable(_EdgeTable):
    """The numbers by model, provider, route, caller or key."""

    def __init__(self, look: Look) -> None:
        """Empty until shown."""
        self._shown: list[Column] = _group_columns(80, "model")
        super().__init__(self._shown, look, empty="", id="groups", classes="panel")

    def show(self, picture: Picture) -> None:
        """The rows of a picture, as many columns as fit."""
        by, glyphs = picture.question.by, self._look.glyphs
        self.set_empty("nothing in this range; > looks further back")
        columns = _group_columns(self.size.width, by)
        if columns != self._shown:  # else the cursor stays on its group
            self._shown = columns
            self.set_columns(columns)
        self.fill([_group_entry(group, self.size.width, self._look) for group in picture.groups])
        many = f"{len(picture.groups)} {glyphs.middot} " if picture.groups else ""
        text.title(self, f"By {by}", f"{many}b groups by another")


class FaultTable(_EdgeTable):
    """Errors by kind, the most frequent first."""

    def __init__(self, look: Look) -> None:
        """Empty until shown."""
        columns = (
            Column("", 3, is_right=True),
            Column("http", 4),
            Column("what", most=30, is_elastic=True),
            Column("model", most=34, is_elastic=True),
            Column("when", most=17, is_right=True),
        )
        super().__init__(columns, look, empty="", id="faults", classes="panel")

    def show(self, picture: Picture) -> None:
        """The kinds of a picture."""
        self.set_empty(f"{self._look.glyphs.tick} no errors in this range")
        is_wide = self.size.width >= _WIDE_FAULTS
        self.fill(
            [
                _fault_entry(place, fault, picture, look=self._look, is_wide=is_wide)
                for place, fault in enumerate(picture.faults)
            ]
        )
        counted = sum(fault.calls for fault in picture.faults)
        words = f"Errors ({say.count(picture.totals.failed)})"
        lost = picture.totals.failed - counted
        text.title(self, words, f"the newest {counted} of them" if lost > 0 and counted else "")


class HeadLine(Lines, can_focus=False):
    """The range, the grouping, and when this was true. Every word can be clicked."""

    class Picked(Message):
        """A word was clicked."""

        def __init__(self, kind: str, value: str) -> None:
            """`kind` is `range` or `by`."""
            super().__init__()
            self.kind, self.value = kind, value

    def __init__(self) -> None:
        """Empty until told."""
        super().__init__(id="dash-head")
        self._spans: list[Span] = []
        self._tail: Span = Span("")
        self._places: list[tuple[int, int, str, str]] = []

    def tell(self, words: Sequence[tuple[Span, str, str]], tail: Span) -> None:
        """The words with what they pick (kind and value, empty for none), and the right end."""
        self._spans = [span for span, _, _ in words]
        self._tail, self._places, at = tail, [], 0
        for span, kind, value in words:
            after = at + text.width(span.text)
            if kind:
                self._places.append((at, after, kind, value))
            at = after
        self.changed()

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """Left and right."""
        used = sum(text.width(span.text) for span in self._spans)
        tail = text.cut(self._tail.text, self.size.width - used - 2)
        gap = " " * max(1, self.size.width - used - text.width(tail) - 1)
        return [*self._spans, Span(gap), Span(tail, self._tail.style)]

    def on_click(self, event: events.Click) -> None:
        """As if its key had been pressed."""
        for first, after, kind, value in self._places:
            if first <= event.x < after:
                self.post_message(self.Picked(kind, value))


_GROUP_COLUMNS: Final = (
    (Column("req", 6, is_right=True), 0),
    (Column("err %", 5, is_right=True), 0),
    (Column("p50", 6, is_right=True), 66),
    (Column("p95", 6, is_right=True), 48),
    (Column("first", 6, is_right=True), 92),
    (Column("in", 7, is_right=True), 80),
    (Column("out", 7, is_right=True), 80),
    (Column("cost", 8, is_right=True), 40),
)
"""What is told of every group, and the width from which on."""


def _group_columns(cells: int, by: str) -> list[Column]:
    return [
        Column(by, most=40, is_elastic=True),
        *(column for column, least in _GROUP_COLUMNS if cells >= least),
    ]


def _group_entry(group: Group, cells: int, look: Look) -> Entry:
    totals, glyphs = group.totals, look.glyphs
    share = totals.success_rate
    errors = glyphs.dash if share is None else f"{(1 - share) * 100:.1f}"
    said: tuple[str | Span, ...] = (
        say.count(totals.requests),
        Span(errors, "bad" if totals.failed else "dim"),
        say.ms(group.times.p50_s, glyphs),
        say.ms(group.times.p95_s, glyphs),
        say.ms(group.ttft.p50_s, glyphs),
        say.tokens(totals.input_tokens, totals),
        say.tokens(totals.output_tokens, totals),
        say.cost(totals, glyphs),
    )
    name: str | Span = group.name or Span("(none)", "dim")
    shown = [one for one, (_, least) in zip(said, _GROUP_COLUMNS, strict=True) if cells >= least]
    return Entry(key=f"group {group.name}", cells=(name, *shown))


def _fault_entry(place: int, fault: Fault, picture: Picture, *, look: Look, is_wide: bool) -> Entry:
    span_s = picture.question.range.span_s
    first, last = (clock(at_s, span_s) for at_s in (fault.first_s, fault.last_s))
    when = last if first == last or not is_wide else f"{first}{look.glyphs.dash}{last}"
    return Entry(
        key=f"fault {fault.filter or place}",
        cells=(
            Span(say.count(fault.calls), "strong"),
            Span(str(fault.status or look.glyphs.dash), "bad"),
            fault.words,
            fault.model,
            Span(when, "dim"),
        ),
    )
