"""Which rows of the log pass a filter, as runs of their numbers: what a list of a hundred thousand lines is made of.

No row is decoded. Everything there is costs about as much as counting it; a filter is one pass of SQLite over one
index or table, newest rows first, in windows that end when the time is up.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from aigw_dev.store.filters import Filter
from aigw_dev.store.find import Deadline, fresh_rows, holds
from aigw_dev.store.fulltext import has_index, indexed
from aigw_dev.store.query import BY_DIM, BY_TEXT, NOTABLE, ONE, SCAN, Query, prepare, statement, with_dims
from aigw_dev.store.vocabulary import Vocabulary

Run = tuple[int, int]
"""(first seq, how many follow each other from there)."""

_BLOCK_ROWS: Final = 4_096
_WINDOW_ROWS: Final = 50_000
_TEXT_WINDOW_ROWS: Final = 250
"""Without a full-text index: rows whose bodies are read between two looks at the clock."""
_SPARSE: Final = 4
"""Where more than so many numbers stand for one row, rows are listed one by one."""
_FEW_DIMS: Final = 64
_NO_LIMIT: Final = -1


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that pass."""

    runs: list[Run]
    """Oldest first; no two touch."""
    total: int
    is_complete: bool
    """False where there may be older ones: more than asked for, or the time was up."""
    unindexed: int = 0
    """Of a search: about how many of the newest rows the full-text index does not know yet and were not read."""


def matching(
    db: sqlite3.Connection,
    vocabulary: Vocabulary,
    filter_: Filter,
    *,
    after: int = 0,
    limit: int,
    is_late: Deadline | None = None,
) -> Matching:
    """The newest `limit` rows above the seq `after` that pass. Call inside a read transaction."""
    query = prepare(db, vocabulary, filter_, after=after)
    if query.is_empty:
        return Matching(runs=[], total=0, is_complete=True)
    if query.is_everything:
        return _cut(_everything(db, query, limit), limit, is_complete=True)
    missed = 0
    if query.match and has_index(db):
        missed = max(0, query.ceiling - 1 - max(indexed(db), after) - _MOST_READ)
    seqs: list[int] = []
    is_complete = True
    for found, is_last in _windows(db, query, filter_):
        seqs += found
        if len(seqs) > limit or (not is_last and is_late is not None and is_late()):
            is_complete = is_last and len(seqs) <= limit
            break
    seqs.reverse()
    return msgspec.structs.replace(_cut(runs_of(seqs), limit, is_complete=is_complete), unindexed=missed)


def passing(db: sqlite3.Connection, vocabulary: Vocabulary, filter_: Filter, seqs: Sequence[int]) -> set[int]:
    """Which of these rows are there and pass; bodies are read where the filter searches for words."""
    query = prepare(db, vocabulary, filter_)
    sql, parameters = statement(ONE, "e.seq", with_dims(query))
    return {
        seq
        for seq in seqs
        if db.execute(sql, (seq, *parameters)).fetchone() is not None
        and (not query.match or holds(db, seq, filter_))
    }


def runs_of(seqs: Sequence[int]) -> list[Run]:
    """Ascending numbers as runs."""
    if not seqs:
        return []
    first = previous = seqs[0]
    if seqs[-1] - first == len(seqs) - 1:
        return [(first, len(seqs))]
    runs: list[Run] = []
    for seq in seqs:
        if seq > previous + 1:
            runs.append((first, previous - first + 1))
            first = seq
        previous = seq
    runs.append((first, previous - first + 1))
    return runs


_MOST_READ: Final = 500


def _everything(db: sqlite3.Connection, query: Query, limit: int) -> list[Run]:
    """Runs of everything from the floor up, newest `limit` and a little more."""
    low, count = db.execute(
        "SELECT (SELECT min(seq) FROM exchange), (SELECT count(*) FROM exchange)"
    ).fetchone()
    floor = max(query.floor, low or 0)
    span = query.ceiling - (low or 0)
    if count == span:
        return [(floor, query.ceiling - floor)]
    if count * _SPARSE < span:
        sql = "SELECT seq FROM exchange WHERE seq>=? ORDER BY seq DESC LIMIT ?"
        rows = db.execute(sql, (floor, limit + 1)).fetchall()
        return runs_of([row[0] for row in reversed(rows)])
    newest_first: list[Run] = []
    total = 0
    high = query.ceiling
    while high > floor and total <= limit:
        low = max(floor, high - _BLOCK_ROWS)
        block = _block(db, low, high)
        total += sum(count for _, count in block)
        if block and newest_first and sum(block[-1]) == newest_first[-1][0]:
            first, count = block.pop()
            newest_first[-1] = (first, count + newest_first[-1][1])
        newest_first += reversed(block)
        high = low
    return newest_first[::-1]


