"""The whole codec on recorded traffic, on anything at all, and on neutral replies and requests that must keep meaning."""

import json
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParams
from pydantic import TypeAdapter

from aigw_dev.core.chat.events import ChatEvent
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    ChatRequest,
    Choice,
    Image,
    Logprob,
    Media,
    Message,
    Part,
    Reasoning,
    ReplyContext,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from aigw_dev.core.chat.whole import events_of, reply_of
from aigw_dev.core.dialects import openai_chat_codec as codec
from aigw_dev.core.dialects.codec import Traits, caller_codec, provider_codec
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal as Refused
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams.sse import Event
from tests.chat_laws import broken_laws
from tests.vectors_openai import Recording, recordings, streams

DIALECT: Final = "openai-chat"
REQUEST: Final = ChatRequest(dialect=DIALECT, model="m", messages=())
CONTEXT: Final = ReplyContext(request=REQUEST, id_seed="0123456789abcdef01234567", created=1_700_000_000)
FULL: Final = Traits(
    takes=frozenset(
        {"top_k", "min_p", "developer", "cache_control", "allowed_tools", "custom_tools", "thought_signature"}
    ),
    echoes_reasoning=True,
)
PARAMS: Final[TypeAdapter[Any]] = TypeAdapter(CompletionCreateParams)
CUT_OFF: Final = frozenset(
    {
        "apisix/openai/chat-streaming-many-chunks-no-usage.sse",  # ends without a finish
        "pydantic-ai/test_groq/test_tool_use_failed_error_streaming#0",  # an error inside the stream
        "pydantic-ai/test_groq/test_tool_use_failed_error_streaming_with_text#0",
        "pydantic-ai/test_openai/test_invalid_response#0",  # another API's reply
    }
)
"""Recordings that hold no whole reply."""


def decoded(body: bytes, step: int = 1 << 20) -> list[ChatEvent]:
    framer, decoder = codec.framer(), codec.stream_decoder()
    events: list[ChatEvent] = []
    for start in range(0, len(body), step):
        for event in framer.feed(body[start : start + step]):
            events += decoder.feed(event)
    for event in framer.close():
        events += decoder.feed(event)
    return events + decoder.close()


def encoded(events: list[ChatEvent], context: ReplyContext = CONTEXT) -> bytes:
    encoder = codec.stream_encoder(context, Ledger())
    return b"".join(encoder.encode(event) for event in events)


def chunks(stream: bytes) -> list[dict[str, Any]]:
    """Every chunk of an encoded stream, checked with the SDK's type."""
    found: list[dict[str, Any]] = []
    for line in stream.split(b"\n"):
        if line.startswith(b"data: {") and not line.startswith(b'data: {"error":'):
            ChatCompletionChunk.model_validate_json(line[6:], strict=True)
            found.append(json.loads(line[6:]))
    return found


