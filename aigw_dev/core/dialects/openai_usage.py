"""Usage in every way that OpenAI-compatible providers send it, as one canonical set.

Seen in recordings (wire-formats, facts 14, 15, 19, and the vectors), told apart by the fields alone:
- `prompt_tokens` includes cached ones (`prompt_tokens_details.cached_tokens`, `prompt_cache_hit_tokens`, `cached_tokens`).
- `completion_tokens` includes reasoning as a rule. xAI leaves it out (12 + 1 + 290 = 303), Gemini's compatible endpoint
  leaves it out and does not name it (7 + 12 of 402): what `total_tokens` counts beyond both is reasoning.
- A part that exceeds its whole cannot be inside it, and is added: cached and written tokens to `prompt_tokens`,
  reasoning to `completion_tokens`.
"""

from typing import Annotated, Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.exchange import Usage

_FIELDS: Final = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
    "total_tokens": "total",
    "prompt_cache_hit_tokens": "cached",
    "cached_tokens": "cached",
    "cache_read_input_tokens": "cached",
    "cache_creation_input_tokens": "written",
    "reasoning_tokens": "reasoning",
}
_INPUT_DETAILS: Final = {
    "cached_tokens": "cached",
    "cache_write_tokens": "written",
    "cache_creation_tokens": "written",
}
_OUTPUT_DETAILS: Final = {"reasoning_tokens": "reasoning"}
_DETAILS: Final = {
    "prompt_tokens_details": _INPUT_DETAILS,
    "input_tokens_details": _INPUT_DETAILS,
    "completion_tokens_details": _OUTPUT_DETAILS,
    "output_tokens_details": _OUTPUT_DETAILS,
}
_NANOUSD_PER_USD: Final = 10**9
_TICKS_PER_NANOUSD: Final = 10
_MAX_USD: Final = 10**6


Count = Annotated[int, msgspec.Meta(ge=0, le=loose_json.MAX_COUNT)] | None
"""A number of tokens as providers nearly always send it."""


class _InputDetails(msgspec.Struct, frozen=True):
    cached_tokens: Count = None
    cache_write_tokens: Count = None
    cache_creation_tokens: Count = None


class _OutputDetails(msgspec.Struct, frozen=True):
    reasoning_tokens: Count = None


class _Wire(msgspec.Struct, frozen=True):
    """The usual shape, with nothing about money: what `_FIELDS` and `_DETAILS` name, read in one go."""

    prompt_tokens: Count = None
    input_tokens: Count = None
    completion_tokens: Count = None
    output_tokens: Count = None
    total_tokens: Count = None
    prompt_cache_hit_tokens: Count = None
    cached_tokens: Count = None
    cache_read_input_tokens: Count = None
    cache_creation_input_tokens: Count = None
    reasoning_tokens: Count = None
    prompt_tokens_details: _InputDetails | None = None
    input_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


_WIRE: Final = msgspec.json.Decoder(_Wire)


def read_usage(raw: bytes) -> Usage | None:
    """The canonical usage of a provider's usage object; None where it is no object or counts nothing."""
    raw = bytes(raw)  # a Raw is a buffer, not the bytes its stub promises
    # Where neither stands in it, it names no price; an escape could spell a key differently.
    if b'"cost' not in raw and b"\\" not in raw:
        try:
            typed = _WIRE.decode(raw)
        except ValueError:  # msgspec's errors are ValueErrors: an odd shape is read loosely
            pass
        else:
            return _typed(typed, raw)
    wire = loose_json.mapping(loose_json.load(raw))
    counts: dict[str, int] = {}
    _gather(wire, _FIELDS, counts)
    for name, fields in _DETAILS.items():
        _gather(loose_json.mapping(wire.get(name)), fields, counts)
    return _loose(counts, _reported_nanousd(wire), raw)


