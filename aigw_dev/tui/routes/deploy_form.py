"""Save and deploy: what will change, in words and as YAML; a note; `enter`."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.choice import Choice
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.lines import Row
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.text_pane import TextPane
from aigw_dev.tui.widgets.words import Words

ONE, ALL = "one", "all"


class Wanted(Struct, frozen=True, kw_only=True):
    """What was accepted."""

    note: str
    is_all: bool
    """Everything in the draft, beside this route."""


class DeployForm(Modal[Wanted]):
    """The differences scroll with page up and down while the note is typed."""

    DEFAULT_CSS = """
    DeployForm > Vertical { width: 96; }
    DeployForm TextPane { height: auto; margin: 0 0 1 0; }
    DeployForm Horizontal { height: 1; }
    DeployForm .label { width: 9; color: $foreground 60%; }
    DeployForm Entry, DeployForm Choice { width: 1fr; }
    """
    AUTO_FOCUS = "Entry"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "accept", "Deploy", show=False, id="deploy.accept", tooltip="Put it in force."),
        Binding("pageup", "scroll(-10)", "Up", show=False, priority=True, id="deploy.up"),
        Binding("pagedown", "scroll(10)", "Down", show=False, priority=True, id="deploy.down"),
        Binding("up", "scroll(-1)", "Up", show=False, id="deploy.line_up"),
        Binding("down", "scroll(1)", "Down", show=False, id="deploy.line_down"),
    ]

    def __init__(self, title: str, rows: Sequence[Row], look: Look, *, others: Sequence[str] = ()) -> None:
        """`others` are the routes that the draft changes too."""
        super().__init__()
        self._title, self._rows, self._look, self._others = title, rows, look, tuple(others)

    def on_resize(self, event: events.Resize) -> None:
        """What stands below the differences is always seen."""
        self.query_one(TextPane).styles.max_height = max(3, min(26, event.size.height - 12))

    def compose(self) -> ComposeResult:
        """The changes, how much of the draft, the note."""
        with Box() as box:
            text.title(box, self._title, "enter deploys · page up/down scrolls · esc cancels")
            yield TextPane(self._rows)
            if self._others:
                with Horizontal():
                    yield Words("deploy", classes="label")
                    yield Choice(self._options(), self._look, value=ONE, title="Deploy", id="deploy-scope")
            with Horizontal():
                yield Words("note", classes="label")
                yield Entry(placeholder="why, for the history", id="deploy-note")

    def _options(self) -> list[Option]:
        count = len(self._others)
        names = ", ".join(self._others[:3]) + (" …" if count > 3 else "")
        return [
            Option(value=ONE, label="only this route"),
            Option(value=ALL, label=f"the whole draft: also {names}"),
        ]

    @on(Entry.Submitted)
    def action_accept(self) -> None:
        """Deploy."""
        scope = next((choice.value for choice in self.query(Choice)), ONE)
        self.dismiss(Wanted(note=self.query_one(Entry).value.strip(), is_all=scope == ALL))

    @on(Entry.Left)
    def left(self) -> None:
        """Nothing wanted."""
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """The differences."""
        self.query_one(TextPane).scroll_relative(y=by, animate=False)
