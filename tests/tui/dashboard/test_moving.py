"""Which panel the arrows lead to."""

from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from aigw_dev.tui.dashboard.moving import nearest

PLACES = {
    "requests": Region(0, 2, 24, 5), "errors": Region(24, 2, 24, 5), "cost": Region(96, 2, 24, 5),
    "qps": Region(0, 7, 30, 4), "rt": Region(90, 7, 30, 4),
    "latency": Region(0, 11, 60, 11), "groups": Region(60, 11, 60, 11),
    "faults": Region(0, 22, 60, 11), "metric": Region(60, 22, 60, 11),
}  # fmt: skip


def test_arrows_lead_to_the_panel_next_to_it() -> None:
    assert nearest(PLACES, "requests", 1, 0) == "errors"
    assert nearest(PLACES, "errors", -1, 0) == "requests"
    assert nearest(PLACES, "requests", 0, 1) == "qps"
    assert nearest(PLACES, "rt", 0, 1) == "groups"
    assert nearest(PLACES, "metric", 0, -1) == "groups"
    assert nearest(PLACES, "latency", 1, 0) == "groups"


def test_at_the_edge_there_is_nowhere_to_go() -> None:
    assert nearest(PLACES, "requests", -1, 0) is None
    assert nearest(PLACES, "requests", 0, -1) is None
    assert nearest(PLACES, "metric", 0, 1) is None
    assert nearest(PLACES, "cost", 1, 0) is None


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(sorted(PLACES)))
def test_every_panel_is_reached_from_every_other(start: str, goal: str) -> None:
    seen, edge = {start}, [start]
    while edge:
        here = edge.pop()
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            found = nearest(PLACES, here, across, down)
            if found is not None and found not in seen:
                seen.add(found)
                edge.append(found)
    assert goal in seen
