"""The shapes of Anthropic's events and replies, typed as far as the gateway reads them.

What does not keep to the types is read loosely, field by field: a provider's slip costs no more than the field it is in.
"""

import json
from typing import Final

import msgspec

from aigw_dev.core import loose_json

NOTHING: Final = msgspec.Raw(b"")
_N: Final = ord("n")


class Block(msgspec.Struct, frozen=True):
    """A content block, or its beginning."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING
    citations: msgspec.Raw = NOTHING


class Delta(msgspec.Struct, frozen=True):
    """What a block's or the message's event adds."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    citation: msgspec.Raw = NOTHING
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: msgspec.Raw = NOTHING


class Reply(msgspec.Struct, frozen=True):
    """A whole message, or its beginning."""

    type: str = ""
    id: str | None = None
    model: str | None = None
    content: list[msgspec.Raw] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: msgspec.Raw = NOTHING
    usage: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING


class Wire(msgspec.Struct, frozen=True):
    """One event of a stream."""

    type: str = ""
    index: int | None = None
    message: Reply | None = None
    content_block: msgspec.Raw = NOTHING
    delta: Delta | None = None
    usage: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING


_WIRE: Final = msgspec.json.Decoder(Wire)
_REPLY: Final = msgspec.json.Decoder(Reply)
_BLOCK: Final = msgspec.json.Decoder(Block)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode_event(data: bytes) -> Wire | None:
    """One event; None where the bytes hold no JSON object. Never raises."""
    try:
        return _WIRE.decode(data)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        pass
    loaded = loose_json.load(data)
    if not loose_json.is_object(loaded):
        return None
    delta, message = loaded.get("delta"), loaded.get("message")
    return Wire(
        type=loose_json.text(loaded.get("type")),
        index=loose_json.count(loaded.get("index")),
        message=_reply(message) if loose_json.is_object(message) else None,
        content_block=_raw(loaded.get("content_block")),
        delta=_delta(delta) if loose_json.is_object(delta) else None,
        usage=_raw(loaded.get("usage")),
        error=_raw(loaded.get("error")),
    )


def decode_reply(body: bytes) -> Reply | None:
    """A whole reply; None where the bytes hold no JSON object. Never raises."""
    try:
        return _REPLY.decode(body)
    except (ValueError, RecursionError):
        pass
    loaded = loose_json.load(body)
    return _reply(loaded) if loose_json.is_object(loaded) else None


def decode_block(raw: bytes | msgspec.Raw) -> Block:
    """A content block; an empty one where it is no object. Never raises."""
    text = bytes(raw)
    try:
        return _BLOCK.decode(text)
    except (ValueError, RecursionError):
        pass
    loaded = loose_json.mapping(loose_json.load(text))
    given = loaded.get("input")
    return Block(
        type=loose_json.text(loaded.get("type")),
        text=loose_json.text(loaded.get("text")),
        thinking=loose_json.text(loaded.get("thinking")),
        signature=loose_json.text(loaded.get("signature")),
        data=loose_json.text(loaded.get("data")),
        id=loose_json.text(loaded.get("id")),
        name=loose_json.text(loaded.get("name")),
        input=_raw(given),
        citations=_raw(loaded.get("citations")),
    )


def fields_of(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Every field of an object as JSON text; empty where it is none. Never raises."""
    text = bytes(raw)
    try:
        return _OBJECT.decode(text)
    except (ValueError, RecursionError):
        loaded = loose_json.mapping(loose_json.load(text))
    return {loose_json.text(key): _raw(value) for key, value in loaded.items()}


def is_said(raw: msgspec.Raw) -> bool:
    """Whether a field was there and not null."""
    return len(raw) > 0 and memoryview(raw)[0] != _N


def loose_text(value: object) -> msgspec.Raw:
    """The JSON text of a loaded value; never raises."""
    return _raw(value)


def _reply(wire: dict[str, object]) -> Reply:
    content = wire.get("content")
    return Reply(
        type=loose_json.text(wire.get("type")),
        id=loose_json.text(wire.get("id")),
        model=loose_json.text(wire.get("model")),
        content=[_raw(block) for block in content] if loose_json.is_array(content) else None,
        stop_reason=loose_json.text(wire.get("stop_reason")),
        stop_sequence=loose_json.text(wire.get("stop_sequence")),
        stop_details=_raw(wire.get("stop_details")),
        usage=_raw(wire.get("usage")),
        error=_raw(wire.get("error")),
    )


def _delta(wire: dict[str, object]) -> Delta:
    partial = wire.get("partial_json")
    # Some send the arguments as the object itself instead of its JSON text.
    text = json.dumps(partial) if isinstance(partial, dict | list) else loose_json.text(partial)
    return Delta(
        type=loose_json.text(wire.get("type")),
        text=loose_json.text(wire.get("text")),
        thinking=loose_json.text(wire.get("thinking")),
        signature=loose_json.text(wire.get("signature")),
        partial_json=text,
        citation=_raw(wire.get("citation")),
        stop_reason=loose_json.text(wire.get("stop_reason")),
        stop_sequence=loose_json.text(wire.get("stop_sequence")),
        stop_details=_raw(wire.get("stop_details")),
    )


def _raw(value: object) -> msgspec.Raw:
    """JSON has no NaN and no infinity: a value that holds one counts as absent, like one nested too deeply."""
    if value is None:
        return NOTHING
    try:
        return msgspec.Raw(json.dumps(value, allow_nan=False).encode())
    except (ValueError, RecursionError):
        return NOTHING
