"""Ignore rules: what each form takes out of a request, and what is said of one that cannot be read."""

import contextlib
import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import Blob, FixtureError, Request
from aigw_dev.core.recording.ignore import MOST_RULES, MOST_STEPS, compile_rules
from tests.core.recording.recorded_requests import chat, request_in


def _pruned(body: Any, *rules: str) -> Any:
    return compile_rules(rules).prune(Request(op="x", body=body)).body


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("temperature", {"a": [{"b": 1, "c": 2}, {"b": 3}], "x.y": 5}),
        ("$.temperature", {"a": [{"b": 1, "c": 2}, {"b": 3}], "x.y": 5}),
        ("a", {"temperature": 1, "x.y": 5}),
        ("a[0].b", {"temperature": 1, "a": [{"c": 2}, {"b": 3}], "x.y": 5}),
        ("$.a[*].b", {"temperature": 1, "a": [{"c": 2}, {}], "x.y": 5}),
        ("$.a[-1]", {"temperature": 1, "a": [{"b": 1, "c": 2}], "x.y": 5}),
        ("a[0][*]", {"temperature": 1, "a": [{}, {"b": 3}], "x.y": 5}),
        ("$..b", {"temperature": 1, "a": [{"c": 2}, {}], "x.y": 5}),
        ("$.a..b", {"temperature": 1, "a": [{"c": 2}, {}], "x.y": 5}),
        ('["x.y"]', {"temperature": 1, "a": [{"b": 1, "c": 2}, {"b": 3}]}),
        ("$['x.y']", {"temperature": 1, "a": [{"b": 1, "c": 2}, {"b": 3}]}),
        ("$[*]", {}),
    ],
)
def test_a_path_takes_out_what_it_names(rule: str, left: Any) -> None:
    assert _pruned({"temperature": 1, "a": [{"b": 1, "c": 2}, {"b": 3}], "x.y": 5}, rule) == left


@pytest.mark.parametrize(
    "rule",
    [
        "b",
        "a.b.c",
        "a[7]",
        "a[-7]",
        "a.b",
        "temperature.x",
        "a[0].z",
        "form.a",
        "headers.b",
        "$..z",
        "a[0]~zzz",
    ],
)
def test_a_path_that_is_not_there_leaves_the_same_object(rule: str) -> None:
    request = Request(op="x", body={"a": [{"b": "x"}], "temperature": 1})
    assert compile_rules([rule]).prune(request) is request


def test_a_regex_takes_out_what_it_finds_in_every_text_below() -> None:
    body = {
        "messages": [{"content": "On 2026-01-02 it rained"}, {"content": [{"text": "2026-01-03"}, 5]}],
        "d": "2026-01-04",
    }
    assert _pruned(body, r"$.messages[*].content~\d{4}-\d\d-\d\d") == {
        "messages": [{"content": "On  it rained"}, {"content": [{"text": ""}, 5]}],
        "d": "2026-01-04",
    }
    assert _pruned({"a": "x~y"}, "a~~") == {"a": "xy"}
    assert _pruned({"a": "é\ud800b"}, "a~b") == {"a": "é\ud800"}
    assert _pruned("whole 12", "$~[0-9]+") == "whole "


def test_a_regex_takes_linear_time() -> None:
    assert _pruned({"a": "a" * 100_000 + "!"}, "a~(a+)+$") == {"a": "a" * 100_000 + "!"}


def test_media_has_no_text() -> None:
    blob = Blob(sha256="a" * 64)
    assert _pruned({"a": blob}, "a~a") == {"a": blob}


def test_a_nested_field_of_the_name_goes_wherever_it_stands() -> None:
    assert _pruned({"a": {"a": 1, "b": {"a": {"a": 2}}}}, "$..a") == {}
    assert _pruned({"b": {"a": {"c": 1, "a": 2}}}, "$..a.c") == {"b": {"a": {"a": 2}}}


def test_headers_and_forms_are_named_by_their_place() -> None:
    request = Request(op="x", headers={"anthropic-beta": "b"}, form={"prompt": "p", "n": "1"})
    rules = compile_rules(["headers.Anthropic-Beta", "form.prompt"])
    pruned = rules.prune(request)
    assert pruned.headers == {}
    assert pruned.form == {"n": "1"}
    assert compile_rules(["$.headers.a"]).prune(Request(op="x", body={"headers": {"a": 1}})).body == {
        "headers": {}
    }
    assert compile_rules(["headers"]).prune(Request(op="x", body={"headers": 1})).body == {}


def test_rules_are_applied_in_order() -> None:
    assert _pruned({"a": [1, 2, 3]}, "a[0]", "a[0]") == {"a": [3]}


def test_a_whole_body_may_be_taken_out() -> None:
    assert _pruned("2026", "$~[0-9]+") == ""
    assert compile_rules(["[*]"]).prune(Request(op="x", body=[1, 2])).body == []
    assert compile_rules(["a"]).prune(Request(op="x", body=msgspec.UNSET)).body is msgspec.UNSET


def test_no_rules_are_falsy_and_rules_say_how_they_were_written() -> None:
    assert not compile_rules([])
    assert compile_rules(["a"])
    assert compile_rules(["a", "$.b"]).texts == ("a", "$.b")


def test_depth_has_an_end() -> None:
    deep: Any = {"a": "x"}
    for _ in range(400):
        deep = {"b": [deep]}
    assert _pruned(deep, "$..a") == deep
    assert _pruned(deep, "$~x") == deep


@pytest.mark.parametrize(
    ("rule", "where", "what"),
    [
        ("", "character 1", "a name is missing"),
        ("$", "character 2", "it names nothing"),
        ("a.", "character 3", "a name is missing"),
        ("a..", "character 4", "a name is missing"),
        ("a[", "character 2", "a bracket is not closed"),
        ('a["b]', "character 2", "a bracket is not closed"),
        ("a[]", "character 3", "`` is no position"),
        ("a[x]", "character 3", "`x` is no position"),
        ("a[²]", "character 3", "is no position"),
        ("a[9999999999999]", "character 3", "is no position"),
        ("a]", "character 2", "`]` cannot stand here"),
        ("a*", "character 2", "`*` cannot stand here"),
        ("a~", "character 3", "the regex behind `~` is empty"),
        ("a~(", "character 3", "the regex cannot be used"),
        ("a~(?=x)", "character 3", "the regex cannot be used"),
        (".".join("a" * (MOST_STEPS + 2)), "", "more than 50 steps"),
    ],
)
def test_a_bad_rule_names_its_place_and_a_mend(rule: str, where: str, what: str) -> None:
    with pytest.raises(FixtureError) as caught:
        compile_rules([rule])
    assert where in caught.value.where
    assert what in caught.value.message
    assert caught.value.hint
    assert caught.value.code == "fixture_invalid"


def test_too_many_rules_are_refused() -> None:
    with pytest.raises(FixtureError, match="101 ignore rules"):
        compile_rules(["a"] * (MOST_RULES + 1))


@given(text=st.text(max_size=40))
def test_any_text_is_a_rule_or_a_clear_refusal(text: str) -> None:
    request = request_in("chat")
    before = copy.deepcopy(request.body)
    with contextlib.suppress(FixtureError):
        compile_rules([text]).prune(request)
    assert request.body == before


def test_a_rule_of_a_diff_is_readable_again() -> None:
    assert _pruned(chat("hi").body, "$.messages[0].content") == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user"}],
    }
