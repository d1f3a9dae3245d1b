"""What the log learns from a relayed stream and from whole replies."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.anthropic.reader import StreamReader, reply_summary, reply_usage, stream_reader
from aigw_dev.core.exchange import Assembled, ToolCall
from aigw_dev.core.streams.sse import Decoder, Event
from tests.vectors_anthropic import replies, streams

STREAM: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"model": "claude", "usage": {"input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'}},
    {"type": "content_block_start", "index": 3, "content_block": {"type": "tool_use", "id": "u", "name": "g", "input": {"b": 2}}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
]  # fmt: skip


def heard(*wires: dict[str, Any]) -> StreamReader:
    reader = stream_reader()
    for wire in wires:
        reader.feed(Event(data=json.dumps(wire).encode(), event=wire.get("type", "")))
    return reader


def test_a_stream_is_put_together() -> None:
    reader = heard(*STREAM)
    assert reader.assembled() == Assembled(
        text="Hello",
        reasoning="hm",
        tool_calls=[
            ToolCall(id="t", name="f", arguments='{"a":1}'),
            ToolCall(id="u", name="g", arguments='{"b": 2}'),
        ],
        finish="tool_use",
    )
    assert (reader.has_data, reader.is_done, reader.error, reader.bad_events) == (True, True, None, 0)
    assert (reader.response_model, reader.finish) == ("claude", "tool_use")
    assert reader.output_text() == 'hmHellof{"a":1}'
    assert reader.usage is not None
    assert (reader.usage.input, reader.usage.cached_input, reader.usage.output) == (12, 7, 9)


def test_comments_and_broken_events() -> None:
    reader = stream_reader()
    reader.feed(Event(data=b"hi", is_comment=True))
    assert (reader.has_data, reader.usage) == (False, None)
    reader.feed(Event(data=b"<html>"))
    reader.feed(Event(data=b"again"))
    assert (reader.has_data, reader.bad_events) == (True, 2)
    assert "<html>" in reader.note


def test_an_error_in_the_stream_is_seen_once() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    reader = heard(*STREAM[:7], error, error | {"error": {"message": "again"}})
    assert reader.error is not None
    assert (reader.error.message, reader.error.status, reader.is_done) == ("Overloaded", 529, False)
    assert reader.assembled().text == "Hello"


def test_a_refusal_is_the_text_of_a_refused_reply() -> None:
    end = {"type": "message_delta", "delta": {"stop_reason": "refusal"}}
    assert heard(*STREAM[4:7], end).assembled() == Assembled(refusal="Hello", finish="refusal")


def test_a_second_beginning_starts_over_and_lost_blocks_are_found() -> None:
    assert heard(*STREAM[:7], STREAM[0]).assembled().text == ""
    assert heard(STREAM[6]).assembled().text == "Hello"


def test_every_recorded_stream_says_what_it_says(vectors: Path) -> None:
    for one in streams(vectors):
        reader, decoder = stream_reader(), Decoder()
        for event in [*decoder.feed(one.body), *decoder.close()]:
            reader.feed(event)
        assert reader.is_done, one.id
        assert reader.usage is not None, one.id
        assert reader.error is None


def test_every_recorded_reply_says_what_it_says(vectors: Path) -> None:
    for one in replies(vectors):
        wire: dict[str, Any] = json.loads(one.body)
        found = reply_summary(one.body)
        text = "".join(block["text"] for block in wire["content"] if block["type"] == "text")
        assert found.assembled.text + found.assembled.refusal == text
        assert (found.response_model, found.finish) == (wire["model"], wire["stop_reason"])
        usage = reply_usage(one.body)
        assert usage == found.usage
        assert usage is not None
        assert usage.output == wire["usage"]["output_tokens"]


def test_what_is_no_reply_says_nothing() -> None:
    assert reply_usage(b"<html>") is None
    assert reply_usage(b"{}") is None
    assert reply_summary(b"<html>").finish == ""
    assert reply_summary(b"{}").usage is None


@given(
    st.lists(
        st.binary(max_size=40) | st.sampled_from([json.dumps(wire).encode() for wire in STREAM]), max_size=8
    )
)
def test_anything_is_survived(events: list[bytes]) -> None:
    reader = stream_reader()
    for each in events:
        reader.feed(Event(data=each))
    assert reader.assembled().finish == reader.finish
    assert isinstance(reader.output_text(), str)
