"""Moments and durations of foreign recordings."""

from datetime import UTC, datetime

import pytest

from aigw_dev.core.recording.importing.moments import go_duration_ms, milliseconds, moment_of


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-08-21T12:15:00.250+02:00", "2026-08-21T10:15:00Z"),
        ("2026-08-21T10:15:00Z", "2026-08-21T10:15:00Z"),
        ("2026-08-21T10:15:00", "2026-08-21T10:15:00Z"),
        ("Tue, 01 Nov 2011 04:58:44 GMT", "2011-11-01T04:58:44Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        ("0001-01-01T00:00:00+23:00", ""),
        ("yesterday", ""),
        ("", ""),
        (12, ""),
        (None, ""),
    ],
)
def test_a_moment_is_utc_with_whole_seconds_or_nothing(written: object, moment: str) -> None:
    assert moment_of(written) == moment


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("1.534s", 1534),
        ("312.5ms", 312),
        ("1m2.5s", 62500),
        ("1h", 3_600_000),
        ("900µs", 1),
        ("10us", 0),
        ("500ns", 0),
        (1_534_000_000, 1534),
        (-5, 0),
        (10**30, 0),
        (True, 0),
        ("", 0),
        ("soon", 0),
        ("9" * 400 + "s", 0),
        (None, 0),
    ],
)
def test_a_go_duration_is_milliseconds_or_nothing(written: object, wanted: int) -> None:
    assert go_duration_ms(written) == wanted


@pytest.mark.parametrize("value", [None, "12", True, -1, float("nan"), float("inf"), 1e12, [], 0])
def test_what_is_no_length_of_time_is_zero(value: object) -> None:
    assert milliseconds(value) == 0
