"""Live traffic on the wires."""

import pytest

from aigw_dev.tui.graph import traffic
from aigw_dev.tui.graph import tree as trees
from tests.tui.graph.flows import either, send, split

FLOW = either("stream", send("a/a"), split((1, send("b/b")), (1, send("c/c"))))


def test_shares_are_of_the_calls_that_reached_any_branch() -> None:
    calls = {"flow": 606, "flow.then": 412, "flow.else": 194, "flow.gone": 7}
    assert traffic.labels(trees.load(FLOW).root, calls, is_dense=False) == {
        ("n1", 0): "68 % 412",
        ("n1", 1): "32 % 194",
    }
    assert traffic.labels(trees.load(FLOW).root, calls, is_dense=True) == {("n1", 0): "68%", ("n1", 1): "32%"}
    assert traffic.labels(trees.load(FLOW).root, {}, is_dense=True) == {}


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0"), (999, "999"), (4120, "4.1k"), (12_400, "12k"), (3_400_000, "3.4M")]
)
def test_counts_are_short(count: int, said: str) -> None:
    assert traffic.short(count) == said
