"""Where a key is typed or pasted: never shown, never kept; its length and last four characters are, until it is saved."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from aigw_dev.core.credentials import check_key, check_name, clean_key, recognise_vendors
from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.choice import Choice
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.words import Words

_MIN_TAIL_CHARS = 20
"""Shorter keys show none of their characters, as in a fingerprint."""


class Entered(Struct, kw_only=True):
    """A key on its way to the gateway."""

    name: str
    value: str
    place: str = "keyring"
    """`keyring` or `encrypted`."""

    def __repr__(self) -> str:
        """Without the value: this also stands in a crash's list of locals."""
        return f"Entered(name={self.name!r})"


class KeyEntry(Entry):
    """One line of dots. A paste is cleaned: line ends, blanks, quotes, `export NAME=` around a key are not the key."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Empty: a key that is there is never shown."""
        super().__init__(placeholder="paste or type the key", is_secret=True, id=id)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.value = pasted(event.text)
        self.cursor_position = len(self.value)


class KeyForm(Modal[Entered]):
    """Dismissed with what was entered."""

    DEFAULT_CSS = """
    KeyForm .field { height: auto; }
    KeyForm .label { width: 10; color: $foreground 60%; }
    KeyForm .note { color: $foreground 60%; }
    KeyForm #key-said { padding: 0 0 0 10; color: $text-success; }
    KeyForm #key-said.wrong { color: $text-error; }
    KeyForm Entry, KeyForm Choice { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "accept", "Save", show=False, id="key.accept", tooltip="Save the key."),
    ]

    def __init__(
        self,
        title: str,
        look: Look,
        *,
        name: str,
        taken: Sequence[str] = (),
        kind: str = "",
        places: Sequence[Option] = (),
        note: str = "",
    ) -> None:
        """`name` is fixed where it is in `taken` (a rotation); `kind` is the provider's, to notice another's key."""
        super().__init__()
        self._title, self._look, self._key_name, self._kind = title, look, name, kind
        self._is_rotation = name in taken
        self._taken, self._places, self._note = tuple(taken), tuple(places), note

    def compose(self) -> ComposeResult:
        """Name, place, key, and what can be said of it."""
        with Box() as box:
            text.title(box, self._title, "enter saves · tab next · esc cancels")
            if self._note:
                yield Words(self._note, classes="note")
            with Horizontal(classes="field"):
                yield Words("name", classes="label")
                yield Words(self._key_name) if self._is_rotation else Entry(self._key_name, id="key-name")
            if self._places:
                with Horizontal(classes="field"):
                    yield Words("where", classes="label")
                    yield Choice(self._places, self._look, title="Where the key is kept", id="key-place")
            with Horizontal(classes="field"):
                yield Words("key", classes="label")
                yield KeyEntry(id="key-value")
            yield Words("nothing of it is shown, logged or remembered", id="key-said")

    def on_mount(self) -> None:
        """The key is what is wanted."""
        self.query_one("#key-value").focus()

    @on(Entry.Changed)
    def typed(self) -> None:
        """Say what can be said."""
        said, is_wrong = describe(self.query_one(KeyEntry).value, self._kind)
        words = self.query_one("#key-said", Words)
        words.say(said)
        words.set_class(is_wrong, "wrong")

    @on(Entry.Submitted)
    def submitted(self, event: Entry.Submitted) -> None:
        """`enter` in a line."""
        event.stop()
        self.action_accept()

    @on(Entry.Left)
    def left(self) -> None:
        """Nothing wanted."""
        self._forget()
        self.dismiss(None)

    def action_accept(self) -> None:
        """Dismiss with the key, or say what is wrong."""
        entry = self.query_one(KeyEntry)
        name = self._key_name if self._is_rotation else self.query_one("#key-name", Entry).value.strip()
        value = pasted(entry.value)
        wrong = self._name_problem(name) or check_key(value)
        if wrong:
            words = self.query_one("#key-said", Words)
            words.say(wrong)
            words.set_class(True, "wrong")
            return
        place = self.query_one("#key-place", Choice).value if self._places else "keyring"
        self._forget()
        self.dismiss(Entered(name=name, value=value, place=place))

    def _name_problem(self, name: str) -> str:
        if self._is_rotation:
            return ""
        return check_name(name) or ("there is a key of that name" if name in self._taken else "")

    def _forget(self) -> None:
        with self.prevent(Entry.Changed):
            self.query_one(KeyEntry).value = ""


def pasted(raw: str) -> str:
    """The key in what was pasted: cleaned, and without line ends and blanks inside, which a wrapped line brings."""
    key = clean_key(raw)
    return key if key.startswith("{") else clean_key("".join(key.split()))


def describe(raw: str, kind: str) -> tuple[str, bool]:
    """What is said of a key while it is typed: its length, its end, whose it looks like; and whether that is wrong."""
    key = pasted(raw)
    if not key:
        return "nothing of it is shown, logged or remembered", False
    problem = check_key(key)
    said = f"{len(key):,} characters"
    if len(key) >= _MIN_TAIL_CHARS:
        said += f", ends in {key[-4:]}"
    if problem:
        return f"{said}: {problem}", True
    vendors = recognise_vendors(key)
    if vendors and kind and kind not in vendors:
        return f"{said}; it looks like a key of {' or '.join(vendors)}, not of {kind}", True
    return said + (f"; looks like a key of {kind}" if vendors and kind in vendors else ""), False


Then = Callable[[Entered | None], None]
