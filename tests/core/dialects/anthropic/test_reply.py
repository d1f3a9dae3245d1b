"""Whole messages: every recording read and written again, and what other providers' replies become."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from anthropic.types import Message as SdkMessage
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.tool_names import ANSWER_TOOL, wire_name
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    ChatRequest,
    Choice,
    Image,
    Logprob,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    ReplyContext,
    Text,
    Thinking,
    Tool,
    ToolCall,
)
from aigw_dev.core.dialects.anthropic import read_chat_reply, write_reply
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from tests.vectors_anthropic import replies

LONG = "é" * 3
CONTEXT = ReplyContext(
    request=ChatRequest(
        dialect="anthropic-messages",
        model="asked",
        messages=(Message(role="user", parts=(Text(text="hi"),)),),
        tools=(Tool(name=LONG),),
    ),
    id_seed="0123456789abcdef01234567",
    created=1,
    input_estimate=7,
)
OWN = {"text", "thinking", "redacted_thinking", "tool_use"}
"""Blocks of other kinds are the provider's own words, passed on; the SDK knows only some of them."""


def written(*parts: Part, dialect: str = "openai-chat", **fields: Any) -> tuple[dict[str, Any], Ledger]:
    usage = fields.pop("usage", Usage(input=5, output=2))
    choice = Choice(parts=parts, **fields)
    return wrote(ChatReply(dialect=dialect, id="chatcmpl-1", model="gpt", choices=(choice,), usage=usage))


def wrote(reply: ChatReply) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger("anthropic-messages", reply.dialect)
    ledger.side = "reply"
    body = write_reply(reply, CONTEXT, ledger)
    wire: dict[str, Any] = json.loads(body)
    if all(block["type"] in OWN for block in wire["content"]):
        SdkMessage.model_validate_json(body)
    return wire, ledger


def test_every_recording_comes_out_as_it_went_in(vectors: Path) -> None:
    found = replies(vectors)
    assert len(found) > 60
    for recording in found:
        reply = read_chat_reply(recording.body)
        assert isinstance(reply, ChatReply), recording.id
        wire: dict[str, Any] = json.loads(recording.body)
        out, ledger = wrote(reply)
        for each in (wire, out):
            for block in each["content"]:
                if not block.get("citations"):
                    block.pop("citations", None)
                if block["type"] == "tool_use":
                    block.pop("caller", None)
        said = {key: value for key, value in wire.items() if value is not None}
        assert {key: value for key, value in out.items() if value is not None} == said, recording.id
        assert ledger.entries == []


def test_a_reply_of_another_provider_is_a_message() -> None:
    wire, ledger = written(Text(text="Hello"))
    assert wire == {
        "id": "msg_0123456789abcdef01234567", "type": "message", "role": "assistant", "model": "gpt",
        "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {
            "input_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 2,
        },
    }  # fmt: skip
    assert ledger.entries == []


def test_thoughts_come_marked_by_their_origin() -> None:
    wire, _ = written(
        Thinking(text="hm"), Thinking(signature="enc", is_redacted=True, origin="openai-responses")
    )
    assert wire["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "aigw1:openai-chat:"},
        {"type": "redacted_thinking", "data": "aigw1:openai-responses:enc"},
    ]


def test_a_call_makes_the_stop_reason_tool_use_and_has_the_callers_name() -> None:
    wire, _ = written(ToolCall(id="call_1", name=wire_name(LONG), arguments='{"a": 1.50}'), stop="stop")
    assert wire["content"] == [{"type": "tool_use", "id": "call_1", "name": LONG, "input": {"a": 1.5}}]
    assert wire["stop_reason"] == "tool_use"
    custom, _ = written(ToolCall(id="", name="sh", arguments="ls", kind="custom"))
    assert custom["content"][0]["input"] == {"input": "ls"}
    assert custom["content"][0]["id"].startswith("toolu_")
    broken, ledger = written(ToolCall(id="c", name="sh", arguments='{"a": '))
    assert broken["content"][0]["input"] == {"INVALID_JSON": '{"a": '}
    assert [entry.fate for entry in ledger.entries] == ["approximated"]
    signed, _ = written(ToolCall(id="c", name="sh", signature="sig"), dialect="gemini-generate-content")
    assert [block["type"] for block in signed["content"]] == ["redacted_thinking", "tool_use"]


