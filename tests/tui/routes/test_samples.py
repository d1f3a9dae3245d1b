"""Flows to begin with."""

import pytest

from aigw_dev.core.routing.flow import compile_flow
from aigw_dev.tui.routes.samples import MODEL, SAMPLES, Sample, flow_of


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_sample_is_a_flow_with_the_model_in_it(sample: Sample) -> None:
    flow = flow_of(sample.name, "mock/think")
    node, problems = compile_flow(flow, path=("flow",))
    assert node is not None, problems
    assert "mock/think" in repr(flow)
    assert MODEL not in repr(flow)


def test_an_unknown_name_is_the_first_sample() -> None:
    assert flow_of("none", "a/b") == {"send": "a/b"}
