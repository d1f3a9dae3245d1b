"""One exchange whole: tabs over what happened, what was asked and answered, how it came, and why it went where it went."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui import text
from aigw_dev.tui.logs import chunks, facts
from aigw_dev.tui.logs.call import curl_of
from aigw_dev.tui.logs.source import Body, Rows, Source
from aigw_dev.tui.logs.text_view import TextView, find, note
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.lines import Lines, Row, Span

TABS: Final = ("overview", "request", "response", "stream", "route", "attempts", "ledger", "curl")
_TITLES: Final = ("Overview", "Request", "Response", "Stream", "Route", "Attempts", "Ledger", "cURL")
SUFFIXES: Final = {"request": ".json", "response": ".json", "curl": ".sh"}


class TabLine(Lines, can_focus=False):
    """The tabs' names, the one that is shown in brackets."""

    DEFAULT_CSS = (
        "TabLine { height: 1; scrollbar-size: 0 0; padding: 0 0 0 1; margin: 0 0 1 0; background: $surface; }"
    )

    class Picked(Message):
        """A name was clicked."""

        def __init__(self, tab: str) -> None:
            """`tab` is one of `TABS`."""
            super().__init__()
            self.tab = tab

    def __init__(self) -> None:
        """The first one."""
        super().__init__()
        self.tab: str = TABS[0]
        self.counts: dict[str, str] = {}
        """What stands behind a name."""

    def put(self, tab: str, counts: dict[str, str]) -> None:
        """Another one."""
        self.tab, self.counts = tab, counts
        self.changed()

    def row_count(self) -> int:
        """One."""
        return 1

    def row(self, y: int) -> Row:
        """`[Overview] Request ...`."""
        return [span for _, span in self._names()]

    def _names(self) -> list[tuple[str, Span]]:
        is_tight = self.size.width < 92
        names: list[tuple[str, Span]] = []
        for tab, title in zip(TABS, _TITLES, strict=True):
            said = f"{title}{self.counts.get(tab, '')}"
            is_here = tab == self.tab
            shown = f"[{said}]" if is_here else said if is_tight else f" {said} "
            names.append((tab, Span(shown, "accent strong" if is_here else "")))
            names.append(("", Span(" ")))
        return names

    def on_click(self, event: events.Click) -> None:
        """Shows it."""
        at = 0
        for tab, span in self._names():
            at += text.width(span.text)
            if event.x - 1 < at:
                if tab:
                    self.post_message(self.Picked(tab))
                return


