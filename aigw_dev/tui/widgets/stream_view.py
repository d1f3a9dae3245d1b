"""Answers as they come: parts of a conversation, one below the other, of which the last ones may still grow.

Rows that are final are laid out and painted once; what is still open is laid out again at most ten times a second, and
its size is bounded (`markdown.Document`). Whoever stands at the end stays there; scrolling up leaves it, `G` comes back.
"""

import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar, Final, Literal, NamedTuple

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span
from aigw_dev.tui.widgets.markdown import Code, Document
from aigw_dev.tui.widgets.prose import wrap

FLUSH_S: Final = 0.1
Kind = Literal["user", "answer", "thought", "tool", "note", "bad"]


class _Shape(NamedTuple):
    bar: str
    """Style of the bar at the left; empty = no bar, only blanks."""
    style: str
    is_plain: bool
    is_titled: bool


_SHAPES: Final[dict[str, _Shape]] = {
    "user": _Shape("accent", "", is_plain=True, is_titled=False),
    "answer": _Shape("", "", is_plain=False, is_titled=False),
    "thought": _Shape("dim", "dim", is_plain=False, is_titled=True),
    "tool": _Shape("code", "", is_plain=False, is_titled=True),
    "note": _Shape("", "dim", is_plain=True, is_titled=False),
    "bad": _Shape("bad", "", is_plain=True, is_titled=True),
}


