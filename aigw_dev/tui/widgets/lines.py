"""The base of every list, pane and canvas: rows of spans, painted through Textual's line API.

One focusable widget whatever the number of rows. A row is asked for when it is on the screen and kept as a strip until
it is said to have changed, so a key press repaints what it changed and nothing else.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aigw_dev.tui.widgets import ink
from aigw_dev.tui.widgets.ink import INKS


class Span(NamedTuple):
    """A piece of a row: harmless text and the name of its style."""

    text: str
    style: str = ""


Row = Sequence[Span]

STYLES: Final = tuple(INKS)
"""Names a span may carry beside the empty one. Two of them may be joined: `good strong`."""
_KEPT: Final = 2_000
"""Strips kept at most."""


class Lines(ScrollView, can_focus=True):
    """Rows by number. Subclasses give `row_count` and `row`, and say what changed."""

    DEFAULT_CSS = """
    Lines {
        background: $surface;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        scrollbar-color: $foreground 25%;
        scrollbar-background: $surface;
        scrollbar-corner-color: $surface;
    }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """As every widget."""
        super().__init__(name=name, id=id, classes=classes)
        self._kept: dict[int, Strip] = {}
        self._styles: dict[str, Style] = {}

    # what subclasses give

    def row_count(self) -> int:
        """How many rows there are."""
        return 0

    def row_width(self) -> int:
        """How wide the widest row is; 0 = as wide as the widget, so nothing scrolls sideways."""
        return 0

    def row(self, y: int) -> Row:
        """The spans of row `y`; harmless text only."""
        raise NotImplementedError

    # what subclasses say

    def changed(self) -> None:
        """Everything may be different: sizes and all rows."""
        self._kept.clear()
        rows = self.row_count()
        # Beside a scrollbar there is less room; taking the whole width would bring up the other one, too.
        room = self.size.width - (self.styles.scrollbar_size_vertical if rows > self.size.height else 0)
        size = Size(max(self.row_width(), room), rows)
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def row_changed(self, *rows: int) -> None:
        """These rows are different, their number is not."""
        top, height = self.scroll_offset.y, self.size.height
        for y in rows:
            self._kept.pop(y, None)
            if top <= y < top + height:
                self.refresh_lines(y)  # it takes the scroll offset away itself

    def show_row(self, y: int) -> None:
        """Scroll as little as needed to have row `y` on the screen."""
        width = max(1, self.scrollable_content_region.width)
        self.scroll_to_region(Region(self.scroll_offset.x, y, width, 1), animate=False, force=True)

    # Textual's side

    def on_resize(self) -> None:
        """Widths are new."""
        self.changed()

    def notify_style_update(self) -> None:
        """The theme changed."""
        self._kept.clear()
        self._styles.clear()
        super().notify_style_update()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """A cursor is drawn differently with and without focus."""
        super().watch_has_focus(_has_focus)
        self._kept.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Row `y` of what is visible."""
        left, top = self.scroll_offset
        cells, at = self.size.width, y + top
        base = self._style("")
        if not 0 <= at < self.row_count():
            return Strip.blank(cells, base)
        strip = self._kept.get(at)
        if strip is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            strip = Strip([Segment(span.text, self._style(span.style)) for span in self.row(at) if span.text])
            self._kept[at] = strip
        return strip.crop_extend(left, left + cells, base)

    def _style(self, names: str) -> Style:
        style = self._styles.get(names)
        if style is None:
            style = self.rich_style
            _, background = self.background_colors
            variables, is_colour = self.app.theme_variables, not self.app.no_color
            for name in names.split():
                style += ink.style(INKS[name], variables, background, is_colour=is_colour)
            self._styles[names] = style
        return style


def plain(row: Row) -> str:
    """The text of a row."""
    return "".join(span.text for span in row).rstrip()
