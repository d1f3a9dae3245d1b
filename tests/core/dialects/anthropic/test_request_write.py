"""What an Anthropic provider is sent: every field of a request of another protocol, checked by the SDK's own types."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from anthropic.types import MessageCountTokensParams
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from aigw_dev.core.dialects.anthropic import (
    read_chat,
    read_count_reply,
    write_chat,
    write_count,
    write_count_reply,
)
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.ledger import Ledger
from tests.vectors_anthropic import requests

CREATE: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsNonStreaming)
COUNT: TypeAdapter[Any] = TypeAdapter(MessageCountTokensParams)
USER = Message(role="user", parts=(Text(text="hi"),))
SCHEMA = msgspec.Raw(b'{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}')


def walked(value: Any) -> None:
    """Pydantic checks iterables only while somebody reads them."""
    if isinstance(value, Mapping):
        for each in cast("Mapping[str, Any]", value).values():
            walked(each)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for each in cast("Iterable[Any]", value):
            walked(each)


def fits_the_sdk(wire: dict[str, Any], adapter: TypeAdapter[Any] = CREATE) -> None:
    walked(adapter.validate_python({key: value for key, value in wire.items() if key != "stream"}))


def asked(*messages: Message, dialect: str = "openai-chat", **fields: Any) -> ChatRequest:
    return ChatRequest(dialect=dialect, model="asked", messages=messages or (USER,), **fields)


def sent(request: ChatRequest, *, is_typed: bool = True, **traits: Any) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger(request.dialect, "anthropic-messages")
    out = write_chat(request, model="claude", traits=Traits(**traits), ledger=ledger)
    assert isinstance(out, Outgoing)
    assert out.path == "/messages"
    assert ("anthropic-version", "2023-06-01") in out.headers
    wire: dict[str, Any] = json.loads(out.body)
    if is_typed:
        fits_the_sdk(wire)
    return wire, ledger


def fates(ledger: Ledger) -> set[tuple[str, str]]:
    return {(entry.fate, entry.field) for entry in ledger.entries}


def test_the_least_request_gets_a_limit_and_says_so() -> None:
    wire, ledger = sent(asked())
    assert wire == {"model": "claude", "max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}]}
    assert fates(ledger) == {("invented", "max_tokens")}


def test_what_crosses_whole_is_kept() -> None:
    wire, ledger = sent(
        asked(
            Message(role="system", parts=(Text(text="Be brief."),)),
            Message(role="developer", parts=(Text(text="Be kind."),)),
            USER,
            max_tokens=50,
            temperature=0.5,
            top_p=1.0,
            top_k=3,
            stop=("END",),
            user="u1",
            service_tier="default",
            is_stream=True,
            tools=(Tool(name="now", description="Time", parameters=SCHEMA),),
            tool_choice=ToolChoice(mode="required"),
            is_parallel=False,
        )
    )
    assert wire == {
        "model": "claude",
        "max_tokens": 50,
        "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "now", "description": "Time", "input_schema": json.loads(bytes(SCHEMA))}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "temperature": 0.5,
        "top_k": 3,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u1"},
        "service_tier": "standard_only",
        "stream": True,
    }
    assert ledger.entries == []
    assert {"messages", "tools", "temperature", "stop", "parallel_tool_calls", "user"} <= set(ledger.kept)


def test_what_cannot_cross_is_named_as_the_caller_spells_it() -> None:
    raw = msgspec.Raw(b'{"a":1}')
    request = asked(
        max_tokens=5,
        min_p=0.1,
        seed=0,
        choices=2,
        frequency_penalty=1.0,
        presence_penalty=1.0,
        logit_bias=raw,
        logprobs=True,
        top_logprobs=3,
        modalities=("text", "audio"),
        audio=raw,
        verbosity="low",
        metadata=raw,
        service_tier="flex",
        store=True,
        cache_key="k",
        stop=("\n\n", "END"),
        extras={"web_search_options": raw},
        hosted_tools=(Opaque(dialect="openai-responses", type="web_search", raw=raw),),
    )
    wire, ledger = sent(request)
    assert set(wire) == {"model", "max_tokens", "messages", "stop_sequences"}
    assert {field for fate, field in fates(ledger) if fate == "dropped"} == {
        "min_p", "seed", "n", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs",
        "modalities", "audio", "verbosity", "metadata", "service_tier", "store", "prompt_cache_key", "stop",
        "web_search_options", "tools.web_search",
    }  # fmt: skip


def test_values_that_say_nothing_lose_nothing() -> None:
    request = asked(
        max_tokens=5, choices=1, frequency_penalty=0.0, presence_penalty=0.0, logprobs=False, store=False,
        modalities=("text",), format=OutputFormat(kind="text"), is_parallel=True,
    )  # fmt: skip
    assert sent(request)[1].entries == []


def test_a_parameter_that_the_model_refuses_is_left_out() -> None:
    refuses = frozenset({"temperature", "top_p", "top_k", "stop", "reasoning"})
    request = asked(
        max_tokens=5, temperature=1.0, top_p=1.0, top_k=1, stop=("x",), reasoning=Reasoning(effort="low")
    )
    wire, ledger = sent(request, refuses=refuses)
    assert set(wire) == {"model", "max_tokens", "messages"}
    assert {field for _, field in fates(ledger)} == {
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "reasoning_effort",
    }


def test_the_routes_params_come_last_and_fields_are_renamed() -> None:
    wire, _ = sent(
        asked(max_tokens=5),
        is_typed=False,
        params={"max_tokens": 7, "model": "x"},
        renames={"max_tokens": "limit"},
    )
    assert (wire["limit"], wire["model"]) == (7, "claude")


@pytest.mark.parametrize("has_others", [False, True])
def test_a_schema_without_native_support_is_a_tool_that_must_be_called(has_others: bool) -> None:
    tools = (Tool(name="now"),) if has_others else ()
    form = OutputFormat(kind="schema", schema=SCHEMA, name="answer")
    wire, ledger = sent(asked(max_tokens=9, format=form, tools=tools), has_structured_outputs=False)
    assert wire["tools"][-1]["name"] == "aigw_dev_answer"
    assert wire["tool_choice"] == (
        {"type": "any"} if has_others else {"type": "tool", "name": "aigw_dev_answer"}
    )
    assert ("approximated", "response_format") in fates(ledger)


def test_plain_json_is_asked_for_in_words() -> None:
    wire, ledger = sent(asked(max_tokens=9, format=OutputFormat(kind="json")))
    assert "JSON" in wire["system"]
    assert fates(ledger) == {("approximated", "response_format")}


def test_a_callers_own_further_fields_go_back_to_its_own_protocol() -> None:
    body: dict[str, Any] = {
        "model": "claude",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
        "context_management": {"edits": []},
        "output_config": {"effort": "low", "new": 1},
        "betas": ["a-1", "b-2"],
        "tools": [
            {"name": "f", "input_schema": {"type": "object"}, "defer_loading": True},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
    }
    ledger = Ledger()
    request = read(body)
    out = write_chat(request, model="claude", traits=Traits(), ledger=ledger)
    assert isinstance(out, Outgoing)
    assert json.loads(out.body) == {key: value for key, value in body.items() if key != "betas"}
    assert ("anthropic-beta", "a-1,b-2") in out.headers
    assert ledger.entries == []
    foreign = msgspec.structs.replace(request, dialect="openai-chat")
    assert {"context_management", "output_config.new", "tools[f].defer_loading"} <= {
        field for _, field in fates(sent(foreign)[1])
    }


def read(body: dict[str, Any]) -> ChatRequest:
    loaded = read_body(json.dumps(body).encode())
    assert isinstance(loaded, RequestBody)
    request = read_chat(loaded)
    assert isinstance(request, ChatRequest), request
    return request


def test_every_recorded_request_keeps_its_meaning(vectors: Path) -> None:
    found = requests(vectors)
    assert len(found) > 90
    for one in found:
        body: dict[str, Any] = json.loads(one.body)
        kind = body.get("thinking", {}).get("type")
        ledger = Ledger("anthropic-messages", "anthropic-messages")
        traits = Traits(has_adaptive_thinking=kind == "adaptive")
        out = write_chat(read(body), model=body["model"], traits=traits, ledger=ledger)
        assert isinstance(out, Outgoing)
        wire: dict[str, Any] = json.loads(out.body)
        if one.id.startswith("agentgateway/"):
            continue  # made by hand, with what the API would refuse
        plain = {key: value for key, value in body.items() if value not in (False, None)}
        for name in set(plain) | set(wire):
            if name not in {"messages", "system", "tools"}:
                assert wire.get(name) == plain.get(name), (one.id, name)
        assert spoken(wire) == spoken(plain), one.id


def spoken(wire: dict[str, Any]) -> list[Any]:
    """Every block in order, as (role, block), with strings as blocks; empty texts are nobody's words."""
    turns: list[Any] = [{"role": "system", "content": wire.get("system") or []}, *wire["messages"]]
    return [
        (turn["role"], {key: value for key, value in block.items() if value not in (False, None)})
        for turn in turns
        for block in blocks(turn["content"])
        if block.get("text", "x").strip()
    ]


