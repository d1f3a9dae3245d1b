"""What the gateway says of a call, as a test reads it."""

from decimal import Decimal
from typing import Any

import pytest

from aigw_dev.pytest_plugin.calls import Call, Calls, decimal_or_none, wait_for_calls

ENDED: dict[str, Any] = {"number": 0, "ended_by": "eof"}


def test_a_call_that_says_little_is_read() -> None:
    call = Call({"number": 3, "request": None, "usage": None, "route": None, "cost_usd": "unknown"})
    assert (call.number, call.cost, call.usage.total_tokens, call.request) == (3, None, 0, {})
    assert call.is_running
    assert not call.fell_back
    assert call.upstream == ""


def test_fields_of_a_newer_gateway_are_passed_over() -> None:
    attempt = {"upstream": "a/b", "status": None, "error": "connect_failed", "node": None, "newer": 1}
    call = Call(ENDED | {"attempts": [attempt], "usage": {"input_tokens": 4, "newer": 1}})
    assert str(call.route) == "a/b(connect_failed)"
    assert call.usage.input_tokens == 4
    assert call.raw["attempts"] == [attempt]


def test_a_retry_of_the_same_target_is_no_fallback() -> None:
    attempts = [{"upstream": "a/b", "status": status} for status in (500, 200)]
    assert not Call(ENDED | {"attempts": attempts}).fell_back


def test_calls_are_a_sequence_that_asks_again_at_every_look() -> None:
    rows: list[Call] = []
    calls = Calls(lambda: list(rows), lambda _number, _timeout_s: list(rows))
    assert len(calls) == 0
    rows.append(Call(ENDED))
    assert len(calls) == 1
    assert calls[0] is calls[-1] is calls[:1][0] is calls.wait(0)
    assert list(calls) == rows
    assert calls == rows
    with pytest.raises(IndexError, match="no call 1: the gateway saw 1 in this test"):
        _ = calls[1]


def test_waiting_asks_in_slices_until_the_end() -> None:
    asked: list[float] = []

    def wait(_number: int, timeout_s: float) -> list[Call]:
        asked.append(timeout_s)
        return [Call(ENDED)] if len(asked) == 3 else []

    assert len(wait_for_calls(wait, 1, 60)) == 1
    assert len(asked) == 3
    assert max(asked) <= 5


def test_a_wait_for_one_call_is_not_ended_by_another() -> None:
    asked: list[int] = []
    running, later = {"number": 0, "op": "chat"}, {"number": 1, "ended_by": "eof"}

    def wait(number: int, _timeout_s: float) -> list[Call]:
        asked.append(number)
        return [Call(ENDED if len(asked) == 3 else running), Call(later)]

    calls = Calls(list, wait)
    assert calls.wait(0).ended_by == "eof"
    assert asked == [1, 2, 2]


@pytest.mark.parametrize(
    ("rows", "number", "words"),
    [
        ([ENDED], 1, r"call 1 \(the second\) did not come within 0 s; the gateway saw 1 call: <call 0"),
        (
            [{"number": 0}],
            0,
            r"call 0 \(the first\) had not ended within 0 s; the gateway saw 1 call: <call 0",
        ),
        ([], 7, r"call 7 \(8 calls in\) did not come within 0 s; the gateway saw no call"),
    ],
)
def test_a_call_that_did_not_come_is_named(rows: list[dict[str, Any]], number: int, words: str) -> None:
    calls = Calls(list, lambda _number, _timeout_s: [Call(row) for row in rows])
    with pytest.raises(TimeoutError, match=words):
        calls.wait(number, timeout=0)


def test_arguments_of_tools_are_objects_where_they_can_be() -> None:
    tools = [["a", '{"city": "Oslo"}'], ["b", '{"city": "Os'], ["c", {"x": 1}], ["d", "3"]]
    assert [each for _, each in Call({"tool_calls": tools}).tool_calls] == [
        {"city": "Oslo"},
        '{"city": "Os',
        {"x": 1},
        "3",
    ]


def test_amounts() -> None:
    assert decimal_or_none("0.0000048") == Decimal("0.0000048")
    assert decimal_or_none(None) is None
