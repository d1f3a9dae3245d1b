"""Nodes know what hangs below them and what they are in a line; a conversation always falls to the same point."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.flow import CompiledRoute, If, Send, Split
from aigw_dev.core.routing.nodes import children, point, summary_of_send, summary_of_split
from aigw_dev.core.routing.trace import Share, Target


def test_children_come_in_the_order_written(route_of: Callable[[str], CompiledRoute]) -> None:
    root = route_of("ai-test").node
    then, otherwise = children(root)
    assert isinstance(root, If)
    assert isinstance(then, Send)
    assert not children(then)
    _, split = children(otherwise)
    assert isinstance(split, Split)
    assert [node.id for node in children(split)] == ["flow.else.else.split.0", "flow.else.else.split.1"]


def test_a_node_is_said_in_a_line(route_of: Callable[[str], CompiledRoute]) -> None:
    root = route_of("ai-test").node
    assert root.summary.startswith('if metadata.tier == "pro": qwen/qwen3-max, else deepseek/deepseek-chat')
    assert len(root.summary) <= 100
    assert summary_of_split((Share(90.0, "a/m"), Share(2.5, "b/m"))) == "split 90: a/m | 2.5: b/m"


def test_a_summary_never_grows_long() -> None:
    summary = summary_of_send(tuple(Target(provider="p", model="m" * 30) for _ in range(9)))
    assert len(summary) == 100
    assert summary.endswith("…")


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_a_point_lies_from_0_up_to_1_and_stays(route: str, node: str, conversation: str) -> None:
    assert 0 <= point(route, node, conversation) < 1
    assert point(route, node, conversation) == point(route, node, conversation)


def test_a_point_is_the_same_on_every_machine() -> None:
    assert point("canary", "flow", "session-1") == pytest.approx(POINT, abs=1e-12)


POINT = 0.8105392431256107


def test_a_point_depends_on_each_of_route_node_and_conversation() -> None:
    points = {
        point("a", "b", "c"),
        point("b", "b", "c"),
        point("a", "c", "c"),
        point("a", "b", "d"),
        point("ab", "", "c"),
    }
    assert len(points) == 5


def test_points_spread_evenly() -> None:
    below = sum(point("r", "flow", f"conversation-{number}") < 0.1 for number in range(2000))
    assert 150 < below < 250


@pytest.mark.parametrize(("name", "reads"), [("seed", True), ("canary", False), ("every-operator", True)])
def test_a_route_knows_whether_it_reads_metadata(
    name: str, reads: bool, route_of: Callable[[str], CompiledRoute]
) -> None:
    assert route_of(name).reads_metadata is reads
