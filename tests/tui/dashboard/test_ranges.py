"""Ranges and buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.rollup import LADDER
from aigw_dev.tui.dashboard.ranges import FIRST, RANGES, clock, moment, step_s, width


def test_the_issue_s_ranges_are_there_in_order() -> None:
    assert [one.name for one in RANGES] == ["live", "5m", "15m", "1h", "6h", "24h", "7d"]
    assert RANGES[FIRST].name == "15m"
    assert all(2 <= one.poll_s <= 5 for one in RANGES)


@given(st.sampled_from(RANGES), st.integers(20, 220))
def test_buckets_are_as_many_as_fit_and_of_a_width_the_gateway_keeps(one: object, cells: int) -> None:
    assert isinstance(one, tuple)
    span_s = one[1]
    step = step_s(span_s, cells)
    assert span_s / step <= cells
    level = max(level for level in LADDER if step % level == 0)
    assert span_s <= 86_400 or level >= 3_600, "seconds are not kept for days"


@pytest.mark.parametrize(("step", "words"), [(1, "1 s"), (90, "90 s"), (300, "5 min"), (7200, "2 h"), (86_400, "1 d")])  # fmt: skip
def test_widths_in_words(step: int, words: str) -> None:
    assert width(step) == words


def test_moments_are_the_same_in_every_zone() -> None:
    assert moment(1_790_000_100) == "2026-09-21T14:15:00Z"


def test_an_axis_says_seconds_days_or_neither() -> None:
    assert len(clock(1_790_000_100, 120)) == len("14:15:00")
    assert len(clock(1_790_000_100, 3600)) == len("14:15")
    assert len(clock(1_790_000_100, 7 * 86_400)) == len("Mon 14:15")
