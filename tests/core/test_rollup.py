import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import rollup
from aigw_dev.core.exchange import COST_STATUSES, MARKS, Cost, Usage
from aigw_dev.core.rollup import LADDER, Slowest, Tile, Totals, bucket, cover, middle, percentile, snap
from aigw_dev.core.units import Images, Units
from tests.store.making import NOON, attempt, exchange, refused

# buckets


@given(st.integers(0, 10**13))
def test_a_duration_read_back_from_its_bucket_is_within_three_and_a_bit_percent(us: int) -> None:
    assert abs(middle(bucket(us)) - us) <= 0.0323 * us


@given(st.integers(0, 10**13), st.integers(0, 10**13))
def test_buckets_keep_the_order_of_durations(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert bucket(low) <= bucket(high)
    assert middle(bucket(low)) <= middle(bucket(high))


def test_a_negative_duration_counts_as_none() -> None:
    assert bucket(-5) == bucket(0) == 0


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=300), st.floats(0, 1))
def test_a_percentile_of_buckets_is_near_that_of_the_values(values: list[int], share: float) -> None:
    counts: dict[int, int] = {}
    for us in values:
        counts[bucket(us)] = counts.get(bucket(us), 0) + 1
    exact = sorted(values)[max(1, math.ceil(share * len(values))) - 1]
    found = percentile(counts, share)
    assert found is not None
    assert abs(found - exact) <= 0.0323 * exact


def test_nothing_counted_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({7: 0}, 0.5) is None


# how an exchange counts


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "ok"),
        ({"status": 400}, "failed"),
        ({"status": 500}, "failed"),
        ({"status": 200, "error": "idle_timeout"}, "failed"),
        ({"status": 200, "marks": {"broken"}}, "failed"),
        ({"status": 429, "marks": {"throttled"}}, "throttled"),
        ({"status": 200, "marks": {"intercepted"}}, "intercepted"),
        ({"status": 499, "marks": {"cancelled", "broken"}}, "cancelled"),
        ({"status": 429}, "failed"),
        ({"status": 200, "marks": {"fallback", "retried", "cached"}}, "ok"),
    ],
)
def test_every_exchange_ends_in_one_way(fields: dict[str, Any], expected: str) -> None:
    assert rollup.outcome(exchange(**fields)) == expected


def counted(**fields: Any) -> Totals:
    one = exchange(**fields)
    return Totals(*rollup.contribution(one, rollup.outcome(one)))


def test_an_answered_call_counts_its_tokens_cost_and_duration() -> None:
    totals = counted(usage=Usage(input=57, output=40, cached_input=10, cache_write=5, reasoning=8))
    assert (totals.requests, totals.ok, totals.failed, totals.attempts) == (1, 1, 0, 1)
    assert (totals.input_tokens, totals.output_tokens, totals.cached_input_tokens) == (57, 40, 10)
    assert (totals.cache_write_tokens, totals.reasoning_tokens, totals.estimated_usage) == (5, 8, 0)
    assert (totals.cost_nanousd, totals.cost_unknown, totals.cost_unsure_nanousd) == (32_550, 0, 0)
    assert (totals.duration_us, totals.durations, totals.request_bytes) == (500_000, 1, 300)


def test_a_failed_call_adds_no_duration() -> None:
    totals = counted(status=500)
    assert (totals.failed, totals.durations, totals.duration_us) == (1, 0, 0)
    assert totals.mean_duration_s is None


def test_the_first_packet_is_counted_for_streams_only() -> None:
    assert counted(is_stream=False).ttfts == 0
    assert counted(is_stream=True).mean_ttft_s == 0.4
    assert counted(is_stream=True, ttft_s=None).ttfts == 0


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_has_its_counter(mark: str) -> None:
    totals = counted(marks={mark})
    assert {name: getattr(totals, name) for name in MARKS} == {name: int(name == mark) for name in MARKS}


@pytest.mark.parametrize("status", COST_STATUSES)
def test_a_sum_of_costs_never_hides_how_sure_it_is(status: Any) -> None:
    amount = None if status == "unknown" else 1000
    totals = counted(cost=Cost(status=status, nanousd=amount))
    assert totals.cost_nanousd == (amount or 0)
    unsure = status in {"estimated", "partial", "upper_bound"}
    assert totals.cost_unsure_nanousd == (1000 if unsure else 0)
    if status != "exact":
        assert getattr(totals, f"cost_{status}") == 1


def test_a_refusal_is_not_unpriced_but_an_answer_without_usage_is() -> None:
    assert not rollup.is_priceable(refused())
    assert not rollup.is_priceable(refused(attempts=[attempt(status=None), attempt(status=500)]))
    assert rollup.is_priceable(exchange(usage=None, cost=Cost()))
    assert counted(usage=None, cost=Cost()).cost_unknown == 1
    assert counted(usage=None, cost=Cost(), attempts=[attempt(status=502)]).cost_unknown == 0


