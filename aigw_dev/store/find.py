"""Finding rows of the log, newest first, with bounded work: which index answers a filter, and how far to look.

Four ways, tried in this order: the full-text index; the small index of what failed, was marked or is open; the index
by dim, merged over the dims that match; else a scan. Scans go through windows of rows, newest first, and stop between
two windows when the time is up: the caller gets what was found and where to go on.
"""

import heapq
import sqlite3
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from aigw_dev.store import words
from aigw_dev.store.filters import Clause, Filter
from aigw_dev.store.fulltext import has_index, indexed, searchable, unindexed
from aigw_dev.store.query import BY_DIM, BY_TEXT, NOTABLE, ONE, SCAN, Query, prepare, statement, with_dims
from aigw_dev.store.raw_rows import COLUMNS, RawRow
from aigw_dev.store.vocabulary import Vocabulary

_WINDOW_ROWS: Final = 25_000
_NOTABLE_WINDOW_ROWS: Final = 200_000
_FEW_DIMS: Final = 64
"""More matching dims than this, with other conditions beside them, are looked for by scan."""
_MOST_UNINDEXED: Final = 500
"""Rows not yet in the full-text index that a search reads one by one."""

Deadline = Callable[[], bool]
"""Says whether the time is up."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of rows, newest first."""

    rows: list[RawRow]
    next_before: int | None
    """Pass it as `before` for the next page; None at the end of the log."""
    is_complete: bool
    """False when the time was up before the page was full: there may be more before `next_before`."""
    unindexed: int = 0
    """Of a search: rows too new for the index and too many to be read one by one; about so many were not looked at."""


def find(
    db: sqlite3.Connection,
    vocabulary: Vocabulary,
    filter_: Filter,
    *,
    before: int | None = None,
    after: int = 0,
    limit: int = 100,
    is_late: Deadline | None = None,
) -> Found:
    """Up to `limit` rows that pass, newest first, with `after < seq < before`. Call inside a read transaction."""
    query = prepare(db, vocabulary, filter_, before=before, after=after)
    if query.is_empty:
        return Found(rows=[], next_before=None, is_complete=True)
    if query.match:
        return _search(db, query, filter_, limit, is_late)
    if filter_.is_notable:
        run = _scanner(db, query, NOTABLE)
        return _windows(query, run, limit, is_late, _NOTABLE_WINDOW_ROWS)
    if query.dims is not None and not query.clauses:
        return _page(_merge(db, query, query.ceiling, query.floor, limit), limit)
    if query.dims is not None and len(query.dims) <= _FEW_DIMS:

        def merged(high: int, low: int, most: int) -> list[RawRow]:
            return _merge(db, query, high, low, most)

        return _windows(query, merged, limit, is_late, _WINDOW_ROWS)
    return _windows(query, _scanner(db, query, SCAN), limit, is_late, _WINDOW_ROWS)


def find_among(
    db: sqlite3.Connection, vocabulary: Vocabulary, filter_: Filter, seqs: tuple[int, ...]
) -> list[RawRow]:
    """Those of the rows `seqs` that pass and are no longer open, ascending; text conditions are not looked at."""
    query = prepare(db, vocabulary, filter_)
    sql, parameters = statement(ONE, COLUMNS, (*with_dims(query), Clause("e.state<>1")))
    rows = (db.execute(sql, (seq, *parameters)).fetchone() for seq in sorted(seqs))
    return [RawRow(*row) for row in rows if row is not None]


Run = Callable[[int, int, int], list[RawRow]]
"""(below seq, from seq, limit) -> rows, newest first."""


def _scanner(db: sqlite3.Connection, query: Query, template: str) -> Run:
    sql, parameters = statement(template, COLUMNS, with_dims(query))

    def run(high: int, low: int, limit: int) -> list[RawRow]:
        return [RawRow(*row) for row in db.execute(sql, (high, low, *parameters, limit))]

    return run


