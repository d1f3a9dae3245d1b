"""Wildcards: what fits, and that ids are compared by their links."""

from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Request, Wild
from aigw_dev.core.recording.keys import canonical
from aigw_dev.core.recording.wildcards import fits, matches
from tests.core.recording.recorded_requests import request_in

ANY = Wild()


def _matches(recorded: Any, sent: Any) -> bool:
    requests = (Request(op="x", body=one) for one in (recorded, sent))
    one, other = (canonical(held, is_numbered=False) for held in requests)
    return matches(one, other)


@pytest.mark.parametrize(
    ("recorded", "sent", "is_match"),
    [
        (ANY, {"a": 1}, True),
        ({"a": ANY}, {"a": {"b": 1}}, True),
        ({"a": ANY, "b": 1}, {"b": 1}, True),
        ({"a": ANY}, {"a": 1, "b": 2}, False),
        ({"a": Wild(pattern="x"), "b": 1}, {"b": 1}, False),
        ({"a": Wild(pattern="[0-9]+|b")}, {"a": "12"}, True),
        ({"a": Wild(pattern="[0-9]+")}, {"a": "12x"}, False),
        ({"a": Wild(pattern="[0-9]+")}, {"a": "1\n"}, False),
        ({"a": Wild(pattern="[0-9]+")}, {"a": 12}, False),
        ({"a": Wild(pattern="(")}, {"a": "("}, False),
        ({"a": [1, ANY]}, {"a": [1, 2]}, True),
        ({"a": [1, ANY]}, {"a": [1]}, True),
        ({"a": [1, ANY]}, {"a": []}, False),
        ({"a": [ANY]}, {"a": [1, 2]}, False),
        ({"a": [ANY]}, {"a": {"0": 1}}, False),
        ({"a": {"b": ANY}}, {"a": [1]}, False),
        ({"a": ANY, "b": True}, {"b": 1}, False),
        ({"a": ANY, "b": 1.0}, {"b": 1}, True),
        ({"a": ANY, "b": "x"}, {"b": "y"}, False),
    ],
)
def test_what_fits_a_wildcard(recorded: Any, sent: Any, is_match: bool) -> None:
    assert _matches(recorded, sent) is is_match


def test_ids_fit_by_their_links() -> None:
    recorded, sent = request_in("chat").body, request_in("chat").body
    recorded["messages"][0]["content"] = ANY
    calls = sent["messages"][2]["tool_calls"]
    calls[0]["id"], calls[1]["id"] = "a", "b"
    sent["messages"][3]["tool_call_id"] = "a"
    sent["messages"][4]["tool_call_id"] = "b"
    assert _matches(recorded, sent)
    sent["messages"][4]["tool_call_id"] = "a"
    assert not _matches(recorded, sent)
    calls[1]["id"] = "a"
    assert not _matches(recorded, sent)


def test_a_wildcard_fits_by_itself() -> None:
    assert fits(Wild(), None)
    assert fits(Wild(pattern="a.*c"), "a\ud800c")