def blocks(content: Any) -> list[dict[str, Any]]:
    listed = [{"type": "text", "text": content}] if isinstance(content, str) else content
    inner = [
        {**block, "content": blocks(block["content"])}
        if block["type"] == "tool_result" and "content" in block
        else block
        for block in listed
    ]
    return cast("list[dict[str, Any]]", inner)


def test_counting_sends_what_counts_and_reads_the_number() -> None:
    ledger = Ledger()
    request = asked(
        Message(role="system", parts=(Text(text="s"),)),
        USER,
        max_tokens=9,
        temperature=0.1,
        tools=(Tool(name="f"),),
    )
    out = write_count(request, model="claude", traits=Traits(params={"max_tokens": 5}), ledger=ledger)
    assert isinstance(out, Outgoing)
    assert out.path == "/messages/count_tokens"
    wire = json.loads(out.body)
    assert set(wire) == {"model", "messages", "system", "tools"}
    fits_the_sdk(wire, COUNT)
    assert ledger.entries == []
    assert read_count_reply(write_count_reply(12)) == 12
    assert read_count_reply(b"<html>") is None
    assert read_count_reply(b'{"input_tokens":"x"}') is None


@pytest.mark.parametrize("max_tokens", [None, 9000])
def test_counting_keeps_the_thought(max_tokens: int | None) -> None:
    out = write_count(
        asked(reasoning=Reasoning(effort="max"), max_tokens=max_tokens),
        model="m",
        traits=Traits(),
        ledger=Ledger(),
    )
    assert isinstance(out, Outgoing)
    budget = 8999 if max_tokens else 16384
    assert json.loads(out.body)["thinking"] == {"type": "enabled", "budget_tokens": budget}