def _windows(query: Query, run: Run, limit: int, is_late: Deadline | None, size: int) -> Found:
    """Window after window from the newest row down, until the page is full or the time is up."""
    rows: list[RawRow] = []
    high = query.ceiling
    while high > query.floor:
        low = max(query.floor, high - size)
        rows += run(high, low, limit - len(rows))
        if len(rows) >= limit:
            return _page(rows, limit)
        high = low
        if is_late is not None and is_late() and high > query.floor:
            return Found(rows=rows, next_before=high, is_complete=False)
    return Found(rows=rows, next_before=None, is_complete=True)


def _page(rows: list[RawRow], limit: int) -> Found:
    return Found(rows=rows, next_before=rows[-1].seq if len(rows) >= limit else None, is_complete=True)


def _merge(db: sqlite3.Connection, query: Query, high: int, low: int, limit: int) -> list[RawRow]:
    """The newest rows over several dims, each read from its own stretch of the index, a few at a time."""
    sql, parameters = statement(BY_DIM, COLUMNS, query.clauses)
    dims = query.dims or ()
    first = max(2, limit // max(1, len(dims)) + 1)

    def stretch(dim: int) -> Iterator[tuple[int, RawRow]]:
        below, count = high, first
        while True:
            rows = [RawRow(*row) for row in db.execute(sql, (dim, below, low, *parameters, count))]
            for row in rows:
                yield -row.seq, row
            if len(rows) < count:
                return
            below, count = rows[-1].seq, min(count * 2, limit)

    merged = heapq.merge(*(stretch(dim) for dim in dims), key=lambda pair: pair[0])
    return [row for (_, row), _ in zip(merged, range(limit), strict=False)]


def _search(
    db: sqlite3.Connection, query: Query, filter_: Filter, limit: int, is_late: Deadline | None
) -> Found:
    """Rows that hold the words: those not indexed yet are read, the others looked up."""
    fresh = fresh_rows(db, query, filter_)
    if not has_index(db):
        return _windows(query, _reader(db, query, filter_), limit, is_late, _WINDOW_ROWS // 100)
    sql, parameters = statement(BY_TEXT, COLUMNS, with_dims(query))

    def run(high: int, low: int, most: int) -> list[RawRow]:
        rows = [RawRow(*row) for row in db.execute(sql, (query.match, high, low, *parameters, most))]
        near = [row for row in fresh if low <= row.seq < high]
        return sorted({row.seq: row for row in (*rows, *near)}.values(), reverse=True)[:most]

    has_more_tests = bool(query.clauses) or query.dims is not None
    size = _WINDOW_ROWS if has_more_tests else max(1, query.ceiling - query.floor)
    missed = max(0, query.ceiling - 1 - indexed(db) - _MOST_UNINDEXED)
    return msgspec.structs.replace(_windows(query, run, limit, is_late, size), unindexed=missed)


def fresh_rows(db: sqlite3.Connection, query: Query, filter_: Filter) -> list[RawRow]:
    """Of the newest rows that the full-text index does not know yet, those that match; newest first."""
    sql, parameters = statement(ONE, COLUMNS, with_dims(query))
    rows: list[RawRow] = []
    for seq in unindexed(db, _MOST_UNINDEXED):
        if not query.floor <= seq < query.ceiling:
            continue
        row = db.execute(sql, (seq, *parameters)).fetchone()
        if row is not None and holds(db, seq, filter_):
            rows.append(RawRow(*row))
    return rows


def _reader(db: sqlite3.Connection, query: Query, filter_: Filter) -> Run:
    """A search without an index: rows that pass everything else are read one by one."""
    scan = _scanner(db, query, SCAN)

    def run(high: int, low: int, limit: int) -> list[RawRow]:
        return [row for row in scan(high, low, high - low) if holds(db, row.seq, filter_)][:limit]

    return run


def holds(db: sqlite3.Connection, seq: int, filter_: Filter) -> bool:
    """Whether a row's texts hold the words a filter wants and none that it does not want. Reads the row's bodies."""
    request, response = (text.casefold() for text in searchable(db, seq))
    for column, word, is_negated in filter_.words:
        text = {"request": request, "response": response}.get(column, f"{request}\n{response}")
        if (words.squeezed(word) in words.squeezed(text)) is is_negated:
            return False
    return True
