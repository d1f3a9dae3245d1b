"""A neutral reply as Gemini's callers get it."""

import json
from typing import Any

import msgspec

from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    ChatRequest,
    Choice,
    Image,
    Media,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.neutral_replies import G, context, fates, written
from tests.core.dialects.gemini.sdk import check_reply


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def _body(value: Any) -> Any:
    from aigw_dev.core.dialects.request_body import read_body

    return read_body(json.dumps(value).encode())


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
    assert empty.pop("usageMetadata")["totalTokenCount"] == 0
    assert empty == {"candidates": [], "modelVersion": "asked", "responseId": "0123456789abcdef01234567"}


def test_usage_that_nobody_counted_is_estimated_and_said_so() -> None:
    parts = (Text(text="some words"), ToolCall(id="c", name="f", arguments='{"x":1}'))
    ledger = Ledger()
    reply = ChatReply(dialect="openai-chat", choices=(Choice(parts=parts),))
    usage = json.loads(gemini.write_reply(reply, context(), ledger))["usageMetadata"]
    assert usage["candidatesTokenCount"] > 2
    assert ("invented", "usage") in fates(ledger)


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