PARTS = st.one_of(
    st.builds(Text, text=st.text(max_size=6)),
    st.builds(ToolCall, id=st.sampled_from(["a", "b", "c.1", ""]), name=st.sampled_from(["f", "g h"]), arguments=st.sampled_from(["{}", "", "[", '{"a":1}'])),
    st.builds(ToolResult, call_id=st.sampled_from(["a", "b", "c.1", ""]), parts=st.just((Text(text="r"),))),
)  # fmt: skip
MESSAGES = st.lists(
    st.builds(
        Message,
        role=st.sampled_from(["system", "user", "assistant", "tool"]),
        parts=st.lists(PARTS, max_size=3).map(tuple),
    ),
    max_size=8,
).map(tuple)


@given(MESSAGES)
def test_any_conversation_is_sent_as_the_api_takes_it(messages: tuple[Message, ...]) -> None:
    wire, _ = sent(ChatRequest(dialect="openai-chat", model="m", messages=messages), is_typed=False)
    turns = wire["messages"]
    assert turns[0]["role"] == "user"
    seen: set[str] = set()
    for index, turn in enumerate(turns):
        assert turn["content"]
        assert index == 0 or turn["role"] != turns[index - 1]["role"]
        listed = blocks(turn["content"])
        assert all(block.get("text", "x").strip() for block in listed)
        if turn["role"] == "assistant":
            calls = [block["id"] for block in listed if block["type"] == "tool_use"]
            assert not seen & set(calls)
            assert len(set(calls)) == len(calls)
            seen |= set(calls)
            following = blocks(turns[index + 1]["content"]) if calls else []
            assert [block.get("tool_use_id") for block in following[: len(calls)]] == calls
    answered = [
        block["tool_use_id"]
        for turn in turns
        for block in blocks(turn["content"])
        if block["type"] == "tool_result"
    ]
    assert sorted(answered) == sorted(seen)
