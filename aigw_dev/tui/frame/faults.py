"""Breaks things on purpose: every fault there is by family, those in force first; `enter` switches one on or off."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.table import Column, Table
from aigw_dev.tui.widgets.table import Entry as TableRow

if TYPE_CHECKING:
    from textual.app import App

    from aigw_dev.tui.shell import Shell

_FRESH_S = 1.0
"""How often the counts are asked for."""
_ON = "on:"
"""Before the id of one in force, in the keys of rows."""
_EDGES = (
    Option(
        value="", label="as it is usual", detail="the provider's, where a target is named; else the client's"
    ),
    Option(value="client", label="the client's", detail="the app sees it, no retry or fallback does"),
    Option(value="provider", label="the provider's", detail="retries and fallbacks see it"),
)


def open_faults(app: "App[Any]", shell: "Shell") -> None:
    """Ask for the catalogue, then show it."""

    def work(client: AdminClient) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return client.fault_catalogue(), client.faults()

    def then(found: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
        app.push_screen(Faults(shell, *found))

    def failed(error: GatewayError) -> None:
        shell.toast("No faults to show", error.message, "error")

    shell.link.ask(app.screen, work, then, failed=failed)


class Faults(Modal[None]):
    """A filter above the table; closed with `esc`, what is in force stays."""

    DEFAULT_CSS = """
    Faults > Vertical { width: 96%; max-width: 130; height: 88%; }
    Faults Table { height: 1fr; }
    """
    AUTO_FOCUS = "#faults-filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True, id="faults.up"),
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True, id="faults.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True, id="faults.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True, id="faults.page_down"),
        Binding(
            "tab",
            "how",
            "How",
            show=False,
            priority=True,
            id="faults.how",
            tooltip="Say where, how often, after what.",
        ),
        Binding(
            "ctrl+r",
            "clear",
            "Clear",
            show=False,
            priority=True,
            id="faults.clear",
            tooltip="Take every fault back.",
        ),
    ]

    def __init__(
        self, shell: "Shell", catalogue: Sequence[Mapping[str, Any]], in_force: Sequence[Mapping[str, Any]]
    ) -> None:
        """`catalogue` and `in_force` are the admin API's."""
        super().__init__()
        self._shell, self._catalogue, self._in_force = shell, list(catalogue), list(in_force)

    def compose(self) -> ComposeResult:
        """A filter above the table."""
        with Box() as box:
            text.title(box, "Faults", "enter on/off · tab how · ^r all off · esc closes")
            yield Entry(placeholder="filter", id="faults-filter")
            columns = [
                Column("", 3),
                Column("fault", most=44),
                Column("edge", most=9),
                Column("times", most=12),
                Column("", is_elastic=True),
            ]
            yield Table(columns, self._shell.look, empty="nothing matches", id="faults-list")

    def on_mount(self) -> None:
        """All of them; counts of those in force rise."""
        self._fill()
        self.set_interval(_FRESH_S, self._refresh)

    @on(Entry.Changed, "#faults-filter")
    def filtered(self) -> None:
        """Every word must be there."""
        self._fill()

    @on(Entry.Submitted, "#faults-filter")
    def submitted(self) -> None:
        """Switch the row."""
        self._toggle()

    @on(Entry.Left, "#faults-filter")
    def left(self) -> None:
        """Closed."""
        self.dismiss(None)

    @on(Table.Chosen)
    def chosen(self) -> None:
        """By mouse."""
        self._toggle()

    def action_move(self, by: int) -> None:
        """The cursor of the table."""
        self.query_one(Table).action_move(by)

    def action_page(self, by: int) -> None:
        """A screenful."""
        self.query_one(Table).action_page(by)

    def action_clear(self) -> None:
        """Nothing is broken any more, tests' faults too."""

        def then(_: object) -> None:
            self._take([])
            self._shell.toast("Every fault taken back")

        self._shell.link.ask(self, lambda client: client.clear_faults(), then, failed=self._failed)

    def action_how(self) -> None:
        """Say where, how often and with what, then switch it on."""
        name = self._fault_here()
        row = next((one for one in self._catalogue if one["id"] == name), None)
        if row is None:
            return
        takes = ", ".join(one for one in row["takes"] if one != "test")
        fields = [
            Field(
                name="where",
                placeholder="provider:openai, model:gpt-4o, route:NAME/TARGET; empty = every call",
            ),
            Field(name="edge", kind="choice", options=_EDGES, value=""),
            Field(name="times", placeholder="how many calls it strikes; empty = all", check=_number),
            Field(name="more", placeholder="after_events=3;delay_ms=200"),
        ]
        form = Form(f"How: {name}", fields, self._shell.look, note=f"{row['summary']} It takes {takes}.")
        self.app.push_screen(form, lambda values: self._add(spec_of(name, values)) if values else None)

    # what is done

    def _toggle(self) -> None:
        key = self.query_one(Table).key
        if key.startswith(_ON):
            self._remove(key.removeprefix(_ON))
        elif key:
            self._add(key)

    def _add(self, spec: str) -> None:
        self._shell.cli(f"aigw-dev up --fault {shlex.quote(spec)}")

        def work(client: AdminClient) -> list[dict[str, Any]]:
            client.add_fault(spec)
            return client.faults()

        def then(rows: list[dict[str, Any]]) -> None:
            self._take(rows)
            self._shell.toast("In force", f"{spec}, until it is switched off or the gateway ends", "warning")

        self._shell.link.ask(self, work, then, failed=self._failed)

    def _remove(self, name: str) -> None:
        def then(rows: list[dict[str, Any]]) -> None:
            self._take(rows)
            self._shell.toast("Taken back")

        self._shell.link.ask(self, lambda client: client.remove_fault(name), then, failed=self._failed)

    def _failed(self, error: GatewayError) -> None:
        self._shell.toast("Not done", f"{error.message} {error.hint}".strip(), "error")

    def _refresh(self) -> None:
        if self._in_force and self._shell.link.is_up:
            self._shell.link.ask(
                self, lambda client: client.faults(), self._take, failed=lambda _: None, group="faults"
            )

    def _take(self, rows: list[dict[str, Any]]) -> None:
        self._in_force = list(rows)
        self._fill()

    # what is shown

    def _fault_here(self) -> str:
        key = self.query_one(Table).key
        if not key.startswith(_ON):
            return key
        name = key.removeprefix(_ON)
        return next((str(one["fault"]) for one in self._in_force if one["id"] == name), "")

    def _fill(self) -> None:
        words = self.query_one(Entry).value.casefold().split()
        rows = [
            row
            for row in [
                *active_rows(self._in_force, self._shell.look),
                *rows_of(self._catalogue, self._shell.look),
            ]
            if all(word in _said(row) for word in words)
        ]
        self.query_one(Table).fill(rows)


