"""Replies of other dialects as chat completions that OpenAI's SDK reads."""

import json
from typing import Any, Final

import msgspec
import pytest
from openai.types.chat import ChatCompletion

from aigw_dev.core.chat.tool_names import wire_name
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
    Refusal,
    ReplyContext,
    StopReason,
    Text,
    Thinking,
    Tool,
    ToolCall,
)
from aigw_dev.core.dialects.openai_chat_answer import encode_json, write_reply
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger

SEED: Final = "0123456789abcdef01234567"
REQUEST: Final = ChatRequest(dialect="openai-chat", model="asked", messages=())


def written(
    *parts: Part, stop: StopReason | None = "stop", legacy: bool = False, **fields: Any
) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger()
    choice = Choice(
        parts=parts,
        stop=stop,
        **{key: fields.pop(key) for key in ("stop_sequence", "logprobs") if key in fields},
    )
    given: dict[str, Any] = {"id": "msg_1", "model": "claude", "usage": Usage(input=1)} | fields
    reply = ChatReply(dialect="anthropic-messages", choices=(choice,), **given)
    own = {"functions": msgspec.Raw(b"[]")} if legacy else {}
    context = ReplyContext(request=REQUEST, id_seed=SEED, created=5, input_estimate=9, fields=own)
    body = write_reply(reply, context, ledger)
    ChatCompletion.model_validate_json(body, strict=True)
    return json.loads(body), ledger


def message(*parts: Part, **fields: Any) -> dict[str, Any]:
    return written(*parts, **fields)[0]["choices"][0]["message"]


def fates(ledger: Ledger) -> list[tuple[str, str]]:
    return [(one.fate, one.field) for one in ledger.entries]


def test_the_envelope_is_the_dialects_own() -> None:
    body, ledger = written(Text(text="Hi"))
    assert body == {
        "id": f"chatcmpl-{SEED}",
        "object": "chat.completion",
        "created": 5,
        "model": "claude",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 0,
            "total_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }
    assert ledger.entries == []


def test_an_id_of_this_form_and_a_time_are_kept() -> None:
    body, _ = written(Text(text="a"), id="chatcmpl-9", created=7, model="")
    assert (body["id"], body["created"], body["model"]) == ("chatcmpl-9", 7, "asked")


def test_11_cached_and_written_tokens_are_part_of_the_prompt_once() -> None:
    body, _ = written(usage=Usage(input=20, output=5, cached_input=10, cache_write=4, reasoning=2))
    assert body["usage"] == {
        "prompt_tokens": 20,
        "completion_tokens": 5,
        "total_tokens": 25,
        "prompt_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
        "cache_creation_input_tokens": 4,
    }


def test_12_usage_that_nobody_counted_is_estimated_and_said_to_be() -> None:
    body, ledger = written(
        Text(text="Hello there"),
        Thinking(text="hm"),
        ToolCall(id="c", name="f"),
        Audio(source=Media()),
        usage=None,
    )
    assert body["usage"]["prompt_tokens"] == 9
    assert body["usage"]["completion_tokens"] > 3
    assert ("invented", "usage") in fates(ledger)


def test_3_thoughts_carry_their_signatures_with_their_origin() -> None:
    found = message(
        Thinking(text="a", signature="s1", origin="anthropic-messages"),
        Thinking(signature="s2", origin="gemini-generate-content", is_redacted=True),
        Thinking(text="b"),
        Text(text="Hi"),
    )
    assert found["reasoning_content"] == "a\n\nb"
    assert found["thinking_blocks"] == [
        {"type": "thinking", "thinking": "a", "signature": "s1"},
        {"type": "redacted_thinking", "data": "aigw1:gemini-generate-content:s2"},
        {"type": "thinking", "thinking": "b", "signature": ""},
    ]
    assert "thinking_blocks" not in message(Thinking(text="a"))


def test_5_calls_carry_googles_signature() -> None:
    found = message(ToolCall(id="", name="f", arguments='{"a":1}', signature="sig"), stop="tool_calls")
    assert found["content"] is None
    assert found["tool_calls"] == [
        {
            "id": f"call_{SEED}00",
            "type": "function",
            "function": {"name": "f", "arguments": '{"a":1}'},
            "extra_content": {"google": {"thought_signature": "sig"}},
        }
    ]


def test_custom_calls_keep_their_form() -> None:
    found = message(ToolCall(id="c", name="p", arguments="x", kind="custom"), stop="tool_calls")
    assert found["tool_calls"] == [{"id": "c", "type": "custom", "custom": {"name": "p", "input": "x"}}]


def test_a_function_that_stood_for_a_custom_tool_is_told_as_that_tool() -> None:
    tools = (Tool(name="a.b", kind="custom"),)
    request = msgspec.structs.replace(REQUEST, tools=tools)
    call = ToolCall(id="c", name=wire_name("a.b"), arguments='{"input":"*** Begin"}')
    reply = ChatReply(dialect="x", choices=(Choice(parts=(call,), stop="tool_calls"),), usage=Usage())
    body = json.loads(write_reply(reply, ReplyContext(request=request, id_seed=SEED, created=5), Ledger()))
    assert body["choices"][0]["message"]["tool_calls"] == [
        {"id": "c", "type": "custom", "custom": {"name": "a.b", "input": "*** Begin"}}
    ]


def test_a_caller_of_functions_gets_a_function_call() -> None:
    calls = (ToolCall(id="c", name="f"), ToolCall(id="d", name="g"))
    body, ledger = written(*calls, stop="tool_calls", legacy=True)
    assert body["choices"][0]["message"]["function_call"] == {"name": "f", "arguments": "{}"}
    assert body["choices"][0]["finish_reason"] == "function_call"
    assert fates(ledger) == [("dropped", "tool_calls")]


@pytest.mark.parametrize(
    ("stop", "finish", "entries"),
    [
        ("stop", "stop", []),
        ("stop_sequence", "stop", []),
        ("length", "length", []),
        ("context_window", "length", [("approximated", "finish_reason")]),
        ("tool_calls", "tool_calls", []),
        ("content_filter", "content_filter", []),
        ("refusal", "content_filter", [("approximated", "finish_reason")]),
        ("pause", "length", [("approximated", "finish_reason")]),
        (None, "stop", [("invented", "finish_reason")]),
    ],
)
def test_10_every_reason_has_a_word(
    stop: StopReason | None, finish: str, entries: list[tuple[str, str]]
) -> None:
    body, ledger = written(Text(text="a"), stop=stop)
    assert body["choices"][0]["finish_reason"] == finish
    assert fates(ledger) == entries


def test_10_an_unknown_reason_with_calls_is_tool_calls_and_a_refusal_with_words_is_stop() -> None:
    body, _ = written(ToolCall(id="c", name="f"), stop=None)
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    body, ledger = written(Refusal(text="no"), stop="refusal", logprobs=(Logprob(token="no", logprob=-0.1),))
    choice = body["choices"][0]
    assert (choice["finish_reason"], choice["message"]["refusal"], choice["message"]["content"]) == (
        "stop",
        "no",
        None,
    )
    assert choice["logprobs"]["refusal"][0]["token"] == "no"
    assert ledger.entries == []


def test_citations_of_an_address_become_annotations() -> None:
    cited = b'[{"uri":"http://x","title":"X"},{"url_citation":{"url":"http://y","start_index":1,"end_index":2}},{"doc":1}]'
    body, ledger = written(Text(text="Hello "), Text(text="you", citations=msgspec.Raw(cited)))
    assert body["choices"][0]["message"]["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {"start_index": 6, "end_index": 9, "title": "X", "url": "http://x"},
        },
        {
            "type": "url_citation",
            "url_citation": {"start_index": 7, "end_index": 8, "title": "", "url": "http://y"},
        },
    ]
    assert fates(ledger) == [("dropped", "citations")]


