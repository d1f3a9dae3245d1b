"""One yes-or-no on a line."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span


class Switch(Lines):
    """`Stream   [x]`; space, enter or a click turn it."""

    DEFAULT_CSS = """
    Switch { height: 1; padding: 0 1; scrollbar-size: 0 0; &:focus { background: $primary 20%; } &:focus:nocolor { text-style: reverse; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "turn", "Turn", show=False, id="switch.turn", tooltip="On or off."),
    ]

    class Turned(Message):
        """The other value."""

        def __init__(self, switch: "Switch", *, is_on: bool) -> None:
            """`is_on` is the new value."""
            super().__init__()
            self.switch, self.is_on = switch, is_on

        @property
        def control(self) -> "Switch":
            """For `@on(Switch.Turned, "#id")`."""
            return self.switch

    def __init__(self, label: str, look: Look, *, is_on: bool, id: str) -> None:  # noqa: A002  -- Textual's name
        """`label` is ours."""
        super().__init__(id=id)
        self._label, self._look, self.is_on = label, look, is_on

    def put(self, *, is_on: bool) -> None:
        """Show a value; nobody is told."""
        self.is_on = is_on
        self.changed()

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """Label left, box right."""
        glyphs = self._look.glyphs
        box = glyphs.check_on if self.is_on else glyphs.check_off
        gap = " " * max(1, self.size.width - len(self._label) - len(box))
        return [Span(self._label), Span(gap), Span(box, "good strong" if self.is_on else "dim")]

    def action_turn(self) -> None:
        """The other value."""
        self.put(is_on=not self.is_on)
        self.post_message(self.Turned(self, is_on=self.is_on))

    def on_click(self) -> None:
        """A click turns it."""
        self.action_turn()
