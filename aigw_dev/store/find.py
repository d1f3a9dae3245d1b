"""Finding rows of the log, newest first, with bounded work: which index answers a filter, and how far to look.

Four ways, tried in this order: the full-text index; the small index of what failed, was marked or is open; the index
by dim, merged over the dims that match; else a scan. Scans go through windows of rows, newest first, and stop between
two windows when the time is up: the caller gets what was found and where to go on.
"""

import heapq
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from aigw_dev.store import words
from aigw_dev.store.filters import Clause, Filter
from aigw_dev.store.fulltext import has_index, indexed, searchable, unindexed
from aigw_dev.store.raw_rows import COLUMNS, RawRow
from aigw_dev.store.vocabulary import Vocabulary

SLOT_S: Final = 900
"""Seconds that a row of `span` stands for."""

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


class _Query(msgspec.Struct, frozen=True, kw_only=True):
    """A filter put into terms of this database."""

    clauses: tuple[Clause, ...]
    dims: tuple[int, ...] | None
    """Dims that match; None for all."""
    match: str
    floor: int
    """Lowest seq that can match."""
    ceiling: int
    """One above the highest."""


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
    query = _prepare(db, vocabulary, filter_, before, after)
    if query.floor >= query.ceiling or query.dims == ():
        return Found(rows=[], next_before=None, is_complete=True)
    if query.match:
        return _search(db, query, filter_, limit, is_late)
    if filter_.is_notable:
        run = _scanner(db, query, _NOTABLE_SQL)
        return _windows(query, run, limit, is_late, _NOTABLE_WINDOW_ROWS)
    if query.dims is not None and not query.clauses:
        return _page(_merge(db, query, query.ceiling, query.floor, limit), limit)
    if query.dims is not None and len(query.dims) <= _FEW_DIMS:

        def merged(high: int, low: int, most: int) -> list[RawRow]:
            return _merge(db, query, high, low, most)

        return _windows(query, merged, limit, is_late, _WINDOW_ROWS)
    return _windows(query, _scanner(db, query, _SCAN_SQL), limit, is_late, _WINDOW_ROWS)


def find_among(
    db: sqlite3.Connection, vocabulary: Vocabulary, filter_: Filter, seqs: tuple[int, ...]
) -> list[RawRow]:
    """Those of the rows `seqs` that pass and are no longer open, ascending; text conditions are not looked at."""
    query = _prepare(db, vocabulary, filter_, None, 0)
    statement, parameters = _sql(_ONE_SQL, (*_with_dims(query), Clause("e.state<>1")))
    rows = (db.execute(statement, (seq, *parameters)).fetchone() for seq in sorted(seqs))
    return [RawRow(*row) for row in rows if row is not None]


