"""The first line: product, gateway and its state, the five screens, the screen's own words."""

from typing import Final

from textual import events

from aigw_dev.tui import text
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.lines import Lines, Row, Span

ROOMS: Final = (
    ("dashboard", "Dashboard", "Dash"),
    ("routes", "Routes", "Routes"),
    ("chat", "Chat", "Chat"),
    ("logs", "Logs", "Logs"),
    ("providers", "Providers", "Prov"),
)
"""Id, title and short title, in the order of their digits."""


class TopLine(Lines, can_focus=False):
    """`aigw ● my-app :2449   1 Dashboard  [2 Routes] ...   live #7`."""

    DEFAULT_CSS = """
    TopLine { height: 1; background: $panel; dock: top; scrollbar-size: 0 0; }
    """

    def __init__(self, shell: Shell, room: str) -> None:
        """For the screen `room`."""
        super().__init__()
        self._shell = shell
        self._room = room
        self._places: list[tuple[int, int, str]] = []
        """Where each screen's name stands: first cell, cell after the last, room."""

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """Left: who; middle: the screens; right: the screen's words and the palette's key."""
        cells = self.size.width
        left = self._who()
        tabs = self._tabs(is_short=cells < 100, gap=3 if cells >= 120 else 1)
        words = text.line(getattr(self.screen, "top_words", str)())
        tail = "  ^p ?" if cells >= 60 else ""
        used = sum(text.width(span.text) for span in (*left, *tabs))
        gap = cells - used - text.width(tail) - 1
        words = _fitting(words, gap - 1, self._shell.look.glyphs)
        start = sum(text.width(span.text) for span in left)
        self._note(tabs, start)
        pad = " " * max(1, gap - text.width(words) + 1)
        return [*left, *tabs, Span(pad), Span(words, "strong"), Span(tail, "dim")]

    def _who(self) -> list[Span]:
        shell = self._shell
        glyphs = shell.look.glyphs
        port = shell.link.url.rpartition(":")[2]
        name = text.line(shell.status.get("name") or shell.opening.name)
        limit = 10 if self.size.width < 100 else 18
        if shell.link.is_up:
            config = shell.status.get("config") or {}
            is_well = not config.get("problems")
            state = Span(f" {glyphs.dot if is_well else glyphs.warn} ", "good" if is_well else "warn")
        else:
            state = Span(f" {glyphs.cross} ", "bad strong")
        return [
            Span(" aigw", "strong"),
            state,
            Span(text.cut(name, limit, glyphs=glyphs), "info"),
            Span(f" :{port} " if shell.link.is_placed else " ", "dim"),
            *([Span(" ")] if self.size.width >= 100 else []),
        ]

    def _tabs(self, *, is_short: bool, gap: int) -> list[Span]:
        spans: list[Span] = []
        for digit, (room, title, short) in enumerate(ROOMS, start=1):
            name = f"{digit} {short if is_short and room != self._room else title}"
            is_here = room == self._room
            spans.append(Span(f"[{name}]" if is_here else f" {name} ", "accent strong" if is_here else ""))
            spans.append(Span(" " * (gap - 1)))
        return spans

    def _note(self, tabs: list[Span], start: int) -> None:
        self._places = []
        at = start
        for position, span in enumerate(tabs):
            if position % 2 == 0:
                self._places.append((at, at + text.width(span.text), ROOMS[position // 2][0]))
            at += text.width(span.text)

    def on_click(self, event: events.Click) -> None:
        """A screen's name leads there."""
        for first, after, room in self._places:
            if first <= event.x < after:
                self._shell.go(room)


def _fitting(words: str, cells: int, glyphs: Glyphs) -> str:
    """As many of the parts between dots as fit whole, `TAIL` of `TAIL ▸ 12/s` at last: half a word says nothing."""
    parts = words.split(f" {glyphs.middot} ")
    while parts and text.width(f" {glyphs.middot} ".join(parts)) > cells:
        last = parts.pop()
        head = last.partition(f" {glyphs.pointer} ")[0]
        if not parts and text.width(head) <= cells:
            return head
    return f" {glyphs.middot} ".join(parts)