def _block(db: sqlite3.Connection, low: int, high: int) -> list[Run]:
    """The runs of a few thousand numbers: nearly always one, which counting proves."""
    sql = "SELECT count(*) FROM exchange NOT INDEXED WHERE seq>=? AND seq<?"
    count: int = db.execute(sql, (low, high)).fetchone()[0]
    if count in {0, high - low}:
        return [(low, count)] if count else []
    rows = db.execute("SELECT seq FROM exchange WHERE seq>=? AND seq<? ORDER BY seq", (low, high)).fetchall()
    return runs_of([row[0] for row in rows])


def _cut(runs: list[Run], limit: int, *, is_complete: bool) -> Matching:
    """The newest `limit` of them."""
    total = sum(count for _, count in runs)
    over = total - limit
    if over <= 0:
        return Matching(runs=runs, total=total, is_complete=is_complete)
    place = 0
    while runs[place][1] <= over:
        over -= runs[place][1]
        place += 1
    first, count = runs[place]
    return Matching(runs=[(first + over, count - over), *runs[place + 1 :]], total=limit, is_complete=False)


Window = Callable[[int, int], list[int]]
"""(below seq, from seq) -> seqs, newest first."""


def _windows(db: sqlite3.Connection, query: Query, filter_: Filter) -> Iterator[tuple[list[int], bool]]:
    """What passes, window by window from the newest row down, and whether it was the last window."""
    run, size = _way(db, query, filter_)
    high = query.ceiling
    while high > query.floor:
        low = max(query.floor, high - size)
        yield run(high, low), low == query.floor
        high = low


def _way(db: sqlite3.Connection, query: Query, filter_: Filter) -> tuple[Window, int]:
    """How this filter is looked for, and how many rows at a time."""
    whole = query.ceiling - query.floor
    if query.match:
        if not has_index(db):
            return _reader(db, query, filter_), _TEXT_WINDOW_ROWS
        return _searcher(db, query, filter_), _WINDOW_ROWS if with_dims(query) else whole
    if filter_.is_notable:
        return _plain(db, NOTABLE, query), whole
    dims = query.dims
    if dims is not None and (not query.clauses or len(dims) <= _FEW_DIMS):
        return _by_dim(db, query, dims), _WINDOW_ROWS if query.clauses else whole
    return _plain(db, SCAN, query), _WINDOW_ROWS


def _plain(db: sqlite3.Connection, template: str, query: Query) -> Window:
    sql, parameters = statement(template, "e.seq", with_dims(query))

    def run(high: int, low: int) -> list[int]:
        return [row[0] for row in db.execute(sql, (high, low, *parameters, _NO_LIMIT)).fetchall()]

    return run


def _by_dim(db: sqlite3.Connection, query: Query, dims: Sequence[int]) -> Window:
    """Each dim's stretch of the index, which holds nothing but the numbers wanted."""
    sql, parameters = statement(BY_DIM, "e.seq", query.clauses)

    def run(high: int, low: int) -> list[int]:
        seqs: list[int] = []
        for dim in dims:
            seqs += [row[0] for row in db.execute(sql, (dim, high, low, *parameters, _NO_LIMIT)).fetchall()]
        seqs.sort(reverse=True)
        return seqs

    return run


def _searcher(db: sqlite3.Connection, query: Query, filter_: Filter) -> Window:
    """By the full-text index; rows that it does not know yet are read."""
    fresh = [row.seq for row in fresh_rows(db, query, filter_)]
    sql, parameters = statement(BY_TEXT, "e.seq", with_dims(query))

    def run(high: int, low: int) -> list[int]:
        rows = db.execute(sql, (query.match, high, low, *parameters, _NO_LIMIT)).fetchall()
        near = [seq for seq in fresh if low <= seq < high]
        seqs = [row[0] for row in rows]
        return sorted({*seqs, *near}, reverse=True) if near else seqs

    return run


def _reader(db: sqlite3.Connection, query: Query, filter_: Filter) -> Window:
    """Without a full-text index: rows that pass everything else are read one by one."""
    plain = _plain(db, SCAN, query)

    def run(high: int, low: int) -> list[int]:
        return [seq for seq in plain(high, low) if holds(db, seq, filter_)]

    return run
