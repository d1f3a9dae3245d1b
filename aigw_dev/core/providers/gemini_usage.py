"""Gemini's `usageMetadata` as the canonical usage, also summed over several calls that answer one request.

`candidatesTokenCount` leaves thoughts out, so output is the sum (wire-formats, fact 35); `promptTokenCount` holds the cached.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.exchange import Usage
from aigw_dev.core.providers.answers import encode

_COUNTS: Final = (
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
    "totalTokenCount",
)
_DETAILS: Final = ("promptTokensDetails", "candidatesTokensDetails", "cacheTokensDetails")
"""Lists of counts by modality: those of several calls stand one after the other, and whoever reads them adds up."""


def add_usage(sum_so_far: dict[str, object], wire: dict[str, object]) -> dict[str, object]:
    """Counts added up; whatever else Google told stays as it was told last."""
    if not sum_so_far:
        return wire
    added: dict[str, object] = {
        name: _count(sum_so_far, name) + _count(wire, name)
        for name in _COUNTS
        if name in wire or name in sum_so_far
    }
    for name in _DETAILS:
        if name in wire or name in sum_so_far:
            added[name] = [*loose_json.items(sum_so_far.get(name)), *loose_json.items(wire.get(name))]
    return {**sum_so_far, **wire, **added}


def gemini_usage(wire: dict[str, object]) -> Usage | None:
    """The canonical usage; None where nothing was told."""
    if not wire:
        return None
    thoughts = _count(wire, "thoughtsTokenCount")
    return Usage(
        input=_count(wire, "promptTokenCount"),
        output=_count(wire, "candidatesTokenCount") + thoughts,
        cached_input=_count(wire, "cachedContentTokenCount"),
        reasoning=thoughts,
        raw=msgspec.Raw(encode(wire)),
    )


def _count(wire: dict[str, object], name: str) -> int:
    return loose_json.count(wire.get(name)) or 0
