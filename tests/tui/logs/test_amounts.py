"""Numbers in short."""

import pytest

from aigw_dev.tui.logs import amounts
from aigw_dev.tui.look import ASCII, UNICODE


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, "–"),
        (0, "0"),
        (999, "999"),
        (1_234, "1.2k"),
        (45_678, "46k"),
        (3_400_000, "3.4M"),
        (2_000_000_000, "2.0G"),
    ],
)
def test_counts_are_short(number: int | None, said: str) -> None:
    assert amounts.count(number, UNICODE) == said


@pytest.mark.parametrize(
    ("number", "said"), [(12, "12 B"), (4_200, "4.2 KB"), (1_300_000, "1.3 MB"), (5_000_000_000, "5.0 GB")]
)
def test_sizes_are_short(number: int, said: str) -> None:
    assert amounts.size(number) == said


@pytest.mark.parametrize(
    ("nanousd", "status", "said"),
    [
        (None, "unknown", "-"),
        (0, "free", "free"),
        (0, "exact", "0.0000"),
        (1, "exact", "<0.000001"),
        (12_000, "exact", "0.000012"),
        (2_500_000_000_000, "exact", "2,500.00"),
        (5_000_000, "partial", ">0.0050"),
        (5_000_000, "upper_bound", "<0.0050"),
    ],
)
def test_a_cost_says_how_sure_it_is_and_is_never_a_silent_zero(
    nanousd: int | None, status: str, said: str
) -> None:
    assert amounts.usd(nanousd, status, ASCII) == said


@pytest.mark.parametrize(
    ("nanousd", "status", "said"),
    [
        (2_200_000, "estimated", "~$0.0022"),
        (1, "exact", "<$0.000001"),
        (0, "free", "free"),
        (None, "unknown", "-"),
    ],
)
def test_the_currency_stands_at_the_number(nanousd: int | None, status: str, said: str) -> None:
    assert amounts.dollars(nanousd, status, ASCII) == said


def test_other_days_have_their_date() -> None:
    assert amounts.clock(1_795_176_000.118, now=1_795_176_009).endswith(".118")
    assert "Nov" in amounts.clock(1_795_176_000.118, now=1_795_976_009)
    assert amounts.moment(1_795_176_000.118).startswith("2026-11-20")
