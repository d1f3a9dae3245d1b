"""A whole reply, written for a Gemini caller; its pieces serve the stream too."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    Choice,
    Document,
    Image,
    Logprob,
    Opaque,
    Part,
    Refusal,
    ReplyContext,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.dialects.gemini import parts, wire
from aigw_dev.core.dialects.gemini.usage import write_usage
from aigw_dev.core.dialects.gemini.wire import DIALECT
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

_FINISHES: Final = {
    "stop": "STOP",
    "stop_sequence": "STOP",
    "length": "MAX_TOKENS",
    "context_window": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
    "refusal": "SAFETY",
    "pause": "STOP",
}
_APPROXIMATED: Final = {
    "stop_sequence": "STOP: Gemini does not say which sequence",
    "context_window": "MAX_TOKENS: Gemini has no word for the model's own limit",
    "refusal": "SAFETY: Gemini has no word for a refusal",
    "pause": "STOP: Gemini has no word for a turn to be sent on",
}
_Written = dict[str, object]


def write_reply(reply: ChatReply, /, context: ReplyContext, ledger: Ledger) -> bytes:
    """A whole `GenerateContentResponse`."""
    made: list[_Written] = []
    for number, choice in enumerate(reply.choices):
        made.append(_candidate(choice, number, context, ledger))
    for path in reply.extras:
        ledger.dropped(path, "Gemini has no such field")
    if reply.service_tier:
        ledger.dropped("service_tier", "Gemini has no such field")
    body: _Written = {"candidates": made}
    usage = reply.usage or estimated_usage(_said(reply), context, ledger)
    body["usageMetadata"] = usage_of(usage, ledger)
    body |= identity(reply.id, reply.model, context)
    return sse.unbroken(msgspec.json.encode(body))


def identity(reply_id: str, model: str, context: ReplyContext) -> _Written:
    """`modelVersion` and `responseId`, which every chunk repeats."""
    return {"modelVersion": model or context.request.model, "responseId": reply_id or context.id_seed[:24]}


def estimated_usage(said: Iterable[str], context: ReplyContext, ledger: Ledger) -> Usage:
    """Usage that no provider sent, from what was said: clients of Gemini add its counts up unasked."""
    ledger.invented("usage", "the provider sent none: estimated from the text")
    return Usage(input=context.input_estimate, output=tokens.estimate("".join(said)), estimated=True)


def usage_of(usage: Usage, ledger: Ledger) -> dict[str, int]:
    """`usageMetadata`; what it cannot tell apart is entered."""
    if usage.cache_write:
        ledger.approximated(
            "usage.cache_write", "inside promptTokenCount: Gemini does not tell written tokens apart"
        )
    return write_usage(usage)


def finish_of(reason: StopReason, stop_sequence: str, ledger: Ledger) -> str:
    """`finishReason`."""
    if reason in _APPROXIMATED:
        ledger.approximated("stop_reason", _APPROXIMATED[reason])
    if stop_sequence:
        ledger.dropped("stop_sequence", "Gemini does not say which sequence")
    return _FINISHES[reason]


def shows_thoughts(context: ReplyContext) -> bool:
    """Whether the caller asked for thoughts (`includeThoughts`)."""
    reasoning = context.request.reasoning
    return reasoning is not None and reasoning.summary not in {"", "omitted"}


def call_part(
    call: tuple[str, str, str], signature: tuple[str, str], ledger: Ledger, *, is_custom: bool = False
) -> _Written:
    """A part for a call (id, name, arguments) with its signature (origin, text); arguments stay as they were spelled."""
    call_id, name, arguments = call
    args = None if is_custom else wire.object_text(arguments or "{}")
    if args is None:
        key = "input" if is_custom else "arguments"
        ledger.approximated("tool_calls.arguments", f"no JSON object: they stand in the argument `{key}`")
        args = wire.encode({key: arguments})
    inner: _Written = {"name": name, "args": args}
    if call_id:
        inner["id"] = call_id
    made: _Written = {"functionCall": inner}
    if signature[1]:
        made["thoughtSignature"] = parts.write_signature(*signature)
    return made


def thinking_part(part: Thinking, context: ReplyContext, ledger: Ledger) -> _Written | None:
    """A part for a thought; where thoughts were not asked for, only the signature, which the next turn needs."""
    if part.text and not shows_thoughts(context):
        ledger.dropped("reasoning", "the caller did not ask for thoughts (thinkingConfig.includeThoughts)")
        part = msgspec.structs.replace(part, text="")
    return parts.write_thinking(part) if part.text or part.signature else None


def opaque_part(part: Opaque, ledger: Ledger) -> _Written | None:
    """A part for what only its own dialect has a word for."""
    if part.dialect == DIALECT:
        return {loose_json.text(key): value for key, value in wire.fields(part.raw).items()}
    ledger.dropped("content", f"{part.type} belongs to {part.dialect}")
    return None


def logprobs_of(logprobs: tuple[Logprob, ...]) -> _Written:
    """`logprobsResult`."""
    return {
        "chosenCandidates": [{"token": one.token, "logProbability": one.logprob} for one in logprobs],
        "topCandidates": [
            {"candidates": [{"token": top.token, "logProbability": top.logprob} for top in one.top]}
            for one in logprobs
        ],
    }


def citing(citations: msgspec.Raw, ledger: Ledger) -> _Written:
    """What a candidate says of its sources: Gemini's own objects as they are, others' addresses as citations."""
    made: _Written = {}
    sources: list[_Written] = []
    for raw in wire.items(citations):
        one = wire.plain_fields(raw)
        own = {key: one[key] for key in ("citationMetadata", "groundingMetadata") if key in one}
        if own:
            made |= own
            continue
        inner = one.get("url_citation")
        found = loose_json.mapping(loose_json.load(bytes(raw if inner is None else inner)))
        if not loose_json.text(found.get("url")):
            ledger.dropped("citations", "Gemini cites addresses only")
            continue
        sources.append(_source(found))
    if sources:
        made["citationMetadata"] = {"citations": sources}
    return made


def _source(found: dict[str, object]) -> _Written:
    source: _Written = {"uri": loose_json.text(found.get("url"))}
    for ours, theirs in (("startIndex", "start_index"), ("endIndex", "end_index")):
        place = loose_json.count(found.get(theirs))
        if place is not None:
            source[ours] = place
    title = loose_json.text(found.get("title"))
    return source | ({"title": title} if title else {})


def _candidate(choice: Choice, number: int, context: ReplyContext, ledger: Ledger) -> _Written:
    made: list[_Written] = []
    cited: _Written = {}
    for part in choice.parts:
        written = _part(part, context, ledger)
        if written is not None:
            made.append(written)
        if isinstance(part, Text) and not wire.is_null(part.citations):
            cited |= citing(part.citations, ledger)
    candidate: _Written = {"content": {"role": "model", "parts": made or [{"text": ""}]}}
    if choice.stop is not None:
        candidate["finishReason"] = finish_of(choice.stop, choice.stop_sequence, ledger)
    candidate["index"] = number
    if choice.logprobs:
        candidate["logprobsResult"] = logprobs_of(choice.logprobs)
    return candidate | cited


def _part(part: Part, context: ReplyContext, ledger: Ledger) -> _Written | None:
    match part:
        case Text(text=text) | Refusal(text=text):
            return {"text": text} if text else None
        case Thinking():
            return thinking_part(part, context, ledger)
        case ToolCall():
            call = (part.id, part.name, part.arguments)
            return call_part(call, (DIALECT, part.signature), ledger, is_custom=part.kind == "custom")
        case Opaque():
            return opaque_part(part, ledger)
        case Image() | Document() | Audio():
            default = {"Image": "image/png", "Audio": "audio/wav"}.get(type(part).__name__, "application/pdf")
            written = parts.write_media(part.source, default)
            if written is None and isinstance(part, Audio) and part.transcript:
                ledger.approximated("audio", "a spoken answer stands as its transcript")
                return {"text": part.transcript}
            if isinstance(part, Audio) and part.transcript:
                ledger.dropped("audio.transcript", "Gemini's sounds have none beside them")
            return written
        case _:
            ledger.dropped("content", "a tool's result is no part of a reply")
            return None


def _said(reply: ChatReply) -> Iterator[str]:
    for choice in reply.choices:
        for part in choice.parts:
            if isinstance(part, Text | Thinking | Refusal):
                yield part.text
            elif isinstance(part, ToolCall):
                yield part.name + part.arguments
