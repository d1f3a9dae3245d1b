"""What stands in front of a screen: a box in the middle; `esc` and a click outside close it, no key leaks below."""

from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

T = TypeVar("T")


class Modal(ModalScreen[T | None], Generic[T]):
    """Base of forms, pickers and viewers: `dismiss(None)` is nothing wanted."""

    DEFAULT_CSS = """
    Modal { align: center middle; background: $background 60%; }
    Modal > Vertical {
        width: 72; max-width: 96%; height: auto; max-height: 92%;
        border: round $accent; padding: 0 1; background: $surface; border-title-color: $accent; border-subtitle-color: $foreground 60%;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "close", "Cancel", show=False, id="modal.close", tooltip="Close without doing anything."
        ),
    ]

    _is_over = False

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close it, once: a key that was pressed twice must not close what stands behind, too."""
        if self._is_over:
            return AwaitComplete.nothing()
        self._is_over = True
        return super().dismiss(result)

    def action_close(self) -> None:
        """Nothing wanted."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """Outside the box = esc."""
        if event.widget is self:
            self.dismiss(None)


Box = Vertical
"""The box in the middle."""
