"""The panes of the Providers screen: the list at the left; details, keys and the last test at the right."""

import time
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.providers import show
from aigw_dev.tui.providers.board import ProviderLine
from aigw_dev.tui.providers.host import Host
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.table import Column, Table
from aigw_dev.tui.widgets.text_pane import TextPane
from aigw_dev.tui.widgets.words import Words

_TEACH: Final = (
    "Keys live in the OS keyring and are read when the gateway needs them. The config holds only their names."
)
NARROW: Final = 100
"""Below this many columns the list shows names and tests only."""


class ProviderTable(Table):
    """The providers; `d` deletes the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "screen.delete", "Delete", show=False, id="providers.delete", tooltip="Delete the provider; u brings it back."),
    ]  # fmt: skip


class KeyTable(Table):
    """The keys of one provider; `d` removes the one under the cursor for good."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "screen.remove_key", "Remove key", id="keys.remove", tooltip="Remove the key from where it is kept."),
    ]  # fmt: skip


class Panes(Horizontal):
    """Shows what the host knows; remembers nothing but where the cursors stand."""

    SCOPED_CSS: ClassVar[bool] = False
    """Sizes depend on classes of the screen."""
    DEFAULT_CSS = """
    Panes #prov-left { width: 46; }
    Panes #prov-right { width: 1fr; }
    Panes #prov-list { height: 1fr; }
    Panes #prov-teach { height: auto; padding: 0 2; margin: 0 0 1 0; color: $foreground 60%; }
    Panes .pane { border: round $foreground 30%; border-title-color: $foreground; border-subtitle-color: $foreground 60%; padding: 0 1; overflow-x: hidden; }
    Panes .pane:focus { border: heavy $accent; border-title-color: $accent; }
    Panes #prov-detail { height: auto; min-height: 8; max-height: 50%; }
    Panes #prov-keys { height: 1fr; min-height: 5; }
    Panes #prov-result { height: auto; min-height: 5; max-height: 10; }
    .-narrow Panes #prov-left { width: 32; }
    .-wide Panes #prov-left { width: 54; }
    .-short Panes #prov-result { max-height: 6; }
    .-short Panes #prov-result.empty, .-short Panes #prov-teach { display: none; }
    .-narrow Panes .pane { padding: 0; }
    """

    def __init__(self, look: Look) -> None:
        """Empty until `paint`."""
        super().__init__()
        self._look = look

    def compose(self) -> ComposeResult:
        """Four of them, and what teaches."""
        look = self._look
        asking = f"asking the gateway{look.glyphs.ellipsis}"
        with Vertical(id="prov-left"):
            yield ProviderTable(show.LIST_COLUMNS, look, empty=asking, id="prov-list", classes="pane")
            yield Words(_TEACH, id="prov-teach")
        with Vertical(id="prov-right"):
            yield TextPane(id="prov-detail", classes="pane")
            yield KeyTable(show.key_columns(80), look, id="prov-keys", classes="pane")
            yield TextPane(id="prov-result", classes="pane")

    @property
    def providers(self) -> ProviderTable:
        """The list."""
        return self.query_one(ProviderTable)

    @property
    def keys(self) -> KeyTable:
        """The chosen provider's keys."""
        return self.query_one(KeyTable)

    def paint(self, host: Host, *, here: str) -> bool:
        """Show all of it, the cursor on the provider `here`; whether there is such a one."""
        table, glyphs = self.providers, self._look.glyphs
        is_narrow = self.app.size.width < NARROW
        entries = show.list_entries(host.board, host.health, frozenset(host.asking), glyphs)
        columns: tuple[Column, ...] = show.LIST_COLUMNS
        if is_narrow:
            columns = (columns[0], columns[3])
            entries = [type(one)(one.key, (one.cells[0], one.cells[3])) for one in entries]
        wanted = here or table.key
        table.set_columns(columns)
        table.fill(entries)
        is_found = bool(wanted) and (table.key == wanted or table.move_to(wanted))
        broken = sum(not line.is_usable for line in host.board.providers)
        said = (
            show.keyring_words(host.keyring, glyphs)
            if is_narrow
            else f"{broken} cannot be used"
            if broken
            else ""
        )
        text.title(table, f"Providers ({len(host.board.providers)})", said)
        self.paint_chosen(host)
        return is_found

    def paint_chosen(self, host: Host) -> None:
        """Show the provider under the cursor."""
        line, glyphs = host.chosen(), self._look.glyphs
        detail, keys = self.query_one("#prov-detail", TextPane), self.keys
        if line is None:
            detail.show(show.empty_rows(is_loaded=host.is_loaded))
            return
        cells = max(20, detail.size.width - 1)
        text.title(detail, line.name, "e edit" if line.is_written else "")
        traffic = host.traffic.get(line.name, "")
        detail.show(
            show.detail_rows(line, host.board, traffic=traffic, cells=cells, glyphs=glyphs), is_kept=True
        )
        keys.set_columns(show.key_columns(cells))
        keys.set_empty(show.no_keys(line, host.keyring))
        keys.fill(show.key_entries(line, now=time.time(), cells=cells, glyphs=glyphs))
        text.title(keys, "API keys", f"K set {glyphs.middot} d remove" if line.keys else "")
        self._paint_result(host, line, cells)

    def _paint_result(self, host: Host, line: ProviderLine, cells: int) -> None:
        result, glyphs = self.query_one("#prov-result", TextPane), self._look.glyphs
        health, spent = host.health.get(line.name), host.spent.get(line.name)
        rows: list[Row] = []
        if line.name in host.asking:
            rows.append([Span(f"{glyphs.again} asking {text.line(line.name)}{glyphs.ellipsis}", "info")])
        if health is not None:
            rows += show.result_rows(line, health, cells=cells, glyphs=glyphs)
        if spent is not None:
            rows += show.spent_rows(spent, cells=cells, glyphs=glyphs)
        result.set_class(not rows, "empty")
        result.show(rows or show.untested(cells))
        at = max((one.at for one in (health, spent) if one is not None), default=0.0)
        title = f"Test {glyphs.middot} {time.strftime('%H:%M:%S', time.localtime(at))}" if at else "Test"
        text.title(result, title, f"t free test {glyphs.middot} $ one token")
