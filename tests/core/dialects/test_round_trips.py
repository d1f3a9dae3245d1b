"""Round trips keep meaning: any neutral request through each dialect and back, any neutral reply to each SDK.

`unaccounted` is the law of completeness: what is set is either in what the provider gets or named in the ledger. It is
held for requests that hypothesis makes up, for every recorded request and for every case of the golden matrix.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw_dev.core.chat.events import Failed
from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    ChatReply,
    ChatRequest,
    Choice,
    Document,
    Image,
    Logprob,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    StopReason,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from aigw_dev.core.chat.whole import events_of
from aigw_dev.core.dialects.codec import Outgoing
from aigw_dev.core.exchange import Usage
from tests import golden, translations
from tests.chat_accounts import unaccounted
from tests.chat_laws import broken_laws
from tests.sdk_types import (
    ANTHROPIC,
    BEDROCK,
    CALLERS,
    CHAT,
    GEMINI,
    PROVIDERS,
    RESPONSES,
    Said,
    check_request,
    said,
    said_in,
)

pytest.importorskip("google.genai.types")
pytest.importorskip("botocore.session")

QUICK: Final = settings(
    max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
WORDS: Final = st.text("abc XYZ.\u2028\U0001f351", min_size=1, max_size=12).map(lambda text: f"w{text}w")
NAMES: Final = st.sampled_from(
    ["weigh", "list_fruit", "look-up", "a_name_that_is_longer_than_sixty_four_characters_as_those_of_mcp_are"]
)
ARGUMENTS: Final = st.dictionaries(
    st.sampled_from(["a", "b"]), st.integers(-9, 2**70) | WORDS, max_size=2
).map(json.dumps)
SIGNATURES: Final = st.sampled_from(["c2lnbmF0dXJl", "QUJD"])
ORIGINS: Final = st.sampled_from(PROVIDERS)
CACHES: Final = st.none() | st.builds(Cache, ttl=st.sampled_from(["", "5m", "1h"]))
PNG: Final = Media(data="iVBORw0KGgo=", media_type="image/png")
TEXTS: Final = st.builds(Text, text=WORDS, cache=CACHES)
ASKED: Final = st.one_of(
    TEXTS,
    st.builds(Image, source=st.just(PNG), detail=st.sampled_from(["", "low", "high"])),
    st.builds(Document, source=st.just(Media(data="JVBERi0=", media_type="application/pdf")), name=st.sampled_from(["", "a.pdf"]), context=st.sampled_from(["", "old"]), has_citations=st.booleans()),
    st.builds(Document, source=st.just(Media()), text=WORDS, name=st.just("note")),
    st.builds(Audio, source=st.just(Media(data="UklGRg==", media_type="audio/wav")), format=st.just("wav")),
    st.builds(Opaque, dialect=st.just("elsewhere"), type=st.just("odd"), raw=st.just(msgspec.Raw(b'{"type":"odd"}'))),
)  # fmt: skip
THOUGHTS: Final = st.one_of(
    st.builds(Thinking, text=WORDS, signature=SIGNATURES, origin=ORIGINS),
    st.builds(Thinking, text=WORDS),
    st.builds(Thinking, signature=SIGNATURES, origin=ORIGINS, is_redacted=st.just(value=True)),
)
CALLS: Final = st.builds(
    ToolCall, id=st.just("call_1"), name=NAMES, arguments=ARGUMENTS, signature=SIGNATURES | st.just("")
)
RESULTS: Final = st.lists(TEXTS | st.builds(Image, source=st.just(PNG)), max_size=2).map(tuple)
SCHEMA: Final = msgspec.Raw(
    b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'
)
TOOLS: Final = st.lists(
    st.builds(Tool, name=NAMES, description=st.sampled_from(["", "does it"]), parameters=st.just(SCHEMA), is_strict=st.none() | st.booleans(), cache=CACHES),
    max_size=2,
    unique_by=lambda tool: tool.name,
)  # fmt: skip
OPTIONS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "is_parallel": st.booleans(),
    "max_tokens": st.integers(1, 9000),
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0.01, 1),
    "top_k": st.integers(1, 50),
    "min_p": st.floats(0.01, 1),
    "stop": st.lists(WORDS, min_size=1, max_size=6, unique=True).map(tuple),
    "seed": st.integers(0, 99),
    "choices": st.integers(1, 3),
    "frequency_penalty": st.floats(-2, 2),
    "presence_penalty": st.floats(-2, 2),
    "logit_bias": st.just(msgspec.Raw(b'{"5":1}')),
    "logprobs": st.booleans(),
    "top_logprobs": st.integers(0, 5),
    "reasoning": st.one_of(
        st.builds(Reasoning, effort=st.sampled_from(["minimal", "low", "medium", "high", "xhigh", "max"]), summary=st.sampled_from(["", "auto", "omitted"])),
        st.builds(Reasoning, budget_tokens=st.integers(1024, 20000)),
        st.just(Reasoning(mode="off")),
        st.builds(Reasoning, mode=st.just("adaptive"), effort=st.sampled_from(["", "low"])),
    ),
    "format": st.one_of(
        st.just(OutputFormat(kind="json")),
        st.builds(OutputFormat, kind=st.just("schema"), schema=st.just(SCHEMA), name=st.sampled_from(["", "tree"]), description=st.sampled_from(["", "A tree"]), is_strict=st.none() | st.booleans()),
    ),
    "modalities": st.sampled_from([("text",), ("text", "audio")]),
    "verbosity": st.sampled_from(["low", "high"]),
    "user": st.just("u-7"),
    "metadata": st.just(msgspec.Raw(b'{"bed":"north"}')),
    "service_tier": st.sampled_from(["flex", "priority", "auto"]),
    "store": st.booleans(),
    "cache_key": st.just("k"),
    "extras": st.just({"odd_field": msgspec.Raw(b"1")}),
}  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> ChatRequest:
    """What a caller of another dialect may ask: a system's words, turns with thoughts, calls and results, every knob."""
    messages = [Message(role=draw(st.sampled_from(["system", "developer"])), parts=tuple(draw(st.lists(TEXTS, min_size=1, max_size=2))))] if draw(st.booleans()) else []  # fmt: skip
    for number in range(draw(st.integers(1, 2))):
        messages.append(Message(role="user", parts=(draw(TEXTS), *draw(st.lists(ASKED, max_size=2)))))
        if not draw(st.booleans()):
            messages.append(
                Message(role="assistant", parts=(*draw(st.lists(THOUGHTS, max_size=2)), draw(TEXTS)))
            )
            continue
        call = msgspec.structs.replace(draw(CALLS), id=f"call_{number}")
        messages.append(Message(role="assistant", parts=(*draw(st.lists(THOUGHTS, max_size=1)), *draw(st.lists(TEXTS, max_size=1)), call)))  # fmt: skip
        result = ToolResult(
            call_id=call.id, name=call.name, parts=draw(RESULTS), is_error=draw(st.booleans())
        )
        messages.append(Message(role="tool", parts=(result,)))
    messages.append(Message(role="user", parts=(draw(TEXTS),)))
    tools = tuple(draw(TOOLS))
    options = draw(st.fixed_dictionaries({}, optional=OPTIONS))
    if tools and draw(st.booleans()):
        options["tool_choice"] = draw(
            st.builds(ToolChoice, mode=st.sampled_from(["auto", "required", "none"]))
            | st.builds(
                ToolChoice,
                mode=st.sampled_from(["tool", "allowed", "allowed_required"]),
                names=st.just((tools[0].name,)),
            )
        )
    return ChatRequest(
        dialect=draw(st.sampled_from(CALLERS)), model="m", messages=tuple(messages), tools=tools, **options
    )


