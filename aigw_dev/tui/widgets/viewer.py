"""Text in front of the screen: arrows scroll, `c` or `y` copies, any other key closes and goes nowhere else."""

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.text_pane import TextPane

_SCROLLS = frozenset({"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "j", "k", "g", "G"})


class Viewer(Modal[None]):
    """Shows rows, or a text."""

    DEFAULT_CSS = """
    Viewer > Vertical { width: 90%; height: auto; max-height: 90%; }
    Viewer TextPane { height: auto; max-height: 100%; }
    """

    def __init__(
        self,
        title: str,
        content: str | Sequence[Row],
        *,
        copy: Callable[[str, str], None] | None = None,
    ) -> None:
        """`copy(text, what)` is the shell's."""
        super().__init__()
        self._title, self._copy = title, copy
        self._rows: Sequence[Row] = (
            [[Span(line)] for line in text.block(content)] if isinstance(content, str) else content
        )

    @staticmethod
    def cells(screen: int) -> int:
        """Cells of a row that fits without scrolling sideways, on a screen so many cells wide."""
        return max(20, screen * 9 // 10 - 6)

    def compose(self) -> ComposeResult:
        """The pane alone."""
        with Box() as box:
            text.title(box, self._title, ("c copies · " if self._copy else "") + "any key closes")
            yield TextPane(self._rows)

    def on_key(self, event: events.Key) -> None:
        """What does not scroll closes."""
        if event.key in _SCROLLS:
            return
        event.stop()
        event.prevent_default()
        if event.key in {"c", "y"} and self._copy is not None:
            self._copy(self.query_one(TextPane).content(), self._title)
            return
        self.dismiss(None)
