"""Neutral requests, written for a Gemini provider: generateContent, its stream, countTokens."""

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import ChatRequest
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.dialects.gemini.provider_config import (
    write_config,
    write_format,
    write_rest,
    write_tool_choice,
    write_tools,
)
from aigw_dev.core.dialects.gemini.provider_parts import Contents
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger


def write_chat(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request as Gemini takes it; the model stands in the path only."""
    del model
    body = _body(request, traits, ledger)
    if isinstance(body, Refusal):
        return body
    body |= traits.params
    method, query = ("streamGenerateContent", "alt=sse") if request.is_stream else ("generateContent", "")
    return Outgoing(path=f"/models/{{model}}:{method}", body=msgspec.json.encode(body), query=query)


def write_count(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request to count: `contents` alone where they are all, else the whole request, which must name the model."""
    body = _body(request, traits, ledger)
    if isinstance(body, Refusal):
        return body
    counted = {
        key: body[key] for key in ("contents", "systemInstruction", "tools", "toolConfig") if key in body
    }
    if len(counted) > 1:
        counted = {"generateContentRequest": {"model": f"models/{model.removeprefix('models/')}", **counted}}
    return Outgoing(path="/models/{model}:countTokens", body=msgspec.json.encode(counted))


def read_count_reply(body: bytes, /) -> int | None:
    """Input tokens that the provider counted; None where it did not say."""
    return loose_json.count(loose_json.mapping(loose_json.load(body)).get("totalTokens"))


def write_count_reply(tokens: int, /) -> bytes:
    """The reply for the caller."""
    return msgspec.json.encode({"totalTokens": tokens})


def _body(request: ChatRequest, traits: Traits, ledger: Ledger) -> dict[str, object] | Refusal:
    talk = Contents(request, traits, ledger)
    if talk.refusal is not None:
        return talk.refusal
    ledger.keep("messages")
    body: dict[str, object] = {"contents": talk.contents}
    config = write_config(request, traits, ledger)
    told = write_format(request, traits, ledger, config)
    system = [*talk.system, {"text": told}] if told else talk.system
    if system:
        body["systemInstruction"] = {"parts": system}
    tools = write_tools(request, ledger)
    if tools:
        body["tools"] = tools
    choice = write_tool_choice(request, ledger)
    if choice is not None:
        body["toolConfig"] = choice
    if config:
        body["generationConfig"] = config
    write_rest(request, body, ledger)
    return body
