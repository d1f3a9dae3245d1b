"""A decision of the past is found again in the flow as it is now, or said not to fit."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.config import Route
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import CompiledRoute, Decision, compile_route, decide
from aigw_dev.core.routing.trace import IfStep, SplitStep
from aigw_dev.core.routing.traffic import way

FLOW: dict[str, Any] = {
    "if": 'metadata.tier == "pro"',
    "then": {"send": "mock/echo", "fallback": ["mock/think"]},
    "else": {"split": [{"weight": 1, "send": "mock/echo"}, {"weight": 1, "send": "mock/think"}]},
}


def compiled(flow: Any) -> CompiledRoute:
    route, problems = compile_route("r", Route(flow=flow))
    assert route is not None, problems
    return route


def decided(flow: Any, tier: str = "pro", draw: float = 0.0) -> Decision:
    found = decide(compiled(flow), Facts(metadata={"tier": tier}), draw=lambda: draw)
    assert isinstance(found, Decision)
    return found


@given(st.sampled_from(["pro", "free"]), st.floats(0, 0.999))
def test_a_decision_fits_the_flow_that_made_it(tier: str, draw: float) -> None:
    decision = decided(FLOW, tier, draw)
    passed = way(compiled(FLOW), decision)
    assert passed is not None
    assert passed == tuple(step.node for step in decision.trace)
    assert passed[0] == "flow"


@pytest.mark.parametrize(
    ("flow", "tier", "draw"),
    [
        (FLOW | {"if": 'metadata.tier == "free"'}, "pro", 0.0),
        (FLOW | {"then": {"send": "mock/think"}}, "pro", 0.0),
        (FLOW | {"then": {"send": "mock/echo"}}, "pro", 0.0),
        (
            FLOW | {"then": {"if": "stream", "then": {"send": "mock/echo"}, "else": {"send": "mock/echo"}}},
            "pro",
            0.0,
        ),
        (FLOW | {"else": {"split": [{"weight": 1, "send": "mock/echo"}]}}, "free", 0.9),
        (FLOW | {"else": {"send": "mock/echo"}}, "free", 0.0),
        ({"send": "mock/echo"}, "pro", 0.0),
    ],
)
def test_another_question_branch_or_target_does_not_fit(flow: Any, tier: str, draw: float) -> None:
    assert way(compiled(flow), decided(FLOW, tier, draw)) is None


def test_weights_and_parameters_may_change() -> None:
    flow = FLOW | {
        "else": {
            "split": [
                {"weight": 9, "send": "mock/echo", "params": {"user": "u"}},
                {"weight": 1, "send": "mock/think"},
            ]
        }
    }
    assert way(compiled(flow), decided(FLOW, "free")) == ("flow", "flow.else", "flow.else.split.0")


def test_a_step_at_another_place_or_without_an_end_does_not_fit() -> None:
    decision = decided(FLOW)
    first = decision.trace[0]
    assert isinstance(first, IfStep)
    moved = msgspec.structs.replace(first, node="flow.then")
    assert way(compiled(FLOW), msgspec.structs.replace(decision, trace=(moved, decision.trace[-1]))) is None
    cut = decided(FLOW, "free")
    split = cut.trace[1]
    assert isinstance(split, SplitStep)
    with pytest.raises(ValueError, match="ends with"):
        msgspec.structs.replace(cut, trace=(cut.trace[0],))
