"""The path of a request on the nodes of the tree, decided by the gateway's own code."""

from typing import Any

import pytest
from hypothesis import given, settings

from aigw_dev.core.config import Route
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import compile_route, decide
from aigw_dev.core.routing.trace import Decision
from aigw_dev.tui.graph import trace
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.trace import Trace
from tests.tui.graph.flows import CHAIN, MIXED, SPLIT, either, odd_values, send, split, whole_flows

GOLD = 'metadata.tier == "gold"'


def ran(flow: Any, draw: float = 0.0, **metadata: Any) -> tuple[list[str], Trace]:
    """The places on the path, and the trace."""
    tree = trees.load(flow)
    found = trace.dry_run(tree, Facts(metadata=metadata), draw=lambda: draw)
    names = {node: name for name, node in trees.core_ids(tree.root).items()}
    return [names[stop.node] for stop in found.stops], found


def test_the_path_is_the_one_the_gateway_takes() -> None:
    places, found = ran(MIXED, tier="free", env="prod", tokens=900)
    assert places == [
        "flow",
        "flow.else",
        "flow.else.then",
        "flow.else.then.else",
        "flow.else.then.else.else",
    ]
    assert [stop.got for stop in found.stops] == ['got "free"', 'got "prod"', "got 900", "pii missing", ""]
    assert [stop.branch for stop in found.stops] == [1, 0, 1, 1, None]
    assert found.decision is not None
    assert found.decision.targets[0].text() == "openai/gpt-4o-mini"
    assert len(found.wires) == 4
    assert found.said == ""


@settings(deadline=None, max_examples=50)
@given(whole_flows)
def test_a_path_runs_from_the_first_node_to_a_model(flow: Any) -> None:
    tree = trees.load(flow)
    found = trace.dry_run(tree, Facts(metadata={}), draw=lambda: 0.99)
    assert found.stops[0].node == tree.root.id
    for stop, following in zip(found.stops, found.stops[1:], strict=False):
        node = trees.find(tree.root, stop.node)
        assert node is not None
        assert stop.branch is not None
        assert trees.children(node)[stop.branch].id == following.node
    assert isinstance(trees.find(tree.root, found.stops[-1].node), trees.Send)


@settings(deadline=None)
@given(odd_values)
def test_an_unfinished_flow_is_run_as_far_as_it_goes(flow: Any) -> None:
    found = trace.dry_run(trees.load(flow), Facts(metadata={}), draw=lambda: 0.5)
    assert found.stops or found.said


def test_a_path_ends_where_nothing_is_yet() -> None:
    places, found = ran({"if": GOLD, "then": send("a/b")}, tier="free")
    assert places == ["flow", "flow.else"]
    assert found.decision is None
    assert "unfinished" in found.said
    assert ran({"if": GOLD, "then": send("a/b")}, tier="gold")[1].decision is not None


def test_what_is_wrong_elsewhere_is_no_hindrance() -> None:
    flow = either(
        GOLD,
        either("metadata.x ==", send("a/b"), send("c/d")),
        split(("many", send("a/b")), (1, {}), (2, send("e/f"))),
    )
    assert ran(flow, tier="gold")[0] == ["flow", "flow.then"]
    assert ran(flow, 0.9, tier="free")[0] == ["flow", "flow.else", "flow.else.split.2"]
    assert ran(flow, 0.3, tier="free")[0] == ["flow", "flow.else", "flow.else.split.1"]


def test_a_split_says_what_was_drawn() -> None:
    places, found = ran(SPLIT, 0.72)
    assert places == ["flow", "flow.split.1", "flow.split.1.else"] or found.said
    assert found.stops[0].got == "drawn 0.72"


def test_a_request_that_the_route_refuses_has_no_path() -> None:
    found = trace.dry_run(trees.load(CHAIN), Facts(), draw=lambda: 0.0)
    assert found.stops == ()
    assert "x-ai-route-metadata" in found.said
    assert trace.dry_run(trees.load(CHAIN), Facts(), metadata="optional", draw=lambda: 0.0).stops


def recorded(flow: Any, **metadata: Any) -> Decision:
    compiled, _ = compile_route("r", Route(flow=flow))
    assert compiled is not None
    decision = decide(compiled, Facts(metadata=metadata), draw=lambda: 0.0)
    assert isinstance(decision, Decision)
    return decision


def test_a_recorded_decision_is_shown_on_the_flow_of_today() -> None:
    tree = trees.load(CHAIN)
    found = trace.from_decision(tree, recorded(CHAIN, tier="free", task="code"))
    assert [stop.branch for stop in found.stops] == [1, 0, None]
    assert found.said == ""


@pytest.mark.parametrize(
    "today",
    [either('metadata.tier == "silver"', send("a/b"), send("c/d")), send("a/b"), split((1, send("a/b")))],
)
def test_where_the_flow_has_changed_since_the_path_ends(today: Any) -> None:
    found = trace.from_decision(trees.load(today), recorded(CHAIN, tier="gold"))
    assert "changed since" in found.said
    assert found.stops == ()


def test_a_condition_over_several_lines_is_the_same_one() -> None:
    flow = either('metadata.a == "x"\n  and stream', send("a/b"), send("c/d"))
    assert trace.from_decision(trees.load(flow), recorded(flow, a="x")).said == ""


def test_several_questions_are_told_by_name() -> None:
    flow = either(
        'metadata.a == "x" and not (metadata.b == "y" or stream) and metadata.c exists and metadata.d exists',
        send("a/b"),
        send("c/d"),
    )
    assert ran(flow, a="x", b=True, c=None)[1].stops[0].got == 'a "x", b true, stream false, …'
    assert ran(flow, a="z")[1].stops[0].got == 'a "z"'
    assert ran(either("metadata.a exists", send("a/b"), send("c/d")))[1].stops[0].got == "missing"
