"""Fields of a request, checked one by one."""

import json

import pytest

from aigw_dev.core.dialects.responses import checks
from aigw_dev.core.dialects.responses.checks import MalformedError


def test_null_and_absent_say_nothing() -> None:
    assert checks.text(None, "p") == ""
    assert checks.mapping(None, "p") == {}
    assert checks.items(None, "p") == []
    assert checks.boolean(None, "p") is None
    assert checks.number(None, "p") is None
    assert checks.integer(None, "p") is None


def test_what_is_right_is_given_back() -> None:
    assert checks.text("a\ud800", "p") == "a?"
    assert checks.boolean(value=True, param="p") is True
    assert checks.number(0.5, "p") == 0.5
    assert checks.integer(3.0, "p") == 3


@pytest.mark.parametrize(
    ("check", "value", "said"),
    [
        (checks.text, 5, "a string, the request has a number"), (checks.mapping, [], "an object, the request has an array"),
        (checks.items, {}, "an array, the request has an object"), (checks.boolean, "x", "true or false, the request has a string"),
        (checks.number, True, "a number, the request has a boolean"), (checks.number, float("inf"), "a number"),
        (checks.integer, -1, "a whole number"), (checks.integer, 10**13, "a whole number"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_the_field_and_what_it_must_be(check: object, value: object, said: str) -> None:
    assert callable(check)
    with pytest.raises(MalformedError) as caught:
        check(value, "the.field")
    assert caught.value.param == "the.field"
    assert caught.value.message.startswith("`the.field` must be")
    assert said in caught.value.message


def test_a_required_text_may_not_be_empty() -> None:
    with pytest.raises(MalformedError, match="not empty"):
        checks.text("", "p", is_required=True)
    with pytest.raises(MalformedError, match="null"):
        checks.text(None, "p", is_required=True)


def test_the_rest_is_entered_by_its_dotted_name() -> None:
    extras: checks.Extras = {}
    checks.rest({"known": 1, "odd": {"a": 1}, "null": None}, ("known",), "here", extras)
    assert {name: json.loads(bytes(value)) for name, value in extras.items()} == {"here.odd": {"a": 1}}


def test_half_characters_become_question_marks() -> None:
    value = {"\ud800": ["\udfff", 1]}
    assert json.loads(bytes(checks.raw(value))) == {"?": ["?", 1]}


def test_what_cannot_be_read_is_empty() -> None:
    assert checks.raw_fields(b"[]") == {}
    assert checks.raw_items(b"{}") == []


def test_an_integer_that_no_float_holds_is_refused() -> None:
    with pytest.raises(MalformedError):
        checks.number(10**400, "temperature")
