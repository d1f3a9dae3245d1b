"""A provider's whole reply in neutral words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import (
    ChatReply,
    Choice,
    Image,
    Media,
    Opaque,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.neutral_replies import G, candidate, context, read

_KEYS = st.sampled_from(
    ["candidates", "content", "parts", "text", "thought", "thoughtSignature", "functionCall", "name", "args", "partialArgs",
     "jsonPath", "stringValue", "willContinue", "finishReason", "index", "usageMetadata", "promptTokenCount",
     "totalTokenCount", "promptFeedback", "blockReason", "error", "code", "logprobsResult", "chosenCandidates", "token",
     "groundingMetadata", "inlineData", "mimeType", "createTime", "predictions", "embeddings", "statistics", "token_count"]
)  # fmt: skip


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3) | st.sampled_from(["STOP", "$.a[1]", "image/png", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=30,
)  # fmt: skip


_REPLY = st.fixed_dictionaries(
    {"candidates": st.lists(st.fixed_dictionaries({"content": st.fixed_dictionaries({"parts": st.lists(st.dictionaries(_KEYS, _JSON, max_size=3), max_size=3)})}), max_size=2)},
    optional={"usageMetadata": _JSON, "error": _JSON},
)  # fmt: skip


def test_a_plain_answer() -> None:
    reply = read(
        {
            "candidates": [{"content": {"parts": [{"text": "a"}, {"text": "b"}]}, "finishReason": "STOP", "avgLogprobs": -1}],
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
            "modelVersion": "g",
            "responseId": "r",
            "createTime": "2026-05-04T20:01:02.264968Z",
            "modelStatus": 1,
        }
    )  # fmt: skip
    assert reply.choices == (Choice(parts=(Text(text="ab"),), stop="stop", stop_raw="STOP"),)
    assert (reply.id, reply.model, reply.created) == ("r", "g", 1777924862)
    assert reply.usage is not None
    assert (reply.usage.input, reply.usage.output) == (3, 2)
    assert set(reply.extras) == {"candidates[0].avgLogprobs", "modelStatus"}


def test_calls_get_ids_and_end_in_tool_calls() -> None:  # fact 36, bug class 10
    one = candidate(
        {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "U0lH"},
        {"functionCall": {"name": "f"}},
    )
    first, second = one.parts
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert (one.stop, one.stop_raw) == ("tool_calls", "STOP")
    assert (first.arguments, first.signature, second.arguments) == ('{"x": 1}', "U0lH", "{}")
    assert first.id.startswith("call_")
    assert first.id != second.id
    again = candidate(
        {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "U0lH"},
        {"functionCall": {"name": "f"}},
    )
    assert again == one
    assert candidate({"functionCall": {"id": "own", "name": "f"}}).parts == (ToolCall(id="own", name="f"),)


def test_a_blocked_prompt_was_filtered() -> None:
    reply = read({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 1}})
    (one,) = reply.choices
    assert (one.parts, one.stop, one.stop_raw) == ((), "content_filter", "SAFETY")


def test_thoughts_signatures_and_media() -> None:
    one = candidate(
        {"text": "hm", "thought": True},
        {"text": "a"},
        {"text": "b", "thoughtSignature": "YWlndzE6eA=="},
        {"text": ""},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"executableCode": {"code": "1"}},
        {"functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a", "numberValue": 1}]}},
    )
    assert one.parts[:4] == (
        Thinking(text="hm"),
        Text(text="ab"),
        Thinking(signature="YWlndzE6eA==", origin=G),  # another gateway's wrap is Gemini's to us
        Image(source=Media(data="AAAA", media_type="image/png")),
    )
    assert isinstance(one.parts[4], Opaque)
    assert isinstance(one.parts[5], ToolCall)
    assert one.parts[5].arguments == '{"a":1}'


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"candidates":[]}', b"<html>", b'{"candidates":3', b"\xff" * 9],
)
def test_what_is_no_reply_is_an_error(body: bytes) -> None:
    reply = gemini.read_chat_reply(body)
    assert isinstance(reply, ReplyError)
    assert reply.message


def test_an_error_of_status_200_is_an_error() -> None:  # bug class 16
    for shape in (b'{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}', b'[{"error":{"message":"slow","status":"RESOURCE_EXHAUSTED"}}]'):  # fmt: skip
        assert gemini.read_chat_reply(shape) == ReplyError(
            message="slow", code="RESOURCE_EXHAUSTED", status=429
        )


@given(_JSON | _REPLY)
def test_any_reply_is_read_and_can_be_written(value: Any) -> None:
    body = json.dumps(value).encode()
    gemini.reply_summary(body)
    gemini.reply_usage(body)
    gemini.is_error_body(body)
    gemini.read_error(500, body)
    gemini.retry_delay_s(body)
    gemini.read_count_reply(body)
    reply = gemini.read_chat_reply(body)
    if isinstance(reply, ChatReply):
        json.loads(gemini.write_reply(reply, context(), Ledger()))


@given(st.binary(max_size=60))
def test_any_bytes_are_read(body: bytes) -> None:
    gemini.reply_summary(body)
    gemini.read_error(500, body)
    gemini.read_chat_reply(body)
