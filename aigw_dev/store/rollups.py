"""Sums of everything that happened, kept beside the rows and longer than them.

Rules:
1. An exchange is added to the 1 s tiles in the transaction that writes its row (or decides not to keep it): rows and
   sums cannot disagree, whatever kills the process.
2. Coarser tiles are summed from the level below once they are over (5 s of grace), each level in a transaction that
   also moves its mark `closed_<level>`.
3. What comes late (a clock set back, a recovered job) is added to every level already closed past it, at once.
4. Readers add up the coarsest closed tiles and finer ones at the edges (`core.rollup.cover`): exact to the second.
5. Fine levels are pruned by whole days, mark `kept_<level>` first; levels of a quarter of an hour and up stay.
"""

import itertools
import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec

from aigw_dev.core.exchange import Exchange
from aigw_dev.core.rollup import (
    COUNTERS,
    LADDER,
    NON_STREAM,
    STREAM,
    contribution,
    ended_second,
    observations,
)
from aigw_dev.store.database import transaction

GRACE_S: Final = 5
"""How long after its end a tile is summed up."""

DAY_S: Final = 86_400

PRUNED_LEVELS: Final = (1, 15, 60)
"""Levels that retention may thin out."""

_TILES_PER_STEP: Final = 4
"""Tiles of one level that are closed in one transaction; more wait for the next step."""

_SUMS: Final = ",".join(f"sum({name})" for name in COUNTERS)
_UPSERT_SUMS: Final = ",".join(f"{name}={name}+excluded.{name}" for name in COUNTERS)


class _Table(msgspec.Struct, frozen=True):
    """A roll-up table: what its tiles are told apart by, and how they add up."""

    name: str
    keys: str
    sums: str
    upsert: str
    columns: int

    @property
    def insert(self) -> str:
        marks = ",".join("?" * self.columns)
        return f"INSERT INTO {self.name} VALUES({marks}) ON CONFLICT(level,ts,{self.keys}) DO UPDATE SET {self.upsert}"

    @property
    def close(self) -> str:
        groups = ",".join(str(number) for number in range(2, 3 + len(self.keys.split(","))))
        return (
            f"INSERT INTO {self.name} SELECT ?,ts/?*?,{self.keys},{self.sums} FROM {self.name}"  # noqa: S608 -- constants
            f" WHERE level=? AND ts>=? AND ts<? GROUP BY {groups}"
            f" ON CONFLICT(level,ts,{self.keys}) DO UPDATE SET {self.upsert}"
        )


_ROLL: Final = _Table("roll", "kind", _SUMS, _UPSERT_SUMS, 3 + len(COUNTERS))
_ROLL_DIM: Final = _Table("roll_dim", "dim,kind", _SUMS, _UPSERT_SUMS, 4 + len(COUNTERS))
_HIST: Final = _Table("hist", "kind,metric,bucket", "sum(n)", "n=n+excluded.n", 6)
_HIST_DIM: Final = _Table("hist_dim", "dim,kind,metric,bucket", "sum(n)", "n=n+excluded.n", 7)
_TABLES: Final = (_ROLL, _ROLL_DIM, _HIST, _HIST_DIM)

_INSERTS: Final = tuple(table.insert for table in _TABLES)
_CLOSES: Final = tuple(table.close for table in _TABLES)
_MARK: Final = "INSERT OR REPLACE INTO mark VALUES(?,?)"

Sums = tuple[int, ...]


