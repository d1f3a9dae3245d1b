"""Hand-written answers in any dialect: built by the codecs that translate replies for callers."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, cast, get_args

import msgspec

from aigw_dev.core import tokens
from aigw_dev.core.chat.events import ChatEvent, Delta
from aigw_dev.core.chat.vocabulary import (
    ChatReply,
    ChatRequest,
    Choice,
    Part,
    Reasoning,
    Refusal,
    ReplyContext,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.chat.whole import events_of
from aigw_dev.core.dialects import codec
from aigw_dev.core.dialects.registry import DIALECTS
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.mock.reply import words
from aigw_dev.core.recording.fixture import EventRow, FixtureError, Response, Synth
from aigw_dev.core.streams import sse

_ARGUMENT_PIECE_CHARS: Final = 16
_FINISHES: Final = get_args(StopReason)
_OTHER_WORDS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "STOP": "stop",
    "max_tokens": "length",
    "MAX_TOKENS": "length",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "SAFETY": "content_filter",
}
"""How the dialects say the same."""
_PAIR: Final = 2
_JSON: Final = {"content-type": "application/json"}
_EVENTS: Final = {"content-type": "text/event-stream; charset=utf-8"}


def build(
    synth: Synth,
    *,
    dialect: str,
    model: str,
    is_stream: bool,
    created: int,
    wants_usage: bool = True,
    input_tokens: int = 0,
) -> Response:
    """The answer as a provider of `dialect` would send it: `body`, or `events` with `dt_ms`.

    The same arguments give the same bytes. `created` is UTC seconds; `wants_usage` counts for openai-chat's streams;
    `input_tokens` stands for a usage that the answer does not say. Arguments that are text pass as they are, also
    where they are no JSON, but where a whole reply holds them as an object (Anthropic, Gemini). Raises FixtureError.
    """
    if dialect not in DIALECTS:
        raise FixtureError(
            f"a hand-written answer cannot be written in {dialect}",
            where="synth",
            hint=f"stub a provider that speaks one of {', '.join(DIALECTS)}",
        )
    reply = _reply(synth, dialect, model, created, input_tokens)
    context = context_of(
        reply, model=model, created=created, is_stream=is_stream, wants_usage=wants_usage, seed=_seed(synth)
    )
    if not is_stream:
        return _whole(synth, reply, context, dialect)
    rows: list[EventRow] = []
    waits: list[int] = []
    is_first = True
    pace_ms = 1000 / synth.tps if synth.tps > 0 else 0.0
    due_ms = 0.0
    encoder = codec.caller_codec(dialect).stream_encoder(context, Ledger(dialect, dialect))
    for event in _pieces(events_of(reply), synth):
        if isinstance(event, Delta):
            due_ms += 0.0 if is_first else pace_ms
            is_first = False
        for row in rows_of_events(encoder.encode(event)):
            rows.append(row)
            waits.append(math.floor(due_ms + 0.5))
            due_ms -= waits[-1]
    waits[0] += synth.ttft_ms
    return Response(headers=dict(_EVENTS), events=rows, dt_ms=waits if any(waits) else [])


def context_of(
    reply: ChatReply, *, model: str, created: int, is_stream: bool, wants_usage: bool, seed: str
) -> ReplyContext:
    """What a codec is told of the request where there is none: whoever asked wants to see everything in `reply`."""
    has_thoughts = any(isinstance(part, Thinking) for choice in reply.choices for part in choice.parts)
    request = ChatRequest(
        dialect=reply.dialect,
        model=model,
        messages=(),
        is_stream=is_stream,
        wants_usage=wants_usage,
        reasoning=Reasoning(summary="auto") if has_thoughts else None,
    )
    return ReplyContext(
        request=request,
        id_seed=seed,
        created=created,
        input_estimate=reply.usage.input if reply.usage else 0,
    )


def rows_of_events(content: bytes) -> list[EventRow]:
    """Whole server-sent events as rows."""
    decoder = sse.Decoder()
    events = decoder.feed(content) + decoder.close()
    return [_row(event) for event in events if not event.is_comment]


def _row(event: sse.Event) -> EventRow:
    name = event.event or None
    if event.data[:1] in {b"{", b"["} and event.data != b"[DONE]":
        return EventRow(name=name, data=msgspec.json.decode(event.data))
    return EventRow(name=name, text=event.data.decode())


def _whole(synth: Synth, reply: ChatReply, context: ReplyContext, dialect: str) -> Response:
    body = codec.caller_codec(dialect).write_reply(reply, context, Ledger(dialect, dialect))
    pieces = sum(1 for event in _pieces(events_of(reply), synth) if isinstance(event, Delta))
    wait_ms = synth.ttft_ms + (round(1000 * max(0, pieces - 1) / synth.tps) if synth.tps > 0 else 0)
    return Response(headers=dict(_JSON), body=msgspec.json.decode(body), dt_ms=[wait_ms] if wait_ms else [])


def _reply(synth: Synth, dialect: str, model: str, created: int, input_tokens: int) -> ChatReply:
    parts: list[Part] = []
    if synth.reasoning:
        parts.append(Thinking(text=synth.reasoning))
    stop = _stop(synth)
    if synth.text or not synth.tool_calls:
        parts.append(Refusal(text=synth.text) if stop == "refusal" else Text(text=synth.text))
    seed = _seed(synth)
    parts += [_call(call, number, seed) for number, call in enumerate(synth.tool_calls)]
    said = [synth.text, synth.reasoning]
    said += [part.name + part.arguments for part in parts if isinstance(part, ToolCall)]
    usage = Usage(
        input=synth.usage.get("input_tokens", input_tokens),
        output=synth.usage.get("output_tokens", sum(map(tokens.estimate, said))),
        reasoning=tokens.estimate(synth.reasoning) if "output_tokens" not in synth.usage else 0,
        cached_input=synth.usage.get("cached_tokens", 0),
    )
    return ChatReply(
        dialect=dialect,
        model=model,
        created=created,
        choices=(Choice(parts=tuple(parts), stop=stop),),
        usage=usage,
    )


def _stop(synth: Synth) -> StopReason:
    if not synth.finish:
        return "tool_calls" if synth.tool_calls else "stop"
    said = _OTHER_WORDS.get(synth.finish, synth.finish)
    for word in _FINISHES:
        if word == said:
            return word
    near = get_close_matches(synth.finish, _FINISHES, n=1)
    raise FixtureError(
        f"`{synth.finish[:60]}` is no reason to finish" + (f"; did you mean `{near[0]}`?" if near else ""),
        where="synth.finish",
        hint=f"one of {', '.join(_FINISHES)}",
    )


def _call(call: Any, number: int, seed: str) -> ToolCall:
    if not isinstance(call, list | tuple) or len(call) != _PAIR or not isinstance(call[0], str):  # pyright: ignore[reportUnknownArgumentType] # hand-written
        raise FixtureError(
            "a tool call is `[name, arguments]`",
            where=f"synth.tool_calls[{number}]",
            hint='["get_weather", {"city": "Oslo"}]',
        )
    pair = cast("Sequence[Any]", call)
    name, given = str(pair[0]), pair[1]
    arguments = (
        given if isinstance(given, str) else msgspec.json.encode({} if given is None else given).decode()
    )
    digest = hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:24]
    return ToolCall(id=f"call_{digest}", name=name, arguments=arguments)


def _seed(synth: Synth) -> str:
    return hashlib.sha256(msgspec.json.encode(synth)).hexdigest()[:24]


def _pieces(events: list[ChatEvent], synth: Synth) -> Iterator[ChatEvent]:
    """The events with every delta of words in the pieces it is streamed in."""
    for event in events:
        if not isinstance(event, Delta) or event.kind not in {"text", "thinking", "refusal", "arguments"}:
            yield event
            continue
        for piece in _cut(event.text, synth.chunks, is_words=event.kind != "arguments"):
            yield msgspec.structs.replace(event, text=piece)


def _cut(text: str, chunks: int | None, *, is_words: bool) -> list[str]:
    """`chunks` pieces of about the same length, else words (arguments: 16 characters); joined they are the text."""
    if chunks is None:
        starts = range(0, len(text), _ARGUMENT_PIECE_CHARS)
        found = words(text) if is_words else [text[at : at + _ARGUMENT_PIECE_CHARS] for at in starts]
        return found or [text]
    count = max(1, min(chunks, len(text)))
    ends = [len(text) * number // count for number in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends)]
