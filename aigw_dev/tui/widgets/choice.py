"""One value of several on one line: arrows step through few, `enter` opens the picker over many."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span
from aigw_dev.tui.widgets.picker import Option, Picker


class Choice(Lines):
    """`< value >`."""

    DEFAULT_CSS = """
    Choice { height: 1; padding: 0 1; background: $boost; scrollbar-size: 0 0; &:focus { background: $primary 20%; } &:focus:nocolor { text-style: reverse; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left,h", "step(-1)", "Previous", show=False, id="choice.previous", tooltip="The value before."
        ),
        Binding("right,l,space", "step(1)", "Next", show=False, id="choice.next", tooltip="The next value."),
        Binding("enter", "pick", "Pick", show=False, id="choice.pick", tooltip="Pick from the list."),
    ]

    class Changed(Message):
        """Another value."""

        def __init__(self, choice: "Choice", value: str) -> None:
            """`value` is the new one."""
            super().__init__()
            self.choice, self.value = choice, value

        @property
        def control(self) -> "Choice":
            """For `@on(Choice.Changed, "#id")`."""
            return self.choice

    def __init__(
        self,
        options: Sequence[Option],
        look: Look,
        *,
        value: str = "",
        title: str = "",
        is_free: bool = False,
        id: str | None = None,  # noqa: A002  -- Textual's name
        classes: str | None = None,
    ) -> None:
        """`is_free` lets the picker take what is typed."""
        super().__init__(id=id, classes=classes)
        self._options, self._look, self._title, self._is_free = tuple(options), look, title, is_free
        self.value: str = value or (self._options[0].value if self._options and not is_free else "")

    def set_options(self, options: Sequence[Option]) -> None:
        """Other options; the value stays."""
        self._options = tuple(options)
        self.changed()

    def put(self, value: str) -> None:
        """Another value; told to the parent."""
        if value != self.value:
            self.value = value
            self.changed()
            self.post_message(self.Changed(self, value))

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """The value between its arrows."""
        glyphs = self._look.glyphs
        option = next((one for one in self._options if one.value == self.value), None)
        said = text.line((option.label or option.value) if option else self.value) or "(none)"
        shown = text.cut(said, max(4, self.size.width - 6), glyphs=glyphs)
        return [Span(f"{glyphs.left} ", "dim"), Span(shown, "strong"), Span(f" {glyphs.right}", "dim")]

    def action_step(self, by: int) -> None:
        """The neighbour, around the ends."""
        values = [option.value for option in self._options]
        if values:
            at = values.index(self.value) if self.value in values else -1 if by > 0 else 0
            self.put(values[(at + by) % len(values)])

    def action_pick(self) -> None:
        """All of them, with a filter."""
        self.app.push_screen(
            Picker(self._title, self._options, self._look, at=self.value, is_free=self._is_free),
            lambda value: self.put(value) if value is not None else None,
        )

    def on_click(self) -> None:
        """A click opens the list."""
        self.action_pick()
