"""The list of exchanges: any number of rows, those in sight fetched, the newest at the bottom and followed."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.tui import text
from aigw_dev.tui.logs.columns import COLUMNS, GUTTER, Placed, cells, place, titles
from aigw_dev.tui.logs.line import Line
from aigw_dev.tui.logs.listing import Listing
from aigw_dev.tui.logs.runs import Runs
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span

_SCREENFUL: Final = 40
"""Rows fetched at the end before the widget knows its height."""


class LogHead(Lines, can_focus=False):
    """The columns' titles."""

    DEFAULT_CSS = "LogHead { height: 1; background: $boost; scrollbar-size: 0 0; }"

    def __init__(self, log: "LogList", look: Look) -> None:
        """Above `log`."""
        super().__init__()
        self._log, self._look = log, look

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """As the list stands."""
        return titles(self._log.placed, self._look.glyphs)


class LogList(Lines):
    """Rows of a listing, with a cursor that stays on its row whatever comes and goes."""

    DEFAULT_CSS = "LogList { background: $surface; overflow-x: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="loglist.up", tooltip="One row up; stops following."),
        Binding("down,j", "move(1)", "Down", show=False, id="loglist.down", tooltip="One row down."),
        Binding("pageup", "page(-1)", "Page up", show=False, id="loglist.page_up", tooltip="A screenful up."),
        Binding("pagedown", "page(1)", "Page down", show=False, id="loglist.page_down", tooltip="A screenful down."),
        Binding("g,home", "first", "First", show=False, id="loglist.first", tooltip="The oldest row."),
        Binding("G,end", "follow", "Follow", show=False, id="loglist.follow", tooltip="The newest row, and follow what comes."),
        Binding("enter", "open", "detail", id="loglist.open", tooltip="Show the exchange; tab goes into it, z makes it large."),
    ]  # fmt: skip

    class Moved(Message):
        """The cursor stands on another row, or on none (0)."""

        def __init__(self, seq: int) -> None:
            """`seq` of the row."""
            super().__init__()
            self.seq = seq

    class Opened(Moved):
        """`enter`, or a double click."""

    class Followed(Message):
        """Following began or ended."""

    class Wanted(Message):
        """Rows in sight are not there."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Empty."""
        super().__init__(id=id)
        self._look = look
        self.listing: Listing = Listing()
        self.placed: tuple[Placed, ...] = ()
        self.columns: tuple[str, ...] = ()
        """Chosen ones; empty = ours."""
        self.marks: tuple[str, ...] = ()
        """Texts that stand out."""
        self.hits: Runs | None = None
        """Rows that stand out, where the filter only marks."""
        self.marked: dict[int, str] = {}
        """Rows that were marked: seq to id."""
        self.at: int = 0
        """The seq under the cursor; 0 = the newest, whichever that is."""
        self.is_following: bool = True
        self.unseen: int = 0
        """Rows that came since following ended."""
        self.empty: Sequence[Row] = ()
        """What teaches where there are no rows."""
        self._top = 0
        """The seq of the first row in sight: what stays in its place."""
        self._is_empty = True
        """The rows painted are those that teach."""
        self._is_placing = False
        self._is_asking = False

    # what the screen says

    def show(self, listing: Listing) -> None:
        """Another listing; the cursor stays on its row, or comes to its nearest."""
        keep = None if self.is_following or not self.at else self._cursor() - self.scroll_offset.y
        self.listing = listing
        self.unseen = 0
        if self.at and len(listing) and self.at not in listing.runs:
            nearest = min(listing.runs.position(self.at), len(listing) - 1)
            self.at = listing.runs.seq(nearest)
        keep = None if self.is_following or not self.at else self._cursor() - self.scroll_offset.y
        self.changed()
        self._replace(keep)

    def took(self, *, added: int, is_moved: bool, stale: Sequence[int]) -> None:
        """The listing has changed as said."""
        if not self.is_following:
            self.unseen += added
        is_first, self._is_empty = self._is_empty, not len(self.listing)
        if is_moved or is_first or self._is_empty:
            self.changed()
        else:
            for seq in stale:
                self._kept.pop(self.listing.runs.position(seq), None)
            self._grow()
        self._replace(None)
        if is_moved and not self.is_following:
            self._scroll(self.listing.runs.position(self._top))

    def set_follow(self, *, is_on: bool) -> None:
        """Follow what comes, or stay."""
        if is_on:
            self.unseen = 0
            self.at = 0
            self._replace(None, is_on=True)
        elif self.is_following and len(self.listing):
            self.at = self.at or self.listing.runs.seq(len(self.listing) - 1)
        if is_on != self.is_following:
            self.is_following = is_on
            self.post_message(self.Followed())
        if is_on:
            self._end()
        self._kept.clear()
        self.refresh()

    def seq_here(self) -> int:
        """The seq under the cursor; 0 where there are no rows."""
        return self.listing.runs.seq(self._cursor()) if len(self.listing) else 0

    def line_here(self) -> Line | None:
        """The row under the cursor, where it is there."""
        return self.listing.line(self.seq_here())

    def marked_ids(self) -> list[str]:
        """The ids of the marked rows, oldest first."""
        return [name for _, name in sorted(self.marked.items())]

    def go_to(self, seq: int) -> bool:
        """The cursor to this row, if it is in the list; following ends."""
        if seq not in self.listing.runs:
            return False
        self.set_follow(is_on=False)
        self._move_to(self.listing.runs.position(seq))
        return True

    def next_hit(self, by: int) -> bool:
        """The cursor to the next or previous row that stands out; False where there is none."""
        hits = self.hits
        if hits is None or not len(hits):
            return False
        here = self.seq_here()
        at = hits.position(here + 1) if by > 0 else hits.position(here) - 1
        return self.go_to(hits.seq(at % len(hits)))

    def repaint(self) -> None:
        """Columns, marks or hits are different."""
        self.placed = place(max(20, self.size.width - self.scrollbar_size_vertical), self.columns)
        self.changed()
        for head in self.screen.query(LogHead):
            head.changed()

    def remember(self) -> dict[str, Any]:
        """Where it stands, JSON-able."""
        return {
            "columns": list(self.columns),
            "at": self.at,
            "is_following": self.is_following,
            "marked": [[seq, name] for seq, name in self.marked.items()],
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """What `remember` gave: what fits of it. Before the first rows are there."""
        chosen = tuple(str(name) for name in kept.get("columns") or self.columns)
        self.columns = tuple(name for name in chosen if name in COLUMNS)
        self.marked = {int(seq): str(name) for seq, name in kept.get("marked") or ()}
        at = kept.get("at")
        if kept.get("is_following") is False and isinstance(at, int) and at:
            self.at, self.is_following = at, False

    # for the feed

    def newest_wanted(self) -> int:
        """A screenful while it follows."""
        return (self.size.height or _SCREENFUL) if self.is_following else 0

    def in_sight(self) -> tuple[int, int]:
        """By position."""
        top = self.scroll_offset.y
        return top, min(top + max(1, self.size.height), len(self.listing))

    # rows

    def row_count(self) -> int:
        """The listing's rows, or what teaches."""
        return len(self.listing) or len(self.empty)

    def row(self, y: int) -> Row:
        """The exchange, or a placeholder until it is there."""
        if not len(self.listing):
            return self.empty[y]
        seq = self.listing.runs.seq(y)
        is_here = y == self._cursor()
        line = self.listing.line(seq)
        if line is None:
            self._ask()
            return self._placeholder(is_here=is_here)
        gutter = self._gutter(line, is_here=is_here)
        marks = self.marks if self.hits is None or seq in self.hits else ()
        shown = cells(line, self.placed, self._look.glyphs, marks)
        if not is_here:
            return [*gutter, *shown]
        if not self.has_focus:
            return [*gutter, *(Span(said, f"{style} strong".strip()) for said, style in shown)]
        used = sum(one.cells + one.gap for one in self.placed) + GUTTER
        pad = Span(" " * max(0, self.size.width - used))
        return [
            Span(said, "sel mark" if "mark" in style else "sel") for said, style in (*gutter, *shown, pad)
        ]

    def _gutter(self, line: Line, *, is_here: bool) -> list[Span]:
        glyphs = self._look.glyphs
        if is_here:
            first = Span(glyphs.bar, "accent strong")
        elif self.hits is not None and line.seq in self.hits:
            first = Span(glyphs.dot, "hot")
        else:
            first = Span(" ")
        if line.seq in self.marked:
            return [first, Span(glyphs.square, "warn")]
        return [first, Span(glyphs.back, "code") if line.replay_of else Span(" ")]

    def _placeholder(self, *, is_here: bool) -> Row:
        glyphs = self._look.glyphs
        spans = [Span(f"{glyphs.bar} " if is_here else "  ", "accent strong")]
        for one in self.placed:
            dots = glyphs.middot * min(one.cells, 5)
            spans.append(Span(text.fit(dots, one.cells, is_right=one.column.is_right) + " " * one.gap, "dim"))
        return spans

    def _ask(self) -> None:
        """Once per painting, however many rows are missing."""
        if not self._is_asking:
            self._is_asking = True
            self.call_after_refresh(self._asked)

    def _asked(self) -> None:
        self._is_asking = False
        self.post_message(self.Wanted())

    # moving

    def _cursor(self) -> int:
        """The cursor's position."""
        last = len(self.listing) - 1
        if not self.at:
            return max(0, last)
        return max(0, min(self.listing.runs.position(self.at), last))

    def action_move(self, by: int) -> None:
        """Up or down."""
        if len(self.listing):
            self._step(self._cursor() + by)

    def action_page(self, by: int) -> None:
        """A screenful."""
        if len(self.listing):
            self._step(self._cursor() + by * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """The oldest."""
        if len(self.listing):
            self._step(0)

    def action_follow(self) -> None:
        """The newest, and what comes."""
        self.set_follow(is_on=True)
        self.post_message(self.Moved(self.seq_here()))

    def action_open(self) -> None:
        """Show it."""
        if len(self.listing):
            self.set_follow(is_on=False)
            self.post_message(self.Opened(self.seq_here()))

    def _step(self, position: int) -> None:
        if self.is_following and position >= len(self.listing) - 1:
            return
        self.set_follow(is_on=False)
        self._move_to(position)

    def _move_to(self, position: int) -> None:
        position = max(0, min(position, len(self.listing) - 1))
        old, self.at = self._cursor(), self.listing.runs.seq(position)
        self.row_changed(old, position)
        self._is_placing = True
        self.show_row(position)
        self._is_placing = False
        self.post_message(self.Moved(self.at))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor, a double click opens."""
        y = event.y + self.scroll_offset.y
        if y < len(self.listing):
            self.set_follow(is_on=False)
            self._move_to(y)
            if event.chain == 2:
                self.action_open()

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.repaint()
        self._replace(None)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Who scrolls up wants to stay there."""
        super().watch_scroll_y(old_value, new_value)
        if (
            self.is_following
            and not self._is_placing
            and new_value < old_value
            and new_value < self.max_scroll_y
        ):
            self.set_follow(is_on=False)
        self._note_top()

    # where it stands

    def _note_top(self) -> None:
        top = self.scroll_offset.y
        self._top = self.listing.runs.seq(top) if top < len(self.listing) else 0

    def _grow(self) -> None:
        """The end has moved; painted rows are what they were, but for the cursor's."""
        from textual.geometry import Size

        size = Size(self.size.width, self.row_count())
        if size != self.virtual_size:
            self._is_placing = True
            old = self.virtual_size.height
            self.virtual_size = size
            self._is_placing = False
            if not self.at:
                self._kept.pop(old - 1, None)
                self._kept.pop(size.height - 1, None)
        self.refresh()

    def _replace(self, keep: int | None, *, is_on: bool = False) -> None:
        if self.is_following or is_on:
            self._end()
        elif keep is not None:
            self._scroll(self._cursor() - keep)

    def _end(self) -> None:
        self._scroll(max(0, self.row_count() - self.size.height))

    def _scroll(self, y: int) -> None:
        self._is_placing = True
        self.scroll_to(y=max(0, y), animate=False, force=True, immediate=True)
        self._is_placing = False
        self._note_top()
