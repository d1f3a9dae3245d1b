"""Amounts and times as a person reads them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.cli.money import ago, clock, ms, usd


@pytest.mark.parametrize(
    ("nanousd", "status", "shown"),
    [
        (None, "unknown", "unknown"), (0, "exact", "$0"), (1, "exact", "<$0.000001"), (1_200_000, "exact", "$0.0012"),
        (1_000_000_000, "exact", "$1.00"), (12_345_000_000, "reported", "$12.35"), (1_200_000, "estimated", "~$0.0012"),
        (1_200_000, "partial", ">=$0.0012"), (1_200_000, "upper_bound", "<=$0.0012"), (100_000_000, "exact", "$0.1"),
    ],
)  # fmt: skip
def test_an_amount_is_short_and_its_doubt_stands_before_it(
    nanousd: int | None, status: str, shown: str
) -> None:
    assert usd(nanousd, status=status) == shown


@given(st.integers(1, 10**15))
def test_what_costs_something_is_never_shown_as_nothing(nanousd: int) -> None:
    assert usd(nanousd) not in {"$0", "$0.00", "unknown"}


def test_today_is_shown_without_its_date() -> None:
    now = time.time()
    assert len(clock(now)) == len("12:34:56")
    assert clock(now - 3 * 86_400).startswith("20")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "just now"),
        (59, "just now"),
        (300, "5 min ago"),
        (7200, "2 h ago"),
        (3 * 86_400, "3 d ago"),
        (-5, "just now"),
    ],
)
def test_how_long_ago(seconds: float, shown: str) -> None:
    assert ago(1000.0, now=1000.0 + seconds) == shown
    assert ago(None, now=0.0) == "never"


def test_milliseconds_or_nothing() -> None:
    assert (ms(1.2344), ms(None)) == ("1234", "-")
