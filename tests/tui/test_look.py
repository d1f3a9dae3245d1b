"""What the terminal can show."""

import dataclasses

import pytest

from aigw_dev.tui import text
from aigw_dev.tui.look import ASCII, UNICODE, find_look


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(UNICODE)])
def test_the_ascii_glyphs_are_ascii_and_as_wide(field: str) -> None:
    plain, rich = getattr(ASCII, field), getattr(UNICODE, field)
    assert plain.isascii()
    assert plain.isprintable()
    assert len(plain) == text.width(rich)


def test_no_color_and_ascii_are_taken_from_what_was_asked() -> None:
    assert not find_look({"NO_COLOR": "1"}, is_ascii=False, has_mouse=True).is_colour
    assert find_look({"NO_COLOR": ""}, is_ascii=False, has_mouse=True).is_colour
    assert find_look({}, is_ascii=True, has_mouse=False).glyphs == ASCII
    assert not find_look({}, is_ascii=True, has_mouse=False).has_mouse
