"""The models browser: every model of a provider (or of all) with what it can do, what it costs and its key."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from aigw_dev.tui import text
from aigw_dev.tui.look import Glyphs, Look
from aigw_dev.tui.widgets.entry import Entry as Line
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.table import Column, Entry, Table
from aigw_dev.tui.widgets.words import Words

Row = Mapping[str, Any]
_WIDE: Final = 100
_COLUMNS: Final = (
    Column("model", width=24, is_elastic=True),
    Column("for", width=22),
    Column("context", width=8, is_right=True),
    Column("$/M in", width=8, is_right=True),
    Column("$/M out", width=8, is_right=True),
    Column("key", width=22),
)
_NARROW: Final = (
    Column("model", width=20, is_elastic=True),
    Column("for", width=12),
    Column("$/M in-out", width=13, is_right=True),
    Column("key", width=14),
)


class Models(Modal[str]):
    """Full screen. Dismissed with the `provider/model` that was opened."""

    DEFAULT_CSS = """
    Models > Vertical { width: 100%; max-width: 100%; height: 100%; max-height: 100%; }
    Models Horizontal { height: 1; }
    Models #models-filter { width: 1fr; }
    Models #models-count { width: auto; padding: 0 1; color: $foreground 60%; }
    Models Table { height: 1fr; }
    """
    AUTO_FOCUS = "Table"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", show=False, id="models.filter", tooltip="Words in any order."),
        Binding("u", "renew", "Refresh", show=False, id="models.refresh", tooltip="Ask the providers for their lists."),
        Binding("X", "examples", "Examples", show=False, id="models.examples", tooltip="Call examples for this model."),
        Binding("y", "copy", "Copy", show=False, id="models.copy", tooltip="Copy the model's name."),
    ]  # fmt: skip

    def __init__(
        self,
        title: str,
        look: Look,
        *,
        renew: Callable[[], None],
        examples: Callable[[str], None],
        copy: Callable[[str, str], None],
    ) -> None:
        """Empty until `show`; `renew` asks again and shows, the others get what stands under the cursor."""
        super().__init__()
        self._title, self._look = title, look
        self._renew, self._examples, self._copy = renew, examples, copy
        self._rows: tuple[Row, ...] = ()
        self._said = f"asking the gateway{look.glyphs.ellipsis}"

    def compose(self) -> ComposeResult:
        """Filter, count, table."""
        is_wide = self.app.size.width >= _WIDE
        keys = "enter chat · / filter · u refresh · X examples · y copy · esc closes"
        with Box() as box:
            text.title(box, self._title, keys)
            with Horizontal():
                yield Line(placeholder="filter: words in any order", id="models-filter")
                yield Words(self._said, id="models-count")
            yield Table(
                _COLUMNS if is_wide else _NARROW,
                self._look,
                empty="No model fits.\nu asks the provider for its list; `models:` in the config names them by hand.",
                id="models-list",
            )

    def on_mount(self) -> None:
        """What is known by now."""
        self._fill()

    def show(self, rows: Sequence[Row]) -> None:
        """These models; the cursor stays where it was."""
        self._rows = tuple(rows)
        self._said = ""
        self._fill()

    def say(self, words: str) -> None:
        """What is going on, beside the filter."""
        self._said = words
        if self.is_attached:
            self.query_one("#models-count", Words).say(words)

    @property
    def model(self) -> str:
        """Under the cursor."""
        return self.query_one(Table).key

    @on(Line.Changed, "#models-filter")
    def typed(self) -> None:
        """Another filter."""
        self._fill()

    @on(Line.Submitted, "#models-filter")
    @on(Line.Left, "#models-filter")
    def leave_filter(self) -> None:
        """Back to the list."""
        self.query_one(Table).focus()

    @on(Table.Chosen)
    def opened(self, event: Table.Chosen) -> None:
        """`enter`."""
        self.dismiss(event.key)

    def action_filter(self) -> None:
        """Type."""
        self.query_one("#models-filter").focus()

    def action_renew(self) -> None:
        """Ask the providers."""
        self.say(f"asking{self._look.glyphs.ellipsis}")
        self._renew()

    def action_examples(self) -> None:
        """For the model under the cursor."""
        if self.model:
            self._examples(self.model)

    def action_copy(self) -> None:
        """Its name."""
        if self.model:
            self._copy(self.model, "the model's name")

    def _fill(self) -> None:
        if not self.is_attached:
            return
        words = self.query_one("#models-filter", Line).value.casefold().split()
        found = [row for row in self._rows if fits(row, words)]
        is_wide = self.app.size.width >= _WIDE
        self.query_one(Table).fill([entry(row, is_wide=is_wide, glyphs=self._look.glyphs) for row in found])
        count = f"{len(found)} of {len(self._rows)}" if words else f"{len(self._rows)} models"
        self.query_one("#models-count", Words).say(self._said or count)


def fits(row: Row, words: Sequence[str]) -> bool:
    """Whether every word is in the model's name or in what it is for."""
    said = f"{name_of(row)} {' '.join(operations(row))} {row.get('key') or ''}".casefold()
    return all(word in said for word in words)


def name_of(row: Row) -> str:
    """`provider/model`, as it is called."""
    provider, model = str(row.get("provider") or ""), str(row.get("model") or "")
    return model if model.startswith(f"{provider}/") else f"{provider}/{model}"


def operations(row: Row) -> list[str]:
    """What it is for, in short words: `chat`, `embeddings`."""
    found = [str(one) for one in row.get("operations") or ()]
    return list(dict.fromkeys(one.removeprefix("openai.").partition(".")[0] if one != "openai.chat.completions" else "chat" for one in found))  # fmt: skip


def entry(row: Row, *, is_wide: bool, glyphs: Glyphs) -> Entry:
    """A row of the table."""
    name, can = name_of(row), ", ".join(operations(row)) or glyphs.dash
    state = key_state(row, glyphs)
    usable = "" if row.get("usable") is not False else "dim"
    prices = [_price(row.get("input_usd_per_m"), glyphs), _price(row.get("output_usd_per_m"), glyphs)]
    if not is_wide:
        return Entry(name, (Span(name, usable), Span(can, "dim"), Span("/".join(prices), "dim"), state))
    cells = (Span(name, usable), Span(can, "dim"), Span(_context(row, glyphs), "dim"), *prices, state)
    return Entry(name, cells)


def key_state(row: Row, glyphs: Glyphs) -> Span:
    """The key that a call would use, or what is missing."""
    if row.get("usable") is False:
        missing = str(row.get("key") or "") or "no key"
        return Span(f"{glyphs.cross} {missing if row.get('key_state') not in {None, '', 'ok'} else row.get('why') or 'off'}", "bad")  # fmt: skip
    key = str(row.get("key") or "")
    return Span(f"{glyphs.tick} {key}" if key else f"{glyphs.tick} none needed", "good" if key else "dim")


def _price(value: object, glyphs: Glyphs) -> str:
    return f"{value:g}" if isinstance(value, int | float) else glyphs.dash


def _context(row: Row, glyphs: Glyphs) -> str:
    tokens = row.get("context")
    if not isinstance(tokens, int) or tokens <= 0:
        return glyphs.dash
    return (
        f"{tokens / 1_000_000:g}M"
        if tokens >= 1_000_000
        else f"{tokens // 1000}k"
        if tokens >= 1000
        else str(tokens)
    )  # fmt: skip  -- units
