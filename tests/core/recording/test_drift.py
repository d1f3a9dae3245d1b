"""Drift by shape: what a changed provider changes, and that values never do."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.drift import MOST_CHANGES, ShapeChange, render, shape_diff
from aigw_dev.core.recording.fixture import Blob, EventRow, Frame, Response, Synth

JSON_HEADERS = {"content-type": "application/json"}


def _chat(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi", "refusal": None} | message}
    return {"id": "chatcmpl-1", "choices": [choice | {"finish_reason": "stop"}], "usage": {"total_tokens": 3}}


def _without_choices() -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    return _chat() | {"choices": nothing}


def _without_usage() -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    return _chat() | {"usage": nothing}


def _reply(body: Any, **fields: Any) -> Response:
    return Response(headers=JSON_HEADERS, body=body, **fields)


def _rows(recorded: Response, live: Response) -> list[tuple[str, str, str, str]]:
    return [(one.kind, one.path, one.recorded, one.live) for one in shape_diff(recorded, live)]


def _events(*rows: Any, end: Any = "eof") -> Response:
    events = [
        EventRow(name=None, text=one)
        if isinstance(one, str)
        else EventRow(name=one.get("type") if "type" in one else None, data=one)
        for one in rows
    ]
    return Response(headers={"content-type": "text/event-stream"}, events=events, end=end)


def test_other_values_are_no_drift() -> None:
    live = _chat(content="Something else", refusal="no")
    live["id"] = "chatcmpl-2"
    live["choices"].append(live["choices"][0])
    live["usage"]["total_tokens"] = 7.5
    assert _rows(_reply(_chat()), _reply(live)) == []


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_nothing_drifts_from_itself(value: Any) -> None:
    assert shape_diff(_reply(value), _reply(value)) == []


@pytest.mark.parametrize(
    ("live", "row"),
    [
        (_chat(content=5), ("changed", "choices[].message.content", "string", "number")),
        (_chat(annotations=[]), ("new", "choices[].message.annotations", "", "array")),
        (_chat(audio={"id": "a", "data": "b"}), ("new", "choices[].message.audio", "", "object")),
        (_without_usage(), ("gone", "usage.total_tokens", "number", "")),
        (_chat(content=True), ("changed", "choices[].message.content", "string", "boolean")),
        (_without_choices(), ("changed", "choices", "array", "object")),
    ],
)
def test_a_field_of_another_type_or_place_is_drift(live: Any, row: tuple[str, ...]) -> None:
    assert _rows(_reply(_chat()), _reply(live))[0] == row


def test_only_the_topmost_of_missing_fields_is_named() -> None:
    live = _chat()
    del live["choices"][0]["message"]
    assert _rows(_reply(_chat()), _reply(live)) == [("gone", "choices[].message", "object", "")]


def test_an_empty_list_or_a_null_says_nothing_about_what_it_could_hold() -> None:
    assert _rows(_reply({"a": [{"b": 1}], "c": {"d": 1}}), _reply({"a": [], "c": None})) == []


def test_arguments_are_content() -> None:
    tool = {"content": [{"type": "tool_use", "input": {"city": "Oslo"}}]}
    other = {"content": [{"type": "tool_use", "input": {"town": "Oslo"}}]}
    assert _rows(_reply(tool), _reply(other)) == []


def test_the_class_of_a_status_counts_and_an_errors_own_status() -> None:
    assert _rows(Response(status=200), Response(status=201)) == []
    assert _rows(Response(status=200), Response(status=429)) == [("changed", "status", "200", "429")]
    assert _rows(Response(status=429), Response(status=400)) == [("changed", "status", "429", "400")]


def test_headers_that_clients_act_on_are_watched() -> None:
    recorded = Response(
        headers={"content-type": "application/json; charset=utf-8", "retry-after": "2", "date": "x"}
    )
    live = Response(headers={"content-type": "application/json", "x-ratelimit-limit-tokens": "1"})
    assert _rows(recorded, live) == [
        ("gone", "headers.retry-after", "", ""),
        ("new", "headers.x-ratelimit-limit-tokens", "", ""),
    ]
    assert _rows(Response(headers={"retry-after": "1"}), Response(headers={"retry-after": "9"})) == []
    assert _rows(Response(), Response(headers={"content-type": "text/html"})) == [
        ("changed", "headers.content-type", "none", "text/html")
    ]


@pytest.mark.parametrize(
    ("live", "kind"),
    [
        (Response(text="a"), "text"),
        (Response(blob=Blob(sha256="a" * 64)), "bytes"),
        (Response(events=[]), "events"),
        (Response(raw=[(0, b"a")]), "raw stream"),
        (Response(ws=[]), "WebSocket"),
        (Response(), "empty"),
    ],
)
def test_another_kind_of_reply_is_drift(live: Response, kind: str) -> None:
    assert _rows(Response(body={}), live) == [("changed", "reply", "JSON", kind)]


def test_a_hand_written_answer_has_a_status_only() -> None:
    synth = Response(synth=Synth(text="Hi"))
    assert _rows(synth, _reply(_chat())) == []
    assert _rows(synth, Response(status=500)) == [("changed", "status", "200", "500")]


def test_events_are_compared_by_name_and_shape() -> None:
    recorded = _events(
        {"type": "start", "a": 1}, {"type": "delta", "b": "x"}, {"type": "ping"}, {"type": "stop"}
    )
    live = _events(
        {"type": "start", "a": "1"}, {"type": "delta"}, {"type": "delta", "b": "y"}, {"type": "extra"}
    )
    assert _rows(recorded, live) == [
        ("gone", "event stop", "", ""),
        ("new", "event extra", "", ""),
        ("changed", "event start: a", "number", "string"),
    ]


def test_another_order_of_first_appearance_is_drift() -> None:
    recorded = _events({"type": "a"}, {"type": "b"}, {"type": "a"})
    assert _rows(recorded, _events({"type": "a"}, {"type": "b"})) == []
    assert _rows(recorded, _events({"type": "b"}, {"type": "a"})) == [
        ("changed", "order of events", "a, b", "b, a")
    ]


def test_events_without_names_are_told_by_their_object_or_text() -> None:
    recorded = _events({"object": "chat.completion.chunk", "choices": []}, {"x": 1}, "[DONE]")
    live = _events({"object": "chat.completion.chunk", "choices": []}, {"x": 1}, "plain")
    assert _rows(recorded, live) == [("gone", "event [DONE]", "", ""), ("new", "event text", "", "")]


def test_another_end_and_other_finish_reasons_are_drift() -> None:
    def stream(reason: str | None, end: str) -> Response:
        return _events(
            {"choices": [{"finish_reason": None}]}, {"choices": [{"finish_reason": reason}]}, end=end
        )

    assert _rows(stream("stop", "eof"), stream("length", "cut")) == [
        ("changed", "end", "eof", "cut"),
        ("changed", "finish", "stop", "length"),
    ]
    assert _rows(stream("stop", "eof"), stream(None, "eof")) == [("changed", "finish", "stop", "none")]
    assert _rows(stream(None, "eof"), stream("stop", "eof")) == [("changed", "finish", "none", "stop")]


def test_frames_of_a_socket_are_told_apart_by_side() -> None:
    recorded = Response(
        ws=[Frame(side="c", data={"type": "a"}), Frame(side="s", data={"type": "a", "b": 1}), Frame(side="s")]
    )
    live = Response(
        ws=[
            Frame(side="c", data={"type": "a"}),
            Frame(side="s", data={"type": "a", "b": "1"}),
            Frame(side="s"),
        ]
    )
    assert _rows(recorded, live) == [("changed", "event received a: b", "number", "string")]


def test_the_list_has_an_end() -> None:
    assert len(shape_diff(_reply(dict.fromkeys(map(str, range(999)), 1)), _reply({}))) == MOST_CHANGES


def test_deep_values_have_a_shape() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert shape_diff(_reply(deep), _reply(deep)) == []


def test_the_text_is_one_line_for_each_change() -> None:
    changes = [
        ShapeChange(kind="changed", path="a.b", recorded="string", live="number"),
        ShapeChange(kind="new", path="c", live="object"),
        ShapeChange(kind="gone", path="\x1b[2J", recorded="null"),
    ]
    assert render(changes) == "~ a.b      string -> number\n+ c        object\n- \\x1b[2J  null"
    assert render([]) == "no drift"


def test_a_body_that_is_not_there_is_empty() -> None:
    assert _rows(Response(body=msgspec.UNSET), Response()) == []
