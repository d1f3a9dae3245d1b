"""What differs between two versions of a route, in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui.routes.changes import common_places, flow_changes, route_changes

A = {"send": "mock/echo"}
B = {"send": "mock/think"}


def gate(condition: str, then: Any, otherwise: Any) -> dict[str, Any]:
    return {"if": condition, "then": then, "else": otherwise}


def said(old: Any, new: Any) -> list[str]:
    return [change.text() for change in flow_changes(old, new)]


def test_a_condition_put_before_a_flow_is_one_change() -> None:
    flow = gate('metadata.tier == "pro"', A, B)
    assert said(flow, gate('metadata.env == "dev"', A, flow)) == ["+ if env == dev → mock/echo"]


def test_a_condition_taken_away_is_one_change_whatever_hangs_below_it() -> None:
    flow = gate('metadata.tier == "pro"', A, gate("stream", A, B))
    assert said(flow, flow["else"]) == ["- if tier == pro → mock/echo"]


def test_a_change_names_the_branch_it_is_on() -> None:
    old, new = gate("stream", A, B), gate("stream", A | {"fallback": ["mock/think"]}, B)
    assert said(old, new) == ["+ mock/echo: fallback mock/think   (if stream: true)"]


def test_another_condition_and_exchanged_branches_are_told_as_such() -> None:
    assert said(gate("stream", A, B), gate("has_tools", A, B)) == ["~ if stream → if has_tools"]
    deep = gate("has_tools", A, {"send": "mock/tools"})
    assert said(gate("stream", deep, B), gate("stream", B, deep)) == ["~ if stream: branches exchanged"]


def test_every_field_of_a_model_is_told() -> None:
    old = A | {"key": "one", "params": {"temperature": 0}, "fallback": ["a/b", "c/d"]}
    new = A | {"params": {"temperature": 1}, "fallback": ["c/d", "a/b"], "timeout_ms": 500}
    assert said(old, new) == [
        "~ mock/echo: order of fallbacks, now c/d, a/b",
        "- mock/echo: key one",
        "~ mock/echo: params: temperature 0 → 1",
        "+ mock/echo: timeout_ms 500",
    ]


def test_weights_and_branches_of_a_split_are_told() -> None:
    old = {"split": [{"weight": 90, **A}, {"weight": 10, **B}]}
    assert said(old, {"split": [{"weight": 50, **A}, {"weight": 50, **B}]}) == ["~ split 90:10 → 50:50"]
    more = {"split": [*old["split"], {"weight": 5, "send": "mock/tools"}]}
    assert said(old, more) == ["+ split: mock/tools 5"]
    assert said(more, old) == ["- split: mock/tools 5"]


def test_the_settings_of_a_route_are_told_beside_its_flow() -> None:
    old = {"description": "a", "flow": A}
    new = {"models": ["smart"], "metadata": "optional", "flow": B}
    assert [change.text() for change in route_changes(old, new)] == [
        "- description a",
        '+ claims ["smart"]',
        "+ metadata optional",
        "~ mock/echo → mock/think",
    ]


def test_a_new_route_and_one_that_is_gone_are_one_change() -> None:
    assert route_changes(None, {"flow": gate("stream", A, B)})[0].text() == "+ route: if stream, 3 nodes"
    assert route_changes({"flow": A}, None)[0].text() == "- route: mock/echo, 1 node"
    assert route_changes(None, None) == []


def test_places_are_common_as_far_as_the_same_questions_lead_there() -> None:
    old = gate("stream", A, gate("has_tools", A, B))
    assert common_places(old, gate("stream", B, gate("has_images", A, B))) == {
        "flow",
        "flow.then",
        "flow.else",
    }
    assert common_places(old, old) >= {"flow.else.then", "flow.else.else"}


LEAVES = st.sampled_from(["mock/echo", "mock/think", "mock/tools"]).map(lambda name: {"send": name})
FLOWS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(gate, st.sampled_from(["stream", "has_tools", 'metadata.a == "b"']), inner, inner),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda nodes: {"split": [{"weight": 1 + at, **node} for at, node in enumerate(nodes)]}
        ),
    ),
    max_leaves=8,
)


@given(old=FLOWS, new=FLOWS)
def test_something_is_said_exactly_where_something_differs(old: Any, new: Any) -> None:
    assert bool(flow_changes(old, new)) is (old != new)


@pytest.mark.parametrize("value", [None, 3, [], {"if": 3}, {"split": []}, {"send": None}])
def test_what_is_no_flow_is_told_too(value: Any) -> None:
    assert said(value, A)
    assert said(A, value)
