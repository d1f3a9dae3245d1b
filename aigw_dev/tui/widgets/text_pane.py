"""A scrollable pane of ready rows: details, help, diffs."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Lines, Row, Span, plain


class TextPane(Lines):
    """Shows what `show` is given."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="pane.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="pane.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="pane.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="pane.page_down"),
        Binding("g,home", "scroll_home", "Top", show=False, id="pane.top"),
        Binding("G,end", "scroll_end", "End", show=False, id="pane.end"),
    ]

    def __init__(
        self,
        rows: Sequence[Row] = (),
        *,
        id: str | None = None,  # noqa: A002  -- Textual's name
        classes: str | None = None,
    ) -> None:
        """`rows` are harmless already."""
        super().__init__(id=id, classes=classes)
        self._rows: Sequence[Row] = rows
        self._wide = _widest(rows)

    def show(self, rows: Sequence[Row], *, is_kept: bool = False) -> None:
        """Other rows, from the top; with `is_kept` the place stays."""
        self._rows = rows
        self._wide = _widest(rows)
        self.changed()
        if not is_kept:
            self.scroll_home(animate=False, immediate=True)

    def show_text(self, content: str, style: str = "") -> None:
        """A text from anywhere, wrapped to the width."""
        cells = max(10, self.size.width - 1)
        self.show(
            [[Span(part, style)] for whole in text.block(content) for part in text.wrapped(whole, cells)]
        )

    def content(self) -> str:
        """What is shown, as text."""
        return "\n".join(plain(row) for row in self._rows)

    def row_count(self) -> int:
        """As many as were given."""
        return len(self._rows)

    def row_width(self) -> int:
        """The widest, so that long rows scroll sideways."""
        return self._wide

    def row(self, y: int) -> Row:
        """As given."""
        return self._rows[y]


def _widest(rows: Sequence[Row]) -> int:
    return max((sum(text.width(span.text) for span in row) for row in rows), default=0)
