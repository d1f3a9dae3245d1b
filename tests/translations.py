"""One exchange through the codecs, as the gateway takes it, for tests: request out, reply or stream back.

And what the reply of one dialect should mean to a caller of another, worked out from the neutral reply by tables of
this file alone: `expected`, to be held against `sdk_types.said`.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core.chat.events import ChatEvent
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    ChatRequest,
    Choice,
    ReplyContext,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.chat.vocabulary import Refusal as Declined
from aigw_dev.core.chat.whole import reply_of
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import Outgoing, Traits, caller_codec, count_codec, provider_codec
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.providers.traits import traits_of
from tests.sdk_types import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES, Said

SEED: Final = "0123456789abcdef0123456789abcdef"
CREATED: Final = 1_700_000_000
MODELS: Final = {
    CHAT: "openai:gpt-4o",
    RESPONSES: "openai:gpt-4o",
    ANTHROPIC: "anthropic:claude-sonnet-4-5",
    GEMINI: "gemini:gemini-2.5-flash",
    BEDROCK: "bedrock:us.anthropic.claude-sonnet-4-5-20250929-v1:0",
}
"""Table of traits and model that a request is written for, unless a case names another."""
ASKED: Final[dict[str, dict[str, Any]]] = {
    CHAT: {"messages": [{"role": "user", "content": "Hi"}], "stream_options": {"include_usage": True}},
    RESPONSES: {"input": "Hi"},
    ANTHROPIC: {
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    },
    GEMINI: {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
    },
}
"""A request of each caller, for replies that say nothing of theirs: it shows thoughts and usage."""


def body_of(wire: dict[str, Any] | bytes) -> RequestBody:
    """A request's body."""
    body = read_body(wire if isinstance(wire, bytes) else json.dumps(wire).encode())
    assert isinstance(body, RequestBody), body
    return body


def read_request(
    dialect: str, wire: dict[str, Any] | bytes, *, is_stream: bool = False, version: str = ""
) -> ChatRequest | Refusal:
    """A caller's request in neutral words."""
    return caller_codec(dialect).read_chat(
        body_of(wire), path_model="asked" if dialect == GEMINI else "", is_stream=is_stream, version=version
    )


def traits(target: str, model: str = "") -> tuple[Traits, str]:
    """Traits and name of the model that a provider of `target` is asked for (`table:model`)."""
    table, _, name = (model or MODELS[target]).partition(":")
    return traits_of(table, name), name


def write_request(
    target: str, request: ChatRequest, *, model: str = "", is_count: bool = False
) -> tuple[Outgoing | Refusal, Ledger]:
    """The request as a provider of `target` takes it."""
    ledger = Ledger(request.dialect, target)
    taken, name = traits(target, model)
    if is_count:
        codec = count_codec(target)
        assert codec is not None
        return codec.write_count(request, model=name, traits=taken, ledger=ledger), ledger
    return provider_codec(target).write_chat(request, model=name, traits=taken, ledger=ledger), ledger


def context(caller: str, wire: dict[str, Any] | None = None, *, is_stream: bool = False) -> ReplyContext:
    """What the reply to a caller's request needs."""
    asked = {"model": "asked"} | (wire or ASKED[caller]) | ({"stream": True} if is_stream else {})
    body = body_of(asked)
    request = read_request(caller, asked, is_stream=is_stream)
    assert isinstance(request, ChatRequest), request
    return ReplyContext(request=request, id_seed=SEED, created=CREATED, input_estimate=7, fields=body.fields)


def events_in(dialect: str, stream: bytes, step: int = 1 << 20, *, is_array: bool = False) -> list[ChatEvent]:
    """A provider's stream, fed in pieces of `step` bytes."""
    codec = provider_codec(dialect)
    framer = gemini.ArrayFramer() if is_array else codec.framer()
    decoder = codec.stream_decoder()
    events: list[ChatEvent] = []
    for start in range(0, len(stream), step):
        for event in framer.feed(stream[start : start + step]):
            events += decoder.feed(event)
    for event in framer.close():
        events += decoder.feed(event)
    return events + decoder.close()


def write_stream(caller: str, events: Sequence[ChatEvent], asked: ReplyContext) -> tuple[bytes, Ledger]:
    """A caller's stream of neutral events."""
    ledger = Ledger()
    ledger.side = "reply"
    encoder = caller_codec(caller).stream_encoder(asked, ledger)
    return b"".join(encoder.encode(event) for event in events), ledger


def write_reply(caller: str, reply: ChatReply, asked: ReplyContext) -> tuple[bytes, Ledger]:
    """A caller's whole reply."""
    ledger = Ledger()
    ledger.side = "reply"
    return caller_codec(caller).write_reply(reply, context=asked, ledger=ledger), ledger


def read_reply(provider: str, body: bytes) -> ChatReply | ReplyError:
    """A provider's whole reply."""
    return provider_codec(provider).read_chat_reply(body)


def reply_in(provider: str, events: Sequence[ChatEvent]) -> ChatReply | ReplyError:
    """The reply that a stream tells."""
    return reply_of(events, provider)


