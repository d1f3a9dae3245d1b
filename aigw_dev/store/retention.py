"""Keeping the log small: by age, by size, and on demand. Small slices between batches, never VACUUM.

The oldest exchanges go first, whole. Roll-ups outlive rows: only second-by-second tiles are thinned out, by age or,
under pressure, down to the last day. Slices adapt so that each takes about `TARGET_S`.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Generator
from typing import Final

from aigw_dev.core.config import Logging
from aigw_dev.store import fulltext
from aigw_dev.store.database import WAL_BYTES, transaction
from aigw_dev.store.filters import Filter
from aigw_dev.store.find import find
from aigw_dev.store.journal import Journal
from aigw_dev.store.packing import piece_id
from aigw_dev.store.query import SLOT_S
from aigw_dev.store.rollups import DAY_S, Rollups
from aigw_dev.store.vocabulary import Vocabulary

TARGET_S: Final = 0.006
"""What a slice aims at; the promise is 20 ms."""

_FEWEST: Final = 4
_MOST: Final = 500
_SCAN_ROWS: Final = 20_000
_MINUTES_KEPT_S: Final = 30 * DAY_S
_VACUUM_PAGES: Final = 32
_SPARE_PAGES: Final = 256
_FULL: Final = 0.97
"""Pruning by size goes on until this share of the cap is used, so that it does not start again at once."""

_ROW_TABLES: Final = ("exchange", "content")


class Retention:
    """Prunes one open log.db. Writer thread only."""

    def __init__(
        self,
        db: sqlite3.Connection,
        rollups: Rollups,
        *,
        clock: Callable[[], float] = time.perf_counter,
        journal: Journal | None = None,
    ) -> None:
        """`clock` measures slices; `journal` is told which rows went."""
        self._db = db
        self._rollups = rollups
        self._clock = clock
        self._journal = journal or Journal()
        self._rows = 50
        self._cursor = 0
        self._is_over = False
        self.pruned = 0
        """Rows deleted so far."""
        self.longest_s = 0.0
        """The longest slice so far."""

    def prune_some(self, logging: Logging, *, now_s: float) -> bool:
        """One slice of whatever is due; False when nothing is."""
        began = self._clock()
        is_busy = self._slice(logging, now_s)
        if is_busy:
            self._adapt(self._clock() - began)
        return is_busy

    def _slice(self, logging: Logging, now_s: float) -> bool:
        pressure = self._pressure(logging)
        # Level 15 only makes answers about the last day quicker: seconds stand for it afterwards.
        keep_s = {1: logging.keep_s, 15: DAY_S, 60: max(logging.keep_s, _MINUTES_KEPT_S)}
        if pressure:
            keep_s[1] = min(keep_s[1], DAY_S)
        if self._rollups.prune_some(now_s, keep_s, self._rows * 4):
            return True
        if self._prune_age(now_s - logging.keep_s):
            return True
        if pressure:
            if self._delete(self._oldest()):
                return True
            keep_s = {1: DAY_S, 15: DAY_S, 60: DAY_S}
            if self._rollups.prune_some(now_s, keep_s, self._rows * 4):
                return True
        return self._vacuum(logging)

    def _pressure(self, logging: Logging) -> bool:
        pages, free, size = self._pages()
        used = (pages - free) * size
        cap = file_cap(logging)
        self._is_over = used > (cap * _FULL if self._is_over else cap)
        return self._is_over

    def _prune_age(self, cut_s: float) -> bool:
        """Rows older than the cut, by the quarters of an hour that are wholly before it."""
        statement = "SELECT slot, min_seq, max_seq FROM span WHERE slot<? ORDER BY slot LIMIT 1"
        span: tuple[int, int, int] | None = self._db.execute(statement, (int(cut_s // SLOT_S),)).fetchone()
        if span is None:
            return False
        slot, low, high = span
        low = max(low, self._cursor)
        rows: list[tuple[int]] = self._db.execute(
            "SELECT seq FROM exchange WHERE seq BETWEEN ? AND ? AND state<>1"
            " AND started_at + ifnull(duration_s, 0) < ? ORDER BY seq LIMIT ?",
            (low, min(high, low + _SCAN_ROWS), cut_s, self._rows),
        ).fetchall()
        if rows:
            return self._delete([row[0] for row in rows])
        if low + _SCAN_ROWS < high:
            # A clock that jumped stretches a span over rows of other times: step over those.
            self._cursor = low + _SCAN_ROWS
            return True
        self._cursor = 0
        with transaction(self._db):
            self._db.execute("DELETE FROM span WHERE slot=?", (slot,))
        return True

    def _oldest(self) -> list[int]:
        statement = "SELECT seq FROM exchange WHERE state<>1 ORDER BY seq LIMIT ?"
        return [row[0] for row in self._db.execute(statement, (self._rows,))]

    def _delete(self, seqs: list[int]) -> bool:
        if seqs:
            with transaction(self._db):
                delete_rows(self._db, seqs)
            self._journal.note(gone=seqs)
            self.pruned += len(seqs)
        return bool(seqs)

    def _vacuum(self, logging: Logging) -> bool:
        pages, free, size = self._pages()
        is_large = pages * size > file_cap(logging)
        if free <= (0 if is_large else max(_SPARE_PAGES, pages // 4)):
            return False
        # Through execute() it frees a single page: Python steps the statement once.
        self._db.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES:d})")
        return True

    def _pages(self) -> tuple[int, int, int]:
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return pages, free, size

    def _adapt(self, took_s: float) -> None:
        self.longest_s = max(self.longest_s, took_s)
        if took_s > TARGET_S:
            self._rows = max(_FEWEST, self._rows // 2)
        elif took_s < TARGET_S / 4:
            self._rows = min(_MOST, self._rows * 2)


def file_cap(logging: Logging) -> int:
    """Bytes the main file may have, so that it and its write-ahead log stay below `max_mb`."""
    cap = logging.max_mb << 20
    return max(cap - WAL_BYTES, cap * 3 // 4)


def delete_rows(db: sqlite3.Connection, seqs: list[int]) -> None:
    """Delete exchanges with everything that hangs on them, inside the caller's transaction. Roll-ups keep counting."""
    fulltext.remove(db, seqs)
    newest: tuple[int | None] = db.execute("SELECT max(seq) FROM exchange").fetchone()
    if newest[0] is not None and newest[0] in seqs:
        # A number is never given twice: who follows the log goes by it.
        db.execute("INSERT OR REPLACE INTO mark VALUES('floor', ?)", (newest[0],))
    db.executemany(
        "DELETE FROM piece WHERE id>=? AND id<?", [(piece_id(seq, 0), piece_id(seq + 1, 0)) for seq in seqs]
    )
    keys = json.dumps(seqs)
    for table in _ROW_TABLES:
        db.execute(f"DELETE FROM {table} WHERE seq IN (SELECT value FROM json_each(?))", (keys,))  # noqa: S608 -- constants


