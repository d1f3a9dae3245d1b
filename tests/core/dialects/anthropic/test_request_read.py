"""A caller's request in neutral words, and the words for what is wrong with one."""

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import (
    Cache,
    ChatRequest,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from aigw_dev.core.dialects.anthropic import read_chat, read_count
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal

LEAST: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def body(fields: dict[str, Any]) -> RequestBody:
    loaded = read_body(json.dumps(fields).encode())
    assert isinstance(loaded, RequestBody)
    return loaded


def read(version: str = "", **fields: Any) -> ChatRequest:
    request = read_chat(body(LEAST | fields), version=version)
    assert isinstance(request, ChatRequest), request
    return request


def refused(version: str = "", **fields: Any) -> Refusal:
    found = read_chat(body(LEAST | fields), version=version)
    assert isinstance(found, Refusal), found
    assert found.code == "invalid_request"
    assert found.param is not None
    assert found.param in found.message
    return found


def test_every_parameter_has_its_word() -> None:
    tool: dict[str, Any] = {
        "name": "f",
        "description": "d",
        "input_schema": {"type": "object"},
        "strict": True,
    }
    request = read(
        stream=True, temperature=0.5, top_p=0.9, top_k=4, stop_sequences=["A", "B"], service_tier="auto",
        metadata={"user_id": "u", "more": 1}, tools=[tool, {"type": "bash_20250124", "name": "bash"}],
        tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True}, mcp_servers=[],
    )  # fmt: skip
    assert (request.temperature, request.top_p, request.top_k, request.stop) == (0.5, 0.9, 4, ("A", "B"))
    assert (request.is_stream, request.wants_usage, request.max_tokens, request.user) == (True, True, 9, "u")
    assert request.tool_choice == ToolChoice(mode="tool", names=("f",))
    assert request.is_parallel is False
    assert (request.tools[0].name, request.tools[0].is_strict) == ("f", True)
    assert [one.type for one in request.hosted_tools] == ["bash_20250124"]
    assert {key: bytes(raw) for key, raw in request.extras.items()} == {
        "metadata.more": b"1",
        "mcp_servers": b"[]",
    }


@pytest.mark.parametrize(
    ("wire", "mode", "is_parallel"),
    [
        ({"type": "auto"}, "auto", None),
        ({"type": "any", "disable_parallel_tool_use": False}, "required", True),
        ({"type": "none"}, "none", None),
    ],
)
def test_the_choice_among_tools(wire: dict[str, Any], mode: str, is_parallel: bool | None) -> None:
    request = read(tool_choice=wire)
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.is_parallel) == (mode, is_parallel)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Reasoning(budget_tokens=2000)),
        ({"thinking": {"type": "disabled"}}, Reasoning(mode="off")),
        (
            {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "max"}},
            Reasoning(mode="adaptive", effort="max", summary="omitted"),
        ),
        ({"output_config": {"effort": "low"}}, Reasoning(effort="low")),
        ({"thinking": {"type": "between_tools"}}, None),
        (
            {"thinking": {"type": "between_tools"}, "output_config": {"effort": "low"}},
            Reasoning(effort="low"),
        ),
        ({"thinking": None}, None),
    ],
)
def test_how_much_to_think(fields: dict[str, Any], expected: Reasoning | None) -> None:
    request = read(**fields)
    assert request.reasoning == expected
    assert ("thinking" in request.extras) == ("between_tools" in str(fields))


def test_the_form_of_the_answer_in_both_places() -> None:
    form = {"type": "json_schema", "schema": {"type": "object", "n": 1.50}}
    for request in (read(output_config={"format": form}), read(output_format=form)):
        assert request.format is not None
        assert json.loads(bytes(request.format.schema)) == form["schema"]
    assert bytes(read(output_format="markdown").extras["output_format"]) == b'"markdown"'


def test_system_prompts_stand_where_they_were_said() -> None:
    later = {
        "role": "system",
        "content": [{"type": "text", "text": "now", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    }
    request = read(system="first", messages=[*LEAST["messages"], later])
    assert [message.role for message in request.messages] == ["system", "user", "system"]
    assert request.messages[2].parts == (Text(text="now", cache=Cache(ttl="1h")),)
    assert [message.role for message in read(system="").messages] == ["user"]
    assert refused(system=[{"type": "image", "source": {"type": "url", "url": "x"}}]).param == "system[0]"


def test_tool_results_become_messages_of_their_own_in_order() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "ok", "is_error": True}
    text = {"type": "text", "text": "and?"}
    request = read(
        messages=[
            *LEAST["messages"],
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result, text]},
        ]
    )
    assert request.messages[1].parts == (ToolCall(id="t1", name="f", arguments='{"x": 1}'),)
    assert request.messages[2:] == (
        Message(
            role="tool", parts=(ToolResult(call_id="t1", name="f", parts=(Text(text="ok"),), is_error=True),)
        ),
        Message(role="user", parts=(Text(text="and?"),)),
    )


