"""Editing a filter's text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui.logs import completion, query


@given(st.text(alphabet='ab:"- >*,', max_size=30))
def test_terms_stand_where_they_say(text: str) -> None:
    place = 0
    for term in query.terms(text):
        assert place <= term.start < term.end <= len(text)
        assert not text[term.start].isspace()
        place = term.end


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("status:429", "-status:429"),
        ("a -model:x", "a model:x"),
        ('since:5m "card declined"', 'since:5m -"card declined"'),
    ],
)
def test_the_last_term_is_turned_around(before: str, after: str) -> None:
    assert query.invert_last(before) == after


def test_the_range_goes_wider_and_narrower_and_stops_at_its_ends() -> None:
    assert query.other_range("status:429", -1) == "status:429 since:7d"
    assert query.other_range("since:1h x", 1) == "x since:6h"
    assert query.other_range("since:7d x", 1) == "x"
    assert query.other_range("x", 1) == "x"
    assert query.other_range("since:5m", -1) == "since:5m"
    assert query.other_range("since:90s", -1) == "since:7d"


def test_what_is_typed_is_completed_in_its_place() -> None:
    at = query.partial("mod", 3)
    assert query.accept("mod", at, "model:") == ("model:", 6)
    at = query.partial("a -provider:op x", 14)
    assert (at.field, at.typed) == ("provider", "op")
    assert query.accept("a -provider:op x", at, "openai") == ("a -provider:openai x", 18)
    at = query.partial("model:gpt-4o,cl", 15)
    assert query.accept("model:gpt-4o,cl", at, "claude 4") == ('model:gpt-4o,"claude 4" ', 24)


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("mod", True),
        ("status:", True),
        ("ms:>", True),
        ("status:4", False),
        ("hello", False),
        ("x", False),
        ("", False),
    ],
)
def test_a_term_that_says_nothing_yet_is_not_tried(text: str, begun: bool) -> None:
    assert query.is_begun(text, len(text), completion.FIELDS) is begun


def test_words_worth_marking_are_those_that_are_wanted() -> None:
    said = 'status:429 model:gpt*4o,Claude "Card Declined" -lost response:refund* since:5m'
    assert query.words(said) == ("gpt", "4o", "claude", "card declined", "refund")
