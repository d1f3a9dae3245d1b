"""A neutral request as this dialect's provider takes it, and what the ledger says of the rest."""

import json
import re
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import TypeAdapter, ValidationError

from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    Document,
    Message,
    OutputFormat,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolChoice,
)
from aigw_dev.core.dialects import responses
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.dialects.request_body import read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.responses.recordings import body_of, read, requests

_PARAMS: TypeAdapter[Any] = TypeAdapter(ResponseCreateParams)
HI = Message(role="user", parts=(Text(text="Hi"),))


def write(request: ChatRequest, into: Ledger | None = None, **traits: Any) -> dict[str, Any]:
    out = responses.write_chat(request, model="sent", traits=Traits(**traits), ledger=into or Ledger())
    assert isinstance(out, Outgoing)
    assert out.path == "/responses"
    return json.loads(out.body)


def chat(**fields: Any) -> ChatRequest:
    said: dict[str, Any] = {"messages": (HI,)} | fields
    return ChatRequest(dialect="openai-chat", model="m", **said)


def fits_the_sdk(body: dict[str, Any]) -> bool:
    given: Any = body["input"]
    if isinstance(given, list):
        listed = cast("list[dict[str, Any]]", given)
        given = [{"id": "rs_x"} | item if item.get("type") == "reasoning" else item for item in listed]
    try:
        _PARAMS.validate_json(json.dumps(body | {"input": given}))
    except ValidationError:
        return False
    return True


def fates(ledger: Ledger) -> set[tuple[str, str]]:
    return {(one.fate, one.field) for one in ledger.entries}


@pytest.mark.vectors
def test_every_recorded_request_written_again_means_the_same(vectors: Path) -> None:
    compared = 0
    for asked in requests(vectors):
        request = responses.read_chat(body_of(asked))
        if isinstance(request, Refusal):
            continue
        compared += 1
        out = responses.write_chat(request, model="m", traits=Traits(), ledger=Ledger())
        assert isinstance(out, Outgoing)
        again, body = read(out.body), json.loads(out.body)
        assert flat(again) == flat(request), asked[:300]
        for name in set(request.__struct_fields__) - {"extras", "model", "messages"}:
            assert getattr(again, name) == getattr(request, name), (name, asked[:300])
        wire: dict[str, Any] = json.loads(asked)
        if wire.get("provider") or "mcp" in json.dumps(wire.get("tools")):
            continue
        assert fits_the_sdk(body), body
    assert compared > 70


def test_what_another_protocol_takes_for_granted_is_written_out() -> None:
    book = Ledger()
    tool = Tool(name="f", parameters=msgspec.Raw(b'{"type":"object"}'))
    body = write(chat(tools=(tool, Tool(name="g", is_strict=True))), book)
    assert body["store"] is False
    assert [one["strict"] for one in body["tools"]] == [False, True]
    assert body["tools"][1]["parameters"] == {"type": "object", "properties": {}}
    assert fits_the_sdk(body)
    assert ("invented", "store") in fates(book)
    assert "store" not in write(read({"model": "m", "input": "x"}))


def test_system_messages_lead_as_instructions_and_stay_in_their_place_otherwise() -> None:
    late = Message(role="system", parts=(Text(text="Now"),))
    first = Message(role="system", parts=(Text(text="a"), Text(text="b")))
    body = write(chat(messages=(first, HI, late, Message(role="developer", parts=(Text(text="dev"),)))))
    assert body["instructions"] == "a\n\nb"
    assert [item["role"] for item in body["input"]] == ["user", "system", "developer"]
    assert [item["role"] for item in write(chat(messages=(first,)))["input"]] == ["system"]


def test_reasoning_is_asked_for_and_comes_back_with_its_content() -> None:
    book = Ledger()
    body = write(chat(reasoning=Reasoning(budget_tokens=5000, summary="summarized")), book)
    assert body["reasoning"] == {"effort": "high", "summary": "auto"}
    assert body["include"] == ["reasoning.encrypted_content"]
    assert ("approximated", "reasoning.budget_tokens") in fates(book)
    off = write(chat(reasoning=Reasoning(mode="off")))
    assert (off["reasoning"], "include" in off) == ({"effort": "none"}, False)
    lowest = write(chat(reasoning=Reasoning(mode="off")), book, efforts=("low", "high"))
    assert lowest["reasoning"] == {"effort": "low"}
    nearest = write(chat(reasoning=Reasoning(effort="max")), efforts=("low", "high"))
    assert nearest["reasoning"] == {"effort": "high"}
    assert "reasoning" not in write(chat(reasoning=Reasoning(effort="low")), refuses=frozenset({"reasoning"}))
    assert "reasoning" not in write(chat(reasoning=Reasoning()))
    signed = Message(role="assistant", parts=(Thinking(signature="S", origin="openai-responses"),))
    assert write(chat(messages=(HI, signed)))["include"] == ["reasoning.encrypted_content"]