class Detail(Vertical):
    """The pane. `show(id)` fetches and fills it."""

    DEFAULT_CSS = """
    Detail { border: round $primary 60%; border-title-color: $accent; border-subtitle-color: $foreground 60%; background: $surface; }
    Detail:focus-within { border: heavy $accent; }
    Detail Entry { display: none; }
    Detail Entry.on { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket,h,left", "tab(-1)", "tabs", id="logdetail.previous", tooltip="The tab before."),
        Binding("right_square_bracket,l,right", "tab(1)", "Next tab", show=False, id="logdetail.next", tooltip="The next tab."),
        Binding("f3", "screen.open_text('pager')", "pager", show=False, id="logdetail.pager", tooltip="This text in $PAGER."),
        Binding("f4", "screen.open_text('editor')", "editor", show=False, id="logdetail.editor", tooltip="This text in $EDITOR."),
    ]  # fmt: skip

    class Loaded(Message):
        """The exchange is there."""

    def __init__(self, shell: Shell, *, id: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Empty."""
        super().__init__(id=id)
        self._shell = shell
        self.exchange: dict[str, Any] | None = None
        self._wanted = ""
        self._tabs = TabLine()
        self.view: TextView = TextView(shell.look, id="log-text")
        self._search = Entry(placeholder="find in this text", id="log-search")

    def compose(self) -> ComposeResult:
        """Tabs, text, the search's field."""
        yield self._tabs
        yield self.view
        yield self._search

    @property
    def tab(self) -> str:
        """The tab that is shown."""
        return self._tabs.tab

    def show(self, identifier: str, *, is_kept: bool = False) -> None:
        """Fetch an exchange by id and show it; what is shown stays until it is there."""
        self._wanted = identifier

        def then(found: dict[str, Any]) -> None:
            if identifier == self._wanted:
                self.exchange = found
                self._title()
                self.build(is_kept=is_kept)
                self.post_message(self.Loaded())

        def failed(error: GatewayError) -> None:
            if identifier == self._wanted and not is_kept:
                self.view.show(note(text.line(error.message), "warn"))

        self._shell.link.ask(
            self, lambda client: client.exchange(identifier), then, failed=failed, group="log-one"
        )

    def set_tab(self, tab: str) -> None:
        """Show another tab."""
        if tab in TABS and tab != self.tab:
            self._tabs.tab = tab
            self.view.words, self.view.found = "", []
            self.build()

    def action_tab(self, by: int) -> None:
        """Around the ends."""
        self.set_tab(TABS[(TABS.index(self.tab) + by) % len(TABS)])

    def build(self, *, is_kept: bool = False) -> None:
        """Make the tab's rows, in a thread: bodies may be long."""
        one, tab = self.exchange, self.tab
        if one is None:
            return
        pieces = chunks.summary(one, self._shell.look.glyphs)
        tries = len(one["attempts"])
        self._tabs.put(
            tab, {"stream": f"({pieces})" if pieces else "", "attempts": f"({tries})" if tries > 1 else ""}
        )
        width = max(24, self.view.size.width - 3)
        make = self._maker(tab)

        def work(_: AdminClient) -> Source:
            return make(one, width)

        def then(source: Source) -> None:
            if one is self.exchange and tab == self.tab:
                self.view.show(source, is_kept=is_kept)

        self._shell.link.ask(self, work, then, group="log-tab")

    def on_resize(self) -> None:
        """Lines are as wide as the pane."""
        if self.exchange is not None:
            self.build(is_kept=True)

    @on(TabLine.Picked)
    def picked(self, event: TabLine.Picked) -> None:
        """By mouse."""
        self.set_tab(event.tab)

    @on(TextView.Searched)
    def searched(self) -> None:
        """Ask for words."""
        self._search.add_class("on")
        self._search.focus()

    @on(Entry.Submitted, "#log-search")
    def search_words(self, event: Entry.Submitted) -> None:
        """Look for them, in a thread."""
        event.stop()
        words, source = event.value, self.view.source

        def then(found: list[int]) -> None:
            if source is self.view.source:
                self.view.search(words, found)

        self._shell.link.ask(self, lambda _: find(source, words), then, group="log-find")
        self._end_search()

    @on(Entry.Left, "#log-search")
    def left(self, event: Entry.Left) -> None:
        """Nothing is searched any more."""
        event.stop()
        self.view.search("", [])
        self._end_search()

    @on(TextView.Found)
    def told(self) -> None:
        """How many there are, on the border."""
        view = self.view
        if not view.words:
            self._title()
            return
        said = f"{view.at + 1} of {len(view.found)} lines · n next" if view.found else "found nowhere here"
        self._title(f"/{view.words}: {said}")

    def _end_search(self) -> None:
        self._search.remove_class("on")
        self.view.focus()

    def _title(self, said: str = "") -> None:
        one = self.exchange
        if one is None:
            return
        glyphs = self._shell.look.glyphs
        middot = glyphs.middot
        ending = one["status"] if one["state"] == "ended" else one["state"]
        where = (
            f"{one['provider']}/{one['request_model']}".removesuffix("/")
            if one["provider"]
            else one["original_model"]
        )
        text.title(
            self,
            f" {one['id'][:12]} {middot} {ending} {middot} {where} ",
            f" {said or 'z zoom · esc closes'} ".replace("·", middot),
        )

    def _maker(self, tab: str) -> Callable[[dict[str, Any], int], Source]:
        look, url = self._shell.look, self._shell.link.url
        glyphs = look.glyphs
        makers: dict[str, Callable[[dict[str, Any], int], Source]] = {
            "overview": lambda one, width: Rows(facts.overview(one, glyphs, width=width)),
            "request": lambda one, width: _body(one, "request", width),
            "response": lambda one, width: _response(one, width, glyphs),
            "stream": lambda one, width: _stream(one, width, glyphs),
            "route": lambda one, width: Rows(facts.route(one, glyphs, width=width, is_ascii=look.is_ascii)),
            "attempts": lambda one, width: Rows(facts.attempts(one, glyphs, width=width)),
            "ledger": lambda one, width: Rows(facts.ledger(one, glyphs, width=width)),
            "curl": lambda one, width: Body(curl_of(one, url), width=width),
        }
        return makers[tab]


def _body(one: dict[str, Any], which: str, width: int) -> Source:
    after = facts.headers(f"{which} headers", one[f"{which}_headers"], width=width)
    if f"{which}_body_base64" in one:
        size = one[f"{which}_bytes"]
        return Rows(
            [
                [
                    Span(
                        f"{size:,} bytes that are no text; `aigw-dev logs show {one['id'][:12]} --body {which} > FILE` writes them",
                        "dim",
                    )
                ],
                *after,
            ]
        )
    content: str | None = one[f"{which}_body"]
    if content is None:
        why = f"not recorded: logging.record_{which} is off, recording is paused, or it still runs"
        return Rows([[Span(why if one[f"{which}_bytes"] else "none", "dim")], *after])
    return Body(content, width=width, after=after)


def _response(one: dict[str, Any], width: int, glyphs: Glyphs) -> Source:
    """A stream put together, anything else as it came."""
    assembled: dict[str, Any] = one.get("assembled") or {}
    if not one["is_stream"] or not any(assembled.values()):
        return _body(one, "response", width)
    rows: list[Row] = []
    for label, style in (("reasoning", "dim"), ("text", ""), ("refusal", "warn")):
        said = assembled.get(label)
        if said:
            rows += [[Span(label, "head")]]
            rows += [[Span(part, style)] for whole in text.block(said) for part in text.wrapped(whole, width)]
            rows.append([])
    for call in assembled.get("tool_calls") or []:
        rows.append([Span("tool call  ", "head"), Span(text.line(call.get("name", "")), "code strong")])
        body = Body(call.get("arguments", ""), width=width - 2)
        rows += [[Span("  "), *body.row(y)] for y in range(len(body))]
        rows.append([])
    rows.append(
        [Span(f"put together from the stream {glyphs.middot} Stream has its pieces as they came", "dim")]
    )
    rows += facts.headers("response headers", one["response_headers"], width=width)
    return Rows(rows, whole=assembled.get("text") or one.get("response_body") or "")


def _stream(one: dict[str, Any], width: int, glyphs: Glyphs) -> Source:
    if (one.get("timing") or {}).get("at_us"):
        return chunks.Chunks(one, glyphs, width=width)
    return note("Nothing was streamed: the reply came whole.")
