"""What the numbers mean: how one exchange counts, how durations fall into buckets, which tiles make up an interval.

Everything here is arithmetic on integers; `store.rollups` keeps the sums, `store.stats` reads them, `docs/logs.md`
defines every counter for people. An exchange belongs to the UTC second in which it *ended*.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from aigw_dev.core.exchange import COST_STATUSES, MARKS, Exchange
from aigw_dev.core.units import COUNTED

LADDER: Final[tuple[int, ...]] = (1, 15, 60, 900, 3600, 21600, 86400)
"""Widths of tiles in seconds; each divides the next."""

OUTCOMES: Final = ("ok", "failed", "throttled", "intercepted", "cancelled")
"""How an exchange ended, exactly one each; stored as the position in this tuple."""

NON_STREAM: Final = 1
STREAM: Final = 2

DURATION: Final = 1
"""Histogram of whole durations, over successes."""
TTFT: Final = 2
"""Histogram of the time to the first packet, over streams that had one."""

COUNTERS: Final = (
    "requests",
    "ok",
    "failed",
    "throttled",
    "intercepted",
    "fallback",
    "retried",
    "cached",
    "cancelled",
    "broken",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "estimated_usage",
    "cost_nanousd",
    "cost_unsure_nanousd",
    "cost_unknown",
    "cost_estimated",
    "cost_partial",
    "cost_upper_bound",
    "cost_reported",
    "cost_free",
    "duration_us",
    "durations",
    "ttft_us",
    "ttfts",
    "attempts",
    "request_bytes",
    "response_bytes",
    *COUNTED,
)
"""The columns of every roll-up, all of them plain sums. New ones come at the end: files that exist are added to."""

_PER_OCTAVE: Final = 16
_ERROR_STATUS: Final = 400
_UNSURE: Final = {"estimated", "partial", "upper_bound"}


def bucket(us: int) -> int:
    """The histogram bucket of a duration in microseconds: 16 per octave, so a value read back is within about 3 %."""
    if us < _PER_OCTAVE:
        return max(us, 0)
    width = us.bit_length()
    return (width << 4) | ((us >> (width - 5)) & 15)


def middle(number: int) -> float:
    """The duration in microseconds that stands for a bucket: exact below 16 us, else the middle of its range."""
    if number < _PER_OCTAVE:
        return float(number)
    shift = (number >> 4) - 5
    low = (16 | (number & 15)) << shift
    return low + ((1 << shift) - 1) / 2


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The duration in microseconds below or at which `share` (0 to 1) of the counted ones lie; None when there is none.

    Nearest rank over buckets: within about 3 % of the percentile of the rows themselves.
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    rank = max(1, math.ceil(share * total))
    seen = 0
    last = 0
    for number in sorted(counts):
        last = number
        seen += counts[number]
        if seen >= rank:
            break
    return middle(last)


def outcome(exchange: Exchange) -> str:
    """How the exchange ended: a member of `OUTCOMES`.

    Our own refusals by limit or guard come before everything else, then a caller that left, then failure: a status
    of 400 or more, a stream that broke after its 200, or any error of ours.
    """
    marks = exchange.marks
    if marks:
        for name in ("intercepted", "throttled", "cancelled"):
            if name in marks:
                return name
        if "broken" in marks:
            return "failed"
    if exchange.status >= _ERROR_STATUS or exchange.error:
        return "failed"
    return "ok"


def is_priceable(exchange: Exchange) -> bool:
    """True when something happened that a price belongs to: a priced amount, or a provider that answered well.

    A refusal of ours and a provider's error cost nothing to anybody; they are not "unknown".
    """
    if exchange.cost.nanousd is not None or exchange.usage is not None:
        return True
    return any(attempt.status is not None and attempt.status < _ERROR_STATUS for attempt in exchange.attempts)


def ended_second(exchange: Exchange) -> int:
    """The UTC second the exchange ended in: the key of its finest tile."""
    return math.floor(exchange.started_at + exchange.duration_s)


def contribution(exchange: Exchange, end: str) -> tuple[int, ...]:
    """What one exchange adds to the counters, in the order of `COUNTERS`; `end` is its `outcome`."""
    is_ok = end == "ok"
    usage = exchange.usage
    cost = exchange.cost
    status = cost.status
    amount = cost.nanousd or 0
    ttft_us = _ttft_us(exchange)
    return (
        1,
        is_ok,
        end == "failed",
        *(_marks(exchange.marks) if exchange.marks else _NO_MARKS),
        *(
            (
                usage.input,
                usage.output,
                usage.cached_input,
                usage.cache_write,
                usage.reasoning,
                usage.estimated,
            )
            if usage is not None
            else _NO_USAGE
        ),
        amount,
        amount if status in _UNSURE else 0,
        *(_COST_FLAGS[status] if status != "unknown" or is_priceable(exchange) else _NO_COST),
        duration_us(exchange) if is_ok else 0,
        is_ok,
        0 if ttft_us is None else ttft_us,
        ttft_us is not None,
        len(exchange.attempts),
        exchange.request_bytes,
        exchange.response_bytes,
        *(_NO_UNITS if exchange.units is None else exchange.units.counts),
    )


def observations(exchange: Exchange, end: str) -> tuple[tuple[int, int], ...]:
    """The (metric, bucket) pairs one exchange adds to the histograms."""
    ttft_us = _ttft_us(exchange)
    if end == "ok":
        duration = (DURATION, bucket(duration_us(exchange)))
        return (duration,) if ttft_us is None else (duration, (TTFT, bucket(ttft_us)))
    return () if ttft_us is None else ((TTFT, bucket(ttft_us)),)


def duration_us(exchange: Exchange) -> int:
    """The whole duration in microseconds."""
    return int(exchange.duration_s * 1e6 + 0.5)


class Totals(msgspec.Struct):
    """Sums over some interval and group; fields are `COUNTERS`, in order. Rates are None where nothing was counted."""

    requests: int = 0
    """Exchanges that ended, kept in the log or not."""
    ok: int = 0
    failed: int = 0
    """Status 400 or more, a broken stream, an error of ours; not throttled, intercepted or cancelled."""
    throttled: int = 0
    intercepted: int = 0
    fallback: int = 0
    retried: int = 0
    cached: int = 0
    cancelled: int = 0
    broken: int = 0
    input_tokens: int = 0
    """Includes cached and written tokens."""
    output_tokens: int = 0
    """Includes reasoning."""
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    estimated_usage: int = 0
    """Exchanges whose usage we counted ourselves."""
    cost_nanousd: int = 0
    """Sum of the known amounts; a lower bound while `cost_unknown` or `cost_partial` is not 0."""
    cost_unsure_nanousd: int = 0
    """The part of `cost_nanousd` that is estimated, partial or an upper bound."""
    cost_unknown: int = 0
    """Exchanges that have no price."""
    cost_estimated: int = 0
    cost_partial: int = 0
    cost_upper_bound: int = 0
    cost_reported: int = 0
    """Exchanges whose amount is the provider's own."""
    cost_free: int = 0
    duration_us: int = 0
    """Over successes."""
    durations: int = 0
    ttft_us: int = 0
    """Over streams with a first packet."""
    ttfts: int = 0
    attempts: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    images: int = 0
    """Images that came, not those asked for."""
    audio_in_ms: int = 0
    """Milliseconds of recordings heard, as far as anybody told."""
    audio_out_ms: int = 0
    """Milliseconds of speech made, as far as the sound itself tells."""
    characters: int = 0
    """Characters spoken."""
    videos: int = 0
    """Videos completed, each counted once."""
    video_ms: int = 0
    searches: int = 0
    """Rerank searches."""
    documents: int = 0
    """Documents ranked."""
    units_unknown: int = 0
    """Exchanges that used something of which nobody told how much: the sums above lack it."""

    @property
    def success_rate(self) -> float | None:
        """`ok / (ok + failed)`, 0 to 1."""
        decided = self.ok + self.failed
        return self.ok / decided if decided else None

    @property
    def mean_duration_s(self) -> float | None:
        """Mean seconds over successes."""
        return self.duration_us / self.durations / 1e6 if self.durations else None

    @property
    def mean_ttft_s(self) -> float | None:
        """Mean seconds to the first packet over streams that had one."""
        return self.ttft_us / self.ttfts / 1e6 if self.ttfts else None


