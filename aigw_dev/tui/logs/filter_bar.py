"""The filter, always in sight: a field, how many rows pass, what can be typed here, what is wrong."""

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message

from aigw_dev.tui import text
from aigw_dev.tui.link import Link
from aigw_dev.tui.logs import completion, query
from aigw_dev.tui.logs.completion import Offer
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.lines import Lines, Row, Span

HISTORY: int = 20
TYPED_S: float = 0.25
"""So long after the last key a filter is tried."""


class Bit(Lines, can_focus=False):
    """One line of ready spans."""

    DEFAULT_CSS = "Bit { height: 1; width: auto; scrollbar-size: 0 0; background: $boost; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Empty."""
        super().__init__(id=id, classes=classes)
        self._row: Row = ()
        self._is_centred = False

    def say(self, row: Row) -> None:
        """Other spans, harmless already; its width follows."""
        self._row = row
        self.styles.width = max(1, sum(text.width(span.text) for span in row))
        self.changed()

    def say_centred(self, row: Row) -> None:
        """The same in the middle of the width it has."""
        self._row, self._is_centred = row, True
        self.changed()

    def row_count(self) -> int:
        """One."""
        return 1

    def row(self, y: int) -> Row:
        """As said."""
        if not self._is_centred:
            return self._row
        free = self.size.width - sum(text.width(span.text) for span in self._row)
        return [Span(" " * max(0, free // 2)), *self._row]


class Offers(Lines, can_focus=False):
    """What can be put in at the cursor, over what stands below."""

    DEFAULT_CSS = """
    Offers { overlay: screen; width: 52; height: auto; max-height: 8; display: none; background: $panel; margin: 0 0 0 10; }
    Offers.on { display: block; }
    """

    class Clicked(Message):
        """An offer was clicked."""

        def __init__(self, offer: Offer) -> None:
            """Which."""
            super().__init__()
            self.offer = offer

    def __init__(self, look: Look) -> None:
        """None."""
        super().__init__()
        self._look = look
        self.offers: list[Offer] = []
        self.at: int = -1
        """The one that was gone to; -1 = none yet."""

    def show(self, offers: Iterable[Offer]) -> None:
        """Others; none hides them."""
        self.offers, self.at = list(offers)[:40], -1
        self.set_class(bool(self.offers), "on")
        self.changed()
        self.scroll_home(animate=False, immediate=True)

    def move(self, by: int) -> None:
        """Around the ends."""
        self.at = (self.at + by) % len(self.offers) if self.at >= 0 or by > 0 else len(self.offers) - 1
        self.changed()
        self.show_row(self.at)

    def row_count(self) -> int:
        """One per offer."""
        return len(self.offers)

    def row(self, y: int) -> Row:
        """What is put in, and a word about it."""
        offer, glyphs = self.offers[y], self._look.glyphs
        style = "sel" if y == self.at else ""
        value = text.fit(text.line(offer.value), 20 if offer.detail else 48, glyphs=glyphs)
        detail = text.fit(offer.detail, 28, glyphs=glyphs) if offer.detail else ""
        pointer = glyphs.pointer if y == self.at else " "
        return [Span(f" {pointer} ", style), Span(value, style or "info"), Span(f" {detail}", style or "dim")]

    def on_click(self, event: events.Click) -> None:
        """Takes it."""
        at = event.y + self.scroll_offset.y
        if at < len(self.offers):
            self.post_message(self.Clicked(self.offers[at]))


class FilterEntry(Entry):
    """The field. `tab` and the arrows go to what is offered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "complete", id="filter.complete", tooltip="Put in what is offered."),
        Binding("ctrl+@,ctrl+space", "offer", "offers", show=False, id="filter.offer", tooltip="What can be typed here."),
        Binding("up", "past(1)", "earlier", id="filter.earlier", tooltip="The filter before; or the offer above."),
        Binding("down", "past(-1)", "later", show=False, id="filter.later", tooltip="The filter after; or the offer below."),
        Binding("enter", "submit", "filter", id="filter.submit", tooltip="Keep the filter and go to the list."),
        Binding("ctrl+f", "screen.mark_only", "filter/mark", id="filter.mark_only", tooltip="Filter rows, or only mark them."),
    ]  # fmt: skip

    class Typed(Message):
        """The text is different."""

    class Kept(Message):
        """`enter`: this is the filter."""

    def __init__(self, offers: Offers, link: Link) -> None:
        """`link` knows the values of fields."""
        super().__init__(placeholder='status:>=400 model:gpt* since:1h "words"', id="log-filter")
        self._offers, self._link = offers, link
        self.history: list[str] = []
        """Newest first."""
        self._back = -1
        self._draft = ""
        self._put: str | None = None
        """What was put there; not typed."""

    def put(self, value: str) -> None:
        """Another text, not typed."""
        if value != self.value:
            self._put = self.value = value
            self.cursor_position = len(value)
        self._offers.show(())

    def keep(self) -> None:
        """Into the history."""
        said = self.value.strip()
        if said:
            self.history = [said, *(one for one in self.history if one != said)][:HISTORY]
        self._back = -1

    @on(Entry.Changed)
    def changed(self, event: Entry.Changed) -> None:
        """Offer, and tell."""
        event.stop()
        if event.value == self._put or event.value != self.value:
            return  # set, not typed; or overtaken by another
        self._put = None
        self._back = -1
        self.offer(is_asked=False)
        self.post_message(self.Typed())

    def offer(self, *, is_asked: bool) -> None:
        """Show what can be put in at the cursor; unasked only where something was begun."""
        at = query.partial(self.value, self.cursor_position)
        if not at.field:
            found = completion.fields(at.typed) if at.typed or is_asked else []
            self._offers.show(found)
            return
        self._offers.show(completion.values(at.field, at.typed))
        if at.field in completion.ASKED:
            self._link.ask(
                self,
                lambda client: client.words(at.field, at.typed),
                lambda known: self._answered(at, known),
                failed=lambda _: None,  # without names there are still the fields
                group="log-words",
            )

    def _answered(self, at: query.Partial, known: list[str]) -> None:
        if self.has_focus and query.partial(self.value, self.cursor_position) == at:
            self._offers.show(completion.values(at.field, at.typed, known))

    def take(self, offer: Offer) -> None:
        """Put it in."""
        at = query.partial(self.value, self.cursor_position)
        value, cursor = query.accept(self.value, at, offer.value)
        self._offers.show(())
        if value != self.value:
            self.value = value
        self.cursor_position = cursor
        if offer.value.endswith(":"):
            self.offer(is_asked=True)

    def action_complete(self) -> None:
        """The offer that was gone to, or the first; without offers on to the next widget."""
        offers = self._offers
        if offers.offers:
            self.take(offers.offers[max(0, offers.at)])
        elif self.value and not self.value.endswith(" "):
            self.offer(is_asked=True)
        else:
            self.screen.focus_next()

    def action_offer(self) -> None:
        """Whatever stands there."""
        self.offer(is_asked=True)

    def action_past(self, by: int) -> None:
        """Offers where there are any, else earlier filters."""
        if self._offers.offers:
            self._offers.move(-by)
            return
        if self._back < 0:
            self._draft = self.value
        self._back = max(-1, min(self._back + by, len(self.history) - 1))
        self.put(self.history[self._back] if self._back >= 0 else self._draft)
        self.post_message(self.Typed())

    async def action_submit(self) -> None:
        """An offer that was gone to is taken first."""
        offers = self._offers
        if offers.offers and offers.at >= 0:
            self.take(offers.offers[offers.at])
            return
        offers.show(())
        self.keep()
        self.post_message(self.Kept())

    def action_leave(self) -> None:
        """First the offers go, then the field is left."""
        if self._offers.offers:
            self._offers.show(())
        else:
            super().action_leave()

    def on_blur(self) -> None:
        """Nothing is offered elsewhere."""
        self._offers.show(())


class FilterBar(Horizontal):
    """`filter ▸ status:>=400   37 of 48,213 · 14 ms`."""

    DEFAULT_CSS = """
    FilterBar { height: 1; background: $boost; }
    FilterBar FilterEntry { width: 1fr; }
    """

    def __init__(self, look: Look, entry: FilterEntry) -> None:
        """Around `entry`."""
        super().__init__()
        self._look, self._entry = look, entry
        self._label, self._count = Bit(id="filter-label"), Bit(id="filter-count")

    def compose(self) -> ComposeResult:
        """Label, field, count."""
        yield self._label
        yield self._entry
        yield self._count

    def on_mount(self) -> None:
        """The label."""
        self.say_mode(is_marking=False)

    def say_mode(self, *, is_marking: bool) -> None:
        """Whether rows are filtered or only marked."""
        glyphs = self._look.glyphs
        self._label.say([Span(f" {'mark' if is_marking else 'filter'} {glyphs.pointer} ", "accent strong")])

    def say_count(self, row: Row) -> None:
        """At the right end."""
        self._count.say(row)
