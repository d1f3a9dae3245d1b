"""Amounts and times as a person reads them: short, and never a silent zero."""

import time

import pytest

from aigw_dev.cli import money


@pytest.mark.parametrize(
    ("nanousd", "status", "text"),
    [
        (None, "unknown", "unknown"),
        (0, "free", "$0"),
        (1, "exact", "<$0.000001"),
        (499, "estimated", "~<$0.000001"),
        (32_550, "exact", "$0.000033"),
        (1_200_000, "exact", "$0.0012"),
        (100_000_000, "reported", "$0.1"),
        (1_000_000_000, "partial", ">=$1.00"),
        (12_345_678_900, "upper_bound", "<=$12.35"),
    ],
)
def test_an_amount_shows_its_doubt(nanousd: int | None, status: str, text: str) -> None:
    assert money.usd(nanousd, status=status) == text


def test_a_moment_of_today_needs_no_date() -> None:
    assert len(money.clock(time.time())) == len("10:00:00")
    assert money.clock(1_000_000_000).startswith("2001-09-")


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "just now"), (300, "5 min ago"), (7200, "2 h ago"), (3 * 86_400, "3 d ago")]
)
def test_how_long_ago_is_said_in_one_unit(seconds: float, text: str) -> None:
    assert money.ago(1_000_000_000 - seconds, now=1_000_000_000) == text


def test_what_never_was_is_said_so() -> None:
    assert money.ago(None, now=0) == "never"
    assert money.ms(None) == "-"
    assert money.ms(1.2344) == "1234"
