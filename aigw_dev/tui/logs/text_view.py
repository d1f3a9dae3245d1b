"""A pane over a source: scrolls, searches with `/`, `n` and `N`, builds rows when they come into sight."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.tui.logs.columns import marked
from aigw_dev.tui.logs.source import Rows, Source
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span


class TextView(Lines):
    """Shows a source."""

    DEFAULT_CSS = "TextView { background: $surface; overflow-x: hidden; padding: 0 0 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="logtext.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="logtext.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="logtext.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="logtext.page_down"),
        Binding("g,home", "scroll_home", "Top", show=False, id="logtext.top"),
        Binding("G,end", "scroll_end", "End", show=False, id="logtext.end"),
        Binding("slash", "search", "search", id="logtext.search", tooltip="Find words in this text."),
        Binding("n", "hit(1)", "next", show=False, id="logtext.next", tooltip="The next place found."),
        Binding("N", "hit(-1)", "previous", show=False, id="logtext.previous", tooltip="The place before."),
    ]  # fmt: skip

    class Searched(Message):
        """`/`: ask for words."""

    class Found(Message):
        """Another place, or how many there are."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Nothing yet."""
        super().__init__(id=id)
        self._look = look
        self.source: Source = Rows([])
        self.words: str = ""
        """What is searched, casefolded."""
        self.found: list[int] = []
        """Rows that hold it."""
        self.at: int = -1

    def show(self, source: Source, *, is_kept: bool = False) -> None:
        """Another source, from the top; with `is_kept` the place stays."""
        self.source = source
        self.changed()
        if not is_kept:
            self.scroll_home(animate=False, immediate=True)

    def search(self, words: str, found: list[int]) -> None:
        """What was searched and the rows that hold it; goes to the first one from here on."""
        self.words, self.found = words.casefold(), found
        top = self.scroll_offset.y
        self.at = next((place for place, y in enumerate(found) if y >= top), 0) if found else -1
        self.changed()
        self._go()

    def row_count(self) -> int:
        """The source's."""
        return len(self.source)

    def row(self, y: int) -> Row:
        """The source's, with what was found in it."""
        row = self.source.row(y)
        if not self.words:
            return row
        return [piece for span in row for piece in marked(span.text, (self.words,), span.style)]

    def action_search(self) -> None:
        """Words, please."""
        self.post_message(self.Searched())

    def action_hit(self, by: int) -> None:
        """Around the ends."""
        if self.found:
            self.at = (self.at + by) % len(self.found)
            self._go()

    def _go(self) -> None:
        if 0 <= self.at < len(self.found):
            y = self.found[self.at]
            self.scroll_to(y=max(0, y - self.size.height // 3), animate=False, force=True, immediate=True)
        self.post_message(self.Found())


def find(source: Source, words: str) -> list[int]:
    """The rows that hold `words`, whatever the case. Long sources: in a thread."""
    low = words.casefold()
    return [y for y in range(len(source)) if low in source.text(y).casefold()] if low else []


def note(said: str, style: str = "dim") -> Rows:
    """A source of a few words, harmless already."""
    return Rows([[Span(part, style)] for part in said.split("\n")])
