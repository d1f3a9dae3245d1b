"""Plain data of foreign documents, read with its place; and what an import gives."""

from collections.abc import Callable
from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Attempt, FixtureError, Interaction, Request
from aigw_dev.core.recording.importing.imported import (
    Collection,
    as_bytes,
    as_json,
    as_list,
    as_object,
    as_pairs,
    as_status,
    as_text,
    member,
    named,
)

ONE = Interaction(request=Request(op="openai.embeddings"), attempts=[Attempt(upstream="openai/e")])


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (as_object, [], "expected an object, found a list"),
        (as_list, {}, "expected a list, found an object"),
        (as_text, b"", "expected a text, found bytes"),
        (as_text, True, "expected a text, found true or false"),
        (as_text, 1.5, "expected a text, found a number"),
        (as_text, None, "expected a text, found nothing"),
        (as_text, object(), "expected a text, found something else"),
        (as_status, "200", "expected an HTTP status, 100 to 599"),
        (as_status, 600, "expected an HTTP status, 100 to 599"),
        (as_bytes, 3, "expected text or bytes, found a number"),
        (as_json, {"a": b""}, "bytes that JSON cannot say"),
        (as_json, {1: 2}, "it has keys that are no texts"),
    ],
)
def test_what_is_something_else_is_refused_with_its_place(
    read: Callable[[Any, str], Any], value: Any, message: str
) -> None:
    with pytest.raises(FixtureError) as raised:
        read(value, "a.b[1]")
    assert (raised.value.where, raised.value.message) == ("a.b[1]", message)


def test_headers_are_pairs_of_every_value_and_the_last_of_a_name_counts() -> None:
    pairs = as_pairs({"X-One": ["a", "b"], "TWO": "c"}, "h")
    assert pairs == [("x-one", "a"), ("x-one", "b"), ("two", "c")]
    assert (named(pairs, "x-one"), named(pairs, "three")) == ("b", "")


def test_a_member_of_what_is_no_object_is_nothing() -> None:
    assert member({"a": 1}, "a") == 1
    assert member([1], "a") is None


def test_a_collection_keeps_order_says_things_once_and_takes_the_first_date() -> None:
    found = Collection("a_test", "somewhere")
    for moment in ("", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"):
        found.dated(moment)
    found.add(ONE, ["x", "y"])
    found.add(ONE, ["x"])
    found.skip("entries[2]", "no model call")
    whole = found.whole()
    [fixture] = whole.fixtures
    assert fixture.interactions == [ONE, ONE]
    assert (fixture.test, fixture.notes, fixture.recorded_at) == (
        "a_test",
        "imported from somewhere",
        "2026-01-01T00:00:00Z",
    )
    assert (whole.notes, whole.skipped) == (["x", "y"], ["entries[2]: no model call"])


def test_a_collection_of_nothing_is_no_fixture() -> None:
    assert Collection("t", "s").whole().fixtures == []
