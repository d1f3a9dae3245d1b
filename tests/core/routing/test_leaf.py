"""A leaf says where to send, how to call it and what to fall back to."""

from typing import Any

import pytest

from aigw_dev.core.problem import Problem
from aigw_dev.core.routing.leaf import LEAF_KEYS, Report, check_keys, node_id, read_leaf
from aigw_dev.core.routing.trace import Retry, Target

PATH = ("routes", "r", "flow", "then")


def read(tree: dict[str, Any]) -> tuple[Target, ...]:
    report = Report(None, [])
    targets = read_leaf(tree, PATH, report)
    assert not report.problems
    return targets


def test_everything_a_leaf_says_is_in_its_target() -> None:
    tree = {
        "send": "openai/org/gpt-4o",
        "key": "openai-main",
        "params": {"temperature": 0, "stop": ["a"], "extra": {"x": None, "y": 1.5, "z": True}},
        "retry": {"attempts": 2, "backoff_ms": 100, "max_wait_ms": 2000},
        "connect_timeout_ms": 1,
        "first_packet_timeout_ms": 0,
        "idle_timeout_ms": 3,
        "timeout_ms": 86_400_000,
        "fallback_on": [404, "4xx"],
    }
    assert set(tree) | {"fallback"} == set(LEAF_KEYS)
    assert read(tree) == (
        Target(
            provider="openai",
            model="org/gpt-4o",
            key="openai-main",
            params={"temperature": 0, "stop": ["a"], "extra": {"x": None, "y": 1.5, "z": True}},
            node="flow.then",
            retry=Retry(attempts=2, backoff_ms=100, max_wait_ms=2000),
            connect_timeout_ms=1,
            first_packet_timeout_ms=0,
            idle_timeout_ms=3,
            timeout_ms=86_400_000,
            fallback_on=(404, "4xx"),
        ),
    )


def test_what_a_leaf_does_not_say_is_left_to_the_provider() -> None:
    assert read({"send": "mock/echo"}) == (Target(provider="mock", model="echo", node="flow.then"),)


def test_null_is_the_same_as_not_said() -> None:
    tree = dict.fromkeys(("key", "params", "retry", "timeout_ms"))
    assert read({"send": "mock/echo", **tree}) == read({"send": "mock/echo"})


def test_fallbacks_are_texts_or_leaves_with_their_own_settings() -> None:
    first, text, leaf = read(
        {
            "send": "openai/gpt-4o",
            "key": "openai-main",
            "params": {"temperature": 0},
            "timeout_ms": 5,
            "fallback": ["mock/echo", {"send": "qwen/m", "key": "k", "params": {"a": 1}, "timeout_ms": 7}],
        }
    )
    assert (first.node, text.node, leaf.node) == ("flow.then", "flow.then.fallback.0", "flow.then.fallback.1")
    assert text == Target(provider="mock", model="echo", node="flow.then.fallback.0")
    assert (leaf.key, leaf.params, leaf.timeout_ms) == ("k", {"a": 1}, 7)


def test_a_fallback_takes_over_when_to_move_on_unless_it_says_so_itself() -> None:
    targets = read(
        {
            "send": "a/m",
            "fallback_on": ["4xx"],
            "fallback": ["b/m", {"send": "c/m", "fallback_on": []}, {"send": "d/m", "fallback_on": [401]}],
        }
    )
    assert [target.fallback_on for target in targets] == [("4xx",), ("4xx",), (), (401,)]


@pytest.mark.parametrize(
    ("providers", "is_known"),
    [(None, True), ({"local": None}, True), ({"local": ()}, False), ({"local": ("k",)}, True)],
)
def test_a_key_is_checked_where_the_providers_keys_are_known(providers: Any, is_known: bool) -> None:
    report = Report(providers, [])
    read_leaf({"send": "local/m", "key": "k"}, PATH, report)
    assert (not report.problems) is is_known


def test_mock_is_always_there() -> None:
    report = Report({}, [])
    assert read_leaf({"send": "mock/echo", "key": "any"}, PATH, report)
    assert not report.problems


def test_a_wrong_fallback_leaves_the_others_and_the_first() -> None:
    report = Report(None, [])
    targets = read_leaf({"send": "a/m", "fallback": [5, "b/m"]}, PATH, report)
    assert [target.text() for target in targets] == ["a/m", "b/m"]
    assert [problem.path[4:] for problem in report.problems] == [("fallback", 0)]


def test_nesting_of_params_is_limited() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    report = Report(None, [])
    read_leaf({"send": "a/m", "params": {"deep": deep}}, PATH, report)
    assert "has no JSON form" in report.problems[0].message


def test_an_unknown_key_is_reported_at_its_place() -> None:
    report = Report(None, [])
    check_keys({"sned": 1, "send": 2}, PATH, ("send", "key"), report)
    assert report.problems == [
        Problem(path=(*PATH, "sned"), message="`sned` is not known here", hint="did you mean `send`?")
    ]


def test_a_node_is_named_by_its_place() -> None:
    assert node_id(("routes", "flow-x", "flow", "else", "split", 1)) == "flow.else.split.1"
    assert node_id(("then",)) == "then"
