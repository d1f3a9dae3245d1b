"""Untrusted text cannot steer a terminal."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import harmless

ANY_TEXT = st.text(alphabet=st.characters(), max_size=80)
STEERING = st.text(
    alphabet=st.sampled_from("a\x00\x07\x1b\x7f\x9b\r\n\t\u202e\u2066\u200f\u061c\u2028é🎉"), max_size=40
)


def steers(text: str, *, allowed: str = "") -> bool:
    """Whether any character could move the cursor, hide text or break a line; judged by Unicode's own tables."""
    return any(
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for char in text
        if char not in allowed
    )


@given(ANY_TEXT | STEERING)
def test_a_line_holds_nothing_that_steers(text: str) -> None:
    assert not steers(harmless.line(text))


@given(ANY_TEXT | STEERING)
def test_a_block_keeps_only_newlines_and_tabs(text: str) -> None:
    assert not steers(harmless.block(text), allowed="\n\t")


@given(ANY_TEXT | STEERING)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    once = harmless.line(text)
    assert harmless.line(once) == once
    assert harmless.block(once) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("clear\x9b2J", r"clear\x9b2J"),
        ("pay \u202e001", r"pay \u202e001"),
        ("two\nlines\tand a\rreturn", r"two\nlines\tand a\rreturn"),
        ("half \ud83d", r"half \ud83d"),
        ("naïve 漢字 🎉👩‍👩‍👧", "naïve 漢字 🎉👩‍👩‍👧"),
    ],
)
def test_what_a_line_shows(text: str, shown: str) -> None:
    assert harmless.line(text) == shown


def test_a_block_drops_the_return_of_a_windows_line_end_and_shows_a_lone_one() -> None:
    assert harmless.block("a\r\nb\rc") == "a\nb\\rc"


@given(ANY_TEXT | STEERING)
def test_json_keeps_its_value(text: str) -> None:
    document = json.dumps({"text": text}, ensure_ascii=False, indent=2)
    shown = harmless.json_text(document)
    assert json.loads(shown) == {"text": text}
    assert not steers(shown, allowed="\n")


@pytest.mark.parametrize(
    "text",
    [
        "T" + "".join(chr(0xE0000 + ord(char)) for char in "hidden") + "ags",
        "a\u200bb\ufeffc\u2060d",
        "v\U000e0101",
    ],
)
def test_what_nobody_would_see_is_spelled_out(text: str) -> None:
    shown = harmless.line(text)
    assert not any(unicodedata.category(char) in {"Cf", "Mn"} for char in shown)
    assert shown.startswith(text[0])
    assert "\\" in shown
    assert json.loads(harmless.json_text(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize(
    "flood", ["Z" + "\u0301\u0316\u0489" * 700, "J" + "\u200d" * 2_000, "👩\u200d" * 900 + "👧"]
)
def test_a_flood_of_marks_does_not_fit_into_one_cell(flood: str) -> None:
    shown = harmless.line(f"{flood}end")
    assert max(len(part) for part in shown.split("\N{DOTTED CIRCLE}")) <= 30
    assert harmless.line(shown) == shown
    assert harmless.block(flood) == harmless.line(flood)


@pytest.mark.parametrize("text", ["👩‍👩‍👧‍👦", "e\u0301\u0302", "हिन्दी", "ไทยเป็น", "👍🏽", "🏳️‍🌈", "می\u200cخواهم"])  # fmt: skip
def test_signs_of_many_characters_stay_whole(text: str) -> None:
    assert harmless.line(text) == text
