"""Answers from the roll-ups: totals by anything, series over time, percentiles. Exact to the second.

They count every exchange that ended, also those that sampling or retention took from the log. An exchange belongs to
the second it ended in. Where fine tiles are pruned, an interval is widened to edges that can be answered and the
answer says which interval it is about.
"""

import math
from collections import Counter
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
    Totals,
    cover,
    percentile,
    snap,
)
from aigw_dev.store.filters import Filter
from aigw_dev.store.reader import EVERYTHING, LogReader
from aigw_dev.store.rollups import marks
from aigw_dev.store.tiles import GROUPS, Grouping, added, histograms
from aigw_dev.store.tiles import sums as tile_sums

SEED_TABLE: Final = ("provider", "kind", "request_model", "base_url", "operation")
"""`by` of the table that `stats --by provider` prints."""

MOST_POINTS: Final = 2_000


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
    latency: Latency = msgspec.field(default_factory=Latency)
    """Whole replies and streams to their ends together, over successes."""


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
    latency: Latency | None = None
    """Of everything, whole replies and streams to their ends, over successes; None unless asked for."""
    ttft_latency: Latency | None = None
    """Of streams to their first packet; None unless asked for."""


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

    `by` are keys of `GROUPS`; the filter may test those fields only. Refusals have the code `filter_invalid`.
    """
    refusal = _check(by, filter_)
    if refusal is not None:
        return refusal
    start, end = int(since_s), max(int(since_s), math.ceil(until_s))
    with reader.session() as session:
        if session is None:
            return Summary(since_s=start, until_s=end, is_widened=False, groups=[])
        closed, kept = marks(session.db)
        left, right = snap(start, end, kept=kept)
        tiles = cover(left, right, closed=closed, kept=kept, coarsest=LADDER[-1])
        grouping = Grouping(session.vocabulary, by, filter_)
        sums = tile_sums(session.db, tiles, grouping, step_s=None)
        counts = histograms(session.db, tiles, grouping) if percentiles else {}
    groups = _groups(grouping, sums, counts)
    if not groups and not by:
        groups = [_group({}, _ZEROS, _ZEROS, {}, 0)]
    return Summary(since_s=left, until_s=right, is_widened=(left, right) != (start, end), groups=groups)


def series(
    reader: LogReader,
    *,
    since_s: float,
    until_s: float,
    step_s: int,
    by: tuple[str, ...] = (),
    filter_: Filter = EVERYTHING,
    percentiles: bool = False,
) -> Series | Refusal:
    """Totals per step of `step_s` seconds; steps begin at multiples of it (UTC). At most `MOST_POINTS` steps.

    `percentiles` adds those of every point that something was counted for.
    """
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
        start, end = int(since_s) // step * step, math.ceil(until_s / step) * step
        level = max(level for level in LADDER if step % level == 0)
        tiles = cover(start, end, closed=closed, kept=kept, coarsest=level)
        grouping = Grouping(session.vocabulary, by, filter_)
        sums = tile_sums(session.db, tiles, grouping, step_s=step)
        counts = histograms(session.db, tiles, grouping, step_s=step) if percentiles else None
    points = _points(grouping, sums, counts)
    if not by:
        found = {point.start_s: point for point in points}
        points = [found.get(at) or _point(at, {}, _ZEROS, _ZEROS) for at in range(start, end, step)]
    return Series(step_s=step, since_s=start, until_s=end, points=points)


def latency(buckets: dict[int, int]) -> Latency:
    """Percentiles of a histogram whose buckets are of microseconds."""
    p50, p95, p99 = (percentile(buckets, share) for share in (0.5, 0.95, 0.99))
    return Latency(p50_s=_seconds(p50), p95_s=_seconds(p95), p99_s=_seconds(p99))


Counts = dict[tuple[int, int, int, int], dict[int, int]]
"""As `tiles.histograms` gives them."""

_ZEROS: Final = (0,) * len(COUNTERS)


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


def _kept_step(step_s: int, since_s: int, kept: dict[int, int]) -> int:
    """The step asked for, or the finest wider one whose tiles reach back to `since_s`."""
    level = max(level for level in LADDER if step_s % level == 0)
    while since_s // level * level < kept.get(level, 0) and level != LADDER[-1]:
        level = next(wider for wider in LADDER if wider > level)
    return math.ceil(step_s / level) * level


def _groups(
    grouping: Grouping,
    sums: dict[tuple[int, int, int], tuple[int, ...]],
    counts: Counts,
) -> list[Group]:
    groups = [
        _group(
            grouping.key(number),
            sums.get((0, number, NON_STREAM), _ZEROS),
            sums.get((0, number, STREAM), _ZEROS),
            counts,
            number,
        )
        for number in {number for _, number, _ in sums}
    ]
    return sorted(groups, key=lambda group: (-group.totals.requests, tuple(group.key.values())))


def _group(
    key: dict[str, str],
    non_stream: tuple[int, ...],
    stream: tuple[int, ...],
    counts: Counts,
    number: int,
) -> Group:
    return Group(
        key=key,
        totals=Totals(*added(non_stream, stream)),
        non_stream=Totals(*non_stream),
        stream=Totals(*stream),
        non_stream_latency=latency(counts.get((0, number, NON_STREAM, DURATION), {})),
        stream_latency=latency(counts.get((0, number, STREAM, DURATION), {})),
        ttft_latency=latency(counts.get((0, number, STREAM, TTFT), {})),
        latency=latency(_both(counts, 0, number)),
    )


def _both(counts: Counts, at: int, number: int) -> dict[int, int]:
    """The histogram of durations, whole replies and streams together."""
    whole = Counter(counts.get((at, number, NON_STREAM, DURATION), {}))
    whole.update(counts.get((at, number, STREAM, DURATION), {}))
    return whole


def _points(
    grouping: Grouping, sums: dict[tuple[int, int, int], tuple[int, ...]], counts: Counts | None
) -> list[Point]:
    places = sorted(
        {(at, number) for at, number, _ in sums}, key=lambda place: (place[0], grouping.texts[place[1]])
    )
    points: list[Point] = []
    for at, number in places:
        point = _point(
            at,
            grouping.key(number),
            sums.get((at, number, NON_STREAM), _ZEROS),
            sums.get((at, number, STREAM), _ZEROS),
        )
        if counts is not None:
            point.latency = latency(_both(counts, at, number))
            point.ttft_latency = latency(counts.get((at, number, STREAM, TTFT), {}))
        points.append(point)
    return points


def _point(at: int, key: dict[str, str], non_stream: tuple[int, ...], stream: tuple[int, ...]) -> Point:
    totals = Totals(*added(non_stream, stream))
    return Point(start_s=at, key=key, totals=totals, non_stream=Totals(*non_stream), stream=Totals(*stream))


def _seconds(us: float | None) -> float | None:
    return None if us is None else us / 1e6