def span_bounds(
    db: sqlite3.Connection, since_s: float | None, until_s: float | None
) -> tuple[int, int] | None:
    """The lowest seq and one above the highest that rows of this time may have; None where there are none."""
    low_slot = -(2**62) if since_s is None else int(since_s // SLOT_S)
    high_slot = 2**62 if until_s is None else int(until_s // SLOT_S)
    statement = "SELECT min(min_seq), max(max_seq) FROM span WHERE slot BETWEEN ? AND ?"
    low, high = db.execute(statement, (low_slot, high_slot)).fetchone()
    return None if low is None else (low, high + 1)


_SCAN_SQL: Final = (
    "SELECT {columns} FROM exchange e WHERE e.seq<? AND e.seq>=?{where} ORDER BY e.seq DESC LIMIT ?"
)
_NOTABLE_SQL: Final = (
    "SELECT {columns} FROM exchange e INDEXED BY exchange_notable WHERE (e.outcome<>0 OR e.marks<>0 OR e.state<>0)"
    " AND e.seq<? AND e.seq>=?{where} ORDER BY e.seq DESC LIMIT ?"
)
_DIM_SQL: Final = (
    "SELECT {columns} FROM exchange e INDEXED BY exchange_dim WHERE e.dim=? AND e.seq<? AND e.seq>=?{where}"
    " ORDER BY e.seq DESC LIMIT ?"
)
_TEXT_SQL: Final = (
    "SELECT {columns} FROM text_index CROSS JOIN exchange e ON e.seq=text_index.rowid"
    " WHERE text_index MATCH ? AND text_index.rowid<? AND text_index.rowid>=?{where}"
    " ORDER BY text_index.rowid DESC LIMIT ?"
)
_ONE_SQL: Final = "SELECT {columns} FROM exchange e WHERE e.seq=?{where}"

Run = Callable[[int, int, int], list[RawRow]]
"""(below seq, from seq, limit) -> rows, newest first."""


def _prepare(
    db: sqlite3.Connection, vocabulary: Vocabulary, filter_: Filter, before: int | None, after: int
) -> _Query:
    vocabulary.refresh()
    newest: tuple[int | None] = db.execute("SELECT max(seq) FROM exchange").fetchone()
    ceiling = (newest[0] or 0) + 1
    floor = 0
    if filter_.since_s is not None or filter_.until_s is not None:
        bounds = span_bounds(db, filter_.since_s, filter_.until_s)
        floor, ceiling = bounds or (0, 0)
    if before is not None:
        ceiling = min(ceiling, before)
    floor = max(floor, after + 1)
    clauses = [*filter_.clauses]
    for test in filter_.names:
        column = _NAME_COLUMNS[test.columns[0]]
        numbers = [number for number, text in vocabulary.names.items() if test.holds((text,))]
        nameless = f" OR {column}=0" if test.holds(("",)) else ""
        clauses.append(Clause(_IN_NAMES.format(column=column, or_none=nameless), (json.dumps(numbers),)))
    dims = None
    if filter_.dims:
        dims = tuple(
            number
            for number, dim in vocabulary.dims.items()
            if all(
                test.holds(tuple(getattr(dim, column) for column in test.columns)) for test in filter_.dims
            )
        )
        if len(dims) == len(vocabulary.dims):
            dims = None
    return _Query(clauses=tuple(clauses), dims=dims, match=filter_.match, floor=floor, ceiling=ceiling)


_IN_NAMES: Final = "({column} IN (SELECT value FROM json_each(?)){or_none})"
_NAME_COLUMNS: Final = {name: f"e.{name}" for name in ("error", "finish", "client", "price", "deployment")}


def _sql(template: str, clauses: tuple[Clause, ...]) -> tuple[str, list[str | int | float]]:
    """The statement and the parameters of its clauses. Both come from tables of this package, never from a person."""
    where = "".join(f" AND {clause.sql}" for clause in clauses)
    parameters = [value for clause in clauses for value in clause.parameters]
    return template.format(columns=COLUMNS, where=where), parameters


def _with_dims(query: _Query) -> tuple[Clause, ...]:
    if query.dims is None:
        return query.clauses
    return (*query.clauses, Clause("e.dim IN (SELECT value FROM json_each(?))", (json.dumps(query.dims),)))


def _scanner(db: sqlite3.Connection, query: _Query, template: str) -> Run:
    statement, parameters = _sql(template, _with_dims(query))

    def run(high: int, low: int, limit: int) -> list[RawRow]:
        return [RawRow(*row) for row in db.execute(statement, (high, low, *parameters, limit))]

    return run


def _windows(query: _Query, run: Run, limit: int, is_late: Deadline | None, size: int) -> Found:
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


def _merge(db: sqlite3.Connection, query: _Query, high: int, low: int, limit: int) -> list[RawRow]:
    """The newest rows over several dims, each read from its own stretch of the index, a few at a time."""
    statement, parameters = _sql(_DIM_SQL, query.clauses)
    dims = query.dims or ()
    first = max(2, limit // max(1, len(dims)) + 1)

    def stretch(dim: int) -> Iterator[tuple[int, RawRow]]:
        below, count = high, first
        while True:
            rows = [RawRow(*row) for row in db.execute(statement, (dim, below, low, *parameters, count))]
            for row in rows:
                yield -row.seq, row
            if len(rows) < count:
                return
            below, count = rows[-1].seq, min(count * 2, limit)

    merged = heapq.merge(*(stretch(dim) for dim in dims), key=lambda pair: pair[0])
    return [row for (_, row), _ in zip(merged, range(limit), strict=False)]


def _search(
    db: sqlite3.Connection, query: _Query, filter_: Filter, limit: int, is_late: Deadline | None
) -> Found:
    """Rows that hold the words: those not indexed yet are read, the others looked up."""
    fresh = _fresh(db, query, filter_)
    if not has_index(db):
        return _windows(query, _reader(db, query, filter_), limit, is_late, _WINDOW_ROWS // 100)
    statement, parameters = _sql(_TEXT_SQL, _with_dims(query))

    def run(high: int, low: int, most: int) -> list[RawRow]:
        rows = [RawRow(*row) for row in db.execute(statement, (query.match, high, low, *parameters, most))]
        near = [row for row in fresh if low <= row.seq < high]
        return sorted({row.seq: row for row in (*rows, *near)}.values(), reverse=True)[:most]

    has_more_tests = bool(query.clauses) or query.dims is not None
    size = _WINDOW_ROWS if has_more_tests else max(1, query.ceiling - query.floor)
    missed = max(0, query.ceiling - 1 - indexed(db) - _MOST_UNINDEXED)
    return msgspec.structs.replace(_windows(query, run, limit, is_late, size), unindexed=missed)


def _fresh(db: sqlite3.Connection, query: _Query, filter_: Filter) -> list[RawRow]:
    """Matching rows among the newest that the index does not know yet."""
    statement, parameters = _sql(_ONE_SQL, _with_dims(query))
    rows: list[RawRow] = []
    for seq in unindexed(db, _MOST_UNINDEXED):
        if not query.floor <= seq < query.ceiling:
            continue
        row = db.execute(statement, (seq, *parameters)).fetchone()
        if row is not None and _holds(db, seq, filter_):
            rows.append(RawRow(*row))
    return rows


def _reader(db: sqlite3.Connection, query: _Query, filter_: Filter) -> Run:
    """A search without an index: rows that pass everything else are read one by one."""
    scan = _scanner(db, query, _SCAN_SQL)

    def run(high: int, low: int, limit: int) -> list[RawRow]:
        return [row for row in scan(high, low, high - low) if _holds(db, row.seq, filter_)][:limit]

    return run


def _holds(db: sqlite3.Connection, seq: int, filter_: Filter) -> bool:
    request, response = (text.casefold() for text in searchable(db, seq))
    for column, word, is_negated in filter_.words:
        text = {"request": request, "response": response}.get(column, f"{request}\n{response}")
        if (words.squeezed(word) in words.squeezed(text)) is is_negated:
            return False
    return True