def _typed(wire: _Wire, raw: bytes) -> Usage | None:
    """What `_gather` would find, as one usage: of several figures for one thing the largest."""
    given, output, total = wire.prompt_tokens, wire.completion_tokens, wire.total_tokens
    if wire.input_tokens is not None:
        given = max(given or 0, wire.input_tokens)
    if wire.output_tokens is not None:
        output = max(output or 0, wire.output_tokens)
    if given is None and output is None and total is None:
        return None
    cached = wire.prompt_cache_hit_tokens or wire.cached_tokens or wire.cache_read_input_tokens or 0
    if cached:
        cached = max(
            wire.prompt_cache_hit_tokens or 0, wire.cached_tokens or 0, wire.cache_read_input_tokens or 0
        )
    written, reasoning = wire.cache_creation_input_tokens or 0, wire.reasoning_tokens or 0
    for asked in (wire.prompt_tokens_details, wire.input_tokens_details):
        if asked is not None:
            cached = max(cached, asked.cached_tokens or 0)
            if asked.cache_write_tokens or asked.cache_creation_tokens:
                written = max(written, asked.cache_write_tokens or 0, asked.cache_creation_tokens or 0)
    for made in (wire.completion_tokens_details, wire.output_tokens_details):
        if made is not None:
            reasoning = max(reasoning, made.reasoning_tokens or 0)
    return _settled(
        given, output or 0, total=total or 0, cached=cached, written=written, reasoning=reasoning, raw=raw
    )


def _loose(counts: dict[str, int], reported_nanousd: int | None, raw: bytes) -> Usage | None:
    if "input" not in counts and "output" not in counts and "total" not in counts:
        return None
    return _settled(
        counts.get("input"),
        counts.get("output", 0),
        total=counts.get("total", 0),
        cached=counts.get("cached", 0),
        written=counts.get("written", 0),
        reasoning=counts.get("reasoning", 0),
        reported_nanousd=reported_nanousd,
        raw=raw,
    )


def _settled(
    given: int | None,
    output: int,
    *,
    total: int,
    cached: int,
    written: int,
    reasoning: int,
    raw: bytes,
    reported_nanousd: int | None = None,
) -> Usage:
    """The counts as one usage; see the module's docstring for what is inside what."""
    if given is None:  # embeddings of some providers count a total only
        given = max(0, total - output)
    if cached + written > given:
        given += cached + written
    beyond = total - given - output
    if beyond > 0:
        output += beyond
        reasoning = max(reasoning, beyond)
    if reasoning > output:
        output += reasoning
    return Usage(
        input=given,
        output=output,
        cached_input=cached,
        cache_write=written,
        reasoning=reasoning,
        reported_nanousd=reported_nanousd,
        raw=msgspec.Raw(raw),
    )


def _gather(wire: dict[str, object], fields: dict[str, str], counts: dict[str, int]) -> None:
    """Adds to `counts` what `fields` names; the larger figure counts where a provider sends one twice."""
    for key, value in wire.items():
        name = fields.get(key)
        if name is None:
            continue
        found = loose_json.count(value)
        if found is not None and found >= counts.get(name, 0):
            counts[name] = found


def _reported_nanousd(wire: dict[str, object]) -> int | None:
    """What the provider says that the call cost.

    OpenRouter: `cost` in credits, one credit a dollar; with the caller's own upstream key (`is_byok`) what the upstream
    takes comes on top. Perplexity: `cost.total_cost` in dollars. xAI: `cost_in_usd_ticks`, 10^10 to the dollar
    (checked against its price list: 12 + 291 tokens of grok-3-mini are 1466250 ticks).
    """
    ticks = loose_json.count(wire.get("cost_in_usd_ticks"))
    if ticks is not None:
        return ticks // _TICKS_PER_NANOUSD
    cost = wire.get("cost")
    usd = _usd(cost.get("total_cost") if loose_json.is_object(cost) else cost)
    if usd is None:
        return None
    if wire.get("is_byok") is True:
        usd += _usd(loose_json.mapping(wire.get("cost_details")).get("upstream_inference_cost")) or 0.0
    return round(usd * _NANOUSD_PER_USD)


def _usd(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _MAX_USD else None
