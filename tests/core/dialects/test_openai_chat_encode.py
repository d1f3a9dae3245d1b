"""Neutral events become chunks that OpenAI's SDK reads; numbers in names are bug classes of the reference (peers, 5.9)."""

import json
from typing import Any, Final

import msgspec
from openai.types.chat import ChatCompletionChunk

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Ping,
    Started,
)
from aigw_dev.core.chat.tool_names import wire_name
from aigw_dev.core.chat.vocabulary import ChatRequest, Logprob, Opaque, ReplyContext, Tool
from aigw_dev.core.dialects.openai_chat_encode import Encoder
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams.sse import Decoder

SEED: Final = "0123456789abcdef01234567"
HEAD: Final = Started(id="msg_1", model="claude", created=7)
END: Final = (Finished(reason="stop"), Ended())


def context(*, wants_usage: bool = False, **fields: bytes) -> ReplyContext:
    request = ChatRequest(
        dialect="openai-chat", model="asked", messages=(), wants_usage=wants_usage, is_stream=True
    )
    raw = {name: msgspec.Raw(value) for name, value in fields.items()}
    return ReplyContext(request=request, id_seed=SEED, created=5, input_estimate=9, fields=raw)


def sent(*events: ChatEvent, using: ReplyContext | None = None, ledger: Ledger | None = None) -> bytes:
    encoder = Encoder(using or context(), ledger or Ledger())
    return b"".join(encoder.encode(event) for event in events)


def chunks(stream: bytes) -> list[dict[str, Any]]:
    events = Decoder().feed(stream)
    texts = [one.data for one in events if not one.is_comment and one.data != b"[DONE]"]
    for text in texts:
        ChatCompletionChunk.model_validate_json(text, strict=True)
    return [json.loads(text) for text in texts]


def deltas(stream: bytes) -> list[dict[str, Any]]:
    return [one["choices"][0]["delta"] for one in chunks(stream) if one["choices"]]


def text(words: str, index: int = 0, choice: int = 0) -> tuple[ChatEvent, ...]:
    return (
        BlockStarted(index=index, kind="text", choice=choice),
        Delta(index=index, kind="text", text=words, choice=choice),
        BlockStopped(index=index, choice=choice),
    )


def test_18_the_first_chunk_has_the_role_and_done_comes_once() -> None:
    stream = sent(HEAD, *text("Hi"), *END)
    assert deltas(stream) == [{"role": "assistant", "content": "", "refusal": None}, {"content": "Hi"}, {}]
    first, *_, last = chunks(stream)
    assert (first["id"], first["model"], first["created"]) == (f"chatcmpl-{SEED}", "claude", 7)
    assert "system_fingerprint" not in first
    assert "usage" not in first
    assert last["choices"][0]["finish_reason"] == "stop"
    assert stream.endswith(b"data: [DONE]\n\n")
    assert stream.count(b"[DONE]") == 1


def test_every_choice_has_its_role() -> None:
    finished = [Finished(reason="stop", choice=number) for number in range(3)]
    said = chunks(sent(HEAD, *text("a"), *text("b", choice=1), *finished, Ended()))
    roles = [one["choices"][0]["index"] for one in said if "role" in one["choices"][0]["delta"]]
    assert roles == [0, 1, 2]


def test_tools_are_numbered_by_themselves_and_have_arguments() -> None:
    stream = sent(
        HEAD,
        *text("so"),
        BlockStarted(index=1, kind="tool_call", id="toolu_1", name="f", signature="sig"),
        Delta(index=1, kind="arguments", text='{"a"'),
        Delta(index=1, kind="arguments", text=":1}"),
        BlockStopped(index=1),
        BlockStarted(index=2, kind="tool_call", name="g"),
        BlockStopped(index=2),
        Finished(reason="tool_calls"),
        Ended(),
    )
    calls = [delta["tool_calls"][0] for delta in deltas(stream) if "tool_calls" in delta]
    assert calls[0] == {
        "index": 0,
        "id": "toolu_1",
        "type": "function",
        "function": {"name": "f", "arguments": ""},
        "extra_content": {"google": {"thought_signature": "sig"}},
    }
    assert calls[1:3] == [
        {"index": 0, "function": {"arguments": '{"a"'}},
        {"index": 0, "function": {"arguments": ":1}"}},
    ]
    assert calls[3]["index"] == 1
    assert calls[3]["id"] == f"call_{SEED}01"
    assert calls[4] == {"index": 1, "function": {"arguments": "{}"}}
    assert chunks(stream)[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_12_13_usage_comes_once_and_only_where_it_was_asked_for() -> None:
    usage = Counted(usage=Usage(input=9, output=4, cached_input=3, cache_write=2, reasoning=1))
    events = (HEAD, *text("a"), Finished(reason="stop"), usage, Ended())
    assert b"usage" not in sent(*events)
    *others, last = chunks(sent(*events, using=context(wants_usage=True)))
    assert [one["usage"] for one in others] == [None] * len(others)
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "total_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 1},
        "cache_creation_input_tokens": 2,
    }


