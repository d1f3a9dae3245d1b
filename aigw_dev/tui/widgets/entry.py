"""Where a person types: one line, or several. No blinking, no markup; `esc` leaves the field.

Whatever comes in is made harmless: what is set, pasted, or stands there as a hint. A key's characters are printable
by themselves.
"""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, TextArea

from aigw_dev.core import harmless


class Entry(Input):
    """One line."""

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
            value,
            placeholder=placeholder,
            password=is_secret,
            id=id,
            classes=classes,
            compact=True,
            select_on_focus=False,
        )
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """As it can be shown; a secret is dots anyway, and stays what it is."""
        return value if self.password else harmless.line(value)

    def validate_placeholder(self, placeholder: str) -> str:
        """It may come from a config or a log."""
        return harmless.line(placeholder)

    def _on_paste(self, event: events.Paste) -> None:
        # Here, not only when the value is set: the cursor goes behind what was put in.
        if not self.password:
            event.text = "\n".join(map(harmless.line, event.text.splitlines()))

    def action_leave(self) -> None:
        """Give the keys back to the screen."""
        self.post_message(self.Left(self))


class Editor(TextArea):
    """Several lines."""

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
            placeholder=Content(harmless.block(placeholder)),  # text alone would be read as markup
            id=id,
            classes=classes,
            compact=True,
            tab_behavior="focus",
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
        )
        self.cursor_blink = False

    def load_text(self, text: str) -> None:
        """Another text."""
        super().load_text(harmless.block(text))

    async def _on_paste(self, event: events.Paste) -> None:  # Textual calls its own after this one
        event.text = harmless.block(event.text)

    def action_leave(self) -> None:
        """Give the keys back to the screen."""
        self.post_message(self.Left(self))
