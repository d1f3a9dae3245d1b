"""A reply of any provider as a chat completion; and the wordings that its stream shares.

What OpenAI's own shape has no place for stands where the field's clients look for it: thinking in `reasoning_content`,
signatures in LiteLLM's `thinking_blocks` (which clients echo, and `openai_chat_history` reads back), Gemini's in Google's
`extra_content`, pictures in OpenRouter's `images`.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.chat import custom_tools, signatures
from aigw_dev.core.chat.tool_names import restored
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
    ToolResult,
)
from aigw_dev.core.dialects.openai_chat_media import url_of
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

SIGNERS: Final = "anthropic-messages"
"""Whose signatures stand bare in `thinking_blocks`; every other dialect's are wrapped with their origin."""
_FINISHES: Final[dict[StopReason, str]] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "context_window": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "content_filter",
    "pause": "length",
}
_NEAR: Final[dict[StopReason, str]] = {
    "context_window": "length: the model's context is full",
    "refusal": "content_filter: the model declined",
    "pause": "length: the provider paused a long turn; send it on to continue",
}
_TIERS: Final = {"auto", "default", "flex", "scale", "priority", "fast"}
_TIER_NAMES: Final = {"standard": "default", "standard_only": "default", "on_demand": "default"}
_ID_CHARS: Final = 24


def write_reply(reply: ChatReply, /, context: ReplyContext, ledger: Ledger) -> bytes:
    """A whole reply for the caller."""
    choices = [
        _choice(choice, number, context=context, ledger=ledger) for number, choice in enumerate(reply.choices)
    ]
    usage = reply.usage
    if usage is None:
        usage = estimated(context, (text for choice in reply.choices for text in _texts(choice.parts)))
        ledger.invented("usage", "the provider counted nothing; these are estimates")
    body: dict[str, Any] = {
        "id": completion_id(reply.id, context),
        "object": "chat.completion",
        "created": reply.created or context.created,
        "model": reply.model or context.request.model,
        "choices": choices,
        "usage": usage_object(usage),
    }
    tier = _TIER_NAMES.get(reply.service_tier, reply.service_tier)
    if tier in _TIERS:
        body["service_tier"] = tier
    elif tier:
        ledger.dropped("service_tier", f"OpenAI has no tier named {tier}")
    for name in reply.extras:
        ledger.dropped(name, "only the provider's own protocol has it")
    return sse.unbroken(encode_json(body))


def encode_json(value: object) -> bytes:
    """The JSON; a lone surrogate of a provider's text becomes U+FFFD."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_sendable(value))


def completion_id(given: str, context: ReplyContext) -> str:
    """The provider's id where it has the dialect's form, else one of our own."""
    return given if given.startswith("chatcmpl-") else f"chatcmpl-{context.id_seed}"


def tool_id(given: str, context: ReplyContext, choice: int, number: int) -> str:
    """The provider's id of a tool call, else one of our own."""
    return given or f"call_{context.id_seed[:_ID_CHARS]}{choice}{number}"


def own_name(name: str, context: ReplyContext) -> str:
    """The caller's name for a tool that may have been sent under another."""
    return restored(name, (tool.name for tool in context.request.tools))


def finish_reason(stop: StopReason | None, *, has_calls: bool, has_refusal: bool, ledger: Ledger) -> str:
    """The dialect's word for why a choice ended."""
    if stop is None:
        ledger.invented("finish_reason", "the provider did not say why the reply ended")
        return "tool_calls" if has_calls else "stop"
    if stop == "refusal" and has_refusal:
        return "stop"  # as OpenAI does it: the words stand in `refusal`
    if stop in _NEAR:
        ledger.approximated("finish_reason", _NEAR[stop])
    return _FINISHES[stop]


def is_legacy(context: ReplyContext) -> bool:
    """The caller offered `functions`, the form before tools, and reads no other."""
    return "functions" in context.fields and "tools" not in context.fields


