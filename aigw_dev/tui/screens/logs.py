"""The Logs screen: every call as it comes, filtered, one of them whole beside the list."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer
from textual.widget import Widget

from aigw_dev.tui.frame.command_line import CommandLine
from aigw_dev.tui.logs import outside, query, words
from aigw_dev.tui.logs.acts import Acts, list_command
from aigw_dev.tui.logs.completion import FIELDS
from aigw_dev.tui.logs.detail import SUFFIXES, Detail
from aigw_dev.tui.logs.feed import Feed
from aigw_dev.tui.logs.filter_bar import TYPED_S, Bit, FilterBar, FilterEntry, Offers
from aigw_dev.tui.logs.keys import KEYS
from aigw_dev.tui.logs.listing import Applied
from aigw_dev.tui.logs.log_list import LogHead, LogList
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.entry import Entry

_HEAD_S: Final = 1.0
"""How often the rate in the top line is told."""


class LogsRoom(Room):
    """List, filter, detail."""

    ROOM: ClassVar[str] = "logs"
    DEFAULT_CSS = """
    LogsRoom #log-panes { layout: vertical; }
    LogsRoom #log-side { height: 1fr; }
    LogsRoom LogList { height: 1fr; }
    LogsRoom #log-more, LogsRoom #log-wrong { display: none; width: 1fr; }
    LogsRoom #log-more.on, LogsRoom #log-wrong.on { display: block; }
    LogsRoom Detail { display: none; height: 56%; }
    LogsRoom.detail Detail { display: block; }
    LogsRoom.-short TabLine { margin: 0; }
    LogsRoom.-wide #log-panes { layout: horizontal; }
    LogsRoom.-wide #log-side { width: 1fr; height: 1fr; }
    LogsRoom.-wide Detail { width: 52%; height: 1fr; }
    LogsRoom.detail.-narrow #log-side, LogsRoom.detail.-short #log-side, LogsRoom.detail.zoom #log-side { display: none; }
    LogsRoom.-narrow Detail, LogsRoom.-short Detail, LogsRoom.zoom Detail { width: 1fr; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self, shell: Shell) -> None:
        """Asks for nothing before it is shown."""
        super().__init__(shell)
        look = shell.look
        self._log = LogList(look, id="log-list")
        self._head = LogHead(self._log, look)
        self._offers = Offers(look)
        self._entry = FilterEntry(self._offers, shell.link)
        self._bar = FilterBar(look, self._entry)
        self._more, self._wrong = Bit(id="log-more"), Bit(id="log-wrong")
        self._detail = Detail(shell, id="log-detail")
        self._feed = Feed(self, shell.link, self._log, self._told)
        self._acts = Acts(self, shell, self._log, self._feed)
        self._marks_only = False
        self._typing: Timer | None = None
        self._wanted_id = ""
        """An exchange that the list shall show once it is there."""

    def body(self) -> Iterable[Widget]:
        """Filter, list and detail."""
        yield self._bar
        yield self._offers
        yield self._wrong
        with Container(id="log-panes"):
            with Vertical(id="log-side"):
                yield self._head
                yield self._log
                yield self._more
            yield self._detail

    # the frame

    def on_mount(self) -> None:
        """The list has the keys. Textual calls the base's handler besides."""
        self.set_interval(_HEAD_S, self.refresh_top)
        self._log.focus()

    def on_shown(self) -> None:
        """Go on asking."""
        if self._feed.is_open:
            self._feed.wake()
        else:
            self._open()

    def on_left(self) -> None:
        """Nobody looks."""
        self._feed.close()

    def on_link(self, *, is_up: bool) -> None:
        """Back: look at once. Gone: what is there stays."""
        self._feed.wake()
        self._say()

    def on_config(self) -> None:
        """Rows do not change with a config."""
        self._say()

    def top_words(self) -> str:
        """`TAIL ▸ 12/s`, `PAUSED`, `STALE`."""
        glyphs = self.shell.look.glyphs
        if self._feed.is_stale:
            return f"STALE {glyphs.middot} asking again"
        if not self._log.is_following:
            return "PAUSED" + (f" {glyphs.middot} +{self._log.unseen:,}" if self._log.unseen else "")
        return f"TAIL {glyphs.pointer} {self._feed.rate():.0f}/s"

    def open_at(self, **place: Any) -> None:
        """`filter=` shows what passes it, `exchange=` goes to one and opens it."""
        if "filter" in place or "exchange" in place:
            self._entry.put(str(place.get("filter", "")))
            self._entry.keep()
            self._marks_only = False
            self._open()
            self._log.focus()
        if place.get("exchange"):
            self._go_to(str(place["exchange"]))

    def remember(self) -> dict[str, Any]:
        """Filter, columns, the row, what was open."""
        return {
            "filter": self._entry.value,
            "filters": self._entry.history,
            "marks_only": self._marks_only,
            "tab": self._detail.tab,
            "is_open": self.has_class("detail"),
            "list": self._log.remember(),
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Take up what fits."""
        self._entry.put(str(kept.get("filter", "")))
        self._entry.history = [str(one) for one in kept.get("filters") or ()]
        self._marks_only = bool(kept.get("marks_only"))
        self._detail.set_tab(str(kept.get("tab", "")))
        self._log.columns = self.shell.settings.log_columns
        self._log.recall(dict(kept.get("list") or {}))
        self.set_class(not self._log.is_following and bool(kept.get("is_open")), "detail")
        if self._feed.is_open:  # shown before it was mounted
            self._open()

    def why_not(self, action: str) -> str:
        """Why a key does nothing now; empty where it works."""
        return words.why_not(
            action, line=self._log.line_here(), marked=len(self._log.marked), is_up=self.shell.link.is_up
        )

    # the list

    def _open(self) -> None:
        """Ask for what the filter finds; where it only marks, for everything and which rows it marks."""
        said = self._entry.value.strip()
        self._bar.say_mode(is_marking=self._marks_only)
        if self._marks_only:
            self._feed.open("", hit_query=said)
        else:
            self._feed.open(said)

    def _told(self, applied: Applied | None) -> None:
        """The feed has news."""
        log, feed = self._log, self._feed
        if applied is None:
            log.marks = query.words(feed.hit_query or feed.listing.query)
            log.hits = feed.hits if feed.hit_query else None
            log.empty = words.empty(feed.listing, self.shell)
            log.show(feed.listing)
            self._arrive()
        else:
            log.took(added=applied.added, is_moved=applied.is_moved, stale=applied.stale)
            here = log.line_here()
            if here is not None and here.seq in applied.stale and self.has_class("detail"):
                self._detail.show(here.id, is_kept=True)
        self._say()

    def _arrive(self) -> None:
        """After another list: the exchange that was asked for, the detail that was open."""
        if self._wanted_id:
            self._go_to(self._wanted_id)
        elif self.has_class("detail") and self._detail.exchange is None and self._log.at:
            self._show_detail()

    def _say(self) -> None:
        """Count, what is wrong, what came meanwhile."""
        log, feed, glyphs = self._log, self._feed, self.shell.look.glyphs
        self._bar.say_count(words.count(feed, self.shell))
        self._wrong.say(words.wrong(feed.refusal, glyphs, self.size.width))
        self._wrong.set_class(feed.refusal is not None, "on")
        self._more.say_centred(words.more(log.unseen, glyphs))
        self._more.set_class(not log.is_following and len(log.listing) > 0, "on")
        self.refresh_top()

    @on(LogList.Wanted)
    def wanted(self) -> None:
        """Rows came into sight."""
        self._feed.fetch()

    @on(LogList.Followed)
    def followed(self) -> None:
        """The line below says so."""
        self._say()

    @on(LogList.Moved)
    def moved(self, event: LogList.Moved) -> None:
        """The detail goes along."""
        if self.has_class("detail"):
            self._show_detail()
        self.refresh_bindings()

    @on(LogList.Opened)
    def opened(self) -> None:
        """Beside the list, or over it."""
        self.add_class("detail")
        self._show_detail()
        if self.has_class("-narrow") or self.has_class("-short"):
            self._detail.view.focus()
        line = self._log.line_here()
        if line is not None:
            self.shell.cli(f"aigw-dev logs show {line.id[:12]}")

    def _show_detail(self) -> None:
        line = self._log.line_here()
        if line is not None:
            self._detail.show(line.id)
        elif self._log.seq_here():  # the row is on its way
            self.set_timer(0.1, self._show_detail)

    def _go_to(self, name: str) -> None:
        """The row of an exchange, by its id; the detail opens."""
        self._wanted_id = name

        def then(one: dict[str, Any]) -> None:
            if self._wanted_id != name:
                return
            if self._feed.listing.is_asked:
                self._wanted_id = ""
                self._log.go_to(one["seq"])
            self.add_class("detail")
            self._detail.show(one["id"])

        self.shell.link.ask(self, lambda client: client.exchange(name), then, group="log-go")

    # the filter

    @on(FilterEntry.Typed)
    def typed(self) -> None:
        """Try it when the typing rests."""
        if self._typing is not None:
            self._typing.stop()
        if not query.is_begun(self._entry.value, self._entry.cursor_position, FIELDS):
            self._typing = self.set_timer(TYPED_S, self._open)

    @on(FilterEntry.Kept)
    def kept(self) -> None:
        """Now, and on to the list."""
        if self._typing is not None:
            self._typing.stop()
        self._open()
        self._log.focus()
        self.shell.cli(list_command(self._entry.value.strip()))

    @on(Offers.Clicked)
    def offered(self, event: Offers.Clicked) -> None:
        """By mouse."""
        self._entry.take(event.offer)
        self._entry.focus()

    @on(Entry.Left, "#log-filter")
    def left(self) -> None:
        """The filter stays."""
        self._log.focus()

    def action_filter(self) -> None:
        """Into the field."""
        self._entry.focus()

    def action_mark_only(self) -> None:
        """Filter, or only mark."""
        self._marks_only = not self._marks_only
        self._open()

    def action_invert(self) -> None:
        """The last term."""
        self._put(query.invert_last(self._entry.value.strip()))

    def action_range(self, by: int) -> None:
        """The time range."""
        self._put(query.other_range(self._entry.value.strip(), by))

    def _put(self, value: str) -> None:
        self._entry.put(value)
        self._open()
        self.shell.cli(list_command(value))

    def action_out(self) -> None:
        """Detail, then filter."""
        if self.has_class("detail"):
            self.remove_class("detail", "zoom")
            self._wanted_id = ""
            self._log.focus()
        elif self._entry.value:
            self._entry.keep()
            self._put("")

    def _may(self, action: str) -> bool:
        if why := self.why_not(action):
            self.shell.toast("Not now", why, "warning")
        return not why

    def action_pause(self) -> None:
        """Stay, or follow."""
        self._log.set_follow(is_on=not self._log.is_following)

    def action_replay(self) -> None:
        """As it was."""
        if self._may("replay"):
            self._acts.replay()

    def action_replay_many(self) -> None:
        """Against several models."""
        if self._may("replay"):
            self._acts.replay_many()

    def action_edit(self) -> None:
        """In Chat."""
        if self._may("edit"):
            self._acts.edit()

    def action_mark(self) -> None:
        """The row, or no longer."""
        self._acts.mark()

    def action_compare(self) -> None:
        """The marked ones."""
        if self._may("compare"):
            self._acts.compare()

    def action_flow(self) -> None:
        """In Routes, the path lit."""
        line = self._log.line_here()
        if line is not None and self._may("flow"):
            self.shell.go("routes", route=line.route, exchange=line.id)

    def action_copy(self) -> None:
        """Pick what."""
        self._acts.copy_menu()

    def action_fixture(self) -> None:
        """With its test."""
        if self._may("fixture"):
            self._acts.fixture()

    def action_export(self) -> None:
        """Pick what, how, where."""
        if self._may("export"):
            self._acts.export()

    def action_purge(self) -> None:
        """After a typed word."""
        if self._may("purge"):
            self._acts.purge()

    def action_columns(self) -> None:
        """Which of them."""
        self._acts.columns()

    def action_zoom(self) -> None:
        """Large, and back."""
        if self.has_class("detail"):
            self.toggle_class("zoom")
            (self._detail.view if self.has_class("zoom") else self._log).focus()

    def action_hit(self, by: int) -> None:
        """The next row that is marked by the filter."""
        if not self._log.next_hit(by):
            self.shell.toast(
                "No match to go to", "^f marks what a filter finds without hiding the rest", "warning"
            )

    def action_copy_command(self) -> None:
        """The command line's words; where nothing is logged yet the call to begin with."""
        if not len(self._log.listing) and not self._feed.listing.query:
            self.shell.copy(words.first_call(self.shell), "the call")
            return
        said = self.query_one(CommandLine).words or list_command(self._feed.listing.query)
        self.shell.copy(said, "the command")

    def action_open_text(self, which: str) -> None:
        """The text that is shown, in the person's `pager` or `editor`."""
        suffix = SUFFIXES.get(self._detail.tab, ".txt")
        outside.open_text(self.app, self.shell, which, self._detail.view.source.whole(), suffix=suffix)
