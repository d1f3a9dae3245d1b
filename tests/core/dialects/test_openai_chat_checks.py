"""Wrong values of a chat request are named by their place."""

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import Cache
from aigw_dev.core.dialects.openai_chat_checks import (
    MalformedError,
    array_at,
    boolean_at,
    cache_at,
    fields_at,
    integer_at,
    loaded,
    named_at,
    number_at,
    object_at,
    raw_of,
    text_at,
)


def test_null_is_nothing_said() -> None:
    assert text_at(None, "x") == ""
    assert array_at(None, "x") == []
    assert number_at(None, "x") is None
    assert integer_at(None, "x") is None
    assert boolean_at(None, "x") is None


def test_right_values_pass() -> None:
    assert text_at("a", "x") == named_at("a", "x") == "a"
    assert array_at([1], "x") == [1]
    assert object_at({"a": 1}, "x") == {"a": 1}
    assert number_at(1, "x") == 1.0
    assert integer_at(100.0, "x") == integer_at(100, "x") == 100
    assert boolean_at(value=True, place="x") is True


@pytest.mark.parametrize(
    ("check", "value", "words"),
    [
        (text_at, 7, "must be a string, the request has a number"),
        (text_at, True, "the request has a boolean"),
        (named_at, "", "is missing"),
        (named_at, None, "is missing"),
        (named_at, [1], "must be a string"),
        (object_at, None, "must be an object, the request has null"),
        (object_at, [], "the request has an array"),
        (array_at, "a", "must be an array, the request has a string"),
        (number_at, True, "must be a number"),
        (number_at, "1", "must be a number"),
        (number_at, 10**400, "out of range"),
        (integer_at, 1.5, "whole number"),
        (integer_at, float("inf"), "whole number"),
        (boolean_at, 1, "must be true or false"),
    ],
)  # fmt: skip
def test_wrong_values_name_their_place(check: object, value: object, words: str) -> None:
    assert callable(check)
    with pytest.raises(MalformedError) as caught:
        check(value, "messages[2].content")
    refusal = caught.value.refusal()
    assert refusal.code == "invalid_request"
    assert refusal.param == "messages[2].content"
    assert "`messages[2].content`" in refusal.message
    assert words in refusal.message


def test_fields_keep_their_spelling() -> None:
    fields = fields_at(msgspec.Raw(b'{"a": 1.50}'), "x")
    assert bytes(fields["a"]) == b"1.50"
    assert loaded(fields, "a") == 1.5
    assert loaded(fields, "b") is None
    with pytest.raises(MalformedError):
        fields_at(msgspec.Raw(b"[]"), "x")


def test_cache_marks_of_both_kinds_are_read() -> None:
    assert cache_at({}, "x") is None
    assert cache_at({"cache_control": {"type": "ephemeral"}}, "x") == Cache()
    assert cache_at({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, "x") == Cache(ttl="1h")
    assert cache_at({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}, "x") == Cache(ttl="30m")
    with pytest.raises(MalformedError):
        cache_at({"cache_control": "yes"}, "x")


def test_nesting_without_end_is_null() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert bytes(raw_of(deep)) == b"null"
    assert bytes(raw_of({"a": "é"})) == '{"a":"é"}'.encode()
