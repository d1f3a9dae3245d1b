"""What one batch of exchanges does to log.db: rows, sums and spans in one transaction. Writer thread only."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Cost, Exchange, Usage
from aigw_dev.core.rollup import Slowest, outcome
from aigw_dev.core.units import Units
from aigw_dev.store.database import transaction
from aigw_dev.store.fulltext import indexed
from aigw_dev.store.interning import Interning, Mask
from aigw_dev.store.journal import Journal
from aigw_dev.store.query import SLOT_S
from aigw_dev.store.rollups import Rollups
from aigw_dev.store.rows import (
    CONTENT_SQL,
    ENDED,
    EXCHANGE_SQL,
    INTERRUPTED,
    OPEN,
    PIECE_SQL,
    Draft,
    Encoder,
    Row,
)

_BUSY_ROWS: Final = 16
"""A batch with more exchanges than this is stored uncompressed: disk is cheap for a while, processor time is not."""

_GROUP_ROWS: Final = 16
"""Exchanges encoded in one go; storing them lets the event loop have the interpreter. Sleeping would cost more."""

_DAY_S: Final = 86_400
_JOB_DAYS: Final = 400
"""How long a counted video is remembered: longer than any provider keeps it."""

_EXCHANGE: Final = f"INSERT {EXCHANGE_SQL}"
_EXCHANGE_AGAIN: Final = f"INSERT OR REPLACE {EXCHANGE_SQL}"
_CONTENT: Final = f"INSERT {CONTENT_SQL}"
_CONTENT_AGAIN: Final = f"INSERT OR REPLACE {CONTENT_SQL}"
_PIECE: Final = f"INSERT {PIECE_SQL}"
_SPAN: Final = (
    "INSERT INTO span VALUES(?,?,?) ON CONFLICT(slot) DO UPDATE SET min_seq=min(min_seq, excluded.min_seq),"
    " max_seq=max(max_seq, excluded.max_seq)"
)


_UNREADABLE: Final = (ValueError, TypeError, AttributeError, KeyError, msgspec.MsgspecError)
_MOST_TOKENS_BITS: Final = 45


class Counts(msgspec.Struct):
    """What became of exchanges, since the writer began."""

    written: int = 0
    """Rows of exchanges that ended."""
    sampled_out: int = 0
    """Ended, counted in the roll-ups, not kept as rows."""
    unreadable: int = 0
    """Dropped because they could not be encoded: a fault of ours."""


class _Batch:
    """The rows of one transaction."""

    def __init__(self) -> None:
        self.new: list[tuple[Draft, Row]] = []
        """Exchanges without a row yet."""
        self.opened_before: list[tuple[Draft, Row]] = []
        """Exchanges whose open row is replaced."""
        self.gone: list[tuple[int]] = []
        self.late: list[tuple[int]] = []
        self.spans: dict[int, list[int]] = {}
        self.opened: dict[str, int] = {}
        self.closed: list[str] = []
        self.counts = Counts()

    def span(self, second: float, seq: int) -> None:
        slot = int(second) // SLOT_S
        known = self.spans.get(slot)
        if known is None:
            self.spans[slot] = [seq, seq]
        elif seq > known[1]:
            known[1] = seq
        elif seq < known[0]:
            known[0] = seq


class Batches:
    """Writes batches to an open log.db. After an error the database is as before the batch; write it again."""

    def __init__(
        self,
        db: sqlite3.Connection,
        *,
        mask: Mask,
        draw: Callable[[], float],
        counts: Counts,
        journal: Journal | None = None,
    ) -> None:
        """`draw` gives a number in [0, 1) for sampling; `counts` goes on counting, `journal` is told of every batch."""
        self.db = db
        self.counts = counts
        self._journal = journal or Journal()
        self.rollups = Rollups(db)
        self.words = Interning(db, mask)
        self._encoder = Encoder(self.words, mask)
        self._draw = draw
        self._slowest = Slowest()
        self._open: dict[str, int] = {}
        self._next_seq = _last_seq(db) + 1
        self._forgot_day = 0

    def interrupt(self) -> int:
        """Call once after opening the file: rows still open belong to a process that is gone."""
        cursor = self.db.execute("UPDATE exchange SET state=? WHERE state=?", (INTERRUPTED, OPEN))
        return cursor.rowcount

    def write(self, ended: Sequence[Exchange], running: Sequence[Exchange], logging: Logging) -> None:
        """Write exchanges that ended, and `open` rows for those that still run. One durable transaction.

        Raises `sqlite3.Error`. An exchange that cannot be encoded is left out and counted.
        """
        batch = _Batch()
        next_seq = self._next_seq
        try:
            with transaction(self.db):
                self.words.today = int(time.time() // _DAY_S)
                for exchange in running:
                    self._begin(batch, exchange, logging)
                is_busy = len(ended) > _BUSY_ROWS
                for begin in range(0, len(ended), _GROUP_ROWS):
                    for exchange in ended[begin : begin + _GROUP_ROWS]:
                        self._end(batch, exchange, logging)
                    self._insert(batch, is_busy=is_busy)
                self._insert(batch, is_busy=is_busy)
                self._finish(batch)
        except BaseException:
            self._next_seq = next_seq
            self.words.reload()
            self.rollups.reload()
            raise
        self._journal.note(ended=[key[0] for key in batch.late], gone=[key[0] for key in batch.gone])
        self._open |= batch.opened
        for exchange_id in batch.closed:
            self._open.pop(exchange_id, None)
        self.counts.written += batch.counts.written
        self.counts.sampled_out += batch.counts.sampled_out
        self.counts.unreadable += batch.counts.unreadable

    def forget_shared(self, keep_s: float) -> None:
        """Once a day, delete shared texts that no row can use any more."""
        today = int(time.time() // _DAY_S)
        if today != self._forgot_day:
            self._forgot_day = self.words.today = today
            self.words.forget_shared(keep_s)
            self.db.execute("DELETE FROM counted_job WHERE at<?", ((today - _JOB_DAYS) * _DAY_S,))

    def _begin(self, batch: _Batch, exchange: Exchange, logging: Logging) -> None:
        seq = self._take_seq()
        try:
            dim = self.words.dim(exchange)
            draft = self._encoder.draft(exchange, seq, logging=logging, is_ended=False)
            row = self._encoder.exchange_row(
                exchange, seq, dim=dim, state=OPEN, end="ok", shared=draft.shared
            )
        except _UNREADABLE:
            # It runs: a field may be half-way. Its end is written all the same.
            return
        batch.new.append((draft, row))
        batch.opened[exchange.id] = seq
        batch.span(exchange.started_at, seq)

    def _end(self, batch: _Batch, exchange: Exchange, logging: Logging) -> None:
        end = outcome(exchange)
        if exchange.usage is not None and _is_absurd(exchange.usage):
            # A provider's nonsense would not fit an integer of SQLite; its own words stay in the body.
            exchange.usage = None
        if exchange.units is not None:
            self._count_once(exchange, exchange.units)
        dim = self.words.dim(exchange)
        opened = self._open.get(exchange.id) or batch.opened.get(exchange.id)
        if opened is not None:
            batch.closed.append(exchange.id)
        if logging.sample < 1 and not self._is_kept(exchange, end, logging):
            self.rollups.collect(exchange, dim, end)
            batch.counts.sampled_out += 1
            if opened is not None:
                batch.gone.append((opened,))
            return
        seq = self._take_seq() if opened is None else opened
        try:
            draft = self._encoder.draft(exchange, seq, logging=logging, is_ended=True)
            row = self._encoder.exchange_row(
                exchange, seq, dim=dim, state=ENDED, end=end, shared=draft.shared
            )
            self.rollups.collect(exchange, dim, end)
        except _UNREADABLE:
            batch.counts.unreadable += 1
            if opened is not None:
                batch.gone.append((opened,))
            return
        batch.counts.written += 1
        batch.span(exchange.started_at + exchange.duration_s, seq)
        if opened is None:
            batch.new.append((draft, row))
            return
        batch.opened_before.append((draft, row))
        batch.late.append((seq,))

    def _count_once(self, exchange: Exchange, units: Units) -> None:
        """A video's job is looked at many times and counted the first time; nonsense is not counted at all."""
        if any(count >> _MOST_TOKENS_BITS for count in units.counts):
            exchange.units = None
            return
        if not units.job:
            return
        job = sha256(f"{exchange.provider}\0{units.job}".encode()).digest()[:16]
        now_s = int(exchange.started_at + exchange.duration_s)
        cursor = self.db.execute("INSERT OR IGNORE INTO counted_job VALUES(?,?)", (job, now_s))
        if not cursor.rowcount:
            exchange.units = None
            exchange.cost = Cost(status="free", nanousd=0, reason=f"{units.job[:80]} was counted before")

    def _is_kept(self, exchange: Exchange, end: str, logging: Logging) -> bool:
        """Sampling: what failed, was marked, sent again or is among the slowest is always kept, of the rest a share."""
        is_slow = self._slowest.is_slow(exchange.duration_s)
        is_wanted = end != "ok" or bool(exchange.marks) or bool(exchange.replay_of)
        return is_wanted or is_slow or self._draw() < logging.sample

    def _insert(self, batch: _Batch, *, is_busy: bool) -> None:
        """Mask and store what was encoded so far."""
        self._encoder.mask([draft for draft, _ in (*batch.new, *batch.opened_before)])
        db = self.db
        for made, row_sql, content_sql in (
            (batch.new, _EXCHANGE, _CONTENT),
            (batch.opened_before, _EXCHANGE_AGAIN, _CONTENT_AGAIN),
        ):
            if not made:
                continue
            contents: list[Row] = []
            pieces: list[Row] = []
            for draft, _ in made:
                content, more = self._encoder.content_rows(draft, is_busy=is_busy)
                contents.append(content)
                pieces += more
            db.executemany(row_sql, [row for _, row in made])
            db.executemany(content_sql, contents)
            if pieces:
                db.executemany(_PIECE, pieces)
        batch.new, batch.opened_before = [], []

    def _finish(self, batch: _Batch) -> None:
        db = self.db
        if batch.late:
            mark = indexed(db)
            passed = [key for key in batch.late if key[0] <= mark]
            db.executemany("INSERT OR IGNORE INTO unindexed VALUES(?)", passed)
        for table in ("exchange", "content") if batch.gone else ():
            db.executemany(f"DELETE FROM {table} WHERE seq=?", batch.gone)  # noqa: S608 -- constants
        db.executemany(_SPAN, [(slot, low, high) for slot, (low, high) in batch.spans.items()])
        self.rollups.add()

    def _take_seq(self) -> int:
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        return seq


def _is_absurd(usage: Usage) -> bool:
    together = usage.input | usage.output | usage.cached_input | usage.cache_write | usage.reasoning
    return together >> _MOST_TOKENS_BITS != 0


def _last_seq(db: sqlite3.Connection) -> int:
    """The highest seq ever given: of the rows, or what retention noted before it deleted the newest."""
    newest: tuple[int | None] = db.execute("SELECT max(seq) FROM exchange").fetchone()
    noted: tuple[int] | None = db.execute("SELECT value FROM mark WHERE name='floor'").fetchone()
    return max(newest[0] or 0, noted[0] if noted else 0)
