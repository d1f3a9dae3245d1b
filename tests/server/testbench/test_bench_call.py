"""Amounts as text."""

import pytest

from aigw_dev.server.testbench.bench_call import dollars


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [(0, "0"), (4_800, "0.0000048"), (1_000_000_000, "1"), (12_500_000_000, "12.5"), (1, "0.000000001")],
)
def test_every_digit_is_there_and_no_more(nanousd: int, text: str) -> None:
    assert dollars(nanousd) == text
