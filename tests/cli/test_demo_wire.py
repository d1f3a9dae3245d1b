"""What the demo's upstream says."""

import json
from typing import Any

from aigw_dev.cli import demo_wire
from aigw_dev.cli.demo_models import ANSWERS, MODELS, PROMPTS

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": PROMPTS[2]}]}
TOOL: dict[str, Any] = {
    "function": {
        "name": "find",
        "parameters": {
            "properties": {"city": {"type": "string"}, "limit": {"type": "integer"}, "unit": {"enum": ["c"]}}
        },
    }
}
MODEL = MODELS[0]


def events(stream: Any) -> list[dict[str, Any]]:
    lines = b"".join(stream).decode().split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def test_a_stream_says_the_same_as_a_whole_reply() -> None:
    whole = demo_wire.chat(ASK, MODEL, "id")["choices"][0]["message"]["content"]
    streamed = events(demo_wire.chat_events(ASK, MODEL, "id"))
    assert whole == ANSWERS[2]
    assert "".join(one["choices"][0]["delta"].get("content") or "" for one in streamed) == whole


def test_a_message_stream_says_the_same_as_a_whole_message() -> None:
    whole = demo_wire.message(ASK, MODEL, "id")
    streamed = events(demo_wire.message_events(ASK, MODEL, "id"))
    assert (
        "".join(one["delta"].get("text", "") for one in streamed if one["type"] == "content_block_delta")
        == whole["content"][0]["text"]
    )
    assert streamed[-2]["usage"]["output_tokens"] == whole["usage"]["output_tokens"]


def test_usage_comes_in_a_stream_only_where_it_was_asked_for() -> None:
    assert not any("usage" in one for one in events(demo_wire.chat_events(ASK, MODEL, "id")))
    asked = ASK | {"stream_options": {"include_usage": True}}
    assert events(demo_wire.chat_events(asked, MODEL, "id"))[-1]["usage"]["total_tokens"] > 10


def test_an_offered_tool_is_called_once_with_likely_arguments() -> None:
    called = demo_wire.tool_call(ASK | {"tools": [TOOL]})
    assert called == ("find", {"city": "Lisbon", "limit": 3, "unit": "c"})
    answered = {"messages": [*ASK["messages"], {"role": "tool", "content": "none"}], "tools": [TOOL]}
    assert demo_wire.tool_call(answered) is None
    whole = demo_wire.chat(ASK | {"tools": [TOOL]}, MODEL, "id")
    assert whole["choices"][0]["finish_reason"] == "tool_calls"
    assert demo_wire.message(ASK | {"tools": [TOOL]}, MODEL, "id")["content"][0]["type"] == "tool_use"


def test_failures_have_their_vendor_s_shape() -> None:
    assert demo_wire.failure(429, "chat", MODEL)["error"]["code"] == "rate_limit_exceeded"
    assert demo_wire.failure(500, "messages", MODEL)["error"]["type"] == "api_error"


def test_parts_of_a_message_are_read_and_embeddings_are_as_many_as_texts() -> None:
    parts = {"messages": [{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]}
    assert demo_wire.asked(parts) == "a b"
    assert len(demo_wire.embeddings({"input": ["a", "b"]}, MODEL)["data"]) == 2
    assert demo_wire.asked({"input": "x"}) == "x"
