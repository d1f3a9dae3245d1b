"""Between the event loop and the writer thread: what ended, what still runs, and when to wake.

`put` and `open` are called from one thread, take constant time and never block. What waits is bounded in rows and in
bytes: beyond that bodies are dropped first, then whole exchanges, and both are counted.
"""

import collections
import threading
import time
from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core.exchange import Exchange

BATCH_S: Final = 0.05
"""How long the first exchange of a batch waits for others; also the age from which a running one gets an `open` row."""

MOST_ROWS: Final = 20_000
MOST_BYTES: Final = 64 << 20

_ROW_BYTES: Final = 2_048
"""What an exchange without bodies weighs, roughly."""

Finish = Callable[[Exchange], None]
"""Completes an exchange in the writer thread, before it is encoded: what nobody should wait for."""


class Item(msgspec.Struct):
    """An exchange that ended and waits to be written."""

    exchange: Exchange
    finish: Finish | None
    weight_bytes: int


class Intake:
    """The queue. Counters have one writing thread each, so they need no lock."""

    def __init__(self) -> None:
        self._queue: collections.deque[Item] = collections.deque()
        self._opening: collections.deque[tuple[float, Exchange]] = collections.deque()
        self._running: dict[str, Exchange] = {}
        self._bytes_in = 0
        self._bytes_out = 0
        self._is_due = False
        self._due_s = 0.0
        self._is_closed = False
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self.dropped_bodies = 0
        self.dropped_rows = 0

    def __len__(self) -> int:
        return len(self._queue)

    # -- the event loop's side

    def open(self, exchange: Exchange) -> None:
        """Note an exchange that began."""
        if self._is_closed:
            return
        self._running[exchange.id] = exchange
        self._opening.append((time.monotonic(), exchange))
        self._announce()

    def put(self, exchange: Exchange, finish: Finish | None) -> None:
        """Take an exchange that ended, or as much of it as there is room for."""
        self._running.pop(exchange.id, None)
        if self._is_closed or len(self._queue) >= MOST_ROWS:
            self.dropped_rows += 1
            return
        request, response = exchange.request_body, exchange.response_body
        weight = _ROW_BYTES + (len(request) if request else 0) + (len(response) if response else 0)
        if self._bytes_in - self._bytes_out + weight > MOST_BYTES and weight > _ROW_BYTES:
            exchange.request_body = exchange.response_body = None
            self.dropped_bodies += 1
            weight = _ROW_BYTES
        self._bytes_in += weight
        self._queue.append(Item(exchange, finish, weight))
        self._announce()

    def _announce(self) -> None:
        if not self._is_due:
            self._due_s = time.monotonic() + BATCH_S
            self._is_due = True
            self._wake.set()

    # -- the writer thread's side

    def urge(self) -> None:
        """Make the writer look now. From any thread."""
        self._hurry.set()
        self._wake.set()

    def is_due(self) -> bool:
        """Whether the time of the next batch has come."""
        return self._hurry.is_set() or (self._is_due and time.monotonic() >= self._due_s)

    def wait(self, longest_s: float) -> None:
        """Sleep until the next batch is due, somebody urges, or the time is over."""
        if not self._is_due:
            self._wake.wait(longest_s)
        if self._is_due:
            self._hurry.wait(max(0.0, self._due_s - time.monotonic()))

    def calm(self) -> None:
        """What urged the writer so far is seen to now."""
        self._hurry.clear()

    def pause(self, seconds: float) -> None:
        """Sleep, whatever comes; only being urged ends it."""
        self._hurry.wait(seconds)

    def begin(self) -> None:
        """A batch begins: what comes from now on belongs to the next."""
        self._hurry.clear()
        self._wake.clear()
        self._is_due = False

    def end(self) -> None:
        """The batch is over: exchanges too young for an `open` row get another look."""
        if self._opening and not self._is_due:
            self._due_s = self._opening[0][0] + BATCH_S
            self._is_due = True

    def take(self, most: int) -> list[Item]:
        """The next exchanges that ended, oldest first."""
        items: list[Item] = []
        while self._queue and len(items) < most:
            item = self._queue.popleft()
            self._bytes_out += item.weight_bytes
            items.append(item)
        return items

    def still_running(self) -> list[Exchange]:
        """Exchanges that began at least 50 ms ago, have not ended, and were not returned before."""
        running: list[Exchange] = []
        cut = time.monotonic() - BATCH_S
        while self._opening and self._opening[0][0] <= cut:
            exchange = self._opening.popleft()[1]
            if exchange.id in self._running:
                running.append(exchange)
        return running

    def give_back(self, running: list[Exchange]) -> None:
        """Return exchanges whose `open` rows could not be written."""
        self._opening.extendleft((0.0, exchange) for exchange in reversed(running))

    def forget_ended(self) -> None:
        """Let go of exchanges that ended before they got an `open` row: while nothing can be written they pile up."""
        for _ in range(len(self._opening)):
            item = self._opening.popleft()
            if item[1].id in self._running:
                self._opening.append(item)

    def close(self) -> int:
        """Take nothing any more and drop what waits; how many had ended."""
        self._is_closed = True
        return self.discard()

    def discard(self) -> int:
        """Drop everything that waits; how many had ended."""
        self._opening.clear()
        return len(self.take(len(self._queue)))