# --- meaning

_STOPS: Final[dict[str, dict[str, str]]] = {
    CHAT: {
        "stop": "stop",
        "stop_sequence": "stop",
        "length": "length",
        "context_window": "length",
        "tool_calls": "tool_calls",
        "content_filter": "content_filter",
        "refusal": "content_filter",
        "pause": "length",
    },
    RESPONSES: {
        "stop": "completed",
        "stop_sequence": "completed",
        "length": "incomplete:max_output_tokens",
        "context_window": "incomplete:max_output_tokens",
        "tool_calls": "completed",
        "content_filter": "incomplete:content_filter",
        "refusal": "incomplete:content_filter",
        "pause": "incomplete:max_output_tokens",
    },
    ANTHROPIC: {
        "stop": "end_turn",
        "stop_sequence": "stop_sequence",
        "length": "max_tokens",
        "context_window": "model_context_window_exceeded",
        "tool_calls": "tool_use",
        "content_filter": "refusal",
        "refusal": "refusal",
        "pause": "pause_turn",
    },
    GEMINI: {
        "stop": "STOP",
        "stop_sequence": "STOP",
        "length": "MAX_TOKENS",
        "context_window": "MAX_TOKENS",
        "tool_calls": "STOP",
        "content_filter": "SAFETY",
        "refusal": "SAFETY",
        "pause": "STOP",
    },
}
"""Peers, section 5.6."""


def expected(caller: str, reply: ChatReply) -> list[Said]:
    """What the user of the caller's SDK should find of a neutral reply."""
    usage = reply.usage
    counted = None
    if usage is not None:
        counted = usage.input, usage.output, usage.cached_input, usage.reasoning
    choices = reply.choices if caller in {CHAT, GEMINI} else reply.choices[:1]
    return [_expected(caller, choice, counted) for choice in choices]


def _expected(caller: str, choice: Choice, usage: tuple[int, int, int, int] | None) -> Said:
    parts = choice.parts
    calls = [part for part in parts if isinstance(part, ToolCall)]
    refusal = "".join(part.text for part in parts if isinstance(part, Declined))
    text = "".join(_words(part, caller) for part in parts)
    stop = choice.stop or ("tool_calls" if calls else "stop")
    word = _STOPS[caller][stop] if choice.stop or caller != GEMINI else ""
    if stop in {"stop", "refusal"} and refusal and caller in {CHAT, RESPONSES}:
        word = _STOPS[caller]["stop"]  # the words stand in a field of their own
    if caller in {ANTHROPIC, GEMINI}:  # no place of its own
        text, refusal = text + refusal, ""
    return Said(
        text=text,
        reasoning="".join(part.text for part in parts if isinstance(part, Thinking)),
        refusal=refusal,
        calls=tuple(_call(caller, call) for call in calls),
        stop=word,
        usage=usage,
    )


def _words(part: object, caller: str) -> str:
    match part:
        case Audio(source=source) if caller == GEMINI and (source.data or source.url):
            return ""  # a part of its own, whose transcript the ledger names
        case Text():
            return part.text
        case Audio():
            return part.transcript
        case _:
            return ""


def _call(caller: str, call: ToolCall) -> tuple[str, str]:
    if call.kind == "custom":
        is_known = caller in {CHAT, RESPONSES}
        return call.name, call.arguments if is_known else json.dumps({"input": call.arguments})
    return call.name, json.dumps(json.loads(call.arguments), sort_keys=True)


def differences(wanted: Sequence[Said], found: Sequence[Said], ledger: Ledger) -> list[str]:
    """What differs in meaning; ids of calls are no meaning, and usage that was estimated must say so."""
    if len(wanted) != len(found):
        return [f"{len(wanted)} choices became {len(found)}"]
    is_estimated = any(entry.fate == "invented" and entry.field == "usage" for entry in ledger.entries)
    compared: tuple[tuple[str, Callable[[Said], object]], ...] = (
        ("text", lambda one: one.text),
        ("reasoning", lambda one: one.reasoning),
        ("refusal", lambda one: one.refusal),
        ("calls", lambda one: one.calls),
        ("stop", lambda one: one.stop),
        ("usage", lambda one: one.usage),
    )
    return [
        f"{name} of choice {number}: {get(one)!r} became {get(other)!r}"
        for number, (one, other) in enumerate(zip(wanted, found, strict=True))
        for name, get in compared
        if get(one) != get(other) and not (name == "usage" and one.usage is None and is_estimated)
    ]


def shown(ledger: Ledger) -> dict[str, Any]:
    """The ledger as goldens hold it."""
    made: dict[str, Any] = {}
    if ledger.kept:
        made["kept"] = list(ledger.kept)
    for fate in ("approximated", "dropped", "invented"):
        rows = {entry.field: entry.how for entry in ledger.entries if entry.fate == fate}
        if rows:
            made[fate] = rows
    return made


def raw(value: object) -> msgspec.Raw:
    """JSON text of a value."""
    return msgspec.Raw(msgspec.json.encode(value))
