"""Adding up roll-up tiles by group: the queries behind `stats.py`. SQLite does the adding, Python the last few rows."""

import json
import operator
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from aigw_dev.core.rollup import COUNTERS, NON_STREAM, STREAM, Tile
from aigw_dev.store.filters import Filter
from aigw_dev.store.interning import DIM_COLUMNS
from aigw_dev.store.vocabulary import Dim, Vocabulary

GROUPS: Final = {
    **{name: name for name in DIM_COLUMNS},
    "model": "request_model",
    "key": "key_name",
    "stream": "stream",
}
"""What can be told apart, and the field each stands for."""

Sums = tuple[int, ...]
"""In the order of `COUNTERS`."""

_SUMS: Final = ",".join(f"sum({name})" for name in COUNTERS)
_INTERVAL: Final = "t.level=? AND t.ts>=? AND t.ts<?"
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
    db: sqlite3.Connection, tiles: Iterable[Tile], grouping: Grouping, *, step_s: int | None
) -> dict[tuple[int, int, int], Sums]:
    """The sums per (start of the step or 0, group, kind) over the tiles."""
    found: dict[tuple[int, int, int], Sums] = {}
    at = "0" if step_s is None else f"t.ts/{step_s:d}*{step_s:d}"
    for row in _rows(db, tiles, grouping, table="roll", first=at, keys="t.kind", values=_SUMS):
        key = (row[0], row[1], row[2])
        known = found.get(key)
        found[key] = tuple(row[3:]) if known is None else added(known, row[3:])
    return found


def histograms(
    db: sqlite3.Connection, tiles: Iterable[Tile], grouping: Grouping
) -> dict[tuple[int, int, int], dict[int, int]]:
    """The counts by bucket per (group, kind, metric) over the tiles."""
    found: dict[tuple[int, int, int], dict[int, int]] = {}
    keys = "t.kind,t.metric,t.bucket"
    for row in _rows(db, tiles, grouping, table="hist", first="0", keys=keys, values="sum(t.n)"):
        _, number, kind, metric, bucket, count = row
        buckets = found.setdefault((number, kind, metric), {})
        buckets[bucket] = buckets.get(bucket, 0) + count
    return found


def added(one: Iterable[int], other: Iterable[int]) -> Sums:
    """Two sums together."""
    return tuple(map(operator.add, one, other))


def _rows(
    db: sqlite3.Connection,
    tiles: Iterable[Tile],
    grouping: Grouping,
    *,
    table: str,
    first: str,
    keys: str,
    values: str,
) -> Iterable[tuple[int, ...]]:
    """(first, group, keys..., values...) for every tile list. All texts are constants of this module."""
    if grouping.is_everything:
        source = f"SELECT {first},0,{keys},{values} FROM {table} t WHERE {_INTERVAL} GROUP BY 1,{keys}"  # noqa: S608
        for tile in tiles:
            yield from db.execute(source, tile)
        return
    grouping.load(db)
    source = (
        f"SELECT {first},p.number,{keys},{values} FROM {table}_dim t"  # noqa: S608
        f" CROSS JOIN temp.place p ON p.id=2*t.dim+t.kind WHERE {_INTERVAL} GROUP BY 1,2,{keys}"
    )
    for tile in tiles:
        yield from db.execute(source, tile)


def _text(where: Dim, kind: int, field: str) -> str:
    if field == "stream":
        return "yes" if kind == STREAM else "no"
    return str(getattr(where, field))