def test_12_usage_that_nobody_counted_is_estimated_and_said_to_be() -> None:
    ledger = Ledger()
    *_, last = chunks(sent(HEAD, *text("Hello there"), *END, using=context(wants_usage=True), ledger=ledger))
    assert last["usage"]["prompt_tokens"] == 9
    assert last["usage"]["completion_tokens"] > 1
    assert [(one.fate, one.field) for one in ledger.entries] == [("invented", "usage")]


def test_3_thinking_is_reasoning_content_and_its_signature_ends_it() -> None:
    stream = sent(
        HEAD,
        BlockStarted(index=0, kind="thinking", origin="anthropic-messages"),
        Delta(index=0, kind="thinking", text="h"),
        Delta(index=0, kind="thinking", text="m"),
        Delta(index=0, kind="signature", text="s1"),
        BlockStopped(index=0),
        BlockStarted(index=1, kind="redacted", signature="data", origin="openai-responses"),
        BlockStopped(index=1),
        BlockStarted(index=2, kind="thinking"),
        Delta(index=2, kind="thinking", text="more"),
        BlockStopped(index=2),
        *END,
    )
    assert deltas(stream)[1:-1] == [
        {"reasoning_content": "h"},
        {"reasoning_content": "m"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s1"}]},
        {"thinking_blocks": [{"type": "redacted_thinking", "data": "aigw1:openai-responses:data"}]},
        {"reasoning_content": "\n\nmore"},
    ]


def test_16_a_failure_ends_the_stream_without_a_finish() -> None:
    failed = Failed(message="overloaded", code="overloaded_error", status=529)
    stream = sent(HEAD, *text("a"), failed)
    assert b"[DONE]" not in stream
    assert b'"finish_reason":"' not in stream
    last = json.loads(stream.strip().split(b"data: ")[-1])
    assert last["error"]["message"] == "overloaded"
    assert last["error"]["code"] == "overloaded_error"
    bare = json.loads(sent(Failed(message="gone")).removeprefix(b"data: "))
    assert bare["error"]["code"] == "upstream_in_band"


def test_refusals_finish_as_openai_does_it() -> None:
    refused = (
        BlockStarted(index=0, kind="refusal"),
        Delta(index=0, kind="refusal", text="no", logprobs=(Logprob(token="no", logprob=-0.1),)),
        BlockStopped(index=0),
    )
    said = chunks(sent(HEAD, *refused, Finished(reason="refusal"), Ended()))
    assert said[1]["choices"][0]["delta"] == {"refusal": "no"}
    assert said[1]["choices"][0]["logprobs"]["refusal"][0]["token"] == "no"
    assert said[-1]["choices"][0]["finish_reason"] == "stop"
    assert (
        chunks(sent(HEAD, Finished(reason="refusal"), Ended()))[-1]["choices"][0]["finish_reason"]
        == "content_filter"
    )


def test_citations_become_annotations_at_their_place() -> None:
    ledger = Ledger()
    cited = '[{"type":"web_search_result_location","url":"http://x","title":"X"}]'
    stream = sent(
        HEAD,
        *text("Hello "),
        BlockStarted(index=1, kind="text"),
        Delta(index=1, kind="text", text="you"),
        Delta(index=1, kind="citations", text=cited),
        Delta(index=1, kind="citations", text='[{"type":"char_location"}]'),
        BlockStopped(index=1),
        *END,
        ledger=ledger,
    )
    [found] = [delta["annotations"] for delta in deltas(stream) if "annotations" in delta]
    assert found[0]["url_citation"] == {"start_index": 6, "end_index": 9, "title": "X", "url": "http://x"}
    assert [one.field for one in ledger.entries] == ["citations"]


def test_what_has_no_place_is_in_the_ledger() -> None:
    ledger = Ledger()
    thing = Opaque(dialect="anthropic-messages", type="server_tool_use", raw=msgspec.Raw(b"{}"))
    sent(
        HEAD,
        BlockStarted(index=0, kind="opaque", opaque=thing),
        BlockStopped(index=0),
        Finished(reason="stop_sequence", stop_sequence="END"),
        Ended(),
        ledger=ledger,
    )
    assert [(one.fate, one.field) for one in ledger.entries] == [
        ("dropped", "content.server_tool_use"),
        ("dropped", "stop_sequence"),
    ]


def test_a_caller_of_functions_gets_a_function_call() -> None:
    ledger = Ledger()
    begun = [BlockStarted(index=number, kind="tool_call", id=f"c{number}", name="f") for number in range(2)]
    stream = sent(
        HEAD,
        begun[0],
        Delta(index=0, kind="arguments", text='{"a":1}'),
        BlockStopped(index=0),
        begun[1],
        Delta(index=1, kind="arguments", text="{}"),
        BlockStopped(index=1),
        Finished(reason="tool_calls"),
        Ended(),
        using=context(functions=b"[]"),
        ledger=ledger,
    )
    assert deltas(stream)[1:3] == [
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": '{"a":1}'}},
    ]
    assert len(deltas(stream)) == 4
    assert chunks(stream)[-1]["choices"][0]["finish_reason"] == "function_call"
    assert [one.field for one in ledger.entries] == ["tool_calls"]


def test_custom_tools_keep_their_form() -> None:
    stream = sent(
        HEAD,
        BlockStarted(index=0, kind="tool_call", id="c", name="patch", is_custom=True),
        Delta(index=0, kind="arguments", text="*** Begin"),
        BlockStopped(index=0),
        Finished(reason="tool_calls"),
        Ended(),
    )
    rows = [json.loads(one.data) for one in Decoder().feed(stream) if one.data != b"[DONE]"]
    assert rows[1]["choices"][0]["delta"]["tool_calls"] == [
        {"index": 0, "id": "c", "type": "custom", "custom": {"name": "patch", "input": ""}}
    ]
    assert rows[2]["choices"][0]["delta"]["tool_calls"] == [{"index": 0, "custom": {"input": "*** Begin"}}]


def test_a_function_that_stood_for_a_custom_tool_is_told_as_that_tool() -> None:
    tools = (Tool(name="a.b", kind="custom"), Tool(name="c.d"))
    using = msgspec.structs.replace(
        context(), request=msgspec.structs.replace(context().request, tools=tools)
    )
    stream = sent(
        HEAD,
        BlockStarted(index=0, kind="tool_call", id="c", name=wire_name("a.b")),
        Delta(index=0, kind="arguments", text='{"input":"***'),
        Delta(index=0, kind="arguments", text=' Begin"}'),
        BlockStopped(index=0),
        BlockStarted(index=1, kind="tool_call", id="d", name=wire_name("c.d")),
        Delta(index=1, kind="arguments", text="{}"),
        BlockStopped(index=1),
        Finished(reason="tool_calls"),
        Ended(),
        using=using,
    )
    rows = [
        json.loads(one.data)["choices"][0]["delta"] for one in Decoder().feed(stream) if one.data != b"[DONE]"
    ]
    assert [row["tool_calls"][0] for row in rows if "tool_calls" in row] == [
        {"index": 0, "id": "c", "type": "custom", "custom": {"name": "a.b", "input": ""}},
        {"index": 0, "custom": {"input": "*** Begin"}},
        {"index": 1, "id": "d", "type": "function", "function": {"name": "c.d", "arguments": ""}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]


def test_line_separators_and_lone_surrogates_cannot_tear_the_stream() -> None:
    stream = sent(HEAD, *text("a\u2028b\u0085c"), *text("\ud800", 1), *END)
    assert b"\\u2028" in stream
    assert "\u2028".encode() not in stream
    assert deltas(stream)[1] == {"content": "a\u2028b\u0085c"}


def test_a_ping_is_a_comment() -> None:
    assert sent(Ping()).startswith(b": ")


def test_a_block_that_was_never_begun_stops_in_silence() -> None:
    assert sent(HEAD, BlockStopped(index=0)).count(b"data:") == 1
