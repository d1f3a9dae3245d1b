"""Whole replies: a provider's in neutral words, and neutral ones as Gemini's callers get them."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    ChatRequest,
    Choice,
    Image,
    Logprob,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    ReplyContext,
    StopReason,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.sdk import check_reply

G = "gemini-generate-content"


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def read(value: Any) -> ChatReply:
    reply = gemini.read_chat_reply(json.dumps(value).encode())
    assert isinstance(reply, ChatReply), reply
    return reply


def candidate(*parts: Any, **more: Any) -> Choice:
    more = {"finishReason": "STOP"} | more
    return read({"candidates": [{"content": {"parts": list(parts)}, **more}], "responseId": "r"}).choices[0]


def context(*, thoughts: bool = False) -> ReplyContext:
    reasoning = Reasoning(summary="auto") if thoughts else None
    asked = ChatRequest(dialect=G, model="asked", messages=(), reasoning=reasoning)
    return ReplyContext(request=asked, id_seed="0123456789abcdef01234567", created=1)


def written(*parts: Part, thoughts: bool = False, **said: Any) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger()
    reply = ChatReply(dialect="openai-chat", choices=(Choice(parts=parts, **said),))
    out = gemini.write_reply(reply, context(thoughts=thoughts), ledger)
    check_reply(out)
    return json.loads(out)["candidates"][0], ledger


def fates(ledger: Ledger) -> set[tuple[str, str]]:
    return {(one.fate, one.field) for one in ledger.entries}


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


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"), ("SOMETHING_NEW", "content_filter"), ("CONTINUATION", "pause"),
        ("MALFORMED_FUNCTION_CALL", "stop"), ("UNEXPECTED_TOOL_CALL", "stop"), ("FINISH_REASON_UNSPECIFIED", None),
    ],
)  # fmt: skip
def test_endings(word: str, stop: StopReason | None) -> None:
    one = candidate({"text": "a"}, finishReason=word, finishMessage="why")
    assert (one.stop, one.stop_raw) == (stop, word)
    is_told = word not in {"STOP", "MAX_TOKENS"}
    assert (json.loads(bytes(one.stop_details)) == {"finishMessage": "why"}) == is_told


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


def test_citations_stand_on_the_last_text() -> None:
    cited = {
        "citationMetadata": {"citations": [{"uri": "u"}]},
        "groundingMetadata": {"webSearchQueries": ["q"]},
    }
    one = candidate({"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, **cited)
    text = one.parts[0]
    assert isinstance(text, Text)
    assert json.loads(bytes(text.citations)) == [{key: value} for key, value in cited.items()]
    assert candidate({"functionCall": {"name": "f", "id": "x"}}, **cited).parts == (
        ToolCall(id="x", name="f"),
    )
    back, _ = written(*one.parts)
    assert back["citationMetadata"] == cited["citationMetadata"]
    assert back["groundingMetadata"] == cited["groundingMetadata"]


def test_likelihoods_there_and_back() -> None:
    result = {
        "chosenCandidates": [{"token": "é", "logProbability": -0.5, "tokenId": 1}, {"token": "b"}],
        "topCandidates": [{"candidates": [{"token": "x", "logProbability": -1.5}]}],
    }
    one = candidate({"text": "éb"}, logprobsResult=result)
    assert one.logprobs == (
        Logprob(
            token="é", logprob=-0.5, bytes=(195, 169), top=(Logprob(token="x", logprob=-1.5, bytes=(120,)),)
        ),
        Logprob(token="b", logprob=0.0, bytes=(98,)),
    )
    back, _ = written(*one.parts, logprobs=one.logprobs)
    assert back["logprobsResult"]["chosenCandidates"][0] == {"token": "é", "logProbability": -0.5}


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


def test_a_callers_reply() -> None:
    reply = ChatReply(
        dialect="anthropic-messages",
        id="msg_1",
        model="claude",
        choices=(Choice(parts=(Text(text="a\u2028b"), ToolCall(id="c", name="f", arguments='{"x":1.10}')), stop="tool_calls"),),
        usage=Usage(input=10, output=7, cached_input=4, cache_write=2, reasoning=3),
        service_tier="priority",
        extras={"container": raw(1)},
    )  # fmt: skip
    ledger = Ledger()
    out = gemini.write_reply(reply, context(), ledger)
    check_reply(out)
    assert b'{"x":1.10}' in out
    assert "\u2028".encode() not in out  # fact 27
    body = json.loads(out)
    assert body["candidates"][0]["content"]["parts"][1] == {
        "functionCall": {"id": "c", "name": "f", "args": {"x": 1.1}}
    }
    assert body["candidates"][0]["finishReason"] == "STOP"
    assert (body["responseId"], body["modelVersion"]) == ("msg_1", "claude")
    assert body["usageMetadata"] == {
        "promptTokenCount": 10,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 17,
    }
    assert fates(ledger) == {
        ("dropped", "container"),
        ("dropped", "service_tier"),
        ("approximated", "usage.cache_write"),
    }
    empty = json.loads(gemini.write_reply(ChatReply(dialect="openai-chat"), context(), Ledger()))
    assert empty == {"candidates": [], "modelVersion": "asked", "responseId": "0123456789abcdef01234567"}


@pytest.mark.parametrize(
    ("stop", "word", "is_exact"),
    [
        ("stop", "STOP", True), ("tool_calls", "STOP", True), ("length", "MAX_TOKENS", True), ("content_filter", "SAFETY", True),
        ("refusal", "SAFETY", False), ("context_window", "MAX_TOKENS", False), ("pause", "STOP", False), ("stop_sequence", "STOP", False),
    ],
)  # fmt: skip
def test_endings_for_callers(stop: StopReason, word: str, is_exact: bool) -> None:  # bug class 10
    body, ledger = written(Text(text="a"), stop=stop)
    assert body["finishReason"] == word
    assert (not ledger.entries) == is_exact


def test_an_ending_that_nobody_said_is_not_made_up() -> None:
    body, ledger = written(Text(text="a"), stop=None, stop_sequence="")
    assert "finishReason" not in body
    body, ledger = written(stop="stop_sequence", stop_sequence="END")
    assert body["content"]["parts"] == [{"text": ""}]
    assert ("dropped", "stop_sequence") in fates(ledger)


def test_thoughts_are_shown_to_who_asked_and_signatures_to_all() -> None:
    thought = Thinking(text="hm", signature="EqQ", origin="anthropic-messages")
    hidden = Thinking(signature="EqR", origin="anthropic-messages", is_redacted=True)
    body, ledger = written(thought, hidden, Thinking(), Text(text="a"), thoughts=True)
    assert [set(part) for part in body["content"]["parts"]] == [
        {"text", "thought", "thoughtSignature"},
        {"text", "thoughtSignature"},
        {"text"},
    ]
    assert not ledger.entries
    contents = [{"role": "model", "parts": body["content"]["parts"]}]
    history = gemini.read_chat(_body({"contents": contents}), path_model="m")
    assert isinstance(history, ChatRequest)
    assert history.messages[0].parts == (thought, hidden, Text(text="a"))
    body, ledger = written(thought, Thinking(text="no"), Text(text="a"))
    assert body["content"]["parts"][0]["text"] == ""
    assert body["content"]["parts"][0]["thought"] is True
    assert len(body["content"]["parts"]) == 2
    assert fates(ledger) == {("dropped", "reasoning")}


def test_every_other_part() -> None:
    body, ledger = written(
        Refusal(text="no"),
        Image(source=Media(data="AAAA", media_type="image/webp")),
        Audio(source=Media(data="AAAA")),
        Audio(source=Media(), transcript="said"),
        Audio(source=Media()),
        Opaque(dialect=G, type="executableCode", raw=raw({"executableCode": {"code": "1", "language": "PYTHON"}})),
        Opaque(dialect="openai-responses", type="web_search_call", raw=raw({})),
        ToolCall(id="", name="patch", arguments="*** begin", kind="custom"),
        ToolCall(id="d", name="f", arguments='{"broken'),
        ToolResult(call_id="x"),
        Text(text="a", citations=raw([{"type": "url_citation", "url": "u", "title": "t", "start_index": 1, "end_index": 2}, {"url_citation": {"url": "v"}}, {"document": 1}])),
    )  # fmt: skip
    parts = body["content"]["parts"]
    assert parts[:5] == [
        {"text": "no"},
        {"inlineData": {"mimeType": "image/webp", "data": "AAAA"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}},
        {"text": "said"},
        {"executableCode": {"code": "1", "language": "PYTHON"}},
    ]
    assert parts[5] == {"functionCall": {"name": "patch", "args": {"input": "*** begin"}}}
    assert parts[6]["functionCall"]["args"] == {"arguments": '{"broken'}
    assert body["citationMetadata"]["citations"] == [
        {"uri": "u", "startIndex": 1, "endIndex": 2, "title": "t"},
        {"uri": "v"},
    ]
    assert fates(ledger) == {
        ("approximated", "audio"),
        ("dropped", "content"),
        ("approximated", "tool_calls.arguments"),
        ("dropped", "citations"),
    }


def _body(value: Any) -> Any:
    from aigw_dev.core.dialects.request_body import read_body

    return read_body(json.dumps(value).encode())


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
