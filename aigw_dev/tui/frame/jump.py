"""`^o`: a letter on everything that can have the focus; the letter goes there."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from aigw_dev.tui.widgets.words import Words

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class Jump(ModalScreen[Widget | None]):
    """Dismissed with the widget whose letter was typed."""

    DEFAULT_CSS = """
    Jump { background: $background 40%; layers: letters; }
    Jump Words { layer: letters; width: 3; height: 1; position: absolute; background: $accent; color: $background; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False, id="jump.close"),
    ]

    def __init__(self, screen: "Screen[object]") -> None:
        """Everything focusable of `screen` that can be seen."""
        super().__init__()
        seen = [widget for widget in screen.focus_chain if widget.region.area and widget.display]
        self._by_letter = dict(zip(LETTERS, seen, strict=False))

    def compose(self) -> ComposeResult:
        """The letters."""
        for letter, widget in self._by_letter.items():
            words = Words(f" {letter} ")
            words.absolute_offset = Offset(widget.region.x, widget.region.y)
            yield words

    def on_key(self, event: events.Key) -> None:
        """A letter goes, anything else stays here."""
        event.stop()
        event.prevent_default()
        if self.is_current:  # of two keys at once the first one decides
            self.dismiss(self._by_letter.get(event.character or ""))
