"""Every field of a chat request is read, kept or refused by name."""

import json
from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    Message,
    OutputFormat,
    Reasoning,
    Text,
    Tool,
    ToolChoice,
)
from aigw_dev.core.dialects.openai_chat_request import read_chat
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal

HELLO = [{"role": "user", "content": "Hi"}]


def body(**fields: Any) -> RequestBody:
    read = read_body(json.dumps({"model": "m", "messages": HELLO} | fields).encode())
    assert isinstance(read, RequestBody)
    return read


def asked(**fields: Any) -> ChatRequest:
    request = read_chat(body(**fields))
    assert isinstance(request, ChatRequest), request
    return request


def test_the_least_request_says_nothing_more() -> None:
    assert asked() == ChatRequest(
        dialect="openai-chat", model="m", messages=(Message(role="user", parts=(Text(text="Hi"),)),)
    )


def test_every_plain_field_has_its_word() -> None:
    request = asked(
        max_completion_tokens=5, temperature=0.5, top_p=1, top_k=3, min_p=0.1, seed=7, n=2, frequency_penalty=0.1,
        presence_penalty=0.2, logprobs=True, top_logprobs=2, parallel_tool_calls=False, verbosity="low", user="u",
        service_tier="flex", store=True, prompt_cache_key="k", stop="END", modalities=["text", "audio"],
        logit_bias={"5": 1}, metadata={"a": "b"}, audio={"voice": "v"}, stream=True,
        stream_options={"include_usage": True, "include_obfuscation": False},
    )  # fmt: skip
    expected: dict[str, Any] = {
        "max_tokens": 5, "temperature": 0.5, "top_p": 1.0, "top_k": 3, "min_p": 0.1, "seed": 7, "choices": 2,
        "frequency_penalty": 0.1, "presence_penalty": 0.2, "logprobs": True, "top_logprobs": 2, "is_parallel": False,
        "verbosity": "low", "user": "u", "service_tier": "flex", "store": True, "cache_key": "k", "stop": ("END",),
        "modalities": ("text", "audio"), "is_stream": True, "wants_usage": True,
    }  # fmt: skip
    assert {name: getattr(request, name) for name in expected} == expected
    assert [bytes(one) for one in (request.logit_bias, request.metadata, request.audio)] == [
        b'{"5": 1}',
        b'{"a": "b"}',
        b'{"voice": "v"}',
    ]
    assert list(request.extras) == ["stream_options.include_obfuscation"]


def test_unknown_fields_keep_their_spelling_and_null_says_nothing() -> None:
    read = read_body(
        b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"web_search_options":{ "x":1.50 },"prediction":null,'
        b'"temperature":null,"tools":null,"stop":null,"response_format":null,"reasoning_effort":null,"metadata":null}'
    )
    assert isinstance(read, RequestBody)
    request = read_chat(read)
    assert isinstance(request, ChatRequest)
    assert {name: bytes(value) for name, value in request.extras.items()} == {
        "web_search_options": b'{ "x":1.50 }'
    }
    assert (request.temperature, request.stop, request.format, request.reasoning) == (None, (), None, None)


def test_of_two_words_for_one_thing_the_newer_counts_and_the_other_is_kept() -> None:
    request = asked(max_tokens=5, max_completion_tokens=7, user="u", safety_identifier="s")
    assert (request.max_tokens, request.user) == (7, "s")
    assert {name: bytes(value) for name, value in request.extras.items()} == {
        "max_tokens": b"5",
        "user": b'"u"',
    }


@pytest.mark.parametrize(
    ("fields", "reasoning"),
    [
        ({"reasoning_effort": "high"}, Reasoning(effort="high")),
        ({"reasoning_effort": "none"}, Reasoning(mode="off")),
        ({"reasoning": {"effort": "low", "exclude": True}}, Reasoning(effort="low", summary="omitted")),
        ({"reasoning": {"max_tokens": 2000}}, Reasoning(budget_tokens=2000)),
        ({"reasoning": {"enabled": False}}, Reasoning(mode="off")),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, Reasoning(budget_tokens=1024)),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, Reasoning(mode="adaptive", summary="summarized")),
        ({"thinking": {"type": "disabled"}}, Reasoning(mode="off")),
        ({"enable_thinking": True, "thinking_budget": 50}, Reasoning(budget_tokens=50)),
        ({"enable_thinking": False}, Reasoning(mode="off")),
    ],
)  # fmt: skip
def test_reasoning_is_read_from_every_vendors_field(fields: dict[str, Any], reasoning: Reasoning) -> None:
    assert asked(**fields).reasoning == reasoning


def test_unknown_words_about_reasoning_are_kept() -> None:
    request = asked(
        thinking={"type": "enabled", "clear_thinking": False}, reasoning={"effort": "low", "x": 1}
    )
    assert list(request.extras) == ["thinking.clear_thinking", "reasoning.x"]


def test_the_form_of_the_answer_is_read() -> None:
    assert asked(response_format={"type": "text"}).format == OutputFormat(kind="text")
    assert asked(response_format={"type": "json_object"}).format == OutputFormat(kind="json")
    inner = {"name": "n", "description": "d", "schema": {"type": "object"}, "strict": True}
    assert asked(response_format={"type": "json_schema", "json_schema": inner}).format == OutputFormat(
        kind="schema", schema=msgspec.Raw(b'{"type": "object"}'), name="n", description="d", is_strict=True
    )
    odd = asked(response_format={"type": "grammar", "grammar": "x"})
    assert odd.format is None
    assert "response_format" in odd.extras


def test_19_tools_and_their_choice_are_read_in_both_forms() -> None:
    request = asked(
        tools=[{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}],
        functions=[{"name": "g"}],
        function_call={"name": "g"},
    )
    assert request.tools == (Tool(name="f"), Tool(name="g"))
    assert [one.type for one in request.hosted_tools] == ["web_search"]
    assert request.tool_choice == ToolChoice(mode="tool", names=("g",))


def test_the_path_may_name_the_model() -> None:
    read = read_body(json.dumps({"messages": HELLO}).encode())
    assert isinstance(read, RequestBody)
    request = read_chat(read, path_model="gpt", is_stream=True, version="x")
    assert isinstance(request, ChatRequest)
    assert (request.model, request.is_stream, request.wants_usage) == ("gpt", True, False)
    refused = read_chat(read)
    assert isinstance(refused, Refusal)
    assert refused.code == "model_missing"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"messages": None}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [*HELLO, *HELLO, {"role": "user", "content": 7}]}, "messages[2].content"),
        ({"stream": "yes"}, "stream"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"n": True}, "n"),
        ({"logprobs": 1}, "logprobs"),
        ({"stop": 7}, "stop"),
        ({"stop": ["a", 7]}, "stop[1]"),
        ({"metadata": "x"}, "metadata"),
        ({"modalities": "text"}, "modalities"),
        ({"tools": {}}, "tools"),
        ({"tools": ["f"]}, "tools[0]"),
        ({"tool_choice": 7}, "tool_choice"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": []}}}, "response_format.json_schema.schema"),
        ({"reasoning_effort": 7}, "reasoning_effort"),
        ({"thinking": "on"}, "thinking"),
        ({"reasoning": {"enabled": "yes"}}, "reasoning.enabled"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_by_name(fields: dict[str, Any], place: str) -> None:
    refused = read_chat(body(**fields))
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.param) == ("invalid_request", place)
    assert f"`{place}`" in refused.message