def test_what_a_message_cannot_say_is_in_the_ledger() -> None:
    raw = msgspec.Raw(b"[1]")
    wire, ledger = wrote(
        ChatReply(
            dialect="openai-chat",
            choices=(
                Choice(
                    parts=(
                        Text(text="a", citations=raw),
                        Text(text=""),
                        Refusal(text="No."),
                        Audio(source=Media(data="x"), transcript="said"),
                        Audio(source=Media(data="x")),
                        Image(source=Media(data="x")),
                        Opaque(dialect="openai-chat", type="odd", raw=raw),
                    ),
                    logprobs=(Logprob(token="a", logprob=0.0),),
                ),
                Choice(parts=()),
            ),
            extras={"system_fingerprint": raw},
        )
    )
    assert [block["text"] for block in wire["content"]] == ["a", "No.", "said"]
    assert wire["stop_reason"] == "refusal"
    assert wire["model"] == "asked"
    assert wire["usage"]["input_tokens"] == 7
    assert {(entry.fate, entry.field) for entry in ledger.entries} == {
        ("dropped", "choices"), ("dropped", "logprobs"), ("dropped", "content[0].annotations"),
        ("approximated", "content[2].refusal"), ("approximated", "content[3]"), ("dropped", "content[4]"),
        ("dropped", "content[5]"), ("dropped", "content[6]"), ("dropped", "system_fingerprint"),
        ("invented", "usage"),
    }  # fmt: skip


def test_a_reply_that_says_nothing_is_still_a_message() -> None:
    wire, ledger = wrote(ChatReply(dialect="openai-chat"))
    assert (wire["content"], wire["stop_reason"]) == ([], "end_turn")
    assert {entry.field for entry in ledger.entries} == {"stop_reason", "usage"}


def test_the_answer_tools_call_is_read_as_text() -> None:
    block = {"type": "tool_use", "id": "t", "name": ANSWER_TOOL, "input": {"a": 1}}
    reply = read_chat_reply(
        json.dumps({"type": "message", "content": [block], "stop_reason": "tool_use"}).encode()
    )
    assert isinstance(reply, ChatReply)
    assert reply.choices[0].parts == (Text(text='{"a": 1}'),)
    assert reply.choices[0].stop == "stop"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"type":"error","error":{"type":"api_error","message":"no"}}',
        b'{"error":"x"}',
    ],
)
def test_a_body_that_is_no_message_is_an_error(body: bytes) -> None:
    found = read_chat_reply(body)
    assert isinstance(found, ReplyError)
    assert found.message


def test_odd_blocks_are_read_as_far_as_they_go() -> None:
    body = b'{"content":[{"type":"text","text":7},{"type":"tool_use","id":"a","name":"b"},3,{"type":"thinking"}]}'
    reply = read_chat_reply(body)
    assert isinstance(reply, ChatReply)
    assert reply.choices[0].parts[:2] == (Text(text=""), ToolCall(id="a", name="b"))
    assert reply.choices[0].stop is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "input", "content", "usage", "citations"]), inner
        )
    ),
    max_leaves=8,
)
BLOCK = st.fixed_dictionaries({"type": st.sampled_from(["text", "thinking", "tool_use", "x"]) | JSON}, optional={"text": JSON, "input": JSON, "id": JSON})  # fmt: skip
REPLY = st.fixed_dictionaries(
    {"content": st.lists(BLOCK | JSON, max_size=3) | JSON},
    optional={"usage": JSON, "stop_reason": JSON, "id": JSON, "stop_details": JSON, "model": JSON},
)


@given(REPLY)
def test_anything_is_a_reply_or_an_error(wire: Any) -> None:
    found = read_chat_reply(json.dumps(wire).encode())
    if isinstance(found, ChatReply):
        json.loads(write_reply(found, CONTEXT, Ledger("anthropic-messages", "anthropic-messages")))
