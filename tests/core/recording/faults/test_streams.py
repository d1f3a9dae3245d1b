"""Which edit does which fault."""

import pytest

from aigw_dev.core.recording.faults.catalogue import aigw_faults
from aigw_dev.core.recording.faults.row import BEDROCK, CHAT
from aigw_dev.core.recording.faults.spec import parse_fault
from aigw_dev.core.recording.faults.steps import End
from aigw_dev.core.recording.faults.streams import edit_of, end_of
from tests.core.recording.faults.playing import stage


@pytest.mark.parametrize("fault", [*aigw_faults("stream"), "slow.events"])
def test_every_fault_of_a_stream_has_its_edit(fault: str) -> None:
    if fault == "stream.utf8_split":  # done to bytes, not to events
        return
    assert not edit_of(parse_fault(fault), stage(CHAT)).has_acted


def test_a_cut_ends_as_its_name_says() -> None:
    ends = [
        end_of(parse_fault(f"stream.{name}"), stage(CHAT))
        for name in ("cut.clean", "cut.dirty", "reset", "stall")
    ]
    assert [end.kind for end in ends] == ["clean", "dirty", "reset", "hold"]


def test_only_a_stream_that_has_pings_is_kept_warm() -> None:
    stall = parse_fault("stream.stall;ping_ms=20")
    assert end_of(stall, stage(CHAT)) == End("hold", ping=b": ping\n\n", every_s=0.02)
    assert end_of(stall, stage(CHAT, is_stream=False)) == End("hold")
    assert end_of(stall, stage(BEDROCK)) == End("hold")
