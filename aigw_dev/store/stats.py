"""Answers from the roll-ups: totals by anything, series over time, percentiles. Exact to the second.

They count every exchange that ended, also those that sampling or retention took from the log. An exchange belongs to
the second it ended in. Where fine tiles are pruned, an interval is widened to edges that can be answered and the
answer says which interval it is about.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.rollup import (
    COUNTERS,
    DURATION,
    LADDER,
    NON_STREAM,
    STREAM,
    TTFT,
    Tile,
    Totals,
    cover,
    percentile,
    snap,
)
from aigw_dev.store.filters import Filter
from aigw_dev.store.interning import DIM_COLUMNS
from aigw_dev.store.reader import EVERYTHING, LogReader, Session
from aigw_dev.store.rollups import marks
from aigw_dev.store.vocabulary import Dim, Vocabulary

GROUPS: Final = {
    **{name: name for name in DIM_COLUMNS},
    "model": "request_model",
    "key": "key_name",
    "stream": "stream",
}
"""What summaries may be grouped by, and the field each stands for."""

SEED_TABLE: Final = ("provider", "kind", "request_model", "base_url", "operation")
"""`by` of the table that `stats --by provider` prints."""

MOST_POINTS: Final = 2_000

_SUMS: Final = ",".join(f"sum({name})" for name in COUNTERS)


class Latency(msgspec.Struct, kw_only=True):
    """Percentiles in seconds, within about 3 %; None where nothing was counted."""

    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None


class Group(msgspec.Struct, kw_only=True):
    """The numbers of one group."""

    key: dict[str, str]
    """The group's value of every field in `by`; empty for everything together."""
    totals: Totals
    non_stream: Totals
    stream: Totals
    non_stream_latency: Latency
    """Whole replies, over successes."""
    stream_latency: Latency
    """Streams from beginning to end, over successes."""
    ttft_latency: Latency
    """Streams to their first packet."""


class Summary(msgspec.Struct, kw_only=True):
    """Totals of an interval."""

    since_s: int
    until_s: int
    """UTC seconds `[since_s, until_s)` that the numbers are about."""
    is_widened: bool
    """True where the edges asked for are no longer kept to the second."""
    groups: list[Group]
    """By requests, most first, then by key."""

    def rate(self, count: int) -> float:
        """A count as so many per second over the interval: QPS, tokens per second."""
        return count / max(1, self.until_s - self.since_s)


class Point(msgspec.Struct, kw_only=True):
    """One step of a series."""

    start_s: int
    key: dict[str, str]
    totals: Totals
    non_stream: Totals
    stream: Totals


class Series(msgspec.Struct, kw_only=True):
    """Totals over time."""

    step_s: int
    """May be wider than asked for, where finer tiles are pruned."""
    since_s: int
    until_s: int
    points: list[Point]
    """Ascending; without `by` one per step, also where nothing happened; with `by` only where something did."""