def active_rows(in_force: Sequence[Mapping[str, Any]], look: Look) -> list[TableRow]:
    """Those in force, with the calls they have seen and struck."""
    box = Span(look.glyphs.check_on, "warn")
    rows: list[TableRow] = []
    for one in in_force:
        counts = f"struck {one['fired']} of {one['seen']} calls"
        spec = Span(str(one["spec"]), "warn strong")
        rows.append(
            TableRow(f"{_ON}{one['id']}", (box, spec, str(one["edge"]), _times(one), Span(counts, "dim")))
        )
    return rows


def rows_of(catalogue: Sequence[Mapping[str, Any]], look: Look) -> list[TableRow]:
    """The catalogue, family by family, none of it in force."""
    families = list(dict.fromkeys(str(one["family"]) for one in catalogue))
    ordered = sorted(catalogue, key=lambda one: families.index(str(one["family"])))
    box = Span(look.glyphs.check_off, "dim")
    return [
        TableRow(
            str(one["id"]),
            (box, str(one["id"]), Span(_edges(one), "dim"), "", Span(str(one["summary"]), "dim")),
        )
        for one in ordered
    ]


def spec_of(name: str, values: Mapping[str, Any]) -> str:
    """What the form says, as `--fault` takes it: `http.429@provider:openai;times=2`."""
    where = f"@{values['where']}" if values["where"] else ""
    parts = [f"{name}{where}"]
    parts += [f"{one}={values[one]}" for one in ("edge", "times") if values[one]]
    parts += [part.strip() for part in str(values["more"]).split(";") if part.strip()]
    return ";".join(parts)


def _number(value: str) -> str:
    return "" if not value or (value.isdecimal() and int(value)) else "a whole number from 1, or nothing"


def _edges(one: Mapping[str, Any]) -> str:
    edges = list(one.get("edges") or ())
    return "both" if len(edges) > 1 else "".join(edges)


def _times(one: Mapping[str, Any]) -> str:
    spec = str(one["spec"])
    return next(
        (part.removeprefix("times=") for part in spec.split(";") if part.startswith("times=")), "always"
    )


def _said(row: TableRow) -> str:
    cells = (cell.text if isinstance(cell, Span) else cell for cell in row.cells)
    return " ".join(cells).casefold()
