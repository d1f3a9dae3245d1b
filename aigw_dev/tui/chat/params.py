"""The panel at the left: what is sent beside the conversation, judged while it is typed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message

from aigw_dev.core import panel
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.providers.traits import traits_of
from aigw_dev.tui import text
from aigw_dev.tui.chat.draft import Draft, read
from aigw_dev.tui.chat.number_field import NumberField
from aigw_dev.tui.chat.switch import Switch
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.choice import Choice
from aigw_dev.tui.widgets.entry import Editor
from aigw_dev.tui.widgets.lines import Lines, Row, Span
from aigw_dev.tui.widgets.picker import Option

_PLACES: Final = {
    "system": ("System prompt", "You are terse."),
    "custom": ("Custom JSON", '{"seed": 7}'),
    "metadata": ("Route metadata", "tier=pro"),
    "tools": ("Tools", '[{"function": {"name": ...}}]'),
}
"""Label and placeholder of the text fields, by the draft's field."""


class Head(Lines, can_focus=False):
    """A field's label, and its state at the right; what is wrong below."""

    DEFAULT_CSS = "Head { height: 1; padding: 0 1; scrollbar-size: 0 0; &.-two { height: 2; } }"

    def __init__(self, label: str, *, id: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """`label` is ours."""
        super().__init__(id=id)
        self._label = label
        self._state, self._below = Span(""), Span("")

    def put(self, state: Span, below: Span = Span("")) -> None:  # noqa: B008  -- a tuple
        """What stands at the right, and below."""
        if (state, below) != (self._state, self._below):
            self._state, self._below = state, below
            self.set_class(bool(below.text), "-two")
            self.changed()

    def row_count(self) -> int:
        """One or two."""
        return 2 if self._below.text else 1

    def row(self, y: int) -> Row:
        """Label and state; then what is wrong."""
        if y:
            return [Span(text.cut(self._below.text, self.size.width), self._below.style)]
        gap = " " * max(1, self.size.width - len(self._label) - text.width(self._state.text))
        return [Span(self._label, "head"), Span(gap), self._state]


class Params(VerticalScroll, can_focus=False):
    """All fields over one draft, which it changes in place."""

    DEFAULT_CSS = """
    Params { width: 30; background: $surface; border: round $foreground 30%; border-title-color: $foreground 80%; scrollbar-size-vertical: 1; }
    Params Editor { height: 3; margin: 0 1; padding: 0 1; }
    Params Choice { margin: 0 1; padding: 0; }
    Params .-gap { margin-top: 1; }
    """

    class Changed(Message):
        """The draft is different."""

        def __init__(self, field: str) -> None:
            """By its name in the draft."""
            super().__init__()
            self.field = field

    class AttachmentsWanted(Message):
        """The list of attachments was clicked."""

    def __init__(self, draft: Draft, look: Look) -> None:
        """`draft` is changed in place."""
        super().__init__(id="params")
        self.draft = draft
        self._look = look
        self._kinds: dict[str, str] = {}
        self._fed = 0

    def compose(self) -> ComposeResult:
        """One field below the other."""
        yield Head("Target", id="head-model")
        yield Choice(
            (), self._look, value=self.draft.model, title="Model or route", is_free=True, id="param-model"
        )
        yield Switch("Stream", self._look, is_on=self.draft.stream, id="param-stream")
        yield from self._area("system")
        for name, parameter in panel.PARAMETERS.items():
            yield NumberField(parameter, self._look, id=f"param-{name}")
        yield from self._area("custom")
        yield from self._area("metadata")
        yield Head("Attachments", id="head-attached")
        yield from self._area("tools")
        yield Switch("Seed's limits", self._look, is_on=self.draft.has_limits, id="param-limits")

    def on_mount(self) -> None:
        """Titles and states."""
        text.title(self, "Parameters")
        self.put(self.draft)

    def put(self, draft: Draft) -> None:
        """Another draft."""
        self.draft = draft
        self._fed += 1
        self.query_one("#param-model", Choice).value = draft.model
        self.query_one("#param-model", Choice).changed()
        self.query_one("#param-stream", Switch).put(is_on=draft.stream)
        self.query_one("#param-limits", Switch).put(is_on=draft.has_limits)
        for name in _PLACES:
            editor = self.query_one(f"#param-{name}", Editor)
            if editor.text != getattr(draft, name):
                editor.load_text(getattr(draft, name))
        self.judge()

    def set_models(self, options: Sequence[Option], kinds: Mapping[str, str]) -> None:
        """What can be picked, and every provider's kind."""
        self._kinds = dict(kinds)
        self.query_one("#param-model", Choice).set_options(options)
        self.judge()

    def set_model(self, model: str) -> None:
        """The active pane's model."""
        self.draft.model = model
        choice = self.query_one("#param-model", Choice)
        if choice.value != model:
            choice.value = model
            choice.changed()
        self.judge()

    def show_attached(self, names: Iterable[str]) -> None:
        """The attachments of the next message."""
        listed = list(names)
        state = Span(f"{len(listed)}", "accent") if listed else Span("a adds", "dim")
        below = Span(text.line(", ".join(listed)), "dim") if listed else Span("")
        self.query_one("#head-attached", Head).put(state, below)

    def judge(self) -> None:
        """Say under every field what is wrong with it."""
        found, glyphs = read(self.draft), self._look.glyphs
        refused = self._refused()
        for name in panel.PARAMETERS:
            value = self.draft.numbers.get(name, "")
            note = "the model refuses it: x" if value and name in refused else ""
            self.query_one(f"#param-{name}", NumberField).put(
                value, wrong=found.problems.get(name, ""), note=note
            )
        for name in _PLACES:
            wrong, note = found.problems.get(name), found.notes.get(name)
            below = (
                Span(f"{glyphs.cross} {wrong}", "bad")
                if wrong
                else Span(f"{glyphs.warn} {note}", "warn")
                if note
                else Span("")
            )
            self.query_one(f"#head-{name}", Head).put(self._state(name, is_wrong=bool(wrong)), below)

    def _refused(self) -> frozenset[str]:
        provider, _, model = self.draft.model.partition("/")
        kind = KINDS.get(self._kinds.get(provider, ""))
        return traits_of(kind.traits, model).refuses if kind is not None else frozenset()

    def _state(self, name: str, *, is_wrong: bool) -> Span:
        glyphs, value = self._look.glyphs, getattr(self.draft, name)
        if name == "system":
            said = f"{len(value)}/{panel.SYSTEM_MAX_CHARS}"
            return Span(said, "bad" if is_wrong else "dim")
        if not value.strip():
            return Span("not sent", "dim")
        if is_wrong:
            return Span(glyphs.cross, "bad")
        found = read(self.draft)
        counts = {
            "metadata": len(found.metadata or ()),
            "tools": len(found.tools),
            "custom": len(found.params),
        }
        return Span(f"{counts[name]} {glyphs.tick}", "good")

    def _area(self, name: str) -> ComposeResult:
        label, hint = _PLACES[name]
        yield Head(label, id=f"head-{name}")
        yield Editor(getattr(self.draft, name), placeholder=hint, id=f"param-{name}")

    def _tell(self, field: str) -> None:
        self.judge()
        self.post_message(self.Changed(field))

    @on(Editor.Changed)
    def typed(self, event: Editor.Changed) -> None:
        """A text field."""
        event.stop()
        name = (event.text_area.id or "").removeprefix("param-")
        if name in _PLACES and getattr(self.draft, name) != event.text_area.text:
            setattr(self.draft, name, event.text_area.text)
            self._tell(name)

    @on(NumberField.Changed)
    def stepped(self, event: NumberField.Changed) -> None:
        """A number."""
        event.stop()
        self.draft.numbers[event.field.parameter.name] = event.value
        self._tell(event.field.parameter.name)

    @on(Switch.Turned)
    def turned(self, event: Switch.Turned) -> None:
        """Streaming, or the limits."""
        event.stop()
        if event.switch.id == "param-stream":
            self.draft.stream = event.is_on
        else:
            self.draft.has_limits = event.is_on
        self._tell("stream")

    @on(Choice.Changed, "#param-model")
    def picked(self, event: Choice.Changed) -> None:
        """The target."""
        event.stop()
        self.draft.model = event.value
        self._tell("model")
