"""Rows of replies whose content is wrong."""

from aigw_dev.core.recording.faults.rows_body import BODY


def test_no_wrong_content_is_legal_and_none_needs_a_stream() -> None:
    assert not any(row.is_legal or row.needs_stream for row in BODY)
