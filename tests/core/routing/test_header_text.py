"""A header is text, whoever decoded its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.header_text import header_text


@given(st.text(st.characters(codec="utf-8", min_codepoint=0x100), max_size=20))
def test_utf_8_is_read_from_bytes_and_from_latin_1_text(text: str) -> None:
    assert header_text(text.encode()) == text
    assert header_text(text.encode().decode("latin-1")) == text
    assert header_text(text) == text


@pytest.mark.parametrize("value", [b"caf\xe9", "café"])
def test_latin_1_stays_latin_1(value: str | bytes) -> None:
    assert header_text(value) == "café"


def test_plain_text_is_untouched() -> None:
    assert header_text("plain") == "plain"
    assert header_text(b"") == ""


def test_half_a_character_is_replaced() -> None:
    assert header_text("\ud800漢") == "?漢"
