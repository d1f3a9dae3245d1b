"""A table with a cursor, for lists that fit in memory (providers, keys, routes, groups): at most some hundred rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span


@dataclass(frozen=True, slots=True)
class Column:
    """How a column stands."""

    title: str
    width: int = 0
    """Cells; 0 = as wide as its widest cell, up to `most`."""
    is_right: bool = False
    most: int = 40
    is_elastic: bool = False
    """Takes what is left over, and gives way first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table."""

    key: str
    """What messages name it by; unique."""
    cells: tuple[str | Span, ...]
    """From anywhere: made harmless here."""


class Table(Lines):
    """Rows with a cursor. Keys: arrows or `jk`, `enter`, `g` `G`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up", tooltip="One row up."),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down", tooltip="One row down."),
        Binding("pageup", "page(-1)", "Page up", show=False, id="table.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="table.page_down"),
        Binding("g,home", "edge(0)", "First", show=False, id="table.first"),
        Binding("G,end", "edge(-1)", "Last", show=False, id="table.last"),
        Binding("enter", "choose", "Open", show=False, id="table.choose", tooltip="Open the row."),
    ]

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, table: "Table", key: str) -> None:
            """`key` is the entry's."""
            super().__init__()
            self.table, self.key = table, key

        @property
        def control(self) -> "Table":
            """For `@on(Table.Moved, "#id")`."""
            return self.table

    class Chosen(Moved):
        """`enter` or a double click on a row."""

    def __init__(
        self,
        columns: Sequence[Column],
        look: Look,
        *,
        empty: str = "",
        id: str | None = None,  # noqa: A002  -- Textual's name
        classes: str | None = None,
    ) -> None:
        """`empty` teaches where there are no rows."""
        super().__init__(id=id, classes=classes)
        self._columns, self._look, self._empty = tuple(columns), look, empty
        self._entries: tuple[Entry, ...] = ()
        self._widths: tuple[int, ...] = tuple(column.width for column in columns)
        self._measure()
        self.at: int = 0
        """The cursor's row among the entries."""

    def fill(self, entries: Sequence[Entry]) -> None:
        """Other rows; the cursor stays on the same key where that is still there."""
        old = self.key
        self._entries = tuple(entries)
        keys = [entry.key for entry in self._entries]
        self.at = keys.index(old) if old in keys else max(0, min(self.at, len(keys) - 1))
        self._measure()
        self.changed()
        if self.key != old:
            self._tell_moved()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns; `fill` with fitting entries comes next."""
        self._columns, self._entries = tuple(columns), ()
        self._widths = tuple(column.width for column in self._columns)

    def set_empty(self, words: str) -> None:
        """What teaches where there are no rows; `fill` shows it."""
        self._empty = words

    @property
    def key(self) -> str:
        """The key under the cursor; empty where there are no rows."""
        return self._entries[self.at].key if self.at < len(self._entries) else ""

    def move_to(self, key: str) -> bool:
        """Put the cursor on the row with this key, if there is one."""
        for position, entry in enumerate(self._entries):
            if entry.key == key:
                self._go(position)
                return True
        return False

    def row_count(self) -> int:
        """The title and the rows, or what teaches."""
        return 1 + len(self._entries) if self._entries else 1 + len(self._empty.split("\n"))

    def row(self, y: int) -> Row:
        """Title first."""
        glyphs = self._look.glyphs
        if y == 0:
            titles = [
                text.fit(column.title, cells, is_right=column.is_right, glyphs=glyphs)
                for column, cells in zip(self._columns, self._widths, strict=True)
            ]
            return [Span("  " + "  ".join(titles), "head")]
        if not self._entries:
            return [Span("  " + self._empty.split("\n")[y - 1], "dim")]
        entry, is_here = self._entries[y - 1], y - 1 == self.at
        sel = "sel" if is_here and self.has_focus else "strong" if is_here else ""
        spans = [Span(f"{glyphs.pointer if is_here else ' '} ", sel)]
        for column, cells, cell in zip(self._columns, self._widths, entry.cells, strict=True):
            said, style = cell if isinstance(cell, Span) else (cell, "")
            spans.append(
                Span(
                    text.fit(text.line(said), cells, is_right=column.is_right, glyphs=glyphs) + "  ",
                    sel if sel == "sel" else f"{style} {sel}".strip(),
                )
            )
        used = 2 + sum(self._widths) + 2 * len(self._widths)
        if sel == "sel":
            spans.append(Span(" " * max(0, self.size.width - used), sel))
        return spans

    def on_resize(self) -> None:
        """Elastic columns follow the width."""
        self._measure()
        super().on_resize()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor, a double click opens."""
        y = event.y + self.scroll_offset.y - 1
        if 0 <= y < len(self._entries):
            self._go(y)
            if event.chain == 2:
                self.action_choose()

    def action_move(self, by: int) -> None:
        """Up or down."""
        self._go(self.at + by)

    def action_page(self, by: int) -> None:
        """A screenful up or down."""
        self._go(self.at + by * max(1, self.size.height - 2))

    def action_edge(self, to: int) -> None:
        """First or last."""
        self._go(0 if to == 0 else len(self._entries) - 1)

    def action_choose(self) -> None:
        """Open what is under the cursor."""
        if self.key:
            self.post_message(self.Chosen(self, self.key))

    def _go(self, position: int) -> None:
        position = max(0, min(position, len(self._entries) - 1))
        if position == self.at or not self._entries:
            return
        old, self.at = self.at, position
        self.row_changed(old + 1, position + 1)
        self.show_row(0 if position == 0 else position + 1)
        self._tell_moved()

    def _tell_moved(self) -> None:
        if self.is_attached:
            self.post_message(self.Moved(self, self.key))

    def _measure(self) -> None:
        widths: list[int] = []
        for position, column in enumerate(self._columns):
            if column.width:
                widths.append(column.width)
                continue
            cells = (entry.cells[position] for entry in self._entries)
            said = (cell.text if isinstance(cell, Span) else cell for cell in cells)
            widest = max((text.width(text.line(one)) for one in said), default=0)
            widths.append(min(column.most, max(widest, text.width(column.title))))
        elastic = [position for position, column in enumerate(self._columns) if column.is_elastic]
        over = self.size.width - 2 - sum(widths) - 2 * len(widths)
        for position in elastic:
            widths[position] = max(4, widths[position] + over // len(elastic))
        self._widths = tuple(widths)
