"""A caller's request in neutral words, and refusals of what is malformed or needs another's memory."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import ChatRequest, OutputFormat, Reasoning, Text
from aigw_dev.core.dialects import responses
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import CODES, Refusal
from tests.core.dialects.responses.recordings import body_of, read, requests

STATEFUL = ("previous_response_id", "conversation", "prompt", "background")


def refused(**fields: Any) -> Refusal:
    refusal = responses.read_chat(body_of({"model": "m", "input": "x"} | fields))
    assert isinstance(refusal, Refusal), refusal
    assert refusal.code in CODES
    return refusal


@pytest.mark.vectors
def test_every_recorded_request_is_read_or_leans_on_what_openai_keeps(vectors: Path) -> None:
    read_whole = 0
    for asked in requests(vectors):
        body = read_body(asked)
        assert isinstance(body, RequestBody)
        request = responses.read_chat(body)
        wire = json.loads(asked)
        if isinstance(request, Refusal):
            assert request.param is not None
            assert any(wire.get(name) for name in STATEFUL) or not wire.get("input"), request
            continue
        read_whole += 1
        assert request.is_stream == bool(wire.get("stream"))
        assert len(request.tools) + len(request.hosted_tools) == len(wire.get("tools") or [])
    assert read_whole > 70


def test_codexs_request_is_understood() -> None:
    wire = {
        "model": "gpt-5-codex",
        "instructions": "You are Codex.",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it"}]}],
        "tools": [
            {"type": "function", "name": "shell", "strict": False, "parameters": {"type": "object"}},
            {"type": "local_shell"},
            {
                "type": "custom",
                "name": "apply_patch",
                "format": {"type": "grammar", "syntax": "lark", "definition": "x"},
            },
            {"type": "web_search"},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "high", "summary": "auto"},
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "01ab",
        "text": {"verbosity": "low"},
    }
    request = read(wire)
    assert [message.role for message in request.messages] == ["system", "user"]
    assert [(tool.name, tool.kind, tool.is_strict) for tool in request.tools] == [
        ("shell", "function", False), ("apply_patch", "custom", None),
    ]  # fmt: skip
    assert [tool.type for tool in request.hosted_tools] == ["local_shell", "web_search"]
    assert request.reasoning == Reasoning(mode="on", effort="high", summary="auto")
    assert (request.is_stream, request.store, request.is_parallel) == (True, False, False)
    assert (request.cache_key, request.verbosity, request.extras) == ("01ab", "low", {})


def test_what_has_no_neutral_word_is_an_extra_by_its_name() -> None:
    request = read(
        {
            "model": "m", "input": [{"role": "user", "content": [{"type": "input_text", "text": "x", "odd": 1}], "phase": "p"}],
            "truncation": "auto", "max_tool_calls": 3, "include": ["file_search_call.results"], "nothing": None,
            "reasoning": {"effort": "none", "context": "all_turns"}, "text": {"format": {"type": "grammar"}, "odd": 2},
            "safety_identifier": "s", "user": "u", "tools": [{"type": "function", "name": "f", "defer_loading": True}],
        }
    )  # fmt: skip
    assert {name: json.loads(bytes(value)) for name, value in request.extras.items()} == {
        "truncation": "auto", "max_tool_calls": 3, "include": ["file_search_call.results"], "input[0].content[0].odd": 1,
        "input[0].phase": "p", "reasoning.context": "all_turns", "text.format": {"type": "grammar"}, "text.odd": 2,
        "user": "u", "tools[0].defer_loading": True,
    }  # fmt: skip
    assert request.reasoning == Reasoning(mode="off")
    assert request.user == "s"


def test_what_says_only_what_holds_anyway_is_no_extra() -> None:
    plain = {"truncation": "disabled", "stream_options": {"include_obfuscation": False}, "background": False}
    assert read({"model": "m", "input": "x"} | plain).extras == {}
    asked = read({"model": "m", "input": "x", "stream_options": {"include_obfuscation": True}})
    assert set(asked.extras) == {"stream_options.include_obfuscation"}


def test_the_form_of_the_answer() -> None:
    schema = '{"type": "object",  "n": 12345678901234567890}'
    raw = b'{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":%s}}}'
    form = read(raw % schema.encode()).format
    assert form is not None
    assert (form.kind, form.name, form.is_strict, bytes(form.schema)) == (
        "schema",
        "n",
        True,
        schema.encode(),
    )
    plain = read({"model": "m", "input": "x", "text": {"format": {"type": "json_object"}}})
    assert plain.format == OutputFormat(kind="json")
    assert read({"model": "m", "input": "x", "text": {"format": {"type": "text"}}}).format is None


def test_logprobs_are_asked_for_in_two_ways() -> None:
    wire = {"model": "m", "input": "x"}
    assert read(wire).logprobs is None
    assert read(wire | {"include": ["message.output_text.logprobs"]}).logprobs is True
    asked = read(wire | {"top_logprobs": 2})
    assert (asked.logprobs, asked.top_logprobs) == (True, 2)


def test_instructions_alone_are_a_request_and_nothing_is_none() -> None:
    assert read({"model": "m", "instructions": "Be."}).messages[0].parts == (Text(text="Be."),)
    assert refused(input=[]).param == "input"


def test_path_and_stream_may_stand_outside_the_body() -> None:
    request = responses.read_chat(body_of({"input": "x"}), path_model="p", is_stream=True)
    assert isinstance(request, ChatRequest)
    assert (request.model, request.is_stream) == ("p", True)


def test_a_conversation_that_others_keep_is_refused_whole() -> None:
    lost = refused(previous_response_id="resp_1")
    assert (lost.code, lost.param) == ("previous_response_not_found", "previous_response_id")
    assert lost.message == "Previous response with id 'resp_1' not found."
    assert CODES[lost.code].status == 400
    assert refused(background=True).param == "background"
    assert refused(conversation="conv_1").param == "conversation"
    assert refused(prompt={"id": "p"}).param == "prompt"
    assert refused(input=[{"type": "item_reference", "id": "rs_1"}]).param == "input[0].id"
    assert isinstance(
        responses.read_chat(body_of({"model": "m", "input": "x", "background": False})), ChatRequest
    )


_MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"input": 5}, "input"),
    ({"input": [5]}, "input[0]"),
    ({"input": [{}]}, "input[0].type"),
    ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
    ({"input": [{"role": "user", "content": 5}]}, "input[0].content"),
    ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
    ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0]"),
    ({"input": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
     "input[0].content[0].input_audio.data"),
    ({"input": [{"role": "user", "content": [{"text": "x"}]}]}, "input[0].content[0].type"),
    ({"input": [{"type": "function_call", "name": "f"}]}, "input[0].call_id"),
    ({"input": [{"type": "function_call", "call_id": "c"}]}, "input[0].name"),
    ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
    ({"input": [{"type": "function_call_output", "call_id": "c", "output": 5}]}, "input[0].output"),
    ({"input": [{"type": "reasoning", "summary": 5}]}, "input[0].summary"),
    ({"instructions": 5}, "instructions"), ({"temperature": "hot"}, "temperature"), ({"top_p": True}, "top_p"),
    ({"max_output_tokens": -1}, "max_output_tokens"), ({"max_output_tokens": 1.5}, "max_output_tokens"),
    ({"parallel_tool_calls": 1}, "parallel_tool_calls"), ({"store": "no"}, "store"), ({"metadata": []}, "metadata"),
    ({"tools": {}}, "tools"), ({"tools": [5]}, "tools[0]"), ({"tools": [{}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].name"),
    ({"tools": [{"type": "function", "name": "f", "parameters": 5}]}, "tools[0].parameters"),
    ({"tools": [{"type": "custom", "name": "f", "format": 5}]}, "tools[0].format"),
    ({"tool_choice": "sometimes"}, "tool_choice"), ({"tool_choice": 5}, "tool_choice"),
    ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
    ({"tool_choice": {"type": "allowed_tools", "mode": "x", "tools": []}}, "tool_choice.mode"),
    ({"reasoning": "high"}, "reasoning"), ({"reasoning": {"effort": 1}}, "reasoning.effort"),
    ({"text": 5}, "text"), ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
    ({"text": {"format": {"a": 1}}}, "text.format.type"), ({"include": "x"}, "include"), ({"include": [1]}, "include[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "param"), _MALFORMED)
def test_what_is_malformed_is_named(fields: dict[str, Any], param: str) -> None:
    refusal = refused(**fields)
    assert refusal.code == "invalid_request"
    assert refusal.param == param
    assert param in refusal.message or "tool_choice" in refusal.message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "role", "content", "text", "call_id", "name", "output", "format", "schema", "image_url"])
        | st.text(max_size=3),
        inner | st.sampled_from(["message", "user", "reasoning", "function_call", "input_image", "json_schema", "custom"]),
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
_FIELDS = (
    "input", "instructions", "tools", "tool_choice", "reasoning", "text", "include", "metadata", "temperature",
    "max_output_tokens", "top_logprobs", "user", "odd", "previous_response_id", "stream",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=6), _JSON)
def test_whatever_a_caller_sends_is_a_request_or_a_refusal(fields: dict[str, Any], item: object) -> None:
    for wire in (
        fields,
        fields | {"input": [item]},
        {"input": [{"role": "user", "content": [item]}], "tools": [item]},
    ):
        body = read_body(json.dumps(wire).encode())
        assert isinstance(body, RequestBody)
        assert isinstance(responses.read_chat(body), ChatRequest | Refusal)


def test_half_characters_and_deep_nesting_are_no_crash() -> None:
    half = read_body(b'{"model":"m","input":[{"role":"user","content":"\\ud800"}],"odd":"\\udfff"}')
    if isinstance(half, RequestBody):
        assert isinstance(responses.read_chat(half), ChatRequest | Refusal)
    deep = read_body(b'{"input":' + b"[" * 900 + b"]" * 900 + b"}")
    assert isinstance(deep, RequestBody)
    assert isinstance(responses.read_chat(deep), Refusal)
