"""The list of faults."""

import pytest

from aigw_dev.core.recording.faults.catalogue import ALIASES, CATALOGUE, aigw_faults, canonical_id
from aigw_dev.core.recording.faults.row import ANTHROPIC, CHAT, DIALECTS, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.spec import FaultSpec

ASKED = """http.429 http.429.slow_down http.429.quota http.500 http.503 http.529 http.401 http.403 http.404 http.413
http.400.context http.400.param http.400.content_filter net.refused net.dns net.tls net.unreachable net.connect_timeout
net.empty net.garbage net.reset slow.headers slow.first_token slow.trickle stream.stall stream.cut.clean stream.cut.dirty
stream.cut.in_tool_args stream.no_done stream.done_no_finish stream.error_event stream.bad_json stream.utf8_split
stream.utf8_invalid stream.u2028 stream.multi_data stream.crlf stream.comment stream.dup stream.reorder stream.skip
stream.empty_choices stream.no_usage body.finish_length body.content_filter body.refusal body.tool_bad_json body.tool_unknown
body.tool_wrong_schema body.wrong_content_type body.huge body.gzip_broken body.truncated_length body.missing_usage
body.null_content gateway.wrong_model chunk.fuzz"""


@pytest.mark.parametrize("fault", ASKED.split())
def test_every_fault_of_the_specification_is_there(fault: str) -> None:
    assert fault in CATALOGUE


def test_every_other_name_means_a_fault() -> None:
    assert all(canonical_id(name) == meant for name, meant in ALIASES.items())
    assert canonical_id("nothing") is None


@pytest.mark.parametrize("fault", CATALOGUE)
def test_a_row_says_what_each_dialect_and_sdk_does(fault: str) -> None:
    row = CATALOGUE[fault]
    assert row.id == fault
    assert row.summary
    assert row.openai
    assert row.anthropic
    assert row.gemini
    assert bool(row.openai_sdk) == (not set(row.not_for) >= {CHAT, RESPONSES})
    assert bool(row.anthropic_sdk) == (ANTHROPIC not in row.not_for)
    assert set(row.not_for) < set(DIALECTS)
    fields = set(FaultSpec.__struct_fields__)
    assert set(row.takes) <= fields


def test_every_fault_of_a_stream_can_be_placed() -> None:
    # one parametrised test puts each of them behind the same event
    assert all("after_events" in CATALOGUE[fault].takes for fault in aigw_faults("stream"))


def test_faults_are_listed_by_family_branch_and_legality() -> None:
    assert aigw_faults() == tuple(CATALOGUE)
    assert aigw_faults("stream.cut") == ("stream.cut.clean", "stream.cut.dirty", "stream.cut.in_tool_args")
    assert aigw_faults("http.429")[0] == "http.429"
    assert "stream.crlf" in aigw_faults("stream", is_legal=True)
    assert "stream.crlf" not in aigw_faults("stream", is_legal=False)
    assert GEMINI not in CATALOGUE["http.499"].not_for
