"""Where a person types: one line, or several. No blinking, no markup; `esc` leaves the field."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, TextArea

from aigw_dev.core import harmless


class Entry(Input):
    """One line. What is set from data is made harmless."""

    DEFAULT_CSS = """
    Entry { height: 1; border: none; padding: 0 1; background: $boost; &:focus { border: none; background: $primary 20%; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, id="entry.leave", tooltip="Leave the field."),
    ]

    class Left(Message):
        """`esc` was pressed."""

        def __init__(self, entry: "Entry") -> None:
            """Of this field."""
            super().__init__()
            self.entry = entry

        @property
        def control(self) -> "Entry":
            """For `@on(Entry.Left, "#id")`."""
            return self.entry

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        is_secret: bool = False,
        id: str | None = None,  # noqa: A002  -- Textual's name
        classes: str | None = None,
    ) -> None:
        """`is_secret` shows dots."""
        super().__init__(
            harmless.line(value),
            placeholder=placeholder,
            password=is_secret,
            id=id,
            classes=classes,
            compact=True,
            select_on_focus=False,
        )
        self.cursor_blink = False

    def action_leave(self) -> None:
        """Give the keys back to the screen."""
        self.post_message(self.Left(self))


class Editor(TextArea):
    """Several lines. What is set from data is made harmless."""

    DEFAULT_CSS = """
    Editor { border: none; padding: 0 1; background: $boost; &:focus { border: none; background: $primary 10%; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, id="editor.leave", tooltip="Leave the field."),
    ]

    class Left(Message):
        """`esc` was pressed."""

        def __init__(self, editor: "Editor") -> None:
            """Of this field."""
            super().__init__()
            self.editor = editor

        @property
        def control(self) -> "Editor":
            """For `@on(Editor.Left, "#id")`."""
            return self.editor

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002  -- Textual's name
        classes: str | None = None,
    ) -> None:
        """`tab` moves on to the next widget."""
        super().__init__(
            harmless.block(value),
            placeholder=placeholder,
            id=id,
            classes=classes,
            compact=True,
            tab_behavior="focus",
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
        )
        self.cursor_blink = False

    def action_leave(self) -> None:
        """Give the keys back to the screen."""
        self.post_message(self.Left(self))
