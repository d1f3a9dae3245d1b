"""A provider's whole reply in neutral words."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import ChatReply, Logprob, Opaque, Refusal, Text, Thinking, ToolCall
from aigw_dev.core.dialects import responses
from aigw_dev.core.dialects.protocol import ReplyError
from tests.core.dialects.responses.recordings import recordings, replies


def read(**fields: Any) -> ChatReply | ReplyError:
    usual: dict[str, Any] = {
        "id": "resp_1",
        "status": "completed",
        "model": "m",
        "created_at": 5,
        "output": [],
    }
    wire = usual | fields
    return responses.read_chat_reply(json.dumps(wire).encode())


def answer(*items: dict[str, Any], **fields: Any) -> ChatReply:
    reply = read(output=items, **fields)
    assert isinstance(reply, ChatReply)
    return reply


def message(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "content": content}


@pytest.mark.vectors
def test_every_recorded_reply_is_read_with_its_text_and_usage(vectors: Path) -> None:
    for recording in replies(vectors):
        wire = json.loads(recording.body)
        reply = responses.read_chat_reply(recording.body)
        if wire.get("error") or wire["status"] in {"queued", "in_progress", "failed"}:
            assert isinstance(reply, ReplyError), recording.id
            continue
        assert isinstance(reply, ChatReply), recording.id
        contents = [item["content"] for item in wire["output"] if item["type"] == "message"]
        texts = [part["text"] for content in contents for part in content if part["type"] == "output_text"]
        parts = reply.choices[0].parts
        assert [part.text for part in parts if isinstance(part, Text)] == [text for text in texts if text]
        calls = [
            item["call_id"]
            for item in wire["output"]
            if item["type"].endswith(("function_call", "custom_tool_call"))
        ]
        assert [part.id for part in parts if isinstance(part, ToolCall)] == calls
        if wire.get("usage"):
            assert reply.usage is not None
            assert reply.usage.input == wire["usage"]["input_tokens"]


@pytest.mark.vectors
def test_every_recorded_error_body_has_a_text(vectors: Path) -> None:
    errors = [one for one in recordings(vectors) if one.status >= 400]
    assert len(errors) > 2
    for recording in errors:
        error = responses.read_error(recording.status, recording.body)
        assert error.message
        assert error.status == recording.status


def test_every_kind_of_item_has_its_part() -> None:
    cite = [{"type": "url_citation", "url": "http://a"}]
    reply = answer(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"text": "a"}, {"text": "b"}],
            "encrypted_content": "S",
        },
        {"type": "reasoning", "id": "rs_2", "summary": []},
        message(
            {"type": "output_text", "text": "Hi", "annotations": cite}, {"type": "refusal", "refusal": "no"}
        ),
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": ""},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "d", "name": "g", "input": "x"},
        {"type": "web_search_call", "id": "ws_1"},
    )
    thinking, text, refusal, call, custom, opaque = reply.choices[0].parts
    assert thinking == Thinking(text="a\n\nb", signature="S", origin="openai-responses", id="rs_1")
    assert isinstance(text, Text)
    assert (text.text, json.loads(bytes(text.citations))) == ("Hi", cite)
    assert refusal == Refusal(text="no")
    assert call == ToolCall(id="c", name="f", arguments="{}", item_id="fc_1")
    assert custom == ToolCall(id="d", name="g", arguments="x", kind="custom", item_id="ctc_1")
    assert isinstance(opaque, Opaque)
    assert json.loads(bytes(opaque.raw)) == {"type": "web_search_call", "id": "ws_1"}


def test_raw_reasoning_stands_for_a_summary_that_is_not_there() -> None:
    reply = answer(
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "raw"}]}
    )
    assert reply.choices[0].parts == (Thinking(text="raw"),)


@pytest.mark.parametrize(
    ("items", "fields", "stop"),
    [
        ([], {}, "stop"),
        ([{"type": "function_call", "call_id": "c", "name": "f"}, message({"type": "output_text", "text": "x"})], {},
         "tool_calls"),
        ([{"type": "custom_tool_call", "call_id": "c", "name": "f"}, message({"type": "output_text", "text": "x"})], {},
         "stop"),
        ([message({"type": "refusal", "refusal": "x"})], {}, "refusal"),
        ([], {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ([], {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ([], {"status": "incomplete", "incomplete_details": {"reason": "steered"}}, "pause"),
        ([], {"status": "incomplete"}, "length"),
    ],
)  # fmt: skip
def test_why_a_reply_ended(items: list[dict[str, Any]], fields: dict[str, Any], stop: str) -> None:
    assert answer(*items, **fields).choices[0].stop == stop


def test_arguments_that_were_cut_off_are_valid_json() -> None:
    [call] = (
        answer({"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a": "Par'})
        .choices[0]
        .parts
    )
    assert isinstance(call, ToolCall)
    assert json.loads(call.arguments) == {"a": "Par"}


def test_logprobs_are_those_of_all_texts() -> None:
    one = {"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -2}]}
    part = {"type": "output_text", "text": "a", "logprobs": [one, {"token": 1}, {"logprob": True}]}
    assert answer(message(part)).choices[0].logprobs == (
        Logprob(token="a", logprob=-1.0, bytes=(97,), top=(Logprob(token="b", logprob=-2.0),)),
    )


@pytest.mark.parametrize(
    ("fields", "message_", "code", "status"),
    [
        ({"status": "failed", "error": {"code": "server_error", "message": "x"}}, "x", "server_error", 500),
        ({"status": "cancelled"}, "the provider's response is cancelled", "", 0),
        (
            {"status": "queued"},
            "the provider's reply is not finished, its status is queued",
            "upstream_protocol",
            0,
        ),
        ({"output": None}, "the provider's reply has no `output`", "upstream_protocol", 0),
        ({"error": "plain"}, "plain", "", 0),
    ],
)
def test_a_reply_that_is_no_answer_is_an_error(
    fields: dict[str, Any], message_: str, code: str, status: int
) -> None:
    assert read(**fields) == ReplyError(message=message_, code=code, status=status)


def test_what_is_no_object_is_an_error() -> None:
    assert isinstance(responses.read_chat_reply(b"<html>"), ReplyError)
    assert responses.read_error(502, b"").message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "output", "content", "text", "summary", "usage", "status", "error", "annotations", "name"])
        | st.text(max_size=3),
        inner | st.sampled_from(["message", "reasoning", "function_call", "output_text", "completed"]),
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_JSON)
def test_whatever_a_provider_sends_is_a_reply_or_an_error(value: object) -> None:
    for wire in (
        value,
        {"output": value},
        {"output": [value]},
        {"output": [{"type": "message", "content": value}]},
    ):
        reply = responses.read_chat_reply(json.dumps(wire).encode())
        assert isinstance(reply, ChatReply | ReplyError)
        msgspec.json.encode(reply)
    assert responses.read_error(500, json.dumps(value).encode()).message


def test_a_custom_call_of_a_tool_that_nobody_offered_is_the_providers_own() -> None:
    item = {
        "type": "custom_tool_call",
        "id": "ctc_1",
        "call_id": "xs_1",
        "name": "x_keyword_search",
        "input": "{}",
    }
    wire: dict[str, Any] = {"id": "r", "status": "completed", "model": "m", "output": [item]}
    for tools, kind in (
        ([{"type": "x_search"}], Opaque),
        ([{"type": "custom", "name": "x_keyword_search"}], ToolCall),
        (None, ToolCall),
    ):
        reply = responses.read_chat_reply(json.dumps(wire | {"tools": tools}).encode())
        assert isinstance(reply, ChatReply)
        assert [type(part) for part in reply.choices[0].parts] == [kind]
