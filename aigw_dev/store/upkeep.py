"""An open log.db with everything the writer thread does to it: batches, and between them small slices of upkeep."""

import sqlite3
import time
from collections.abc import Callable, Generator
from typing import Final

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Exchange
from aigw_dev.store.batches import Batches, Counts
from aigw_dev.store.database import transaction
from aigw_dev.store.filters import Filter
from aigw_dev.store.fulltext import has_index, index_some
from aigw_dev.store.interning import Mask
from aigw_dev.store.journal import Journal
from aigw_dev.store.retention import Retention, purge

_QUIET_S: Final = 0.25
"""Without a batch for this long, there is time for the full-text index."""
_LAG_S: Final = 10.0
"""Under a steady light load the index is filled at least this often."""
_LIGHT_ROWS: Final = 8
"""Rows in the last batch up to which a load is light."""
_PRUNE_EVERY_S: Final = 1.0
_INDEX_ROWS: Final = 20
_INDEX_TARGET_S: Final = 0.008
_ACTIVE_S: Final = 120.0
_ACTIVE_WAIT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 60.0

# What is wrong with an exchange rather than with the database.
_BAD_ROW: Final = (
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    OverflowError,
    ValueError,
    TypeError,
)


class OpenLog:
    """Writer thread only. Raises `sqlite3.Error` where the database fails."""

    def __init__(
        self,
        db: sqlite3.Connection,
        *,
        mask: Mask,
        draw: Callable[[], float],
        counts: Counts,
        is_first: bool,
        journal: Journal | None = None,
    ) -> None:
        """`is_first`: no earlier connection of this process wrote the file, so its open rows are a dead process's.

        `journal` begins anew with every connection: it may be to another file.
        """
        self._db = db
        self._journal = journal or Journal()
        self._batches = Batches(db, mask=mask, draw=draw, counts=counts, journal=self._journal)
        self.interrupted = self._batches.interrupt() if is_first else 0
        self._journal.restart()
        self.retention = Retention(db, self._batches.rollups, journal=self._journal)
        self._has_index = has_index(db)
        self._index_rows = _INDEX_ROWS
        self._last_batch = self._last_index = time.monotonic()
        self._last_rows = 0
        self._next_prune = 0.0
        self._is_quiet_done = False

    def write(self, ended: list[Exchange], running: list[Exchange], logging: Logging) -> None:
        """One durable batch; an exchange that cannot be stored is left out and counted, the others are written."""
        try:
            self._batches.write(ended, running, logging)
        except _BAD_ROW:
            self._write_singly(ended, logging)
        self._last_batch = time.monotonic()
        self._last_rows = len(ended)
        self._is_quiet_done = False

    def _write_singly(self, ended: list[Exchange], logging: Logging) -> None:
        for exchange in ended:
            try:
                self._batches.write([exchange], [], logging)
            except _BAD_ROW:
                self._batches.counts.unreadable += 1

    def slice(self, logging: Logging, *, now_s: float, is_urgent: bool = False) -> bool:
        """One slice of what can wait: tiles that are over, then pruning, then the index. False when nothing is due.

        `is_urgent` does now what would otherwise wait for a quiet moment.
        """
        now = time.monotonic()
        is_quiet = is_urgent or now - self._last_batch >= _QUIET_S
        is_lagging = now - self._last_index >= _LAG_S and self._last_rows <= _LIGHT_ROWS
        if self._batches.rollups.close_some(now_s):
            return True
        if now >= self._next_prune or is_urgent:
            if self.retention.prune_some(logging, now_s=now_s):
                return True
            self._batches.forget_shared(logging.keep_s)
            self._next_prune = now + _PRUNE_EVERY_S
        if (is_quiet or is_lagging) and self._has_index and self._index():
            return True
        if is_quiet or is_lagging:
            self._last_index = now
        self._is_quiet_done |= is_quiet
        return False

    def rest_s(self) -> float:
        """How long nothing is due if nothing comes."""
        if not self._is_quiet_done:
            return _QUIET_S
        return _ACTIVE_WAIT_S if time.monotonic() - self._last_batch < _ACTIVE_S else _LONGEST_WAIT_S

    def purge(self, filter_: Filter) -> Generator[int]:
        """Delete what passes the filter, slice by slice; yields the exchanges each deleted."""
        yield from purge(self._db, filter_, journal=self._journal)
        with transaction(self._db):
            self._batches.words.sweep_shared()

    def close(self) -> None:
        """Close the connection; SQLite empties the write-ahead log."""
        self._db.close()

    def _index(self) -> bool:
        began = time.perf_counter()
        count = index_some(self._db, self._index_rows)
        took_s = time.perf_counter() - began
        if took_s > _INDEX_TARGET_S:
            self._index_rows = max(1, self._index_rows // 2)
        elif took_s < _INDEX_TARGET_S / 4:
            self._index_rows = min(200, self._index_rows * 2)
        return count > 0