def test_what_the_protocol_cannot_say_is_in_the_ledger() -> None:
    book = Ledger()
    request = chat(
        top_k=1, min_p=0.1, stop=("x",), seed=1, choices=2, frequency_penalty=1.0, presence_penalty=1.0,
        logit_bias=msgspec.Raw(b"{}"), modalities=("text", "audio"), audio=msgspec.Raw(b"{}"),
        extras={"odd": msgspec.Raw(b"1")}, service_tier="economy", metadata=msgspec.Raw(b'{"a":1}'),
        format=OutputFormat(kind="grammar"), tool_choice=ToolChoice(mode="auto"),
    )  # fmt: skip
    body = write(request, book)
    assert set(body) == {"model", "input", "store"}
    assert {field for fate, field in fates(book) if fate == "dropped"} == {
        "top_k", "min_p", "stop", "seed", "n", "frequency_penalty", "presence_penalty", "logit_bias", "modalities", "audio",
        "odd", "service_tier", "metadata", "response_format", "tool_choice",
    }  # fmt: skip
    plain = Ledger()
    write(chat(choices=1, modalities=("text",)), plain)
    assert fates(plain) == {("invented", "store")}


def test_limits_of_the_provider_are_kept() -> None:
    book = Ledger()
    long = "u" * 200
    body = write(chat(max_tokens=1, user=long, cache_key=long, service_tier="standard_only"), book)
    assert body["max_output_tokens"] == 16
    assert re.fullmatch("[0-9a-f]{64}", body["safety_identifier"])
    assert body["prompt_cache_key"] == body["safety_identifier"]
    assert body["service_tier"] == "default"
    assert {field for fate, field in fates(book) if fate == "approximated"} == {
        "max_tokens", "user", "prompt_cache_key", "service_tier",
    }  # fmt: skip
    assert write(chat(max_tokens=99))["max_output_tokens"] == 99


def test_what_a_model_refuses_or_names_otherwise() -> None:
    book = Ledger()
    request = chat(temperature=0.5, top_p=0.5, max_tokens=50)
    refuses = frozenset({"temperature", "max_tokens"})
    body = write(request, book, refuses=refuses, renames={"top_p": "nucleus"}, params={"store": True, "x": 1})
    assert body == {"model": "sent", "input": body["input"], "nucleus": 0.5, "store": True, "x": 1}
    assert {("dropped", "temperature"), ("dropped", "max_tokens")} <= fates(book)
    assert "store" not in write(chat(), book, refuses=frozenset({"store"}))
    assert ("dropped", "store") in fates(book)


def test_the_form_of_the_answer() -> None:
    book = Ledger()
    form = OutputFormat(
        kind="schema", schema=msgspec.Raw(b'{"type":"object"}'), description="d", is_strict=True
    )
    body = write(chat(format=form, verbosity="low"), book)
    assert body["text"] == {
        "format": {
            "type": "json_schema",
            "name": "answer",
            "schema": {"type": "object"},
            "description": "d",
            "strict": True,
        },
        "verbosity": "low",
    }
    assert ("invented", "response_format.name") in fates(book)
    assert fits_the_sdk(body)
    poor = write(chat(format=form), book, has_structured_outputs=False)
    assert poor["text"] == {"format": {"type": "json_object"}}
    assert write(chat(format=OutputFormat(kind="json")))["text"] == {"format": {"type": "json_object"}}


def test_logprobs_and_parallel_calls_cross() -> None:
    tool = Tool(name="f")
    body = write(
        chat(logprobs=True, top_logprobs=2, is_parallel=False, tools=(tool,), tool_choice=ToolChoice(mode="required"),
             metadata=msgspec.Raw(b'{"a":"b"}'), store=True, is_stream=True, service_tier="flex", user="u")
    )  # fmt: skip
    assert body["include"] == ["message.output_text.logprobs"]
    assert (body["top_logprobs"], body["parallel_tool_calls"], body["tool_choice"]) == (2, False, "required")
    assert (body["metadata"], body["store"], body["stream"], body["service_tier"]) == (
        {"a": "b"},
        True,
        True,
        "flex",
    )
    assert fits_the_sdk(body)