def problems(request: ChatRequest, target: str, model: str = "") -> list[str]:
    """What the law finds of a request written for `target`; nothing where the dialect refused to say it."""
    if request.dialect == target:  # relayed, not translated
        return []
    written, ledger = translations.write_request(target, request, model=model)
    if not isinstance(written, Outgoing):
        return []
    check_request(target, written.body, path=written.path)
    if target == BEDROCK:  # nobody calls in it: there is no reader
        return []
    again = translations.read_request(target, written.body)
    assert isinstance(again, ChatRequest), again
    return unaccounted(request, again, ledger)


@QUICK
@given(requests(), st.sampled_from(PROVIDERS))
def test_a_request_says_everything_or_the_ledger_names_it(request: ChatRequest, target: str) -> None:
    assert problems(request, target) == []


def test_every_golden_request_says_everything_or_its_ledger_names_it() -> None:
    for name in golden.names():
        case = golden.load(name)
        for source, asked in case.get("requests", {}).items():
            request = golden.neutral_request(source, asked)
            if asked.get("is_count") or not isinstance(request, ChatRequest):
                continue
            for target in (one for one in PROVIDERS if one != source):
                assert problems(request, target, case.get("models", {}).get(target, "")) == [], (
                    name,
                    source,
                    target,
                )


