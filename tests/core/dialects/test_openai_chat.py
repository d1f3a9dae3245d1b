"""What the gateway reads of a request, usage asked for and hidden again, and model lists."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.dialects.protocol import Content, ModelRow, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams.sse import Event, Gate, encode


def body_of(wire: dict[str, Any] | bytes) -> RequestBody:
    body = read_body(wire if isinstance(wire, bytes) else json.dumps(wire).encode())
    assert isinstance(body, RequestBody)
    return body


def facts_of(wire: dict[str, Any], path_model: str = "") -> RequestFacts:
    facts = openai_chat.read_request(body_of(wire), path_model=path_model)
    assert isinstance(facts, RequestFacts)
    return facts


def test_the_least_request_is_a_model() -> None:
    assert facts_of({"model": "m"}) == RequestFacts(model="m")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"stream": True}, RequestFacts(model="m", is_stream=True)),
        ({"stream": False}, RequestFacts(model="m")),
        ({"stream": None}, RequestFacts(model="m")),
        ({"prompt_cache_key": "k"}, RequestFacts(model="m", session="k")),
        ({"previous_response_id": "r"}, RequestFacts(model="m", session="r")),
        ({"prompt_cache_key": "k", "previous_response_id": "r"}, RequestFacts(model="m", session="k")),
        ({"prompt_cache_key": 7, "previous_response_id": None}, RequestFacts(model="m")),
        ({"stream_options": {"include_usage": True}}, RequestFacts(model="m", wants_usage=True)),
        ({"stream_options": {"include_usage": 1}}, RequestFacts(model="m")),
        ({"stream_options": "x"}, RequestFacts(model="m")),
        ({"stream_options": None}, RequestFacts(model="m")),
    ],
)
def test_what_is_read_is_read(fields: dict[str, Any], expected: RequestFacts) -> None:
    assert facts_of({"model": "m", **fields}) == expected


def test_escapes_in_a_model_are_resolved() -> None:
    facts = openai_chat.read_request(body_of(b'{"mod\\u0065l":"qwen\\/qwen3\\u2d4d"}'))
    assert isinstance(facts, RequestFacts)
    assert facts.model == "qwen/qwen3\u2d4d"


def test_the_path_names_the_model_where_the_body_does_not() -> None:
    assert facts_of({}, "deployed").model == "deployed"
    assert facts_of({"model": None}, "deployed").model == "deployed"
    assert facts_of({"model": ""}, "deployed").model == "deployed"
    assert facts_of({"model": "own"}, "deployed").model == "own"


@pytest.mark.parametrize(
    ("wire", "code", "param", "words"),
    [
        ({}, "model_missing", "model", "names no model"),
        ({"model": None}, "model_missing", "model", "names no model"),
        ({"model": ""}, "model_missing", "model", "names no model"),
        ({"model": 7}, "invalid_request", "model", "a string, the request has a number"),
        ({"model": ["m"]}, "invalid_request", "model", "an array"),
        ({"model": {"m": 1}}, "invalid_request", "model", "an object"),
        ({"model": True}, "invalid_request", "model", "a boolean"),
        ({"model": False}, "invalid_request", "model", "a boolean"),
        (
            {"model": "m", "stream": "true"},
            "invalid_request",
            "stream",
            "true or false, the request has a string",
        ),
        ({"model": "m", "stream": 1}, "invalid_request", "stream", "a number"),
        ({"model": "m", "stream": {}}, "invalid_request", "stream", "an object"),
    ],
)
def test_what_is_read_is_checked(wire: dict[str, Any], code: str, param: str, words: str) -> None:
    refusal = openai_chat.read_request(body_of(wire))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.param) == (code, param)
    assert words in refusal.message


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({}, Content()),
        ({"messages": "none"}, Content(input_chars=4)),
        ({"messages": [{"role": "system", "content": "abc"}, {"role": "user", "content": "de"}]}, Content(input_chars=5)),
        ({"messages": [{"content": [{"type": "text", "text": "abc"}, {"type": "text", "text": "d"}]}]}, Content(input_chars=4)),
        ({"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:xxxx"}}, {"type": "text", "text": "ab"}]}]}, Content(input_chars=2, has_images=True)),
        ({"messages": [{"content": [{"type": "input_image"}]}]}, Content(has_images=True)),
        ({"messages": [{"role": "assistant", "content": None, "refusal": "no", "reasoning_content": "hm", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}]}, Content(input_chars=6)),
        ({"prompt": "abc"}, Content(input_chars=3)),
        ({"prompt": ["abc", "de"]}, Content(input_chars=5)),
        ({"input": [1, 2, 3]}, Content()),
        ({"input": [[1, 2], "é"]}, Content(input_chars=1)),
        ({"tools": [{"type": "function"}]}, Content(has_tools=True)),
        ({"functions": [{"name": "f"}]}, Content(has_tools=True)),
        ({"tools": [], "functions": None}, Content()),
    ],
)  # fmt: skip
def test_content_is_measured(wire: dict[str, Any], expected: Content) -> None:
    assert openai_chat.measure(body_of(wire)) == expected


def test_measuring_deep_nests_is_no_crash() -> None:
    nest: Any = "x"
    for _ in range(400):
        nest = [{"content": nest}]
    assert openai_chat.measure(body_of({"messages": nest})) == Content(input_chars=1)


_READ = st.sampled_from(["content", "type", "text", "function", "tool_calls", "arguments"])
_ANY = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_READ, inner, max_size=3),
    max_leaves=8,
)


@given(_ANY)
def test_measuring_never_raises(messages: Any) -> None:
    assert (
        openai_chat.measure(body_of({"messages": messages, "tools": messages, "input": messages})).input_chars
        >= 0
    )


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        (
            b'{"model":"m", "stream":true}',
            b'{"model":"m", "stream":true,"stream_options":{"include_usage":true}}',
        ),
        (b'{"stream_options":null,"model":"m"}', b'{"stream_options":{"include_usage":true},"model":"m"}'),
        (b'{"stream_options":{},"model":"m"}', b'{"stream_options":{"include_usage":true},"model":"m"}'),
        (
            b'{"stream_options":{"x":1.50,"include_usage":false}}',
            b'{"stream_options":{"x":1.50,"include_usage":true}}',
        ),
        (b'{"stream_options":{"include_usage":true}}', b'{"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":"x"}', b'{"stream_options":"x"}'),
    ],
)
def test_usage_is_asked_for_in_its_place(sent: bytes, asked: bytes) -> None:
    assert openai_chat.ask_usage(body_of(sent)).raw == asked


def test_asking_and_renaming_go_together() -> None:
    asked = openai_chat.ask_usage(body_of(b'{"model":"a/b","stream":true}'))
    renamed = openai_chat.rename_model(asked, "b", {"seed": 1})
    assert renamed == b'{"model":"b","stream":true,"stream_options":{"include_usage":true},"seed":1}'


@pytest.mark.parametrize(
    ("data", "is_hidden"),
    [
        (b'{"choices":[],"usage":{"prompt_tokens":1}}', True),
        (b'{"choices":[],"usage":null,"prompt_filter_results":[]}', False),
        (b'{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}', False),
        (b'{"usage":{"prompt_tokens":1}}', False),
        (b'{"choices":[]}', False),
        (b"[DONE]", False),
        (b'not json "usage"', False),
    ],
)
def test_only_the_extra_usage_chunk_is_hidden(data: bytes, is_hidden: bool) -> None:
    assert openai_chat.hides_usage(Event(data=data)) == is_hidden


def test_a_comment_is_never_hidden() -> None:
    assert not openai_chat.hides_usage(Event(data=b'{"choices":[],"usage":{}}', is_comment=True))


def test_a_hidden_usage_is_still_heard() -> None:
    gate = Gate(is_hidden=openai_chat.hides_usage)
    reader = openai_chat.stream_reader()
    chunks = [
        b'{"choices":[{"delta":{"content":"Hi"}}]}',
        b'{"choices":[],"usage":{"prompt_tokens":1}}',
        b"[DONE]",
    ]
    shown = b""
    for byte in b"".join(map(encode, chunks)):
        ready, events = gate.feed(bytes([byte]))
        shown += ready
        for event in events:
            reader.feed(event)
    assert shown == encode(chunks[0]) + encode(chunks[2])
    assert reader.usage is not None
    assert reader.usage.input == 1


def test_models_are_listed_in_openais_shape() -> None:
    row = ModelRow(id="qwen/qwen3-max", created=1790000000, owned_by="qwen")
    wire = {"id": "qwen/qwen3-max", "object": "model", "created": 1790000000, "owned_by": "qwen"}
    assert json.loads(openai_chat.encode_models([row])) == {"object": "list", "data": [wire]}
    assert json.loads(openai_chat.encode_models([])) == {"object": "list", "data": []}
    assert json.loads(openai_chat.encode_model(row)) == wire
