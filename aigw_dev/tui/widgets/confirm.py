"""Before what cannot be undone: the name must be typed."""

from textual import on
from textual.app import ComposeResult

from aigw_dev.tui import text
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.words import Words


class Confirm(Modal[bool]):
    """Dismissed with True when `word` was typed."""

    AUTO_FOCUS = "Entry"

    def __init__(self, title: str, said: str, word: str) -> None:
        """`said` is what will happen."""
        super().__init__()
        self._title, self._said, self._word = title, said, word

    def compose(self) -> ComposeResult:
        """What happens, and the field."""
        with Box() as box:
            text.title(box, self._title, f"type {self._word} and enter · esc cancels")
            yield Words(self._said)
            yield Entry(placeholder=self._word, id="confirm-word")

    @on(Entry.Submitted)
    def submitted(self, event: Entry.Submitted) -> None:
        """Only the very word counts."""
        if event.value.strip() == self._word:
            self.dismiss(True)
        else:
            event.input.value = ""

    @on(Entry.Left)
    def left(self) -> None:
        """Nothing wanted."""
        self.dismiss(None)