def simple(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The oracle: what the deltas or the messages of choice 0 say, put together in the plainest way."""
    said: dict[str, Any] = {"text": "", "reasoning": "", "calls": []}
    for message in messages:
        content: Any = message.get("content")
        if isinstance(content, str):
            said["text"] += content
        elif content:
            said["text"] += "".join(part.get("text") or "" for part in content)
            for part in content:
                thoughts: list[dict[str, str]] = part.get("thinking") or []
                said["reasoning"] += "".join(one["text"] for one in thoughts)
        else:
            audio: Any = message.get("audio") or {}
            said["text"] += audio.get("transcript") or ""
        said["reasoning"] += message.get("reasoning_content") or message.get("reasoning") or ""
        rows: Any = message.get("tool_calls") or []
        if not rows and message.get("function_call"):
            rows = [{"function": message["function_call"]}]
        for row in rows:
            add_call(said["calls"], row)
    return said


def add_call(calls: list[dict[str, Any]], row: dict[str, Any]) -> None:
    """Start a call where a row names one with another id, else go on with the last."""
    inner: Any = row.get("function") or row.get("custom") or {}
    if not (inner.get("name") or inner.get("arguments") or inner.get("input")):
        return
    goes_on = bool(calls and row.get("id") and calls[-1]["id"] == row["id"])
    if inner.get("name") and not goes_on:
        calls.append({"id": row.get("id"), "name": inner["name"], "text": ""})
    calls[-1]["text"] += inner.get("arguments") or inner.get("input") or ""


def shown(reply: ChatReply) -> dict[str, Any]:
    """The same of a neutral reply."""
    said: dict[str, Any] = {"text": "", "reasoning": "", "calls": []}
    for part in reply.choices[0].parts:
        match part:
            case Text():
                said["text"] += part.text
            case Thinking():
                said["reasoning"] += part.text
            case Audio() if not said["text"]:
                said["text"] += part.transcript
            case ToolCall():
                said["calls"].append({"id": part.id, "name": part.name, "text": part.arguments})
            case _:
                pass
    return said


def plain(text: str) -> Any:
    """Arguments as a value; the text itself where they are cut off or of a custom tool."""
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text


def same(oracle: dict[str, Any], read: dict[str, Any]) -> bool:
    """Whether both say the same; an id that the provider did not give may be anything, cut arguments may be completed."""
    for one, other in zip(oracle["calls"], read["calls"], strict=True):
        is_same_id = not one["id"] or one["id"] == other["id"]
        is_same_text = plain(one["text"]) == plain(other["text"]) or other["text"].startswith(one["text"])
        if not (is_same_id and is_same_text and one["name"] == other["name"]):
            return False
    return oracle["text"] == read["text"] and oracle["reasoning"] == read["reasoning"]


def chats(vectors: Path, *, is_stream: bool) -> list[Recording]:
    found = streams(vectors) if is_stream else [one for one in recordings(vectors) if not one.is_stream]
    return [one for one in found if one.path == "/chat/completions" and one.status == 200]


@pytest.mark.vectors
def test_every_recorded_stream_is_read_as_it_was_meant_and_written_again(vectors: Path) -> None:
    read = 0
    for recording in chats(vectors, is_stream=True):
        events = decoded(recording.body)
        assert broken_laws(events) == [], recording.id
        reply = reply_of(events, DIALECT)
        if recording.id in CUT_OFF:
            assert isinstance(reply, ReplyError)
            continue
        assert isinstance(reply, ChatReply), recording.id
        first: list[dict[str, Any]] = []
        for document in recording.documents():
            rows: list[dict[str, Any]] = document.get("choices") or []
            first += [row.get("delta") or {} for row in rows if row.get("index", 0) == 0]
        assert same(simple(first), shown(reply)), recording.id
        stream = encoded(events)
        sent = chunks(stream)
        assert sent[0]["choices"][0]["delta"]["role"] == "assistant"
        assert stream.count(b"data: [DONE]\n\n") == 1
        assert stream.endswith(b"data: [DONE]\n\n")
        assert sum(bool(one.get("usage")) for one in sent) == 1
        again = reply_of(decoded(stream), DIALECT)
        assert isinstance(again, ChatReply)
        assert shown(again) == shown(reply), recording.id
        assert [one.stop for one in again.choices] == [one.stop for one in reply.choices]
        read += 1
    assert read >= 60


@pytest.mark.vectors
def test_every_recorded_reply_is_read_as_it_was_meant_and_written_again(vectors: Path) -> None:
    read = 0
    for recording in chats(vectors, is_stream=False):
        reply = codec.read_chat_reply(recording.body)
        if recording.id in CUT_OFF:
            assert isinstance(reply, ReplyError)
            continue
        assert isinstance(reply, ChatReply), recording.id
        [document] = recording.documents()
        assert same(simple([document["choices"][0]["message"] or {}]), shown(reply)), recording.id
        written = codec.write_reply(reply, CONTEXT, Ledger())
        ChatCompletion.model_validate_json(written, strict=True)
        again = codec.read_chat_reply(written)
        assert isinstance(again, ChatReply)
        assert shown(again) == shown(reply), recording.id
        told = reply_of(events_of(reply), DIALECT)
        assert isinstance(told, ChatReply)
        assert shown(told)["calls"] == shown(reply)["calls"]
        read += 1
    assert read >= 130


@pytest.mark.vectors
def test_every_recorded_request_is_read_and_written_for_a_provider(vectors: Path) -> None:
    read = 0
    for recording in recordings(vectors):
        if recording.path != "/chat/completions" or recording.request is None or recording.status != 200:
            continue
        body = read_body(recording.request)
        assert isinstance(body, RequestBody)
        request = codec.read_chat(body)
        assert isinstance(request, ChatRequest), (recording.id, request)
        for traits in (Traits(), FULL):
            outgoing = codec.write_chat(request, model="m", traits=traits, ledger=Ledger())
            assert not isinstance(outgoing, Refused)
            written = read_body(outgoing.body)
            assert isinstance(written, RequestBody)
            again = codec.read_chat(written)
            assert isinstance(again, ChatRequest), recording.id
        read += 1
    assert read >= 110


@pytest.mark.vectors
def test_a_recorded_stream_cut_at_every_byte_says_the_same(vectors: Path) -> None:
    for recording in chats(vectors, is_stream=True):
        if len(recording.body) > 12_000:
            continue
        assert decoded(recording.body, 1) == decoded(recording.body), recording.id


KEYS: Final = [
    "id",
    "model",
    "messages",
    "role",
    "content",
    "type",
    "text",
    "image_url",
    "url",
    "input_audio",
    "data",
    "file",
    "file_data",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "tool_call_id",
    "tools",
    "parameters",
    "tool_choice",
    "choices",
    "delta",
    "message",
    "finish_reason",
    "index",
    "usage",
    "custom",
    "input",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "thinking_blocks",
    "signature",
    "thinking",
    "stop",
    "response_format",
    "json_schema",
    "schema",
    "logprobs",
    "token",
    "logprob",
    "annotations",
    "images",
    "error",
    "refusal",
    "audio",
]
ROLES: Final = ("system", "user", "assistant", "tool", "function", "developer", "x")
IN_MESSAGES: Final = [
    "content",
    "tool_calls",
    "tool_call_id",
    "name",
    "thinking_blocks",
    "reasoning_details",
    "function_call",
    "audio",
]


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)


SCALARS: Final = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
JSONS: Final[st.SearchStrategy[Any]] = st.recursive(SCALARS, nested, max_leaves=20)


@st.composite
def odd_messages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages with the right names and anything under them."""
    fields = st.dictionaries(st.sampled_from(IN_MESSAGES), JSONS, max_size=4)
    return [{**draw(fields), "role": draw(st.sampled_from(ROLES))} for _ in range(draw(st.integers(0, 4)))]


QUICK: Final = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(JSONS, odd_messages())
def test_no_request_makes_it_raise(anything: Any, messages: list[dict[str, Any]]) -> None:
    fields = cast("dict[str, Any]", anything) if isinstance(anything, dict) else {"tools": anything}
    body = read_body(json.dumps({"messages": messages, "model": "m", **fields}).encode())
    if isinstance(body, Refused):
        return
    request = codec.read_chat(body)
    if isinstance(request, Refused):
        assert request.param is not None
        assert request.code in {"invalid_request", "model_missing"}
        return
    assert not isinstance(codec.write_chat(request, model="m", traits=FULL, ledger=Ledger()), Refused)


@QUICK
@given(JSONS)
def test_no_reply_makes_it_raise(anything: Any) -> None:
    for wire in (
        anything,
        {"choices": [{"message": anything}]},
        {"choices": [anything]},
        {"choices": anything},
    ):
        reply = codec.read_chat_reply(json.dumps(wire).encode())
        if isinstance(reply, ChatReply):
            ChatCompletion.model_validate_json(codec.write_reply(reply, CONTEXT, Ledger()), strict=True)
            assert broken_laws(events_of(reply)) == []
        else:
            assert reply.message


@QUICK
@given(st.lists(JSONS, max_size=5), st.booleans())
def test_no_stream_makes_it_raise_or_break_a_law(anything: list[Any], is_done: bool) -> None:
    decoder = codec.stream_decoder()
    events: list[ChatEvent] = []
    for one in anything:
        rows = [{"index": 0, "delta": one, "finish_reason": "stop"}]
        for wire in ({"id": "x", "choices": rows}, one):
            if isinstance(wire, dict):
                events += decoder.feed(Event(data=json.dumps(wire).encode()))
    events += decoder.feed(Event(data=b"[DONE]")) if is_done else []
    events += decoder.close()
    assert broken_laws(events) == []
    chunks(encoded(events))


WORDS = st.text(min_size=1, max_size=8)
ARGUMENTS = st.dictionaries(WORDS, st.integers(-9, 9) | WORDS, max_size=3).map(json.dumps)
SIGNATURES = st.text("abcXYZ019+/=", min_size=1, max_size=12)
ORIGINS = st.sampled_from(
    ["anthropic-messages", "gemini-generate-content", "openai-responses", "bedrock-converse"]
)
THOUGHTS = st.one_of(
    st.builds(Thinking, text=WORDS, signature=SIGNATURES, origin=ORIGINS),
    st.builds(Thinking, signature=SIGNATURES, origin=ORIGINS, is_redacted=st.just(value=True)),
)
NAMES = st.text("abcXYZ_-", min_size=1, max_size=8)
CALLS = st.builds(
    ToolCall, id=SIGNATURES, name=NAMES, arguments=ARGUMENTS, signature=SIGNATURES | st.just("")
)
USAGES = st.builds(
    Usage,
    input=st.integers(60, 99),
    output=st.integers(30, 99),
    cached_input=st.integers(0, 30),
    cache_write=st.integers(0, 30),
    reasoning=st.integers(0, 30),
)


@st.composite
def replies(draw: st.DrawFn) -> ChatReply:
    """What another dialect's model may answer: thoughts, a text, calls."""
    calls = draw(st.lists(CALLS, max_size=3, unique_by=lambda call: call.id))
    said = [Text(text=one) for one in draw(st.lists(WORDS, max_size=1))]
    choice = Choice(
        parts=(*draw(st.lists(THOUGHTS, max_size=3)), *said, *calls),
        stop="tool_calls" if calls else "length",
        logprobs=(Logprob(token="a", logprob=-0.5, bytes=(97,)),),
    )
    return ChatReply(
        dialect="anthropic-messages",
        id="msg_1",
        model="claude",
        created=5,
        choices=(choice,),
        usage=draw(USAGES),
    )


def echoed(message: dict[str, Any]) -> tuple[Part, ...]:
    """What comes back of a message that the caller sends as it got it."""
    body = read_body(json.dumps({"model": "m", "messages": [message]}).encode())
    assert isinstance(body, RequestBody)
    request = codec.read_chat(body)
    assert isinstance(request, ChatRequest), request
    return request.messages[0].parts


@QUICK
@given(replies())
def test_a_reply_of_another_dialect_comes_back_whole_when_the_caller_echoes_it(reply: ChatReply) -> None:
    written = codec.write_reply(reply, CONTEXT, Ledger())
    document = ChatCompletion.model_validate_json(written, strict=True)
    [choice] = reply.choices
    assert echoed(document.choices[0].message.model_dump(exclude_none=True)) == choice.parts
    again = codec.read_chat_reply(written)
    assert isinstance(again, ChatReply)
    assert again.choices[0].stop == choice.stop
    assert again.choices[0].logprobs == choice.logprobs
    assert again.usage is not None
    assert reply.usage is not None
    assert msgspec.structs.replace(again.usage, raw=msgspec.Raw(b"null")) == reply.usage


@QUICK
@given(replies())
def test_a_stream_of_another_dialect_says_what_the_whole_reply_says(reply: ChatReply) -> None:
    stream = encoded(events_of(reply))
    read = reply_of(decoded(stream), DIALECT)
    whole = codec.read_chat_reply(codec.write_reply(reply, CONTEXT, Ledger()))
    assert isinstance(read, ChatReply)
    assert isinstance(whole, ChatReply)
    assert shown(read) == shown(whole)
    assert read.choices[0].stop == whole.choices[0].stop
    deltas = [one["choices"][0]["delta"] for one in chunks(stream) if one["choices"]]
    blocks = [block for delta in deltas for block in delta.get("thinking_blocks", [])]
    thoughts = [part for part in reply.choices[0].parts if isinstance(part, Thinking)]
    back = echoed({"role": "assistant", "content": None, "thinking_blocks": blocks})
    assert list(back) == thoughts


TEXTS = st.builds(Text, text=WORDS)
PICTURES = st.builds(
    Image,
    source=st.builds(Media, data=st.just("AA=="), media_type=st.just("image/png")),
    detail=st.just("low"),
)
TURNS = st.lists(
    st.tuples(
        st.lists(TEXTS | PICTURES, min_size=1, max_size=2), st.lists(TEXTS, min_size=1, max_size=1), st.lists(CALLS, max_size=2)
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "max_tokens": st.integers(1, 99),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(1, 9),
        "stop": st.lists(WORDS, min_size=1, max_size=4).map(tuple),
        "seed": st.integers(0, 9),
        "choices": st.integers(2, 4),
        "frequency_penalty": st.floats(-2, 2),
        "presence_penalty": st.floats(-2, 2),
        "reasoning": st.builds(Reasoning, effort=st.sampled_from(["low", "medium", "high"])),
        "verbosity": st.just("low"),
        "user": WORDS,
        "cache_key": WORDS,
        "service_tier": st.just("flex"),
        "is_parallel": st.booleans(),
        "tool_choice": st.sampled_from(
            [
                ToolChoice(mode="auto"),
                ToolChoice(mode="required"),
                ToolChoice(mode="none"),
                ToolChoice(mode="tool", names=("f",)),
                ToolChoice(mode="allowed", names=("f",)),
                ToolChoice(mode="allowed_required", names=("f",)),
            ]
        ),
        "is_stream": st.booleans(),
    },
)


@QUICK
@given(TURNS, OPTIONS)
def test_a_request_written_for_a_provider_means_the_same(
    turns: list[tuple[list[Text | Image], list[Text], list[ToolCall]]], options: dict[str, Any]
) -> None:
    messages = [Message(role="system", parts=(Text(text="Be brief."),))]
    number = 0
    for asked, said, calls in turns:
        user = asked if any(isinstance(part, Image) for part in asked) else asked[:1]
        messages.append(Message(role="user", parts=tuple(user)))
        own = [msgspec.structs.replace(call, id=f"call_{number + at}") for at, call in enumerate(calls)]
        number += len(own)
        messages.append(Message(role="assistant", parts=(*said, *own)))
        messages += [
            Message(
                role="tool", parts=(ToolResult(call_id=call.id, name=call.name, parts=(Text(text="ok"),)),)
            )
            for call in own
        ]
    tool = Tool(
        name="f", description="d", parameters=msgspec.Raw(b'{"type":"object","x":1.50}'), is_strict=True
    )
    request = ChatRequest(dialect=DIALECT, model="m", messages=tuple(messages), tools=(tool,), **options)
    outgoing = codec.write_chat(request, model="m", traits=FULL, ledger=Ledger())
    assert not isinstance(outgoing, Refused)
    PARAMS.validate_json(outgoing.body)
    body = read_body(outgoing.body)
    assert isinstance(body, RequestBody)
    assert codec.read_chat(body) == request


def test_the_registry_finds_both_sides() -> None:
    assert caller_codec(DIALECT).read_chat is codec.read_chat
    assert provider_codec(DIALECT).write_chat is codec.write_chat


def test_an_error_body_of_any_shape_has_words() -> None:
    own = b'{"error":{"message":"No such model","type":"invalid_request_error","param":null,"code":"model_not_found"}}'
    assert codec.read_error(404, own) == ReplyError(
        message="No such model", code="model_not_found", status=404
    )
    assert codec.read_error(401, b'{"detail":"Invalid API Key"}').message == "Invalid API Key"
    assert "503" in codec.read_error(503, b"").message
