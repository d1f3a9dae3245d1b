"""What a Responses reply says to the log."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import responses
from aigw_dev.core.dialects.responses.reader import StreamReader
from aigw_dev.core.exchange import ToolCall
from aigw_dev.core.streams import sse
from tests.core.dialects.responses.recordings import replies, streams


def listened(body: bytes) -> StreamReader:
    reader, framer = responses.stream_reader(), sse.Decoder()
    for event in framer.feed(body) + framer.close():
        reader.feed(event)
    return reader


def heard(*events: dict[str, Any]) -> StreamReader:
    return listened(b"".join(sse.encode(json.dumps(event).encode()) for event in events))


@pytest.mark.vectors
def test_every_recorded_stream_is_heard_with_its_usage_and_end(vectors: Path) -> None:
    for recording in streams(vectors):
        reader = listened(recording.body)
        assert reader.has_data
        assert reader.is_done, recording.id
        assert reader.bad_events == 0, recording.id
        assert reader.finish, recording.id
        if b'"usage":{' in recording.body:
            assert reader.usage is not None, recording.id
        if reader.error is None:
            whole = reader.assembled()
            assert (
                whole.text
                or whole.tool_calls
                or whole.reasoning
                or b"output_text.delta" not in recording.body
            )


@pytest.mark.vectors
def test_every_recorded_reply_has_its_summary(vectors: Path) -> None:
    for recording in replies(vectors):
        wire = json.loads(recording.body)
        summary = responses.reply_summary(recording.body)
        assert summary.response_model == wire["model"]
        assert summary.finish
        if wire.get("usage"):
            assert summary.usage is not None
            assert summary.usage.output >= wire["usage"]["output_tokens"]
            assert responses.reply_usage(recording.body) == summary.usage


def test_a_running_stream_is_put_together_from_its_deltas() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": ""}
    reader = heard(
        {"type": "response.created", "response": {"model": "m"}},
        {"type": "response.reasoning_summary_text.delta", "delta": "hm"},
        {"type": "response.output_text.delta", "delta": "He"},
        {"type": "response.refusal.delta", "delta": "no"},
        {"type": "response.output_item.added", "output_index": 2, "item": call},
        {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": '{"a":1}'},
        {"type": "response.output_item.done", "output_index": 2, "item": call},
        {"type": "response.output_item.done", "output_index": 3, "item": {"type": "message"}},
    )
    whole = reader.assembled()
    assert (whole.text, whole.reasoning, whole.refusal) == ("He", "hm", "no")
    assert whole.tool_calls == [ToolCall(id="c", name="f", arguments='{"a":1}')]
    assert reader.output_text() == 'hmHenof{"a":1}'
    assert (reader.is_done, reader.finish, reader.usage, reader.response_model) == (False, "", None, "m")


def test_the_end_says_why_and_what_was_counted() -> None:
    output = [{"type": "message", "content": [{"type": "output_text", "text": "whole"}]}]
    usage = {"input_tokens": 5, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 3}}
    details = {"reason": "max_output_tokens"}
    response = {
        "status": "incomplete",
        "incomplete_details": details,
        "output": output,
        "usage": usage,
        "model": "m",
    }
    reader = heard(
        {"type": "response.output_text.delta", "delta": "w"},
        {"type": "response.incomplete", "response": response},
    )
    assert (reader.is_done, reader.finish) == (True, "max_output_tokens")
    assert (reader.assembled().text, reader.assembled().finish) == ("whole", "max_output_tokens")
    assert reader.usage is not None
    assert (reader.usage.input, reader.usage.cached_input) == (5, 3)


def test_errors_are_heard_in_every_form() -> None:
    flat = heard({"type": "error", "code": "x", "message": "m"})
    assert flat.error is not None
    assert (flat.error.message, flat.error.code, flat.finish) == ("m", "x", "failed")
    nested = heard({"error": {"message": "n", "code": 502}})
    assert nested.error is not None
    assert nested.error.message == "n"
    failed = heard(
        {"type": "response.failed", "response": {"status": "failed", "error": {"code": "c", "message": "f"}}}
    )
    assert failed.error is not None
    assert (failed.error.message, failed.finish, failed.is_done) == ("f", "failed", True)


def test_comments_done_marks_and_rubbish() -> None:
    reader = listened(b": ping\n\n")
    assert not reader.has_data
    reader = listened(b"data: rubbish\n\ndata: [DONE]\n\n")
    assert (reader.has_data, reader.is_done, reader.bad_events) == (True, True, 1)
    assert "rubbish" in reader.note


def test_a_reply_that_cannot_be_read_has_an_empty_summary() -> None:
    assert responses.reply_summary(b"<html>").finish == ""
    assert responses.reply_usage(b'{"usage":{"input_tokens":1},"x":"\xff"}') is not None
    assert responses.reply_usage(b"{}") is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "delta", "response", "output", "item", "usage", "error", "output_index", "content", "text"]),
        inner | st.sampled_from(["message", "function_call", "error", "response.completed", "response.output_text.delta"]),
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(_JSON, max_size=4))
def test_the_reader_never_raises(values: list[object]) -> None:
    reader = listened(b"".join(sse.encode(json.dumps(value).encode()) for value in values))
    reader.assembled()
    reader.output_text()
    assert reader.usage is None or reader.usage.input >= 0
    for value in values:
        responses.reply_summary(json.dumps(value).encode())
