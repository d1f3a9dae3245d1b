"""Picks several of many: models to replay against, columns to show."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.table import Column, Table
from aigw_dev.tui.widgets.table import Entry as TableRow


class ManyPicker(Modal[list[str]]):
    """Dismissed with the values, in the order of the options; with `is_free` what was typed counts too."""

    DEFAULT_CSS = """
    ManyPicker > Vertical { height: 80%; max-height: 34; }
    ManyPicker Table { height: 1fr; }
    """
    AUTO_FOCUS = "#many-filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True, id="many.up"),
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True, id="many.down"),
        Binding(
            "tab", "take", "Toggle", show=False, priority=True, id="many.toggle", tooltip="Take it, or not."
        ),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True, id="many.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True, id="many.page_down"),
    ]

    def __init__(
        self,
        title: str,
        options: Sequence[Option],
        look: Look,
        *,
        taken: Sequence[str] = (),
        most: int = 0,
        is_free: bool = False,
    ) -> None:
        """`taken` are chosen already; `most` limits how many can be (0 = any number)."""
        super().__init__()
        self._title, self._options, self._look = title, list(options), look
        self._most, self._is_free = most, is_free
        self.taken: list[str] = list(taken)

    def compose(self) -> ComposeResult:
        """A filter above the table."""
        with Box() as box:
            text.title(box, self._title, "tab takes · enter does it · esc cancels")
            yield Entry(placeholder="filter", id="many-filter")
            yield Table(
                [Column("", 3), Column("", most=40), Column("", is_elastic=True)],
                self._look,
                empty="nothing matches" + (": tab takes it as typed" if self._is_free else ""),
                id="many-list",
            )

    def on_mount(self) -> None:
        """All of them."""
        self._fill("")

    @on(Entry.Changed, "#many-filter")
    def filtered(self, event: Entry.Changed) -> None:
        """Every word must be there."""
        self._fill(event.value)

    @on(Entry.Submitted, "#many-filter")
    def submitted(self) -> None:
        """What was taken; nothing taken = the row under the cursor."""
        known = [option.value for option in self._options if option.value in self.taken]
        free = [value for value in self.taken if value not in known]
        here = self._here()
        self.dismiss([*known, *free] or ([here] if here and self._most else []))

    @on(Entry.Left, "#many-filter")
    def left(self) -> None:
        """Nothing wanted."""
        self.dismiss(None)

    @on(Table.Chosen)
    def chosen(self) -> None:
        """By mouse."""
        self.action_take()

    def action_take(self) -> None:
        """Take it, or not."""
        value = self._here()
        if not value:
            return
        if value in self.taken:
            self.taken.remove(value)
        elif not self._most or len(self.taken) < self._most:
            self.taken.append(value)
        else:
            self.app.notify(f"at most {self._most}", title="No more can be taken", severity="warning")
        self._fill(self.query_one(Entry).value)

    def action_move(self, by: int) -> None:
        """The cursor of the table."""
        self.query_one(Table).action_move(by)

    def action_page(self, by: int) -> None:
        """A screenful."""
        self.query_one(Table).action_page(by)

    def _here(self) -> str:
        table, typed = self.query_one(Table), self.query_one(Entry).value.strip()
        return table.key or (typed if self._is_free else "")

    def _fill(self, typed: str) -> None:
        words, glyphs = typed.casefold().split(), self._look.glyphs
        free = [
            Option(value=value) for value in self.taken if all(value != one.value for one in self._options)
        ]
        rows: list[TableRow] = []
        for option in (*free, *self._options):
            said = f"{option.label} {option.value} {option.detail}".casefold()
            if all(word in said for word in words):
                box = glyphs.check_on if option.value in self.taken else glyphs.check_off
                style = "accent" if option.value in self.taken else "dim"
                rows.append(
                    TableRow(
                        option.value,
                        (
                            Span(box, style),
                            option.label or option.value,
                            Span(option.detail, option.style or "dim"),
                        ),
                    )
                )
        self.query_one(Table).fill(rows)
