"""A filter put into terms of one log.db: which rows it can concern, and the statements that find them.

What finds whole rows is `find.py`, what only counts where they are is `matching.py`; both ask the same questions here.
Every statement comes from the tables below, every value a person wrote travels as a parameter.
"""

import json
import sqlite3
from typing import Final

import msgspec

from aigw_dev.store.filters import Clause, Filter
from aigw_dev.store.vocabulary import Vocabulary

SLOT_S: Final = 900
"""Seconds that a row of `span` stands for."""

SCAN: Final = "SELECT {columns} FROM exchange e WHERE e.seq<? AND e.seq>=?{where} ORDER BY e.seq DESC LIMIT ?"
NOTABLE: Final = (
    "SELECT {columns} FROM exchange e INDEXED BY exchange_notable WHERE (e.outcome<>0 OR e.marks<>0 OR e.state<>0)"
    " AND e.seq<? AND e.seq>=?{where} ORDER BY e.seq DESC LIMIT ?"
)
BY_DIM: Final = (
    "SELECT {columns} FROM exchange e INDEXED BY exchange_dim WHERE e.dim=? AND e.seq<? AND e.seq>=?{where}"
    " ORDER BY e.seq DESC LIMIT ?"
)
BY_TEXT: Final = (
    "SELECT {columns} FROM text_index CROSS JOIN exchange e ON e.seq=text_index.rowid"
    " WHERE text_index MATCH ? AND text_index.rowid<? AND text_index.rowid>=?{where}"
    " ORDER BY text_index.rowid DESC LIMIT ?"
)
ONE: Final = "SELECT {columns} FROM exchange e WHERE e.seq=?{where}"


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A filter put into terms of this database."""

    clauses: tuple[Clause, ...]
    dims: tuple[int, ...] | None
    """Dims that match; None for all."""
    match: str
    """The full-text query; empty for none."""
    floor: int
    """Lowest seq that can match."""
    ceiling: int
    """One above the highest."""

    @property
    def is_empty(self) -> bool:
        """Nothing can match."""
        return self.floor >= self.ceiling or self.dims == ()

    @property
    def is_everything(self) -> bool:
        """Every row between floor and ceiling matches."""
        return self.dims is None and not self.clauses and not self.match


def prepare(
    db: sqlite3.Connection,
    vocabulary: Vocabulary,
    filter_: Filter,
    *,
    before: int | None = None,
    after: int = 0,
) -> Query:
    """The filter as a query for rows with `after < seq < before`. Call inside a read transaction."""
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
    return Query(clauses=tuple(clauses), dims=dims, match=filter_.match, floor=floor, ceiling=ceiling)


def statement(
    template: str, columns: str, clauses: tuple[Clause, ...]
) -> tuple[str, list[str | int | float]]:
    """A statement of this module and the parameters of its clauses."""
    where = "".join(f" AND {clause.sql}" for clause in clauses)
    parameters = [value for clause in clauses for value in clause.parameters]
    return template.format(columns=columns, where=where), parameters


def with_dims(query: Query) -> tuple[Clause, ...]:
    """The query's clauses and its dims as one more."""
    if query.dims is None:
        return query.clauses
    return (*query.clauses, Clause("e.dim IN (SELECT value FROM json_each(?))", (json.dumps(query.dims),)))


def span_bounds(
    db: sqlite3.Connection, since_s: float | None, until_s: float | None
) -> tuple[int, int] | None:
    """The lowest seq and one above the highest that rows of this time may have; None where there are none."""
    low_slot = -(2**62) if since_s is None else int(since_s // SLOT_S)
    high_slot = 2**62 if until_s is None else int(until_s // SLOT_S)
    statement = "SELECT min(min_seq), max(max_seq) FROM span WHERE slot BETWEEN ? AND ?"
    low, high = db.execute(statement, (low_slot, high_slot)).fetchone()
    return None if low is None else (low, high + 1)


_IN_NAMES: Final = "({column} IN (SELECT value FROM json_each(?)){or_none})"
_NAME_COLUMNS: Final = {name: f"e.{name}" for name in ("error", "finish", "client", "price", "deployment")}
