"""How quickly pauses are played."""

import pytest

from aigw_dev.server.testbench.pace import pace_of


@pytest.mark.parametrize(
    ("text", "pace"),
    [("instant", 0.0), ("", 0.0), ("recorded", 1.0), ("x10", 0.1), ("4", 0.25), ("x0.5", 2.0)],
)
def test_words_and_factors(text: str, pace: float) -> None:
    assert pace_of(text) == pytest.approx(pace)


@pytest.mark.parametrize("text", ["slow", "x0", "-1", "x", "1e9"])
def test_anything_else_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="timing"):
        pace_of(text)
