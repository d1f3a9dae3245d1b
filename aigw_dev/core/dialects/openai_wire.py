"""The shapes of OpenAI-compatible replies, typed as far as the gateway reads them.

`decode_chunk` reads both a stream's chunk and a whole reply. What does not keep to the types is read loosely, field by
field: a provider's slip never costs more than the field it is in.
"""

import json
from typing import Final

import msgspec

from aigw_dev.core import loose_json

_NOTHING: Final = msgspec.Raw(b"")


class Part(msgspec.Struct, frozen=True):
    """A part of a content list."""

    text: str | None = None
    thinking: "list[Part] | None" = None
    """Mistral's reasoning, a list of text parts."""


class Function(msgspec.Struct, frozen=True):
    """The function of a tool call, or a piece of it."""

    name: str | None = None
    arguments: str | None = None


class Custom(msgspec.Struct, frozen=True):
    """The same for a tool whose input is free text."""

    name: str | None = None
    input: str | None = None


class ToolDelta(msgspec.Struct, frozen=True):
    """A tool call, or a piece of one."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    custom: Custom | None = None


class Audio(msgspec.Struct, frozen=True):
    """Spoken output; its transcript is what a person reads."""

    transcript: str | None = None


class Delta(msgspec.Struct, frozen=True):
    """What a chunk adds, or a whole message."""

    content: str | list[Part] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolDelta] | None = None
    function_call: Function | None = None
    audio: Audio | None = None


class Choice(msgspec.Struct, frozen=True):
    """One choice of a chunk or a reply."""

    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    """Legacy completions."""
    finish_reason: str | None = None
    usage: msgspec.Raw = _NOTHING
    """Moonshot's place for it."""


class Groq(msgspec.Struct, frozen=True):
    """Groq's own object on the first and last chunk."""

    usage: msgspec.Raw = _NOTHING


class Chunk(msgspec.Struct, frozen=True):
    """A chunk of a stream, or a whole reply."""

    model: str | None = None
    choices: list[Choice] | None = None
    usage: msgspec.Raw = _NOTHING
    x_groq: Groq | None = None
    error: msgspec.Raw = _NOTHING


_CHUNK: Final = msgspec.json.Decoder(Chunk)


def decode_chunk(data: bytes) -> Chunk | None:
    """The chunk or reply; None where the bytes hold no JSON object. Never raises."""
    try:
        return _CHUNK.decode(data)
    except (ValueError, RecursionError):  # of any kind: msgspec's own and UnicodeDecodeError are ValueErrors
        pass
    loaded = loose_json.load(data)
    try:
        return _chunk(loaded) if loose_json.is_object(loaded) else None
    except RecursionError:
        return None


def _chunk(wire: dict[str, object]) -> Chunk:
    groq = loose_json.mapping(wire.get("x_groq"))
    return Chunk(
        model=loose_json.text(wire.get("model")),
        choices=[_choice(loose_json.mapping(choice)) for choice in loose_json.items(wire.get("choices"))],
        usage=_raw(wire.get("usage")),
        x_groq=Groq(usage=_raw(groq.get("usage"))),
        error=_raw(wire.get("error")),
    )


def _choice(wire: dict[str, object]) -> Choice:
    return Choice(
        index=loose_json.count(wire.get("index")) or 0,
        delta=_delta(loose_json.mapping(wire.get("delta"))),
        message=_delta(loose_json.mapping(wire.get("message"))),
        text=loose_json.text(wire.get("text")),
        finish_reason=loose_json.text(wire.get("finish_reason")),
        usage=_raw(wire.get("usage")),
    )


def _delta(wire: dict[str, object]) -> Delta:
    content = wire.get("content")
    legacy = wire.get("function_call")
    return Delta(
        content=_parts(content) if loose_json.is_array(content) else loose_json.text(content),
        reasoning_content=loose_json.text(wire.get("reasoning_content")),
        reasoning=loose_json.text(wire.get("reasoning")),
        refusal=loose_json.text(wire.get("refusal")),
        tool_calls=[_tool(loose_json.mapping(call)) for call in loose_json.items(wire.get("tool_calls"))],
        function_call=_function(legacy) if loose_json.is_object(legacy) else None,
        audio=Audio(transcript=loose_json.text(loose_json.mapping(wire.get("audio")).get("transcript"))),
    )


def _parts(content: object) -> list[Part]:
    parts: list[Part] = []
    for item in loose_json.items(content):
        wire = loose_json.mapping(item)
        thinking = wire.get("thinking")
        inner = [Part(text=loose_json.text(thinking))] if isinstance(thinking, str) else _parts(thinking)
        parts.append(Part(text=loose_json.text(item) or loose_json.text(wire.get("text")), thinking=inner))
    return parts


def _tool(wire: dict[str, object]) -> ToolDelta:
    custom = loose_json.mapping(wire.get("custom"))
    return ToolDelta(
        index=loose_json.count(wire.get("index")),
        id=loose_json.text(wire.get("id")),
        function=_function(loose_json.mapping(wire.get("function"))),
        custom=Custom(name=loose_json.text(custom.get("name")), input=loose_json.text(custom.get("input"))),
    )


def _function(wire: dict[str, object]) -> Function:
    arguments = wire.get("arguments")
    # Some send the arguments as the object itself instead of its JSON text.
    text = json.dumps(arguments) if isinstance(arguments, dict | list) else loose_json.text(arguments)
    return Function(name=loose_json.text(wire.get("name")), arguments=text)


def _raw(value: object) -> msgspec.Raw:
    return _NOTHING if value is None else msgspec.Raw(json.dumps(value).encode())
