"""A usage taken apart into what is priced apart: each unit counted once, with what only the provider's own object tells."""

from collections.abc import Mapping
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.exchange import Usage

FINE_PARTS: Final = (
    ("cache_write_1h", "cache_write", ("cache_creation", "ephemeral_1h_input_tokens")),
    ("audio_input", "input", ("prompt_tokens_details", "audio_tokens")),
    ("audio_input", "input", ("input_tokens_details", "audio_tokens")),
    ("audio_output", "output", ("completion_tokens_details", "audio_tokens")),
    ("audio_output", "output", ("output_tokens_details", "audio_tokens")),
    # Transcriptions and realtime sessions spell it so.
    ("audio_input", "input", ("input_token_details", "audio_tokens")),
    ("audio_output", "output", ("output_token_details", "audio_tokens")),
    ("image_input", "input", ("input_tokens_details", "image_tokens")),
    ("image_output", "output", ("output_tokens_details", "image_tokens")),
)
"""Parts that only the provider's own object tells apart: unit, the whole it is part of, where it stands."""
WHOLES: Final = {"cached_input": "input", "cache_write": "input", "reasoning": "output"} | {
    unit: whole for unit, whole, _ in FINE_PARTS
}
"""Which unit each is part of."""
_SEARCHES: Final = ("server_tool_use", "web_search_requests")
_BY_MODALITY: Final = (
    # Gemini lists what it counted by kind: the list, the kind, our unit
    ("promptTokensDetails", "AUDIO", "audio_input"),
    ("candidatesTokensDetails", "AUDIO", "audio_output"),
    ("candidatesTokensDetails", "IMAGE", "image_output"),
)
_PLACES: Final = {unit: place for place, (unit, _, _) in enumerate(FINE_PARTS)}


_NOTHING: Final = msgspec.Raw(b"")


class _Details(msgspec.Struct, frozen=True):
    audio_tokens: int | float | None = None
    image_tokens: int | float | None = None


class _Written(msgspec.Struct, frozen=True):
    ephemeral_1h_input_tokens: int | float | None = None


class _ToolUse(msgspec.Struct, frozen=True):
    web_search_requests: int | float | None = None


class _Fine(msgspec.Struct, frozen=True):
    """What `FINE_PARTS` and `_SEARCHES` name in a usage object of the usual shape."""

    service_tier: str | None = None
    cache_creation: _Written | None = None
    prompt_tokens_details: _Details | None = None
    input_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None
    input_token_details: _Details | None = None
    output_token_details: _Details | None = None
    server_tool_use: _ToolUse | None = None
    prompt_by_modality: msgspec.Raw = msgspec.field(name="promptTokensDetails", default=_NOTHING)
    reply_by_modality: msgspec.Raw = msgspec.field(name="candidatesTokensDetails", default=_NOTHING)


_FINE: Final = msgspec.json.Decoder(_Fine)
_NO_FINE: Final = (0,) * (len(FINE_PARTS) + 1)


def read_fine(raw: msgspec.Raw) -> tuple[str, tuple[int, ...]]:
    """The service tier that a provider's usage object tells, and its counts: of `FINE_PARTS`, then of searches."""
    try:
        wire = _FINE.decode(raw)
    except ValueError:  # msgspec's errors are ValueErrors: an odd shape is read loosely
        return _read_loosely(loose_json.mapping(loose_json.load(bytes(raw))))
    written, tools = wire.cache_creation, wire.server_tool_use
    details = (
        wire.prompt_tokens_details,
        wire.input_tokens_details,
        wire.completion_tokens_details,
        wire.output_tokens_details,
        wire.input_token_details,
        wire.output_token_details,
    )
    has_details = [one for one in details if one is not None and (one.audio_tokens or one.image_tokens)]
    if not (has_details or written or tools or wire.reply_by_modality or wire.prompt_by_modality):
        return wire.service_tier or "", _NO_FINE
    counts = [
        _whole(written.ephemeral_1h_input_tokens) if written else 0,
        *[_whole(one.audio_tokens) if one else 0 for one in details],
        *[
            _whole(one.image_tokens) if one else 0
            for one in (wire.input_tokens_details, wire.output_tokens_details)
        ],
    ]
    if wire.reply_by_modality or wire.prompt_by_modality:
        _add_modalities(counts, loose_json.mapping(loose_json.load(bytes(raw))))
    return wire.service_tier or "", (*counts, _whole(tools.web_search_requests) if tools else 0)


def _read_loosely(loose: dict[str, object]) -> tuple[str, tuple[int, ...]]:
    counts = [_count(loose, path) for _, _, path in FINE_PARTS]
    _add_modalities(counts, loose)
    return loose_json.text(loose.get("service_tier")), (*counts, _count(loose, _SEARCHES))


def _add_modalities(counts: list[int], wire: dict[str, object]) -> None:
    for listed, modality, unit in _BY_MODALITY:
        for item in loose_json.items(wire.get(listed)):
            told = loose_json.mapping(item)
            if told.get("modality") == modality:
                counts[_PLACES[unit]] += loose_json.count(told.get("tokenCount")) or 0


def _whole(value: float | None) -> int:
    return loose_json.count(value) or 0 if value else 0


def _count(raw: dict[str, object], path: tuple[str, str]) -> int:
    return loose_json.count(loose_json.mapping(raw.get(path[0])).get(path[1])) or 0


def parts(usage: Usage, fine: tuple[int, ...]) -> dict[str, int]:
    """Units of one usage, each counted once: what stands under a part is not counted again under its whole."""
    found = {
        "input": usage.input - usage.cached_input - usage.cache_write,
        "cached_input": usage.cached_input,
        "cache_write": usage.cache_write,
        "output": usage.output - usage.reasoning,
        "reasoning": usage.reasoning,
        "request_each": 1,
        "search_each": fine[-1],
    }
    if any(fine):
        for (unit, whole, _), count in zip(FINE_PARTS, fine, strict=False):
            moved = min(count, max(found[whole], 0))
            found[unit] = found.get(unit, 0) + moved
            found[whole] -= moved
    return found


def take_for_images(parts: dict[str, int], rates: Mapping[str, int]) -> bool:
    """Where a reply was images and nobody told which tokens are theirs: all of its output; whether that matters.

    It does not where images cost what other output does, or where the row prices no other output at all.
    """
    if parts.get("image_output") or "image_output" not in rates:
        return False
    parts["image_output"], parts["output"] = parts["output"], 0
    return rates.get("output", rates["image_output"]) != rates["image_output"]