class Rollups:
    """The writer's side: collects a batch, adds it in the batch's transaction, closes and prunes tiles."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.reload()

    def reload(self) -> None:
        """Forget what was collected and read the marks that are committed."""
        self._sums: dict[tuple[int, int, int], list[Sums]] = {}
        self._seen: dict[tuple[int, int, int, int, int], int] = {}
        self.closed, self.kept = marks(self._db)

    def collect(self, exchange: Exchange, dim: int, end: str) -> None:
        """Note an exchange that ended; `end` is its outcome."""
        second = ended_second(exchange)
        kind = STREAM if exchange.is_stream else NON_STREAM
        try:
            self._sums[second, dim, kind].append(contribution(exchange, end))
        except KeyError:
            self._sums[second, dim, kind] = [contribution(exchange, end)]
        seen = self._seen
        for metric, number in observations(exchange, end):
            place = (second, dim, kind, metric, number)
            seen[place] = seen.get(place, 0) + 1

    def add(self) -> None:
        """Add what was collected. Inside the batch's transaction."""
        if not self._sums:
            return
        by_dim: list[tuple[int, ...]] = []
        totals: dict[tuple[int, int, int], list[Sums]] = {}
        for (second, dim, kind), parts in self._sums.items():
            sums = _added(parts)
            for level, tile in self._tiles(second):
                by_dim.append((level, tile, dim, kind, *sums))
                totals.setdefault((level, tile, kind), []).append(sums)
        seen_by_dim: list[tuple[int, ...]] = []
        seen_totals: dict[tuple[int, int, int, int, int], int] = {}
        for (second, dim, kind, metric, number), count in self._seen.items():
            for level, tile in self._tiles(second):
                seen_by_dim.append((level, tile, dim, kind, metric, number, count))
                place = (level, tile, kind, metric, number)
                seen_totals[place] = seen_totals.get(place, 0) + count
        rows = (
            [(*key, *_added(parts)) for key, parts in totals.items()],
            by_dim,
            [(*place, count) for place, count in seen_totals.items()],
            seen_by_dim,
        )
        for statement, batch in zip(_INSERTS, rows, strict=True):
            self._db.executemany(statement, batch)
        self._sums, self._seen = {}, {}

    def _tiles(self, second: int) -> list[tuple[int, int]]:
        """The finest tile of a second, and every closed one it is too late for."""
        tiles = [(1, second)]
        tiles += [
            (level, second // level * level) for level in LADDER[1:] if second < self.closed.get(level, 0)
        ]
        return tiles

    def close_some(self, now_s: float) -> bool:
        """Sum up tiles of one level that are over; False when there is nothing left to do. One small transaction."""
        for below, level in itertools.pairwise(LADDER):
            first = self._first(below, self.closed.get(level, 0))
            until = int((now_s - GRACE_S) // level) * level
            # Finer levels come first: by a level's turn everything before `until` has reached the one below it.
            # Where nothing happened the mark stays, so that an idle gateway writes nothing.
            if first is not None and first < until:
                self._close_level(below, level, start=first // level * level, until=until)
                return True
        return False

    def _close_level(self, below: int, level: int, *, start: int, until: int) -> None:
        end = min(until, start + level * _TILES_PER_STEP)
        with transaction(self._db):
            for statement in _CLOSES:
                self._db.execute(statement, (level, level, level, below, start, end))
            self._db.execute(_MARK, (f"closed_{level}", end))
        self.closed[level] = end

    def prune_some(self, now_s: float, keep_s: Mapping[int, float], most: int) -> bool:
        """Delete up to about `most` rows of each table that are older than their level is kept; False when done."""
        for level in PRUNED_LEVELS:
            cut = int(now_s - keep_s[level]) // DAY_S * DAY_S
            # Only what a day's tile stands for already; coarser levels answer for it from then on.
            cut = min(cut, self.closed.get(LADDER[-1], 0))
            kept = self.kept.get(level, 0)
            if cut > kept:
                with transaction(self._db):
                    self._db.execute(_MARK, (f"kept_{level}", cut))
                self.kept[level] = kept = cut
            if kept and self._prune_level(level, kept, most):
                return True
        return False

    def _prune_level(self, level: int, kept: int, most: int) -> bool:
        first = self._first(level, 0)
        if first is None or first >= kept:
            return False
        # The next `most` rows of the largest table say how far one slice goes.
        statement = "SELECT ts FROM hist_dim WHERE level=? AND ts<? ORDER BY ts LIMIT 1 OFFSET ?"
        row: tuple[int] | None = self._db.execute(statement, (level, kept, most)).fetchone()
        cut = max(row[0], first + 1) if row else kept
        with transaction(self._db):
            for name in ("roll", "roll_dim", "hist", "hist_dim"):
                self._db.execute(f"DELETE FROM {name} WHERE level=? AND ts<?", (level, cut))  # noqa: S608 -- constants
        return True

    def _first(self, level: int, from_s: int) -> int | None:
        row: tuple[int | None] = self._db.execute(
            "SELECT min(ts) FROM roll WHERE level=? AND ts>=?", (level, from_s)
        ).fetchone()
        return row[0]


def marks(db: sqlite3.Connection) -> tuple[dict[int, int], dict[int, int]]:
    """Up to which second each level is closed, and from which on it is kept."""
    closed: dict[int, int] = {}
    kept: dict[int, int] = {}
    rows: list[tuple[str, int]] = db.execute("SELECT name, value FROM mark").fetchall()
    for name, value in rows:
        word, _, level = name.partition("_")
        if word == "closed":
            closed[int(level)] = value
        elif word == "kept":
            kept[int(level)] = value
    return closed, kept


def _added(parts: list[Sums]) -> Sums:
    # sum() also turns True into 1, which sqlite3 binds much faster.
    return tuple(map(sum, zip(*parts, strict=True)))