def test_histograms_get_the_duration_of_successes_and_the_first_packet_of_streams() -> None:
    assert rollup.observations(exchange(), "ok") == ((rollup.DURATION, bucket(500_000)),)
    stream = exchange(is_stream=True)
    assert rollup.observations(stream, "ok") == (
        (rollup.DURATION, bucket(500_000)),
        (rollup.TTFT, bucket(400_000)),
    )
    assert rollup.observations(stream, "failed") == ((rollup.TTFT, bucket(400_000)),)
    assert rollup.observations(exchange(), "failed") == ()


def test_an_exchange_belongs_to_the_second_it_ended_in() -> None:
    assert rollup.ended_second(exchange(started_at=NOON + 0.7, duration_s=0.5)) == NOON + 1


def test_totals_of_nothing_have_no_rates() -> None:
    totals = Totals()
    assert (totals.success_rate, totals.mean_duration_s, totals.mean_ttft_s) == (None, None, None)


def test_the_success_rate_leaves_out_what_was_neither() -> None:
    totals = Totals(requests=10, ok=6, failed=2, throttled=2)
    assert totals.success_rate == 0.75


# tiles

levels_above_one = st.sampled_from(LADDER[1:])


@given(
    start=st.integers(0, 400_000),
    length=st.integers(0, 400_000),
    closed=st.integers(0, 900_000),
    coarsest=st.sampled_from(LADDER),
)
def test_tiles_make_up_exactly_the_interval(start: int, length: int, closed: int, coarsest: int) -> None:
    marks = {level: closed // level * level for level in LADDER[1:]}
    tiles = cover(start, start + length, closed=marks, kept={}, coarsest=coarsest)
    at = start
    for tile in tiles:
        assert tile.start_s == at
        assert tile.level <= coarsest
        assert tile.start_s % tile.level == 0
        assert tile.end_s % tile.level == 0
        assert tile.level == 1 or tile.end_s <= marks[tile.level]
        at = tile.end_s
    assert at == start + length


def test_a_day_that_is_over_is_one_tile() -> None:
    marks = dict.fromkeys(LADDER[1:], 10 * 86_400)
    assert cover(86_400, 3 * 86_400, closed=marks, kept={}, coarsest=86_400) == [
        Tile(86_400, 86_400, 3 * 86_400)
    ]


@given(
    start=st.integers(0, 500_000),
    length=st.integers(0, 500_000),
    days=st.lists(st.integers(0, 6), min_size=3, max_size=3),
)
def test_where_fine_tiles_are_pruned_the_interval_widens_just_enough(
    start: int, length: int, days: list[int]
) -> None:
    one, fifteen, sixty = sorted(days, reverse=True)
    kept: dict[int, int] = {1: one * 86_400, 15: fifteen * 86_400, 60: sixty * 86_400}
    closed = dict.fromkeys(LADDER[1:], 12 * 86_400)
    left, right = snap(start, start + length, kept=kept)
    assert left <= start
    assert right >= start + length
    if start >= kept[1]:
        assert (left, right) == (start, start + length)
    assert max(start - left, right - start - length) < 900
    at = left
    for tile in cover(left, right, closed=closed, kept=kept, coarsest=86_400):
        assert tile.start_s == at
        assert tile.start_s >= kept.get(tile.level, 0)
        at = tile.end_s
    assert at == right


def test_where_everything_was_pruned_the_day_is_the_edge() -> None:
    kept = dict.fromkeys(LADDER, 86_400 * 9)
    assert snap(100_000, 100_001, kept=kept) == (86_400, 86_400)


# the slowest


def test_nothing_is_slow_before_enough_was_seen() -> None:
    slowest = Slowest()
    assert not any(slowest.is_slow(float(second)) for second in range(1, Slowest.ENOUGH))


def test_about_one_in_a_hundred_is_among_the_slowest() -> None:
    slowest = Slowest()
    draw = random.Random(4)  # noqa: S311 -- the same dice every time
    found = sum(slowest.is_slow(draw.lognormvariate(0, 0.8)) for _ in range(20_000))
    assert 80 <= found <= 400
    assert slowest.is_slow(1000.0)


def test_what_counts_as_slow_follows_the_times() -> None:
    slowest = Slowest()
    for _ in range(3 * Slowest.SPAN):
        slowest.is_slow(0.1)
    assert slowest.is_slow(5.0)
    for _ in range(3 * Slowest.SPAN):
        slowest.is_slow(9.0)
    assert not slowest.is_slow(5.0)


def test_units_beside_tokens_are_counted_in_whole_numbers() -> None:
    totals = counted(
        units=Units(
            images=(Images(2, "1024x1024"), Images(1)),
            audio_in_s=61.2504,
            audio_out_s=0.0014,
            characters=40,
            videos=1,
            video_s=8,
            searches=2,
            documents=20,
            unknown=("resolution",),
        )
    )
    assert (totals.images, totals.audio_in_ms, totals.audio_out_ms, totals.characters) == (3, 61_250, 1, 40)
    assert (totals.videos, totals.video_ms, totals.searches, totals.documents) == (1, 8_000, 2, 20)
    assert totals.units_unknown == 1
    assert counted(units=Units()).units_unknown == counted().images == 0


def test_totals_have_a_field_for_every_counter_in_its_order() -> None:
    assert Totals.__struct_fields__ == rollup.COUNTERS
