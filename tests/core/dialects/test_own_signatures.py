"""A provider never sees another one's signature, and every other byte of a request stays."""

import base64
import json

import pytest

from aigw_dev.core.chat.signatures import wrap
from aigw_dev.core.dialects.own_signatures import own_signatures
from aigw_dev.core.dialects.request_body import RequestBody, read_body


def body(text: str) -> RequestBody:
    found = read_body(text.encode())
    assert isinstance(found, RequestBody)
    return found


def test_anthropic_gets_no_foreign_thought() -> None:
    foreign = wrap("openai-chat", "", "anthropic-messages")
    turn = {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "a", "signature": foreign},
            {"type": "thinking", "thinking": "b", "signature": "EqQB"},
            {"type": "redacted_thinking", "data": wrap("openai-responses", "x", "anthropic-messages")},
            {"type": "text", "text": "aigw1: is only a word here"},
        ],
    }
    cleaned = own_signatures(
        body('{"model" : "m", "top_k": 1.0, "messages":' + json.dumps([turn, 7]) + "}"), "anthropic-messages"
    )
    assert cleaned.raw.startswith(b'{"model" : "m", "top_k": 1.0, "messages":')
    kept = json.loads(cleaned.raw)["messages"]
    assert kept[0]["content"] == [turn["content"][1], turn["content"][3]]
    assert kept[1] == 7


def test_gemini_gets_no_foreign_thought_signature() -> None:
    foreign = base64.b64encode(
        wrap("anthropic-messages", "EqQB", "gemini-generate-content").encode()
    ).decode()
    parts = [
        {"text": "hm", "thought": True, "thoughtSignature": foreign},
        {"thought": True, "text": "", "thought_signature": foreign},
        {"functionCall": {"name": "f"}, "thoughtSignature": "b3du"},
    ]
    raw = json.dumps({"contents": [{"role": "model", "parts": parts}]})
    kept = json.loads(own_signatures(body(raw), "gemini-generate-content").raw)["contents"][0]["parts"]
    assert kept == [{"text": "hm", "thought": True}, parts[2]]


def test_responses_get_no_foreign_reasoning() -> None:
    item: dict[str, object] = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": wrap("anthropic-messages", "E", "openai-responses"),
    }
    raw = json.dumps({"input": [item, {"role": "user", "content": "x"}]})
    assert json.loads(own_signatures(body(raw), "openai-responses").raw)["input"] == [
        {"role": "user", "content": "x"}
    ]


@pytest.mark.parametrize(
    "dialect", ["openai-chat", "openai-responses", "anthropic-messages", "gemini-generate-content"]
)
def test_what_holds_no_foreign_signature_is_not_touched(dialect: str) -> None:
    for text in ('{"messages": [ {"content":"aigw1:"} ], "contents":3, "input":"aigw1:"}', '{"a":1}'):
        one = body(text)
        if dialect == "openai-chat" or "aigw1" not in text:
            assert own_signatures(one, dialect) is one
        assert json.loads(own_signatures(one, dialect).raw) == json.loads(text)
