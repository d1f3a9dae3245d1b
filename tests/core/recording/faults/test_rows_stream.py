"""Rows of streams."""

from aigw_dev.core.recording.faults.rows_stream import STREAM


def test_only_cuts_and_stalls_can_be_done_to_a_whole_reply() -> None:
    whole = {row.id for row in STREAM if not row.needs_stream}
    assert whole == {"stream.cut.clean", "stream.cut.dirty", "stream.reset", "stream.stall"}


def test_legal_oddities_are_marked() -> None:
    assert {row.id.removeprefix("stream.") for row in STREAM if row.is_legal} == {
        "utf8_split",
        "u2028",
        "multi_data",
        "crlf",
        "comment",
        "empty_choices",
    }
