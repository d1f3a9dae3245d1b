"""Numbers as words."""

import pytest

from aigw_dev.core.rollup import Totals
from aigw_dev.tui.dashboard import say
from aigw_dev.tui.look import ASCII


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (1204, "1,204"), (99_999, "99,999"), (412_345, "412 k"), (1_240_000, "1.2 M"), (3e9, "3.0 G"), (999_900, "1.0 M")],
)  # fmt: skip
def test_counts(number: float, words: str) -> None:
    assert say.count(number) == words


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (0.5, "0.5"), (40, "40"), (1200, "1.2k"), (3e6, "3M"), (2e9, "2G")]
)
def test_counts_for_an_axis(number: float, words: str) -> None:
    assert say.short(number) == words


@pytest.mark.parametrize(
    ("per_s", "words"), [(None, "–"), (0, "0"), (0.021, "0.02"), (3.24, "3.2"), (412.0, "412")]
)
def test_rates(per_s: float | None, words: str) -> None:
    assert say.rate(per_s) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (0.0084, "8.4"), (0.64, "640"), (2.87, "2,870"), (140, "140 s")]
)
def test_milliseconds(seconds: float | None, words: str) -> None:
    assert say.ms(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"), [(None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.031, "3.1 %"), (0.99999, ">99.9 %"), (0.00001, "<0.1 %")]
)  # fmt: skip
def test_shares_are_all_or_nothing_only_where_they_are(share: float | None, words: str) -> None:
    assert say.percent(share) == words


def test_an_unknown_price_is_a_dash_and_never_zero() -> None:
    assert say.cost(Totals(requests=3, ok=3, cost_unknown=3)) == "–"
    assert say.cost(Totals(requests=3, ok=3, cost_unknown=3), ASCII) == "-"


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        (Totals(ok=1, cost_nanousd=1_840_000_000), "$1.84"),
        (Totals(ok=1, cost_nanousd=31_200_000), "$0.0312"),
        (Totals(ok=1, cost_nanousd=5_000), "<$0.0001"),
        (Totals(ok=2, cost_nanousd=1_000_000_000, cost_unknown=1), "≥$1.00"),
        (Totals(ok=2, cost_nanousd=1_000_000_000, cost_estimated=1), "~$1.00"),
        (Totals(ok=2, cost_free=2), "free"),
        (Totals(ok=2, cost_free=1, cost_unknown=1), "–"),
        (Totals(), "$0" if Totals().ok else "–"),
        (Totals(ok=1), "$0"),
    ],
)
def test_costs_say_how_sure_they_are(totals: Totals, words: str) -> None:
    assert say.cost(totals) == words


def test_spending_an_hour_keeps_the_doubt() -> None:
    assert say.per_hour(Totals(cost_nanousd=1_000_000_000, cost_unknown=1), 1800) == "≥$2.00/h"
    assert say.per_hour(Totals(cost_unknown=1), 1800) == ""


def test_estimated_tokens_are_marked() -> None:
    assert say.tokens(1204, Totals(estimated_usage=1)) == "~1,204"
    assert say.tokens(1204, Totals()) == "1,204"


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(112, 100, "+12 %"), (88, 100, "−12 %"), (100, 100, "= before"), (5000, 100, "×50"), (5, 0, ""), (None, 3, "")],
)  # fmt: skip
def test_change_against_the_interval_before(now: float | None, before: float, words: str) -> None:
    assert say.change(now, before) == words


def test_shares_change_in_points() -> None:
    assert say.points(0.051, 0.031) == "+2.0 pt"
    assert say.points(0.031, 0.051) == "−2.0 pt"
    assert say.points(0.031, 0.031) == "= before"
    assert say.points(None, 0.1) == ""
