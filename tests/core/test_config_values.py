from typing import Any

import pytest

from aigw_dev.core import config_values as values
from aigw_dev.core.config_values import Report, Rule

KEY = "sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv"


def checked(rule: Rule, value: object) -> tuple[object, list[str]]:
    report = Report()
    return rule.check(value, ("here",), report), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (values.text(), "x"),
        (values.boolean(), True),
        (values.whole(0, 9), 9),
        (values.number(0, 1), 0.5),
        (values.number(0, 1), 1),
        (values.choice("a", "b"), "b"),
        (values.listed(values.text(), example="[x]"), ["x", "y"]),
        (values.mapped(lambda _: None, values.text(), what="it", key_schema={}), {"x": "y"}),
        (values.checked_text(lambda _: None, schema={}), "x"),
    ],
)
def test_what_is_right_comes_back_as_it_is(rule: Rule, value: object) -> None:
    assert checked(rule, value) == (value, [])


def test_a_duration_comes_back_in_seconds() -> None:
    assert checked(values.seconds(), "2h") == (7_200, [])


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        (values.text(), 5, "`5` is not text"),
        (values.text(), None, "an empty value is not text"),
        (values.text(), {}, "a mapping is not text"),
        (values.text(max_chars=3), "four", "the text has 4 characters; 3 are the most"),
        (values.checked_text(lambda _: "is bad", schema={}), "x", '"x" is bad'),
        (values.checked_text(lambda _: "is bad", schema={}), True, "`true` is not text"),
        (values.boolean(), "yes", '"yes" is neither true nor false'),
        (values.boolean(), 1, "`1` is neither true nor false"),
        (values.whole(1, 9), "5", '"5" is not a whole number'),
        (values.whole(1, 9), True, "`true` is not a whole number"),
        (values.whole(1, 9), 2.0, "`2.0` is not a whole number"),
        (values.whole(1, 9, unit="MiB"), 10, "`10` is out of range: 1 to 9 MiB"),
        (values.whole(1, 9), 0, "`0` is out of range: 1 to 9"),
        (values.number(0, 1), "x", '"x" is not a number'),
        (values.number(0, 1), False, "`false` is not a number"),
        (values.number(0, 1), float("nan"), "`nan` is out of range: 0 to 1"),
        (values.number(0, 1, unit="seconds"), 1.5, "`1.5` is out of range: 0 to 1 seconds"),
        (values.choice("auto", "manual"), "Manual", '"Manual" is none of auto, manual'),
        (values.choice("auto", "manual"), [], "a list is none of auto, manual"),
        (values.seconds(), "14 days", '"14 days" is not a duration'),
        (values.seconds(), 14, "`14` is not a duration"),
        (values.seconds(), "0s", '"0s" is out of range: 1s to 3650d'),
        (values.listed(values.text(), example="[x]"), "x", '"x" is not a list'),
        (values.listed(values.text(), example="[x]"), ["x", 5], "`5` is not text"),
        (values.listed(values.text(), example="[x]"), ["x", "x"], '"x" is listed twice'),
        (values.mapped(lambda _: "is bad", values.text(), what="it", key_schema={}), {"x": "y"}, '"x" is bad'),
        (values.mapped(lambda _: None, values.text(), what="it", key_schema={}), ["x"], "it is a list where a mapping is expected"),
        (values.mapped(lambda _: None, values.text(), what="it", key_schema={}), True, "it is true or false where a mapping is expected"),
        (values.mapped(lambda _: None, values.text(), what="it", key_schema={}), 3, "it is a number where a mapping is expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_value(rule: Rule, value: object, message: str) -> None:
    assert checked(rule, value)[1] == [message]


@pytest.mark.parametrize("value", [KEY, f"Bearer {KEY}", "0123456789abcdef0123456789abcdef"])
def test_a_key_is_never_quoted(value: str) -> None:
    assert values.shown(value) == "a text that looks like a key"


def test_a_url_that_may_hold_a_password_is_never_quoted() -> None:
    assert values.shown("http://user:hunter2@x") == "the URL"
    assert values.shown("http://x?token=1") == "the URL"


def test_long_and_dangerous_texts_are_shown_short_and_harmless() -> None:
    assert values.shown("x" * 100) == f'"{"x" * 60}..."'
    assert values.shown("a\x1b[31mb") == r'"a\x1b[31mb"'


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("provders", "providers"),
        ("baseUrl", "base_url"),
        ("BASE-URL", "base_url"),
        ("zzz", None),
        ("x" * 1000, None),
        ("", None),
    ],
)
def test_the_nearest_word_ignores_case_and_separators(word: str, meant: str | None) -> None:
    assert values.nearest(word, ("providers", "base_url", "routes")) == meant


def test_a_hint_names_the_nearest_word_or_all_of_them() -> None:
    assert values.did_you_mean("rout", ("routes", "x"), what="key") == "Did you mean `routes`?"
    assert values.did_you_mean("zzz", ("b", "a"), what="key") == "Known: a, b."
    assert values.did_you_mean("zzz", (), what="key") == "There is no key yet."
    many = tuple(f"name-{number:02}" for number in range(20))
    assert values.did_you_mean("zzz", many, what="key").endswith("name-11, ...")


def test_quotes_are_named_where_they_are_the_mistake() -> None:
    report = Report()
    values.whole(1, 9).check("5", (), report)
    values.text().check(4.1, (), report)
    values.text().check(None, (), report)
    values.choice("auto").check("Auto", (), report)
    assert [problem.hint for problem in report.problems] == [
        "Write it without quotes.",
        "Put quotes around it to make it a text.",
        "Leave the line out, or write a text.",
        "Did you mean `auto`?",
    ]


def test_a_check_ends_after_fifty_problems() -> None:
    report, many = Report(), list[Any](range(1_000))
    with pytest.raises(values.TooManyProblemsError):
        values.listed(values.text(), example="[x]").check(many, (), report)
    assert len(report.problems) == values.MAX_PROBLEMS


def test_an_empty_value_is_an_empty_mapping() -> None:
    report = Report()
    assert values.entries(None, (), report, what="it") == []
    assert report.problems == []
