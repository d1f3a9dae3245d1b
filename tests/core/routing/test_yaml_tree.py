"""What YAML gave is seen as what it is, and named in words."""

import datetime as dt

import pytest

from aigw_dev.core.routing.yaml_tree import as_list, as_mapping, is_encodable, is_sendable, yaml_kind


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        (False, "false"),
        (None, "nothing"),
        ("x", "a text"),
        (5, "a number"),
        (5.5, "a number"),
        ([], "a list"),
        ({}, "a mapping"),
        (dt.date(2024, 1, 1), "a date"),
    ],
)
def test_a_value_is_named(value: object, words: str) -> None:
    assert yaml_kind(value) == words


def test_a_value_is_seen_as_what_it_is() -> None:
    assert as_mapping({"a": 1}) == {"a": 1}
    assert as_mapping([1]) is None
    assert as_list([1]) == [1]
    assert as_list({"a": 1}) is None


@pytest.mark.parametrize(
    ("text", "sendable"),
    [
        ("qwen3:8b", True),
        ("漢字 🎉👩‍👧", True),
        ("a\r\nb", False),
        ("a\x00", False),
        ("a\u202eb", False),
        ("\ud800", False),
    ],
)
def test_a_name_without_controls_and_halves_can_be_sent(text: str, sendable: bool) -> None:
    assert is_sendable(text) is sendable


def test_half_a_character_has_no_utf_8_form() -> None:
    assert not is_encodable("a\udfff")
    assert is_encodable("a\u0001é")
