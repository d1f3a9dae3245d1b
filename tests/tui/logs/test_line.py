"""Rows as they come."""

from aigw_dev.tui.logs.line import read_lines


def test_an_entry_that_cannot_be_read_is_left_out_and_an_unknown_field_does_not_matter() -> None:
    assert [line.seq for line in read_lines([{"seq": 1, "id": "a", "new": 1}, {"seq": "x"}])] == [1]