def test_the_new_version_refuses_what_it_refuses_even_at_defaults() -> None:
    new = "2026-10-21"
    for name in ("temperature", "top_p", "top_k"):
        assert refused(new, **{name: 1}).param == name
        assert read("2023-06-01", **{name: 1})
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}}
    mine = [*LEAST["messages"], {"role": "assistant", "content": [pdf]}]
    assert refused(new, messages=mine).param == "messages[1].content[0]"
    assert read("2023-06-01", messages=mine)
    assert read(new, messages=[{"role": "user", "content": [pdf]}])
    cited = [{"role": "user", "content": [{"type": "text", "text": "a", "citations": [{"x": 1}]}]}]
    assert refused(new, messages=cited).param == "messages[0].content[0].citations"
    assert read("2023-06-01", messages=cited)
    cited[0]["content"] = [{"type": "text", "text": "a", "citations": []}]
    assert read(new, messages=cited)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"max_tokens": None}, "max_tokens"),
    ({"max_tokens": "many"}, "max_tokens"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"max_tokens": 10**30}, "max_tokens"),
    ({"messages": None}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": ["hi"]}, "messages[0]"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [{}]}]}, "messages[0].content[0].type"),
    ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
    ({"temperature": "hot"}, "temperature"),
    ({"stream": 1}, "stream"),
    ({"stop_sequences": [1]}, "stop_sequences[0]"),
    ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
    ({"tools": [{"input_schema": {}}]}, "tools[0].name"),
    ({"tools": {}}, "tools"),
    ({"tool_choice": {"type": "maybe"}}, "tool_choice.type"),
    ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ({"tool_choice": "auto"}, "tool_choice"),
    ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
    ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
]


@pytest.mark.parametrize(("fields", "param"), WRONG)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields).param == param


def test_a_model_may_stand_in_the_path_and_must_stand_somewhere() -> None:
    found = read_chat(body(LEAST | {"model": None}), path_model="m2")
    assert isinstance(found, ChatRequest)
    assert found.model == "m2"
    missing = read_chat(body(LEAST | {"model": None}))
    assert isinstance(missing, Refusal)
    assert missing.code == "model_missing"


def test_counting_needs_no_limit() -> None:
    request = read_count(body({key: value for key, value in LEAST.items() if key != "max_tokens"}))
    assert isinstance(request, ChatRequest)
    assert request.max_tokens is None
    assert isinstance(read_count(body({"model": "m"})), Refusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "role", "content", "source", "id", "name", "input", "cache_control"]
            ),
            inner,
        )
    ),
    max_leaves=10,
)
TYPES = st.sampled_from(
    [
        "text",
        "image",
        "document",
        "search_result",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "tool_result",
        "x",
    ]
)
BLOCK = st.fixed_dictionaries(
    {"type": TYPES},
    optional=dict.fromkeys(("text", "source", "content", "input", "id", "name", "tool_use_id", "data"), JSON),
)
TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"])}, optional={"content": st.lists(BLOCK | JSON, max_size=3) | JSON}
)  # fmt: skip
ANY = st.fixed_dictionaries(
    {
        "model": st.just("m") | JSON,
        "max_tokens": st.just(5) | JSON,
        "messages": st.lists(TURN | JSON, max_size=3) | JSON,
    },
    optional=dict.fromkeys(
        ("system", "tools", "tool_choice", "thinking", "output_config", "metadata", "temperature", "x"), JSON
    ),
)


@given(ANY, st.sampled_from(["", "2026-10-21"]))
def test_any_json_is_a_request_or_a_refusal(fields: Any, version: str) -> None:
    loaded = read_body(json.dumps(fields).encode())
    if isinstance(loaded, RequestBody):
        assert isinstance(read_chat(loaded, version=version), ChatRequest | Refusal)


def test_deep_nesting_and_lone_surrogates_are_refused() -> None:
    deep: dict[str, Any] = {"type": "text", "text": "x"}
    for _ in range(40):
        deep = {"type": "tool_result", "tool_use_id": "a", "content": [deep]}
    assert "nested" in refused(messages=[{"role": "user", "content": [deep]}]).message
    raw = b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"\\ud800"}]}'
    loaded = read_body(raw)
    assert isinstance(cast("object", loaded), Refusal) or isinstance(
        read_chat(cast("RequestBody", loaded)), Refusal
    )
