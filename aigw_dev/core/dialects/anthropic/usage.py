"""Usage as Anthropic counts it: `input_tokens` leaves cached and written tokens out; both ways (peers, 5.7)."""

from typing import Annotated, Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.anthropic.wire import fields_of, is_said
from aigw_dev.core.exchange import Usage

Count = Annotated[int, msgspec.Meta(ge=0, le=loose_json.MAX_COUNT)] | None


class _OutputDetails(msgspec.Struct, frozen=True):
    thinking_tokens: Count = None


class _CacheCreation(msgspec.Struct, frozen=True):
    ephemeral_5m_input_tokens: Count = None
    ephemeral_1h_input_tokens: Count = None


class _Wire(msgspec.Struct, frozen=True):
    input_tokens: Count = None
    output_tokens: Count = None
    cache_read_input_tokens: Count = None
    cache_creation_input_tokens: Count = None
    cache_creation: _CacheCreation | None = None
    output_tokens_details: _OutputDetails | None = None


_WIRE: Final = msgspec.json.Decoder(_Wire)


def read_usage(raw: bytes | msgspec.Raw) -> Usage | None:
    """The canonical usage of a usage object; None where it is no object or counts nothing."""
    text = bytes(raw)
    try:
        wire = _WIRE.decode(text)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        wire = _loosely(loose_json.mapping(loose_json.load(text)))
    if wire.input_tokens is None and wire.output_tokens is None:
        return None
    cached = wire.cache_read_input_tokens or 0
    by_age = wire.cache_creation
    aged = (
        0
        if by_age is None
        else sum(filter(None, (by_age.ephemeral_5m_input_tokens, by_age.ephemeral_1h_input_tokens)))
    )
    written = max(wire.cache_creation_input_tokens or 0, aged)
    output = wire.output_tokens or 0
    thinking = wire.output_tokens_details.thinking_tokens if wire.output_tokens_details is not None else 0
    return Usage(
        input=(wire.input_tokens or 0) + cached + written,
        output=max(output, thinking or 0),
        cached_input=cached,
        cache_write=written,
        reasoning=thinking or 0,
        raw=msgspec.Raw(text),
    )


def merged(first: bytes, later: bytes) -> bytes:
    """Two usage objects of one stream as one: counts are cumulative, so what the later one names replaces."""
    if not first or not later:
        return first or later
    fields = fields_of(first)
    fields |= {key: raw for key, raw in fields_of(later).items() if is_said(raw)}
    return msgspec.json.encode(fields)


def write_usage(usage: Usage, *, is_own: bool = False) -> dict[str, object]:
    """The usage object for a caller; cached tokens are taken out of the input, never below zero.

    `is_own`: the provider speaks this protocol, so its own object is passed on whole.
    """
    if is_own:
        own = fields_of(usage.raw)
        if "input_tokens" in own and "output_tokens" in own:
            return dict(own)
    wire: dict[str, object] = {
        "input_tokens": max(0, usage.input - usage.cached_input - usage.cache_write),
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached_input,
        "output_tokens": usage.output,
    }
    if usage.reasoning:
        wire["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return wire


def _loosely(wire: dict[str, object]) -> _Wire:
    details = loose_json.mapping(wire.get("output_tokens_details"))
    return _Wire(
        input_tokens=loose_json.count(wire.get("input_tokens")),
        output_tokens=loose_json.count(wire.get("output_tokens")),
        cache_read_input_tokens=loose_json.count(wire.get("cache_read_input_tokens")),
        cache_creation_input_tokens=loose_json.count(wire.get("cache_creation_input_tokens")),
        output_tokens_details=_OutputDetails(
            thinking_tokens=loose_json.count(details.get("thinking_tokens"))
        ),
    )