def thinking_block(text: str, signature: str, origin: str, *, is_redacted: bool) -> dict[str, str]:
    """One entry of `thinking_blocks`."""
    wrapped = signatures.wrap(origin or SIGNERS, signature, SIGNERS) if signature else ""
    if is_redacted:
        return {"type": "redacted_thinking", "data": wrapped}
    return {"type": "thinking", "thinking": text, "signature": wrapped}


def google_content(signature: str) -> dict[str, Any]:
    """Where Google's compatible endpoint puts the thought signature of a tool call."""
    return {"google": {"thought_signature": signature}}


def annotations(citations: bytes, start: int, length: int) -> list[dict[str, Any]]:
    """The citations of a text as `url_citation`s: those that name an address.

    `start` and `length` place the text in the content, in characters; a citation that says its own place is put there.
    """
    found: list[dict[str, Any]] = []
    for one in loose_json.items(loose_json.load(citations)):
        item = loose_json.mapping(one)
        item = loose_json.mapping(item.get("url_citation")) or item
        url = loose_json.text(item.get("url")) or loose_json.text(item.get("uri"))
        if not url:
            continue
        first, last = loose_json.count(item.get("start_index")), loose_json.count(item.get("end_index"))
        cited = {
            "start_index": start if first is None else start + first,
            "end_index": start + (length if last is None else last),
            "title": loose_json.text(item.get("title")),
            "url": url,
        }
        found.append({"type": "url_citation", "url_citation": cited})
    return found


def usage_object(usage: Usage) -> dict[str, Any]:
    """The usage as OpenAI counts it: cached and written tokens are part of the prompt, reasoning of the completion.

    Written tokens stand in `prompt_tokens_details` under OpenAI's name and beside it under Anthropic's.
    """
    prompt: dict[str, int] = {"cached_tokens": usage.cached_input}
    counted: dict[str, Any] = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
    if usage.cache_write:
        prompt["cache_write_tokens"] = usage.cache_write
        counted["cache_creation_input_tokens"] = usage.cache_write
    return counted


def estimated(context: ReplyContext, texts: Iterable[str]) -> Usage:
    """Usage of a reply whose provider counted nothing."""
    written = "".join(texts)
    output = tokens.estimate(written) + 1 if written else 0  # the end of a reply is a token too
    return Usage(input=context.input_estimate, output=output, estimated=True)


def logprobs_object(found: tuple[Logprob, ...] | None, *, is_refusal: bool = False) -> dict[str, Any] | None:
    """The `logprobs` of a choice."""
    if found is None:
        return None
    rows = [_logprob(one) | {"top_logprobs": [_logprob(other) for other in one.top]} for one in found]
    return {"content": None, "refusal": rows} if is_refusal else {"content": rows, "refusal": None}


def _choice(choice: Choice, number: int, *, context: ReplyContext, ledger: Ledger) -> dict[str, Any]:
    message = _Message(context, ledger, number)
    for part in choice.parts:
        message.take(part)
    if choice.stop_sequence:
        ledger.dropped("stop_sequence", "chat completions do not say which stop text was met")
    finish = finish_reason(
        choice.stop, has_calls=bool(message.calls), has_refusal=bool(message.refusal), ledger=ledger
    )
    wire = message.whole()
    if finish == "tool_calls" and "function_call" in wire:
        finish = "function_call"
    is_refusal = bool(message.refusal) and not message.text
    return {
        "index": number,
        "message": wire,
        "logprobs": logprobs_object(choice.logprobs, is_refusal=is_refusal),
        "finish_reason": finish,
    }