def purge(
    db: sqlite3.Connection, filter_: Filter, *, rows: int = 50, journal: Journal | None = None
) -> Generator[int]:
    """Delete everything that passes the filter, overwriting it on disk; yields the rows deleted by each slice.

    Afterwards the index is merged, so that its pages no longer hold the words, and the write-ahead log is emptied.
    """
    vocabulary = Vocabulary(db)
    usual: tuple[int] = db.execute("PRAGMA secure_delete").fetchone()
    db.execute("PRAGMA secure_delete=ON")
    try:
        before: int | None = None
        while True:
            with transaction(db):
                found = find(db, vocabulary, filter_, before=before, limit=rows)
                seqs = [row.seq for row in found.rows if row.state != 1]
                if seqs:
                    delete_rows(db, seqs)
            if journal is not None:
                journal.note(gone=seqs)
            yield len(seqs)
            if found.next_before is None:
                break
            before = found.next_before
        yield from _merge_index(db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        # Given up because the database failed: then there is no connection to set right.
        with contextlib.suppress(sqlite3.Error):
            db.execute(f"PRAGMA secure_delete={usual[0]:d}")


def _merge_index(db: sqlite3.Connection) -> Generator[int]:
    """Rewrite the full-text index a few pages at a time until no deleted entry is left in it."""
    if not fulltext.has_index(db):
        return
    pages = -16
    while True:
        changes = db.total_changes
        with transaction(db):
            db.execute("INSERT INTO text_index(text_index, rank) VALUES('merge', ?)", (pages,))
        if db.total_changes - changes < 2:  # noqa: PLR2004 -- one change is the command itself (FTS5 documentation)
            return
        yield 0
        pages = 16
