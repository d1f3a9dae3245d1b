"""ASCII whatever is drawn."""

import pytest
from rich.segment import Segment
from textual._border import BORDER_CHARS
from textual.color import Color

from aigw_dev.tui.ascii_filter import AsciiFilter

BLACK = Color(0, 0, 0)


@pytest.mark.parametrize("kind", sorted(BORDER_CHARS))
def test_every_border_of_textual_becomes_ascii_of_the_same_width(kind: str) -> None:
    for row in BORDER_CHARS[kind]:  # pyright: ignore[reportArgumentType]  -- by its name
        for char in row:
            (done,) = AsciiFilter(is_strict=False).apply([Segment(char)], BLACK)
            assert done.text.isascii()
            assert len(done.text) == 1


def test_other_scripts_stay_unless_the_terminal_cannot_write_them() -> None:
    segments = [Segment("│日本é x")]
    assert AsciiFilter(is_strict=False).apply(segments, BLACK)[0].text == "|日本é x"
    assert AsciiFilter(is_strict=True).apply(segments, BLACK)[0].text == "|????? x"
