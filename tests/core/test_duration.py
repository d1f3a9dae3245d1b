import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("14d", 1_209_600), ("24h", 86_400), ("30m", 1_800), ("90s", 90), ("0s", 0)]
)
def test_a_number_with_a_unit_is_a_duration(text: str, seconds: int) -> None:
    assert duration.parse(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "14", "d", "14 d", "1.5h", "-1d", "1d12h", "14D", "٣d", "1w", "9999999999d", "14d\n"]
)
def test_anything_else_is_none(text: str) -> None:
    assert duration.parse(text) is None


@given(st.integers(0, 10**9 - 1))
def test_what_is_written_is_read_back(seconds: int) -> None:
    assert duration.parse(duration.text(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(1_209_600, "14d"), (3_600, "1h"), (5_400, "90m"), (61, "61s"), (0, "0s")]
)
def test_the_largest_whole_unit_is_written(seconds: int, text: str) -> None:
    assert duration.text(seconds) == text
