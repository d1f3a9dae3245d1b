"""A form of a few fields: validated while typing, dismissed with its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.choice import Choice
from aigw_dev.tui.widgets.entry import Editor, Entry
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form."""

    name: str
    label: str = ""
    """Empty = the name."""
    kind: Literal["text", "secret", "area", "choice", "check"] = "text"
    value: str | bool = ""
    """What it begins with; a bool for `check`."""
    placeholder: str = ""
    options: Sequence[Option] = ()
    """Of `choice`."""
    is_free: bool = False
    """A choice that also takes what is typed."""
    check: Callable[[str], str] | None = None
    """What is wrong with a value, or an empty text."""
    rows: int = 4
    """Height of an `area`."""


class Form(Modal[dict[str, Any]]):
    """`enter` in a line or `^j` anywhere accepts; what is wrong stands under its field and holds it back."""

    DEFAULT_CSS = """
    Form VerticalScroll { height: auto; max-height: 100%; }
    Form .field { height: auto; }
    Form .label { width: 16; color: $foreground 60%; padding: 0 1 0 0; }
    Form .wrong { color: $text-error; padding: 0 0 0 16; display: none; }
    Form .wrong.on { display: block; }
    Form .note { color: $foreground 60%; }
    Form Entry, Form Editor, Form Choice { width: 1fr; }
    """
    AUTO_FOCUS = "Entry, Editor, Choice"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "accept", "OK", show=False, id="form.accept", tooltip="Accept the form."),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        look: Look,
        *,
        note: str = "",
        check: Callable[[dict[str, Any]], str] | None = None,
    ) -> None:
        """`note` stands above the fields; `check` looks at all values together."""
        super().__init__()
        self._title, self._fields, self._look, self._note, self._check = (
            title,
            tuple(fields),
            look,
            note,
            check,
        )

    def compose(self) -> ComposeResult:
        """Label, field, and what is wrong below it."""
        with Box() as box:
            text.title(box, self._title, "enter or ^j accepts · tab next · esc cancels")
            with VerticalScroll(can_focus=False):
                if self._note:
                    yield Words(self._note, classes="note")
                for field in self._fields:
                    with Horizontal(classes="field"):
                        yield Words(field.label or field.name, classes="label")
                        yield self._widget(field)
                    yield Words(id=f"wrong-f-{field.name}", classes="wrong")
                yield Words(id="wrong-form", classes="wrong")

    def values(self) -> dict[str, Any]:
        """What stands in the fields now; texts without blanks around them."""
        return {field.name: self._value(field) for field in self._fields}

    def action_accept(self) -> None:
        """Dismiss with the values, or show what is wrong."""
        wrong = [field for field in self._fields if not self._judge(field)]
        if wrong:
            self.query_one(f"#f-{wrong[0].name}").focus()
            return
        values = self.values()
        said = self._check(values) if self._check is not None else ""
        self._say("form", said)
        if not said:
            self.dismiss(values)

    @on(Entry.Submitted)
    def submitted(self, event: Entry.Submitted) -> None:
        """`enter` in a line."""
        event.stop()
        self.action_accept()

    @on(Entry.Left)
    @on(Editor.Left)
    def left(self) -> None:
        """`esc` in a field closes the form."""
        self.dismiss(None)

    @on(Entry.Changed)
    @on(Editor.Changed)
    @on(Choice.Changed)
    def typed(self) -> None:
        """What was wrong may be right now; what is not finished yet is not blamed."""
        for field in self._fields:
            if self.query_one(f"#wrong-f-{field.name}").has_class("on"):
                self._judge(field)

    def _widget(self, field: Field) -> Entry | Editor | Choice:
        name = f"f-{field.name}"
        if field.kind == "area":
            editor = Editor(str(field.value), placeholder=field.placeholder, id=name)
            editor.styles.height = field.rows
            return editor
        if field.kind in {"choice", "check"}:
            options = field.options or (Option(value="yes"), Option(value="no"))
            value = ("yes" if field.value else "no") if field.kind == "check" else str(field.value)
            return Choice(
                options,
                self._look,
                value=value,
                title=field.label or field.name,
                is_free=field.is_free,
                id=name,
            )
        return Entry(
            str(field.value), placeholder=field.placeholder, is_secret=field.kind == "secret", id=name
        )

    def _value(self, field: Field) -> Any:
        widget = self.query_one(f"#f-{field.name}")
        if isinstance(widget, Editor):
            return widget.text.strip()
        if isinstance(widget, Choice):
            return widget.value == "yes" if field.kind == "check" else widget.value
        return widget.value.strip() if isinstance(widget, Entry) else ""

    def _judge(self, field: Field) -> bool:
        value = self._value(field)
        said = field.check(value) if field.check is not None and isinstance(value, str) else ""
        self._say(f"f-{field.name}", said)
        return not said

    def _say(self, name: str, said: str) -> None:
        words = self.query_one(f"#wrong-{name}", Words)
        words.say(said)
        words.set_class(bool(said), "on")