def test_sounds_and_pictures_have_their_places() -> None:
    found = message(Audio(source=Media(data="AA=="), transcript="hi"), Image(source=Media(data="AA==")))
    assert found["audio"] == {"id": f"audio_{SEED}", "data": "AA==", "expires_at": 5, "transcript": "hi"}
    assert found["images"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    assert message(Audio(source=Media(), transcript="hi"))["content"] == "hi"


def test_what_has_no_place_is_in_the_ledger() -> None:
    thing = Opaque(dialect="anthropic-messages", type="server_tool_use", raw=msgspec.Raw(b"{}"))
    body, ledger = written(
        thing,
        Image(source=Media(file_id="x")),
        stop_sequence="END",
        service_tier="batch",
        extras={"container": msgspec.Raw(b"{}")},
    )
    assert "service_tier" not in body
    assert fates(ledger) == [
        ("dropped", "content.server_tool_use"),
        ("dropped", "content.image"),
        ("dropped", "stop_sequence"),
        ("dropped", "service_tier"),
        ("dropped", "container"),
    ]


def test_tiers_of_other_providers_are_translated() -> None:
    assert written(service_tier="standard")[0]["service_tier"] == "default"
    assert written(service_tier="priority")[0]["service_tier"] == "priority"


def test_line_separators_are_escaped_and_lone_surrogates_replaced() -> None:
    assert encode_json({"a": ["\ud800", 1]}) == b'{"a":["?",1]}'
    ledger = Ledger()
    reply = ChatReply(dialect="x", choices=(Choice(parts=(Text(text="a\u2028b\ud800"),)),))
    body = write_reply(reply, ReplyContext(request=REQUEST, id_seed=SEED, created=5), ledger)
    assert b"a\\u2028b" in body