class _Message:
    """An assistant's message in the making."""

    def __init__(self, context: ReplyContext, ledger: Ledger, number: int) -> None:
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.calls: list[dict[str, Any]] = []
        self._thoughts: list[str] = []
        self._blocks: list[dict[str, str]] = []
        self._notes: list[dict[str, Any]] = []
        self._more: dict[str, Any] = {}
        self._context = context
        self._ledger = ledger
        self._number = number

    def take(self, part: Part) -> None:
        """Add one part."""
        match part:
            case Text():
                self._cite(part)
                self.text.append(part.text)
            case Refusal():
                self.refusal.append(part.text)
            case Thinking():
                self._think(part)
            case ToolCall():
                self._call(part)
            case Audio():
                self._speak(part)
            case Image() if url := url_of(part):
                self._more.setdefault("images", []).append({"type": "image_url", "image_url": {"url": url}})
            case Image() | Document() | ToolResult() | Opaque():
                kind = part.type if isinstance(part, Opaque) else type(part).__name__.lower()
                self._ledger.dropped(f"content.{kind}", "chat completions have no place for it")

    def whole(self) -> dict[str, Any]:
        """The message."""
        wire: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(self.text) if self.text else None,
            "refusal": "".join(self.refusal) if self.refusal else None,
        }
        if self._thoughts:
            wire["reasoning_content"] = "\n\n".join(self._thoughts)
        if any(block.get("signature") or block.get("data") for block in self._blocks):
            wire["thinking_blocks"] = self._blocks
        if self._notes:
            wire["annotations"] = self._notes
        if self.calls and is_legacy(self._context):
            wire["function_call"] = self.calls[0]["function"]
            if len(self.calls) > 1:
                self._ledger.dropped("tool_calls", "a caller that sends `functions` reads one call only")
        elif self.calls:
            wire["tool_calls"] = self.calls
        return wire | self._more

    def _cite(self, part: Text) -> None:
        cited = bytes(part.citations)
        found = annotations(cited, sum(map(len, self.text)), len(part.text))
        self._notes += found
        if len(found) < len(loose_json.items(loose_json.load(cited))):
            self._ledger.dropped("citations", "only citations of an address have a place in chat completions")

    def _think(self, part: Thinking) -> None:
        if part.text:
            self._thoughts.append(part.text)
        block = thinking_block(part.text, part.signature, part.origin, is_redacted=part.is_redacted)
        self._blocks.append(block)

    def _call(self, part: ToolCall) -> None:
        part = custom_tools.restore(
            msgspec.structs.replace(part, name=own_name(part.name, self._context)),
            self._context.request.tools,
        )
        call: dict[str, Any] = {"id": tool_id(part.id, self._context, self._number, len(self.calls))}
        if part.kind == "custom":
            call |= {"type": "custom", "custom": {"name": part.name, "input": part.arguments}}
        else:
            call |= {"type": "function", "function": {"name": part.name, "arguments": part.arguments or "{}"}}
        if part.signature:
            call["extra_content"] = google_content(part.signature)
        self.calls.append(call)

    def _speak(self, part: Audio) -> None:
        if not part.source.data:
            self.text.append(part.transcript)
            return
        self._more["audio"] = {
            "id": part.id or f"audio_{self._context.id_seed[:_ID_CHARS]}",
            "data": part.source.data,
            "expires_at": self._context.created,
            "transcript": part.transcript,
        }


def _texts(parts: tuple[Part, ...]) -> Iterable[str]:
    """Every text that the model wrote."""
    for part in parts:
        match part:
            case Text() | Refusal() | Thinking():
                yield part.text
            case ToolCall():
                yield part.name + part.arguments
            case Audio():
                yield part.transcript
            case _:
                pass


def _logprob(one: Logprob) -> dict[str, Any]:
    octets = None if one.bytes is None else list(one.bytes)
    return {"token": one.token, "logprob": one.logprob, "bytes": octets}


def _sendable(value: object) -> object:
    """The value with every text fit for UTF-8."""
    if isinstance(value, str):
        return loose_json.text(value)
    if loose_json.is_object(value):
        return {loose_json.text(key): _sendable(inner) for key, inner in value.items()}
    return [_sendable(inner) for inner in value] if loose_json.is_array(value) else value