def test_unknown_fields_of_this_dialect_cross_as_they_are() -> None:
    raw = b'{"model":"m","input":"x","odd":12345678901234567890,"include":["web_search_call.results"],"text":{"odd":1}}'
    book = Ledger()
    out = responses.write_chat(read(raw), model="m", traits=Traits(), ledger=book)
    assert isinstance(out, Outgoing)
    assert b'"odd":12345678901234567890' in out.body
    assert json.loads(out.body)["include"] == ["web_search_call.results"]
    assert fates(book) == {("dropped", "text.odd")}


_TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
_PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("input_text"), "text": _TEXT}),
    st.fixed_dictionaries({"type": st.just("input_image"), "image_url": st.sampled_from(["http://a/b.png", "data:image/png;base64,AA=="]),
                           "detail": st.sampled_from(["low", "high", "auto"])}),
    st.fixed_dictionaries({"type": st.just("input_file"), "file_id": st.just("file_1")}),
    st.fixed_dictionaries({"type": st.just("input_audio"), "input_audio": st.just({"data": "AA==", "format": "wav"})}),
)  # fmt: skip
_INPUT = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system", "developer"]), "content": _TEXT | st.lists(_PARTS, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"type": st.just("message"), "role": st.just("assistant"),
                           "content": st.lists(st.fixed_dictionaries({"type": st.just("output_text"), "text": _TEXT}), min_size=1, max_size=2)}),
    st.fixed_dictionaries({"type": st.just("reasoning"), "id": st.just("rs_1"), "summary": st.just([{"type": "summary_text", "text": "s"}]),
                           "encrypted_content": st.none() | st.sampled_from(["gAAA", "x"])}),
    st.fixed_dictionaries({"type": st.just("function_call"), "call_id": st.sampled_from(["a", "b"]), "name": _TEXT, "arguments": st.just("{}")}),
    st.fixed_dictionaries({"type": st.just("custom_tool_call"), "call_id": st.sampled_from(["a", "b"]), "name": _TEXT, "input": _TEXT}),
    st.fixed_dictionaries({"type": st.sampled_from(["function_call_output", "custom_tool_call_output"]), "call_id": st.just("a"),
                           "output": _TEXT | st.lists(_PARTS, min_size=2, max_size=3)}),
    st.fixed_dictionaries({"type": st.sampled_from(["web_search_call", "local_shell_call_output", "compaction"]), "id": _TEXT}),
)  # fmt: skip


@given(
    st.fixed_dictionaries(
        {"model": st.just("m"), "input": st.lists(_INPUT, min_size=1, max_size=8)},
        optional={
            "instructions": _TEXT, "temperature": st.floats(0, 2), "max_output_tokens": st.integers(1, 999), "store": st.booleans(),
            "reasoning": st.fixed_dictionaries({"effort": st.sampled_from(["none", "low", "high"]), "summary": st.just("auto")}),
            "tool_choice": st.sampled_from(["auto", "none", "required", {"type": "function", "name": "f"},
                                            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]}]),
            "tools": st.just([{"type": "function", "name": "f", "parameters": {}, "strict": None}, {"type": "custom", "name": "g"}, {"type": "web_search"}]),
            "top_logprobs": st.integers(0, 5), "metadata": st.dictionaries(_TEXT, _TEXT, min_size=1, max_size=2),
        },
    )
)  # fmt: skip
def test_a_request_written_again_means_the_same(wire: dict[str, Any]) -> None:
    request = read(wire)
    again = read(write(request))
    for name in request.__struct_fields__:
        if name not in {"extras", "model", "messages"}:
            assert getattr(again, name) == getattr(request, name), name
    assert flat(again) == flat(request)


def flat(request: ChatRequest) -> list[object]:
    """Every part in order, with who said it: where one message ends and the next begins may differ.

    A file without a name is given one on the way, because the API wants it.
    """
    said = [(message.role, part) for message in request.messages for part in message.parts]
    return [
        (role, msgspec.structs.replace(part, name="") if isinstance(part, Document) else part)
        for role, part in said
    ]


def test_the_body_is_one_that_the_gateway_reads() -> None:
    out = responses.write_chat(chat(), model="m", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    assert not isinstance(read_body(out.body), Refusal)


def test_adaptive_thinking_is_told_as_an_effort_and_named() -> None:
    request = ChatRequest(
        dialect="anthropic-messages",
        model="m",
        messages=(Message(role="user", parts=(Text(text="x"),)),),
        reasoning=Reasoning(mode="adaptive"),
    )
    ledger = Ledger("anthropic-messages", "openai-responses")
    outgoing = responses.write_chat(request, model="m", traits=Traits(), ledger=ledger)
    assert isinstance(outgoing, Outgoing)
    assert json.loads(outgoing.body)["reasoning"]["effort"] == "medium"
    assert [one.field for one in ledger.entries if one.fate == "approximated"] == ["thinking"]