@pytest.mark.vectors
def test_every_recorded_request_says_everything_or_its_ledger_names_it(vectors: Path) -> None:
    from tests.core.dialects import test_every_recording  # it skips where the judges are absent

    for source, name, body in test_every_recording.requests(vectors):
        request = translations.read_request(source, body)
        if not isinstance(request, ChatRequest):
            continue
        for target in (one for one in CALLERS if one != source):
            written, ledger = translations.write_request(target, request)
            assert isinstance(written, Outgoing)
            again = translations.read_request(target, written.body)
            assert isinstance(again, ChatRequest), (name, target, again)
            assert unaccounted(request, again, ledger) == [], (name, target)


USAGES: Final = st.builds(Usage, input=st.integers(60, 99), output=st.integers(30, 99), cached_input=st.integers(0, 30), cache_write=st.integers(0, 30), reasoning=st.integers(0, 30))  # fmt: skip


@st.composite
def replies(draw: st.DrawFn) -> ChatReply:
    """What a model may answer."""
    calls = [
        msgspec.structs.replace(call, id=f"call_{number}")
        for number, call in enumerate(draw(st.lists(CALLS, max_size=3)))
    ]
    texts = [Text(text=one) for one in draw(st.lists(WORDS, max_size=2))]
    stops: list[StopReason] = (
        ["tool_calls"]
        if calls
        else ["stop", "stop_sequence", "length", "context_window", "content_filter", "refusal", "pause"]
    )
    logprobs = (Logprob(token="a", logprob=-0.5, bytes=(97,)),) if texts and draw(st.booleans()) else None
    choice = Choice(
        parts=(*draw(st.lists(THOUGHTS, max_size=2)), *texts, *calls),
        stop=draw(st.sampled_from(stops)),
        logprobs=logprobs,
    )
    return ChatReply(
        dialect=draw(ORIGINS), id="r-1", model="m", created=5, choices=(choice,), usage=draw(USAGES)
    )


def joined(found: list[Said]) -> list[Said]:
    """Without the blank line that some dialects put between two thoughts."""
    return [msgspec.structs.replace(one, reasoning=one.reasoning.replace("\n\n", "")) for one in found]


@QUICK
@given(replies(), st.sampled_from(CALLERS))
def test_a_reply_means_the_same_to_every_sdk_whole_and_streamed(reply: ChatReply, caller: str) -> None:
    wanted = translations.expected(caller, reply)
    written, ledger = translations.write_reply(caller, reply, translations.context(caller))
    assert translations.differences(wanted, joined(said(caller, written)), ledger) == []
    events = events_of(reply)
    assert broken_laws(events) == []
    told, ledger = translations.write_stream(caller, events, translations.context(caller, is_stream=True))
    assert translations.differences(wanted, joined(said_in(caller, told)), ledger) == []


@QUICK
@given(replies(), st.sampled_from(CALLERS))
def test_a_stream_written_is_read_back_as_the_whole_reply_is(reply: ChatReply, caller: str) -> None:
    told, _ = translations.write_stream(
        caller, events_of(reply), translations.context(caller, is_stream=True)
    )
    events = translations.events_in(caller, told)
    assert broken_laws(events) == []
    assert not isinstance(events[-1], Failed)
    again = translations.reply_in(caller, events)
    assert isinstance(again, ChatReply)
    written, _ = translations.write_reply(caller, reply, translations.context(caller))
    whole = translations.read_reply(caller, written)
    assert isinstance(whole, ChatReply)
    for judge in (CHAT, RESPONSES, ANTHROPIC, GEMINI):
        streamed, at_once = translations.expected(judge, again), translations.expected(judge, whole)
        assert [one.text for one in streamed] == [one.text for one in at_once]
        assert [one.reasoning for one in streamed] == [one.reasoning for one in at_once]
        assert [one.calls for one in streamed] == [one.calls for one in at_once]
        assert [one.stop for one in streamed] == [one.stop for one in at_once]
