"""Picks one of many by typing parts of it: models, routes, gateways, commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.table import Column, Table
from aigw_dev.tui.widgets.table import Entry as TableRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing to pick."""

    value: str
    label: str = ""
    """Empty = the value."""
    detail: str = ""
    """Beside it: a price, a state."""
    style: str = ""
    """Of the detail."""


class Picker(Modal[str]):
    """Dismissed with the picked value, or None. `is_free` also takes what was typed and is in no option."""

    DEFAULT_CSS = """
    Picker > Vertical { height: 80%; max-height: 30; }
    Picker Table { height: 1fr; }
    """
    AUTO_FOCUS = "#pick-filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True, id="picker.up"),
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True, id="picker.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True, id="picker.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True, id="picker.page_down"),
    ]

    def __init__(
        self,
        title: str,
        options: Sequence[Option],
        look: Look,
        *,
        at: str = "",
        is_free: bool = False,
        note: str = "",
    ) -> None:
        """`at` is the value the cursor begins on; `note` says why one would type something else."""
        super().__init__()
        self._title, self._options, self._look = title, tuple(options), look
        self._at, self._is_free, self._note = at, is_free, note

    def compose(self) -> ComposeResult:
        """A filter above the table."""
        with Box() as box:
            text.title(box, self._title, "type to filter · enter picks · esc cancels")
            yield Entry(placeholder=self._note or "filter", id="pick-filter")
            yield Table(
                [Column("", is_elastic=True), Column("", most=34)],
                self._look,
                empty="nothing matches" + (": enter takes it as typed" if self._is_free else ""),
                id="pick-list",
            )

    def on_mount(self) -> None:
        """All of them, the cursor where it should begin."""
        self._fill("")
        self.query_one(Table).move_to(self._at)

    @on(Entry.Changed, "#pick-filter")
    def filtered(self, event: Entry.Changed) -> None:
        """Words in any order; every word must be there."""
        self._fill(event.value)

    @on(Entry.Submitted, "#pick-filter")
    def picked(self, event: Entry.Submitted) -> None:
        """The row under the cursor, or what was typed."""
        table = self.query_one(Table)
        if table.key:
            self.dismiss(table.key)
        elif self._is_free and event.value.strip():
            self.dismiss(event.value.strip())

    @on(Entry.Left, "#pick-filter")
    def left(self) -> None:
        """Nothing wanted."""
        self.dismiss(None)

    @on(Table.Chosen)
    def chosen(self, event: Table.Chosen) -> None:
        """By mouse."""
        self.dismiss(event.key)

    def action_move(self, by: int) -> None:
        """The cursor of the table, while the filter has the focus."""
        self.query_one(Table).action_move(by)

    def action_page(self, by: int) -> None:
        """A screenful."""
        self.query_one(Table).action_page(by)

    def _fill(self, typed: str) -> None:
        words = typed.casefold().split()
        found = [option for option in self._options if _matches(option, words)]
        found.sort(
            key=lambda option: not (option.label or option.value).casefold().startswith(typed.casefold())
        )
        self.query_one(Table).fill(
            [
                TableRow(
                    option.value, (option.label or option.value, Span(option.detail, option.style or "dim"))
                )
                for option in found
            ]
        )


def _matches(option: Option, words: list[str]) -> bool:
    said = f"{option.label} {option.value} {option.detail}".casefold()
    return all(word in said for word in words)
