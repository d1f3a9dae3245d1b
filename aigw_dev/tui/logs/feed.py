"""Keeps a listing up to date: asks for the index, the rows in sight and what changed, in threads, a few times a second.

One call at a time. Between two ticks anything may have happened at any rate: the answer is small either way. While the
gateway does not answer, what is there stays and is asked for again.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from textual.screen import Screen
from textual.timer import Timer

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.link import Link, is_unreachable
from aigw_dev.tui.logs.line import Line, read_lines
from aigw_dev.tui.logs.listing import Applied, Listing
from aigw_dev.tui.logs.runs import Runs

TICK_S: Final = 0.16
"""Between the answer to a look that brought something and the next look."""
IDLE_S: Final = 0.5
"""The same while nothing happens."""
RETRY_S: Final = 1.0
_RATE_S: Final = 5.0
_COUNT_S: Final = 5.0
"""How old the count of all rows gets while a filter hides them."""


class Shown(Protocol):
    """What the feed asks of the list."""

    def newest_wanted(self) -> int:
        """Rows at the end that are in sight once new ones come; 0 while it does not follow."""
        ...

    def in_sight(self) -> tuple[int, int]:
        """First position in sight, and the one after the last."""
        ...


class _Look:
    """What one look brought."""

    def __init__(self) -> None:
        self.changes: Mapping[str, Any] = {}
        self.index: Mapping[str, Any] | None = None
        self.lines: list[Line] = []
        self.hits: Mapping[str, Any] | None = None
        self.logged: int | None = None


class Feed:
    """Of one Logs screen. Everything but the calls themselves happens on the UI loop."""

    def __init__(
        self, node: "Screen[Any]", link: Link, shown: Shown, tell: Callable[[Applied | None], None]
    ) -> None:
        """`tell` is called when the listing has changed: with what was applied, or None where it is another one."""
        self._node, self._link, self._shown, self._tell = node, link, shown, tell
        self.listing: Listing = Listing()
        self.hits: Runs = Runs()
        """Rows that pass `hit_query`, where that is asked for."""
        self.hit_query: str = ""
        self.hit_ms: float = 0.0
        self._hit_end = ""
        self.refusal: GatewayError | None = None
        """Why the gateway did not take the filter."""
        self.is_stale: bool = False
        """The gateway did not answer the last call."""
        self.is_open: bool = False
        self._wanted = ("", "")
        """What was asked for last, whether it has come or not."""
        self._turn = 0
        self._timer: Timer | None = None
        self._is_fetching = False
        self._came: deque[tuple[float, int]] = deque()
        self._counted_at = 0.0

    # what the screen does

    def open(self, query: str, *, hit_query: str = "") -> None:
        """Show what passes `query`; the rows of `hit_query` are counted and known besides."""
        self._turn += 1
        self.is_open, turn = True, self._turn
        self._wanted = (query, hit_query)
        self._stop_timer()

        def work(client: AdminClient) -> tuple[Any, Any, list[Line]]:
            index = client.index(query)
            hits = client.index(hit_query) if hit_query else None
            return index, hits, _tail(client, index)

        def then(found: tuple[Any, Any, list[Line]]) -> None:
            if turn == self._turn:
                self._begin(query, found, hit_query)

        def failed(error: GatewayError) -> None:
            if turn == self._turn:
                self._refused(error, lambda: self.open(query, hit_query=hit_query))

        self._link.ask(self._node, work, then, failed=failed, group="log-index")

    def close(self) -> None:
        """Ask no more; `open` goes on."""
        self._turn += 1
        self.is_open = False
        self._stop_timer()

    def wake(self) -> None:
        """Look now: the gateway is back, or something was just done that shows in the log."""
        if self.is_open and self.listing.is_asked:
            self._stop_timer()
            self._poll()
        elif self.is_open:
            query, hit_query = self._wanted
            self.open(query, hit_query=hit_query)

    def fetch(self) -> None:
        """Get the rows in sight that are not there, and some around them."""
        if self._is_fetching or not self.is_open:
            return
        first, after = self._shown.in_sight()
        margin = after - first
        wanted = self.listing.missing(first, after)
        if not wanted:
            return
        wanted = sorted({*wanted, *self.listing.missing(first - margin, after + margin)})
        self._is_fetching, turn = True, self._turn

        def then(lines: list[Line]) -> None:
            self._is_fetching = False
            if turn != self._turn:
                return
            self.listing.put(lines)
            gone = {*wanted} - {line.seq for line in lines}
            self._tell(
                self.listing.apply({"dropped": sorted(gone), "end": self.listing.end})
                if gone
                else Applied(0, True, ())
            )

        def failed(error: GatewayError) -> None:
            self._is_fetching = False
            self._note(error)

        self._link.ask(
            self._node,
            lambda client: read_lines(client.rows(seqs=wanted)["entries"]),
            then,
            failed=failed,
            group="log-rows",
        )

    def rate(self) -> float:
        """New rows per second, of the last seconds."""
        now = time.monotonic()
        while self._came and self._came[0][0] < now - _RATE_S:
            self._came.popleft()
        return sum(count for _, count in self._came) / _RATE_S

    # what comes back

    def _begin(self, query: str, found: tuple[Any, Any, list[Line]], hit_query: str) -> None:
        index, hits, lines = found
        old, self.listing = self.listing, Listing(query, index)
        if old.is_asked:
            self.listing.take_over(old)
        self.listing.put(lines)
        self.hit_query = hit_query
        self.hits = Runs(hits["runs"]) if hits else Runs()
        self._hit_end = hits["end"] if hits else ""
        self.hit_ms = hits["took_ms"] if hits else 0.0
        self.refusal, self.is_stale = None, False
        self._counted_at = time.monotonic()
        self._tell(None)
        self._later(TICK_S)

    def _refused(self, error: GatewayError, again: Callable[[], None]) -> None:
        if is_unreachable(error):
            self.is_stale = True
            self._timer = self._node.set_timer(RETRY_S, again)
        else:
            self.refusal = error
            # The old filter's list goes on, where there is one.
            self._later(TICK_S)
        self._tell(Applied(0, False, ()))

    def _note(self, error: GatewayError) -> None:
        self.is_stale = is_unreachable(error)
        self._tell(Applied(0, False, ()))

    def _later(self, seconds: float) -> None:
        self._stop_timer()
        if self.is_open and self.listing.is_asked:
            self._timer = self._node.set_timer(seconds, self._poll)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _poll(self) -> None:
        self._timer = None
        listing, turn = self.listing, self._turn
        newest = self._shown.newest_wanted()
        shown = frozenset(listing.runs.seqs(*self._shown.in_sight()))
        hit_query, hit_end = self.hit_query, self._hit_end
        counts = bool(listing.query) and time.monotonic() - self._counted_at > _COUNT_S

        def work(client: AdminClient) -> _Look:
            look = _Look()
            look.changes = client.changes(listing.end, listing.query)
            if look.changes.get("is_reset"):
                look.index = client.index(listing.query)
                look.lines = _tail(client, look.index)
            elif wanted := listing.to_fetch(look.changes, newest=newest, shown=shown):
                look.lines = read_lines(client.rows(seqs=wanted)["entries"])
            if hit_query:
                look.hits = client.changes(hit_end, hit_query)
                if look.hits.get("is_reset"):
                    look.hits = client.index(hit_query)
            if counts:
                look.logged = client.index("", limit=1)["logged"]
            return look

        def then(look: _Look) -> None:
            if turn == self._turn:
                self._take(listing, look)

        def failed(error: GatewayError) -> None:
            if turn == self._turn:
                self._note(error)
                self._later(RETRY_S)

        self._link.ask(self._node, work, then, failed=failed, group="log-poll")

    def _take(self, listing: Listing, look: _Look) -> None:
        was_stale, self.is_stale = self.is_stale, False
        self._take_hits(look)
        if look.logged is not None:
            listing.logged, self._counted_at = max(look.logged, len(listing)), time.monotonic()
        if look.index is not None:
            self.listing = Listing(listing.query, look.index)
            self.listing.put(look.lines)
            self._tell(None)
            self._later(TICK_S)
            return
        applied = listing.apply(look.changes)
        listing.put(look.lines)
        if applied.added:
            self._came.append((time.monotonic(), applied.added))
        is_news = bool(applied.added or applied.stale or applied.is_moved or look.lines)
        if is_news or was_stale or look.logged is not None or (look.hits and look.hits.get("runs")):
            self._tell(applied)
        self._later(TICK_S if is_news else IDLE_S)

    def _take_hits(self, look: _Look) -> None:
        if look.hits is None:
            return
        if "logged" in look.hits:
            self.hits = Runs(look.hits["runs"])
        else:
            self.hits.add(look.hits["runs"])
            self.hits.add((seq, 1) for seq in look.hits["ended"])
            self.hits.drop(look.hits["dropped"])
        self._hit_end = look.hits["end"]


def _tail(client: AdminClient, index: Mapping[str, Any]) -> list[Line]:
    """The newest rows of an index: what is in sight first."""
    runs = Runs(index["runs"][-_TAIL_RUNS:])
    seqs = runs.seqs(len(runs) - _TAIL_ROWS, len(runs))
    return read_lines(client.rows(seqs=seqs)["entries"]) if seqs else []


_TAIL_ROWS: Final = 80
_TAIL_RUNS: Final = 80
