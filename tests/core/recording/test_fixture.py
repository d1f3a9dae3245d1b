"""Fixtures in memory."""

import pytest

from aigw_dev.core.recording.fixture import FixtureError, Interaction, Request, Response


def test_an_error_says_where_before_what() -> None:
    assert (
        str(FixtureError("no such event", where="interactions[2].attempts[0]"))
        == "interactions[2].attempts[0]: no such event"
    )
    assert str(FixtureError("empty")) == "empty"
    assert FixtureError("x", code="fixture_version").code == "fixture_version"


@pytest.mark.parametrize("field", ["headers", "files"])
def test_no_two_requests_share_what_they_hold(field: str) -> None:
    assert getattr(Request(op="a"), field) is not getattr(Request(op="b"), field)


def test_a_reply_is_whole_and_an_interaction_strict_unless_said() -> None:
    assert Response().end == "eof"
    assert Interaction(request=Request(op="a"), attempts=[]).repeat == ""