class Part:
    """One message, thought, tool call or error."""

    def __init__(self, kind: Kind, title: str, *, is_folded: bool) -> None:
        """Made by `StreamView.add`."""
        self.kind: Final = kind
        self.title: str = title
        self.is_folded: bool = is_folded
        self.is_ended: bool = False
        self.pieces: list[str] = []
        self.document: Document | None = None
        self.tail: list[Row] = []
        self.waiting: list[str] = []

    @property
    def text(self) -> str:
        """All that was written."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    @property
    def height(self) -> int:
        """Rows with its title, without the blank one below."""
        head = int(_SHAPES[self.kind].is_titled)
        if self.is_folded or self.document is None:
            return head
        return head + len(self.document.rows) + len(self.tail)


class StreamView(Lines):
    """Parts that grow. Texts come from anywhere and are made harmless here."""

    DEFAULT_CSS = """
    StreamView { overflow-x: hidden; overflow-y: scroll; scrollbar-color: $foreground 20%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="stream.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="stream.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="stream.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="stream.page_down"),
        Binding("g,home", "top", "Top", show=False, id="stream.top"),
        Binding(
            "G,end", "follow", "Follow", show=False, id="stream.follow", tooltip="To the end, and stay there."
        ),
        Binding("v", "fold", "Fold", show=False, id="stream.fold", tooltip="Fold or unfold the reasoning."),
        Binding(
            "Y",
            "hop_code",
            "Code",
            show=False,
            id="stream.code",
            tooltip="Copy a code block, the one before it next.",
        ),
    ]

    class Grown(Message):
        """Rows came while the person reads further up; 0 = the end is followed again."""

        def __init__(self, view: "StreamView", unseen: int) -> None:
            """`unseen` rows below."""
            super().__init__()
            self.view, self.unseen = view, unseen

        @property
        def control(self) -> "StreamView":
            """For `@on(StreamView.Grown, "#id")`."""
            return self.view

    class CodeChosen(Message):
        """A code block is to be copied."""

        def __init__(self, view: "StreamView", code: Code) -> None:
            """`code.text` is what is copied."""
            super().__init__()
            self.view, self.code = view, code

        @property
        def control(self) -> "StreamView":
            """For `@on(StreamView.CodeChosen, "#id")`."""
            return self.view

    def __init__(
        self,
        look: Look,
        *,
        empty: Sequence[Row] = (),
        id: str | None = None,  # noqa: A002  -- Textual's name
        classes: str | None = None,
    ) -> None:
        """`empty` teaches where there is nothing."""
        super().__init__(id=id, classes=classes)
        self._look, self._empty = look, tuple(empty)
        self._empty_rows: list[Row] = []
        self.parts: list[Part] = []
        self._starts: list[int] = []
        self._rows = 0
        self._cells = 0
        self._timer: Timer | None = None
        self._unseen = 0
        self._is_following = True
        self._code_at: Code | None = None

    # what is shown

    def add(self, kind: Kind, content: str = "", *, title: str = "", is_folded: bool = False) -> Part:
        """Another part below; `write` goes on with it, `end` finishes it."""
        part = Part(kind, title, is_folded=is_folded)
        self._starts.append(self._rows + 1 if self.parts else 0)
        self.parts.append(part)
        part.document = self._document(part)
        self.write(part, content)
        if self._timer is None:
            self._plan()
        return part

    def write(self, part: Part, more: str) -> None:
        """The part goes on; shown within a tenth of a second."""
        if more:
            part.pieces.append(more)
            part.waiting.append(more)
            self._plan()

    def end(self, part: Part, *, title: str | None = None) -> None:
        """Nothing more comes for this part."""
        part.is_ended = True
        if title is not None:
            part.title = title
        self._flush()

    def fold(self, part: Part, *, is_folded: bool) -> None:
        """Show only the title, or all."""
        part.is_folded = is_folded
        self._lay(self.parts.index(part))

    def clear(self, empty: Sequence[Row] | None = None) -> None:
        """Nothing is shown; or what teaches."""
        self.parts, self._starts, self._rows, self._unseen = [], [], 0, 0
        self._is_following, self._code_at = True, None
        if empty is not None:
            self._empty, self._cells = tuple(empty), 0
        self.changed()
        self.scroll_home(animate=False, immediate=True)

    def set_empty(self, empty: Sequence[Row]) -> None:
        """What teaches, where there is nothing."""
        self._empty, self._cells = tuple(empty), 0
        self.changed()

    def said(self, *kinds: Kind) -> str:
        """The text of all parts of these kinds."""
        return "\n\n".join(part.text for part in self.parts if part.kind in kinds)

    @property
    def codes(self) -> list[Code]:
        """Every code block, first to last."""
        return [code for part in self.parts if part.document is not None for code in part.document.codes]

    # rows

    def row_count(self) -> int:
        """All parts, or what teaches."""
        return self._rows if self.parts else len(self._empty_rows)

    def row(self, y: int) -> Row:
        """A row of a part with its bar."""
        if not self.parts:
            return [Span(" "), *self._empty_rows[y]]
        part = self.parts[bisect_right(self._starts, y) - 1]
        at = y - self._starts[bisect_right(self._starts, y) - 1]
        shape, glyphs = _SHAPES[part.kind], self._look.glyphs
        if at >= part.height or part.document is None:
            return []
        bar = Span(f"{glyphs.bar if shape.bar else ' '} ", shape.bar)
        if shape.is_titled:
            if at == 0:
                return [bar, *self._title(part)]
            at -= 1
        rows = part.document.rows
        if at >= len(rows):
            return [bar, *part.tail[at - len(rows)]]
        chosen = self._code_at
        if chosen is not None and chosen.row == at and chosen in part.document.codes:
            name, line, _ = rows[at]
            return [
                bar,
                name,
                Span(line.text[:-2], line.style),
                Span(f" {glyphs.tick} copied", "good strong"),
            ]
        return [bar, *rows[at]]

    def changed(self) -> None:
        """All of it anew; after a resize laid out for the new width."""
        if self._cells != self._inner():
            self._cells = self._inner()
            self._empty_rows = [
                row for whole in self._empty for row in wrap(whole, self._cells, rest=_hang(whole))
            ]
            for part in self.parts:
                part.document, part.waiting = self._document(part), [part.text]
            self._flush()
        self._kept.clear()
        self._resize_rows()
        if self._is_following and self.parts:
            self.scroll_end(animate=False, immediate=True, x_axis=False)
        self.refresh()

    # Textual's side

    def render_line(self, y: int) -> Strip:
        """As in every list; but nothing scrolls sideways, so the strip is kept as wide as it is painted.

        Textual keeps what it makes of a strip (filtered, divided) with the strip.
        """
        at = y + self.scroll_offset.y
        strip = self._kept.get(at)
        if strip is not None and strip.cell_length == self.size.width:
            return strip
        strip = super().render_line(y)
        if at < self.row_count():
            self._kept[at] = strip
        return strip

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up leaves the end; coming back to it follows again."""
        super().watch_scroll_y(old_value, new_value)
        is_at_end = new_value >= self.max_scroll_y
        if is_at_end != self._is_following:
            self._is_following = is_at_end
            if is_at_end and self._unseen:
                self._unseen = 0
                self.post_message(self.Grown(self, 0))

    def action_follow(self) -> None:
        """To the end."""
        self.scroll_end(animate=False, immediate=True)

    def action_top(self) -> None:
        """To the beginning."""
        self.scroll_home(animate=False, immediate=True)

    def action_fold(self) -> None:
        """All reasoning at once."""
        thoughts = [part for part in self.parts if part.kind == "thought"]
        is_folded = any(not part.is_folded for part in thoughts)
        for part in thoughts:
            part.is_folded = is_folded
        self._lay(0)

    def action_hop_code(self) -> None:
        """The last code block first, then the one before it."""
        codes = self.codes
        if not codes:
            self.post_message(self.CodeChosen(self, Code(0, "")))
            return
        at = codes.index(self._code_at) - 1 if self._code_at in codes else len(codes) - 1
        self._code_at = codes[at]
        for number, part in enumerate(self.parts):
            if part.document is not None and self._code_at in part.document.codes:
                self.show_row(self._starts[number] + self._code_at.row + int(_SHAPES[part.kind].is_titled))
        self._kept.clear()
        self.refresh()
        self.post_message(self.CodeChosen(self, self._code_at))

    # laying out

    def _inner(self) -> int:
        return max(12, self.size.width - 3)

    def _document(self, part: Part) -> Document:
        shape = _SHAPES[part.kind]
        return Document(self._inner(), self._look.glyphs, style=shape.style, is_plain=shape.is_plain)

    def _title(self, part: Part) -> Row:
        glyphs = self._look.glyphs
        sign = "" if part.kind == "bad" else f"{glyphs.pointer if part.is_folded else glyphs.down} "
        if part.kind == "tool":
            sign = f"{glyphs.to} "
        style = {"bad": "bad strong", "tool": "code strong"}.get(part.kind, "dim strong")
        title = text.cut(text.line(part.title), self._inner() - text.width(sign), glyphs=glyphs)
        return [Span(f"{sign}{title}", style)]

    def _plan(self) -> None:
        """At the next tenth of a second: of one clock, so that panes side by side are painted together."""
        if self._timer is None and self.is_attached:
            self._timer = self.set_timer(FLUSH_S - time.monotonic() % FLUSH_S, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not self.size.width or self._cells != self._inner():
            return  # `changed` lays everything out once there is a width
        first = len(self.parts)
        row = -1
        for number, part in enumerate(self.parts):
            if not part.waiting and not (part.is_ended and part.tail):
                continue
            fresh = self._grow(part)
            if number < first:
                first, row = number, self._starts[number] + fresh
        if first < len(self.parts):
            self._lay(first, row)
        elif self._rows != (self._starts[-1] + self.parts[-1].height + 1 if self.parts else 0):
            self._lay(max(0, len(self.parts) - 1))

    def _grow(self, part: Part) -> int:
        """Lay out what waits; the first row within the part that is different."""
        document = part.document or self._document(part)
        final = len(document.rows)
        document.feed("".join(part.waiting))
        part.waiting = []
        if part.is_ended:
            document.end()
            part.tail = []
        else:
            part.tail = document.tail()
        part.document = document
        return 0 if final == 0 else final + int(_SHAPES[part.kind].is_titled)

    def _lay(self, first: int, row: int = -1) -> None:
        """Parts from `first` on have other heights; nothing above `row` is different."""
        was_following, old = self._is_following, self._rows
        at = self._starts[first] if first < len(self._starts) else 0
        row = at if row < 0 else row
        for number in range(first, len(self.parts)):
            self._starts[number] = at
            at += self.parts[number].height + 1
        self._rows = max(0, at - 1) if self.parts else 0
        for y in range(row, max(old, self._rows) + 1):
            self._kept.pop(y, None)
        self._resize_rows()
        if was_following:
            self.scroll_end(animate=False, immediate=True, x_axis=False)
        elif self._rows > old:
            self._unseen += self._rows - old
            self.post_message(self.Grown(self, self._unseen))
        self.refresh()

    def _resize_rows(self) -> None:
        """Another number of rows. The scrollbar always has its place, so nothing around it has to be laid out."""
        size = Size(self.size.width, self.row_count())
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)  # pyright: ignore[reportArgumentType]  -- the class's descriptor
            self._scroll_update(size)


def _hang(row: Row) -> str:
    """Blanks for the further rows of what begins with a bullet."""
    return "    " if row and row[0].text.startswith("  ") else ""
