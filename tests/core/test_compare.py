"""Two exchanges side by side: what a program would see, and the numbers beside it."""

from typing import Any

import msgspec

from aigw_dev.core.compare import compare
from aigw_dev.core.exchange import Assembled, Cost, ToolCall, Usage
from tests.store.making import exchange, reply, request


def tools(*calls: tuple[str, str]) -> Assembled:
    return Assembled(tool_calls=[ToolCall(name=name, arguments=arguments) for name, arguments in calls])


def test_the_same_reply_is_the_same_whatever_it_cost() -> None:
    found = compare(
        exchange(), exchange(duration_s=0.75, ttft_s=None, cost=Cost(status="exact", nanousd=40_000))
    )
    assert found.is_same
    fields = {one.name: one for one in found.fields}
    assert fields["duration_s"].delta == 0.25
    assert fields["cost_nanousd"].delta == 7_450
    assert (fields["ttft_s"].before, fields["ttft_s"].after, fields["ttft_s"].delta) == (0.4, None, None)
    assert fields["status"].delta is None
    assert found.notes == []


def test_another_text_status_finish_or_usage_is_told() -> None:
    other = exchange(
        status=500, error="upstream_status", finish="length", usage=Usage(input=57, output=50), provider="qwen",
        assembled=Assembled(text="Please check the card", reasoning="hm"), request_body=request("Lost card"),
        response_body=reply("Please check the card"),
    )  # fmt: skip
    found = compare(exchange(), other)
    assert not found.is_same
    fields = {one.name: (one.before, one.after, one.delta) for one in found.fields}
    assert fields["output_tokens"] == (40, 50, 10)
    assert fields["outcome"] == ("ok", "failed", None)
    assert found.text is not None
    assert [hunk.kind for hunk in found.text.hunks] == ["same", "removed", "added"]
    assert found.reasoning is not None
    assert [one.path for one in found.request] == ["messages[1].content"]
    assert [one.path for one in found.response] == ["choices[0].message.content"]


def test_tool_calls_are_compared_by_place_and_their_arguments_by_path() -> None:
    before = tools(("get", '{"a":1,"b":2}'), ("same", '{"x": 1}'), ("gone", "{}"), ("text", "not json"))
    after = tools(
        ("get", '{"b":3,"a":1}'), ("same", '{"x":1}'), ("put", "{}"), ("text", "no json"), ("new", "{}")
    )
    found = compare(exchange(assembled=before), exchange(assembled=after))
    assert [change.kind for change in found.tool_calls] == ["changed", "same", "changed", "changed", "added"]
    assert [one.path for one in found.tool_calls[0].arguments] == ["b"]
    assert (found.tool_calls[2].name_before, found.tool_calls[2].name_after) == ("gone", "put")
    found = compare(exchange(assembled=after), exchange(assembled=before))
    assert found.tool_calls[-1].kind == "removed"
    assert not found.is_same
    many = tools(*[("t", "{}")] * 500)
    assert len(compare(exchange(assembled=many), exchange(assembled=many)).tool_calls) == 64


def test_what_was_not_kept_is_said() -> None:
    bare: dict[str, Any] = {"assembled": None, "request_body": None, "response_body": None, "usage": None}
    found = compare(exchange(), exchange(**bare))
    assert found.text is None
    assert len(found.notes) == 2
    assert "second" in found.notes[0]
    assert not found.is_same, "nobody can tell"
    assert "first and second" in compare(exchange(**bare), exchange(**bare)).notes[0]


def test_replies_without_text_are_compared_by_their_json() -> None:
    one = exchange(assembled=None, response_body=b'{"data":[1],"id":"a"}')
    assert compare(one, exchange(assembled=None, response_body=b'{"id":"b","data":[1]}')).is_same
    assert not compare(one, exchange(assembled=None, response_body=b'{"data":[2]}')).is_same
    assert not compare(one, exchange(assembled=None, response_body=b"data: stream")).is_same


def test_bodies_too_large_to_be_compared_are_left_out() -> None:
    large = msgspec.json.encode({"model": "m", "x": "y" * (1 << 20)})
    found = compare(exchange(request_body=large), exchange())
    assert found.request == []
    assert "1 MiB" in found.notes[0]


def test_a_refusal_counts_as_text() -> None:
    found = compare(
        exchange(assembled=Assembled(refusal="I will not")), exchange(assembled=Assembled(refusal="I will"))
    )
    assert found.text is not None
    assert found.text.similarity < 1
