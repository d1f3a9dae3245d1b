"""Picks several of a list: `space` ticks, `enter` takes what is ticked."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.table import Column, Entry, Table
from aigw_dev.tui.widgets.words import Words


class Many(Modal[list[str]]):
    """Dismissed with the values that were ticked, in the list's order; None = nothing wanted."""

    DEFAULT_CSS = """
    Many Table { height: auto; max-height: 20; }
    Many .note { color: $foreground 60%; }
    """
    AUTO_FOCUS = "Table"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", show=False, id="many.tick", tooltip="Take this one, or not."),
        Binding("a", "all", "All", show=False, id="many.all", tooltip="Take all, or none."),
    ]

    def __init__(
        self, title: str, options: Sequence[Option], look: Look, *, ticked: Sequence[str] = (), note: str = ""
    ) -> None:
        """`ticked` are taken already."""
        super().__init__()
        self._title, self._options, self._look, self._note = title, tuple(options), look, note
        self.ticked: set[str] = set(ticked)

    def compose(self) -> ComposeResult:
        """A note and the list."""
        with Box() as box:
            text.title(box, self._title, "space ticks · a all · enter takes them · esc cancels")
            if self._note:
                yield Words(self._note, classes="note")
            yield Table([Column("", width=3), Column("", is_elastic=True), Column("", most=30)], self._look)

    def on_mount(self) -> None:
        """All of them."""
        self._fill()

    @on(Table.Chosen)
    def accept(self) -> None:
        """`enter`."""
        self.dismiss([option.value for option in self._options if option.value in self.ticked])

    def action_tick(self) -> None:
        """The row under the cursor."""
        self.ticked ^= {self.query_one(Table).key} - {""}
        self._fill()

    def action_all(self) -> None:
        """All; none where all are."""
        values = {option.value for option in self._options}
        self.ticked = set() if self.ticked >= values else values
        self._fill()

    def _fill(self) -> None:
        glyphs = self._look.glyphs
        self.query_one(Table).fill(
            [
                Entry(
                    option.value,
                    (
                        Span(glyphs.check_on if option.value in self.ticked else glyphs.check_off, "accent"),
                        option.label or option.value,
                        Span(option.detail, option.style or "dim"),
                    ),
                )
                for option in self._options
            ]
        )