def summary(
    reader: LogReader,
    *,
    since_s: float,
    until_s: float,
    by: tuple[str, ...] = (),
    filter_: Filter = EVERYTHING,
    percentiles: bool = True,
) -> Summary | Refusal:
    """Totals of `[since_s, until_s)` (whole seconds) per group.

    `by` are keys of `GROUPS`; the filter may test those fields only (`stats_filter_invalid` becomes `filter_invalid`).
    """
    refusal = _check(by, filter_)
    if refusal is not None:
        return refusal
    start, end = int(since_s), max(int(since_s), -int(-until_s // 1))
    with reader.session() as session:
        if session is None:
            return Summary(since_s=start, until_s=end, is_widened=False, groups=[])
        closed, kept = marks(session.db)
        left, right = snap(start, end, kept=kept)
        tiles = cover(left, right, closed=closed, kept=kept, coarsest=LADDER[-1])
        dims = _wanted(session.vocabulary, filter_)
        groups = _groups(session, tiles, by, dims, with_histograms=percentiles)
    return Summary(since_s=left, until_s=right, is_widened=(left, right) != (start, end), groups=groups)


def series(
    reader: LogReader,
    *,
    since_s: float,
    until_s: float,
    step_s: int,
    by: tuple[str, ...] = (),
    filter_: Filter = EVERYTHING,
) -> Series | Refusal:
    """Totals per step of `step_s` seconds; steps begin at multiples of it (UTC). At most `MOST_POINTS` steps."""
    refusal = _check(by, filter_)
    if refusal is not None:
        return refusal
    if step_s < 1 or (until_s - since_s) / step_s > MOST_POINTS:
        return Refusal(
            code="filter_invalid",
            message=f"A series has at most {MOST_POINTS} steps: choose a wider step or a shorter time.",
        )
    with reader.session() as session:
        if session is None:
            return Series(step_s=step_s, since_s=int(since_s), until_s=int(until_s), points=[])
        closed, kept = marks(session.db)
        step = _kept_step(step_s, int(since_s), kept)
        start, end = int(since_s) // step * step, -int(-until_s // step) * step
        level = max(level for level in LADDER if step % level == 0)
        tiles = cover(start, end, closed=closed, kept=kept, coarsest=level)
        points = _points(session, tiles, step, by, _wanted(session.vocabulary, filter_))
    if not by:
        points = [points.get((at, ())) or _empty_point(at) for at in range(start, end, step)]
        return Series(step_s=step, since_s=start, until_s=end, points=points)
    return Series(step_s=step, since_s=start, until_s=end, points=[points[key] for key in sorted(points)])


def _check(by: tuple[str, ...], filter_: Filter) -> Refusal | None:
    for name in by:
        if name not in GROUPS:
            return Refusal(
                code="filter_invalid",
                message=f"There is no grouping by {name!r}; there is {', '.join(GROUPS)}.",
            )
    if filter_.clauses or filter_.names or filter_.match:
        return Refusal(
            code="filter_invalid",
            message="Statistics can be filtered by gateway, provider, kind, base_url, model, route, consumer, run,"
            " operation and key; give the time apart.",
        )
    return None


def _wanted(vocabulary: Vocabulary, filter_: Filter) -> list[int] | None:
    """The dims that pass; None for all."""
    vocabulary.refresh()
    if not filter_.dims:
        return None
    return [
        number
        for number, dim in vocabulary.dims.items()
        if all(test.holds(tuple(getattr(dim, column) for column in test.columns)) for test in filter_.dims)
    ]


def _kept_step(step_s: int, since_s: int, kept: dict[int, int]) -> int:
    """The step asked for, or the finest wider one whose tiles reach back to `since_s`."""
    level = max(level for level in LADDER if step_s % level == 0)
    while since_s // level * level < kept.get(level, 0) and level != LADDER[-1]:
        level = next(wider for wider in LADDER if wider > level)
    return -(-step_s // level) * level


_KIND_TOTALS: Final = {NON_STREAM: "non_stream", STREAM: "stream"}


def _points(
    session: Session, tiles: list[Tile], step: int, by: tuple[str, ...], dims: list[int] | None
) -> dict[tuple[int, tuple[str, ...]], Point]:
    points: dict[tuple[int, tuple[str, ...]], Point] = {}
    fields = [GROUPS[name] for name in by]
    for at, dim, kind, *sums in _rows(
        session.db, tiles, dims, is_total=not fields and dims is None, step=step
    ):
        texts = _texts(session.vocabulary, dim, kind, fields)
        point = points.get((at, texts))
        if point is None:
            point = _empty_point(at)
            point.key = dict(zip(by, texts, strict=True))
            points[at, texts] = point
        point.totals.add(sums)
        getattr(point, _KIND_TOTALS[kind]).add(sums)
    return points


def _empty_point(at: int) -> Point:
    return Point(start_s=at, key={}, totals=Totals(), non_stream=Totals(), stream=Totals())


def _groups(
    session: Session, tiles: list[Tile], by: tuple[str, ...], dims: list[int] | None, *, with_histograms: bool
) -> list[Group]:
    fields = [GROUPS[name] for name in by]
    is_total = not fields and dims is None
    groups: dict[tuple[str, ...], Group] = {}
    for _, dim, kind, *sums in _rows(session.db, tiles, dims, is_total=is_total, step=None):
        texts = _texts(session.vocabulary, dim, kind, fields)
        group = groups.get(texts)
        if group is None:
            group = groups[texts] = _empty_group(dict(zip(by, texts, strict=True)))
        group.totals.add(sums)
        getattr(group, _KIND_TOTALS[kind]).add(sums)
    if not groups and not fields:
        groups[()] = _empty_group({})
    if with_histograms:
        _add_latencies(session, tiles, fields, dims, groups)
    return sorted(groups.values(), key=lambda group: (-group.totals.requests, tuple(group.key.values())))


def _empty_group(key: dict[str, str]) -> Group:
    return Group(
        key=key,
        totals=Totals(),
        non_stream=Totals(),
        stream=Totals(),
        non_stream_latency=Latency(),
        stream_latency=Latency(),
        ttft_latency=Latency(),
    )


_LATENCIES: Final = {
    (NON_STREAM, DURATION): "non_stream_latency",
    (STREAM, DURATION): "stream_latency",
    (STREAM, TTFT): "ttft_latency",
}


def _add_latencies(
    session: Session,
    tiles: list[Tile],
    fields: list[str],
    dims: list[int] | None,
    groups: dict[tuple[str, ...], Group],
) -> None:
    counts: dict[tuple[tuple[str, ...], str], dict[int, int]] = {}
    is_total = not fields and dims is None
    for dim, kind, metric, number, count in _histogram_rows(session.db, tiles, dims, is_total=is_total):
        name = _LATENCIES.get((kind, metric))
        if name is None:
            continue
        buckets = counts.setdefault((_texts(session.vocabulary, dim, kind, fields), name), {})
        buckets[number] = buckets.get(number, 0) + count
    for (texts, name), buckets in counts.items():
        setattr(groups[texts], name, latency(buckets))


def latency(buckets: dict[int, int]) -> Latency:
    """Percentiles of a histogram whose buckets are of microseconds."""
    p50, p95, p99 = (percentile(buckets, share) for share in (0.5, 0.95, 0.99))
    return Latency(p50_s=_s(p50), p95_s=_s(p95), p99_s=_s(p99))


def _s(us: float | None) -> float | None:
    return None if us is None else us / 1e6


def _texts(vocabulary: Vocabulary, dim: int, kind: int, fields: list[str]) -> tuple[str, ...]:
    if not fields:
        return ()
    where: Dim = vocabulary.dim(dim)
    return tuple(
        ("yes" if kind == STREAM else "no") if field == "stream" else str(getattr(where, field))
        for field in fields
    )


def _rows(
    db: sqlite3.Connection, tiles: list[Tile], dims: list[int] | None, *, is_total: bool, step: int | None
) -> Iterable[tuple[int, ...]]:
    """(step's start or 0, dim or 0, kind, sums...) over the tiles."""
    table, dim = ("roll", "0") if is_total else ("roll_dim", "dim")
    at = "0" if step is None else f"ts/{step:d}*{step:d}"
    select = f"SELECT {at} AS at,{dim} AS d,kind,{_SUMS} FROM {table}"  # noqa: S608 -- constants and a number
    return _over_tiles(db, tiles, select, dims, "at,d,kind")


def _histogram_rows(
    db: sqlite3.Connection, tiles: list[Tile], dims: list[int] | None, *, is_total: bool
) -> Iterable[tuple[int, ...]]:
    """(dim or 0, kind, metric, bucket, count) over the tiles."""
    table, dim = ("hist", "0") if is_total else ("hist_dim", "dim")
    return _over_tiles(
        db,
        tiles,
        f"SELECT {dim} AS d,kind,metric,bucket,sum(n) FROM {table}",  # noqa: S608 -- constants
        dims,
        "d,kind,metric,bucket",
    )


def _over_tiles(
    db: sqlite3.Connection, tiles: list[Tile], select: str, dims: list[int] | None, group: str
) -> Iterable[tuple[int, ...]]:
    only = "" if dims is None else " AND dim IN (SELECT value FROM json_each(?))"
    for tile in tiles:
        parameters = (*tile, json.dumps(dims)) if dims is not None else tile
        yield from db.execute(f"{select} WHERE level=? AND ts>=? AND ts<?{only} GROUP BY {group}", parameters)