class Tile(NamedTuple):
    """Roll-up rows to add up: those of one level with `start_s <= ts < end_s`."""

    level: int
    start_s: int
    end_s: int


def cover(
    start_s: int, end_s: int, *, closed: Mapping[int, int], kept: Mapping[int, int], coarsest: int
) -> list[Tile]:
    """The fewest tiles that make up exactly `[start_s, end_s)`, ascending.

    `closed` says up to which second each level above 1 is complete (level 1 always is), `kept` from which second on
    each level still holds rows: multiples of a day, so that no coarser tile straddles them. Call `snap` first: what
    only a pruned level could answer is left out here.
    """
    tiles: list[Tile] = []
    levels = [level for level in reversed(LADDER) if level <= coarsest]

    def fill(left: int, right: int) -> None:
        if right <= left:
            return
        for level in levels:
            low = -(-max(left, kept.get(level, 0)) // level) * level
            limit = right if level == 1 else min(right, closed.get(level, 0))
            high = limit // level * level
            if high > low:
                fill(left, low)
                tiles.append(Tile(level, low, high))
                fill(high, right)
                return

    fill(start_s, end_s)
    return tiles


def snap(start_s: int, end_s: int, *, kept: Mapping[int, int]) -> tuple[int, int]:
    """The interval widened, where finer tiles are pruned, to edges that can still be answered exactly."""
    return _edge(start_s, kept, is_end=False), _edge(end_s, kept, is_end=True)


class Slowest:
    """Tells whether a duration is among the slowest of the recent ones (above their 99th percentile).

    Remembers between one and two spans of `SPAN` durations, in buckets; with fewer than `ENOUGH` it says no.
    """

    SPAN: Final = 1000
    ENOUGH: Final = 100

    def __init__(self) -> None:
        self._current: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._seen = 0
        self._limit: int | None = None

    def is_slow(self, duration_s: float) -> bool:
        """Whether this duration stands out; also remembers it."""
        number = bucket(round(duration_s * 1e6))
        is_slow = self._limit is not None and number > self._limit
        self._current[number] = self._current.get(number, 0) + 1
        self._seen += 1
        if self._seen % self.ENOUGH == 0:
            self._limit = self._percentile_99()
        if self._seen % self.SPAN == 0:
            self._before, self._current = self._current, {}
        return is_slow

    def _percentile_99(self) -> int:
        merged = dict(self._before)
        for number, count in self._current.items():
            merged[number] = merged.get(number, 0) + count
        left = sum(merged.values()) // 100
        limit = 0
        for number in sorted(merged, reverse=True):
            limit = number
            left -= merged[number]
            if left < 0:
                break
        return limit


_COST_COUNTERS: Final = ("unknown", "estimated", "partial", "upper_bound", "reported", "free")
_COST_FLAGS: Final = {
    status: tuple(int(status == counted) for counted in _COST_COUNTERS) for status in COST_STATUSES
}
_NO_COST: Final = (0,) * len(_COST_COUNTERS)
_NO_MARKS: Final = (0,) * len(MARKS)
_NO_USAGE: Final = (0,) * 6
_NO_UNITS: Final = (0,) * len(COUNTED)


def _ttft_us(exchange: Exchange) -> int | None:
    """First-packet time is a property of streams: for the rest it says nothing that the duration does not."""
    if exchange.ttft_s is None or not exchange.is_stream:
        return None
    return int(exchange.ttft_s * 1e6 + 0.5)


def _marks(marks: set[str]) -> list[bool]:
    return [name in marks for name in MARKS]


def _edge(second: int, kept: Mapping[int, int], *, is_end: bool) -> int:
    for level in LADDER:
        edge = -(-second // level) * level if is_end else second // level * level
        # An end edge needs the tile before it, a start edge the tile after it.
        if edge - (level if is_end else 0) >= kept.get(level, 0):
            return edge
    return second // LADDER[-1] * LADDER[-1]
