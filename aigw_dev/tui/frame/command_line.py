"""One line above the key bar: the command that does the same as what was just done. `Y` copies it."""

from typing import Final

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Lines, Row, Span

_PROMPT: Final = " $ "
_HINT: Final = "  Y copies "


class CommandLine(Lines, can_focus=False):
    """Empty and without height until something was done."""

    DEFAULT_CSS = """
    CommandLine { height: 1; background: $surface; scrollbar-size: 0 0; display: none; }
    CommandLine.on { display: block; }
    """

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self.words: str = ""

    def show(self, words: str) -> None:
        """Another command."""
        self.words = words
        self.set_class(bool(words), "on")
        self.changed()

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """`$ aigw-dev routes deploy ...   Y copies`; what does not fit is said by an ellipsis, the copy is whole."""
        room = self.size.width - len(_PROMPT) - len(_HINT)
        words = text.fit(text.line(self.words), max(0, room))
        return [Span(_PROMPT, "dim"), Span(words, "code"), Span(_HINT, "dim")]
