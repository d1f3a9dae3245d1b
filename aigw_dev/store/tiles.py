"""Adding up roll-up tiles by group: the queries behind `stats.py`. SQLite does the adding, Python the last few rows."""

import json
import operator
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from aigw_dev.core.modality_units import CATEGORIES, OTHER
from aigw_dev.core.rollup import COUNTERS, NON_STREAM, STREAM, Tile
from aigw_dev.store.filters import Filter
from aigw_dev.store.interning import DIM_COLUMNS
from aigw_dev.store.vocabulary import Dim, Vocabulary

GROUPS: Final = {
    **{name: name for name in DIM_COLUMNS},
    "model": "request_model",
    "key": "key_name",
    "stream": "stream",
    "category": "category",
}
"""What can be told apart, and the field each stands for."""

Sums = tuple[int, ...]
"""In the order of `COUNTERS`."""

_SUMS: Final = ",".join(f"sum({name})" for name in COUNTERS)
_KINDS: Final = 4
_METRICS: Final = 4
_BUCKETS: Final = 4096
"""Above every kind, metric and bucket."""

# The group of every dim and kind, in a table of this connection only: a join with json_each would read the list anew
# for every row.
_PLACES: Final = "CREATE TEMP TABLE IF NOT EXISTS place(id INTEGER PRIMARY KEY, number INTEGER NOT NULL)"
_FILL: Final = "INSERT INTO temp.place SELECT key, value FROM json_each(?) WHERE value IS NOT NULL"


class Grouping:
    """Which group every dim belongs to, and which take part at all."""

    def __init__(self, vocabulary: Vocabulary, by: Sequence[str], filter_: Filter) -> None:
        """`by` are keys of `GROUPS`; the filter's tests on dims hold."""
        vocabulary.refresh()
        self._by = by
        fields = [GROUPS[name] for name in by]
        numbers: dict[tuple[str, ...], int] = {}
        places: list[int | None] = [None] * (2 * max(vocabulary.dims, default=0) + STREAM + 1)
        for dim, where in vocabulary.dims.items():
            if all(test.holds(tuple(getattr(where, name) for name in test.columns)) for test in filter_.dims):
                for kind in (NON_STREAM, STREAM):
                    texts = tuple(_text(where, kind, field) for field in fields)
                    places[2 * dim + kind] = numbers.setdefault(texts, len(numbers))
        self.texts = list(numbers)
        """The texts of every group, by its number."""
        self.is_everything = not by and not filter_.dims
        """True where the sums over everything answer at once."""
        self._places = json.dumps(places)

    def load(self, db: sqlite3.Connection) -> None:
        """Give the connection the group of every dim and kind, at 2 * dim + kind."""
        is_read_only: tuple[int] = db.execute("PRAGMA query_only").fetchone()
        db.execute("PRAGMA query_only=0")
        db.execute("PRAGMA temp_store=MEMORY")
        db.execute(_PLACES)
        db.execute("DELETE FROM temp.place")
        db.execute(_FILL, (self._places,))
        db.execute(f"PRAGMA query_only={is_read_only[0]:d}")

    def key(self, number: int) -> dict[str, str]:
        """A group's value of every field; empty where nothing is told apart."""
        return dict(zip(self._by, self.texts[number], strict=True)) if self._by else {}


def sums(
    db: sqlite3.Connection, tiles: Sequence[Tile], grouping: Grouping, *, step_s: int | None
) -> dict[tuple[int, int, int], Sums]:
    """The sums per (start of the step or 0, group, kind) over the tiles."""
    at = "0" if step_s is None else f"t.ts/{step_s:d}*{step_s:d}"
    source = _over(
        tiles, grouping, "roll", f"{at} AS at,{{group}} AS number,t.kind AS kind,{','.join(COUNTERS)}"
    )
    statement = f"SELECT at,number,kind,{_SUMS} FROM ({source}) GROUP BY at,number,kind"  # noqa: S608 -- constants
    return {(row[0], row[1], row[2]): row[3:] for row in _answered(db, statement, tiles, grouping)}


def histograms(
    db: sqlite3.Connection, tiles: Sequence[Tile], grouping: Grouping, *, step_s: int | None = None
) -> dict[tuple[int, int, int, int], dict[int, int]]:
    """The counts by bucket per (start of the step or 0, group, kind, metric) over the tiles."""
    at = "0" if step_s is None else f"t.ts/{step_s:d}*{step_s:d}"
    # One number instead of four: it is what SQLite sorts by.
    place = f"(({{group}}*{_KINDS}+t.kind)*{_METRICS}+t.metric)*{_BUCKETS}+t.bucket"
    source = _over(tiles, grouping, "hist", f"{at} AS at,{place} AS place,t.n AS n")
    statement = f"SELECT at,place,sum(n) FROM ({source}) GROUP BY at,place"  # noqa: S608 -- constants
    found: dict[tuple[int, int, int, int], dict[int, int]] = {}
    for start, where, count in _answered(db, statement, tiles, grouping):
        rest, bucket = divmod(where, _BUCKETS)
        rest, metric = divmod(rest, _METRICS)
        number, kind = divmod(rest, _KINDS)
        found.setdefault((start, number, kind, metric), {})[bucket] = count
    return found


def added(one: Iterable[int], other: Iterable[int]) -> Sums:
    """Two sums together."""
    return tuple(map(operator.add, one, other))


def _over(tiles: Sequence[Tile], grouping: Grouping, table: str, columns: str) -> str:
    """The rows of all tiles with their group, as a sub-query. Every text comes from this module."""
    if grouping.is_everything:
        rows = f"SELECT {columns.format(group='0')} FROM {table} t"  # noqa: S608 -- constants
    else:
        rows = (
            f"SELECT {columns.format(group='p.number')} FROM {table}_dim t"  # noqa: S608 -- constants
            " CROSS JOIN temp.place p ON p.id=2*t.dim+t.kind"
        )
    return " UNION ALL ".join(f"{rows} WHERE t.level=? AND t.ts>=? AND t.ts<?" for _ in tiles)


def _answered(
    db: sqlite3.Connection, statement: str, tiles: Sequence[Tile], grouping: Grouping
) -> Iterable[tuple[int, ...]]:
    if not tiles:
        return ()
    if not grouping.is_everything:
        grouping.load(db)
    return db.execute(statement, [value for tile in tiles for value in tile])


def _text(where: Dim, kind: int, field: str) -> str:
    if field == "stream":
        return "yes" if kind == STREAM else "no"
    if field == "category":
        return CATEGORIES.get(where.operation, OTHER)
    return str(getattr(where, field))
