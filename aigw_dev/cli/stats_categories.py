"""The table of `stats --by category`: what every kind of model call used, in the units it is paid by.

The seed's categories (chat, embedding, audio, image, video) always have a line, the others where there is something.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from aigw_dev.core.modality_units import ORDER
from aigw_dev.core.rollup import Totals
from aigw_dev.core.units import COUNTED, Units
from aigw_dev.store.stats import Group

HEADER: Final = ("REQUESTS", "SUCCESS/FAILED", "INPUT", "OUTPUT", "UNITS", "COST")
RIGHT: Final = frozenset(HEADER) - {"UNITS"}
SEED: Final = ("chat", "embedding", "audio", "image", "video")
"""The lines of the seed's table (`003_a4ee88c3cee3f35e.txt`)."""
_MS: Final = 1000


class Line(msgspec.Struct, kw_only=True):
    """One line: the groups of every tier added up."""

    key: dict[str, str]
    totals: Totals = msgspec.field(default_factory=Totals)
    tiers: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Images and videos by size or resolution; those nobody told the size of are not here."""


def lines(groups: Sequence[Group], by: tuple[str, ...]) -> list[Line]:
    """A line per key of `by`, in the order of the categories; `groups` are told apart by `tier` too."""
    found: dict[tuple[str, ...], Line] = {}
    if by == ("category",):
        found = {(name,): Line(key={"category": name}) for name in SEED}
    for group in groups:
        place = tuple(group.key[name] for name in by)
        line = found.setdefault(place, Line(key={name: group.key[name] for name in by}))
        line.totals = _added(line.totals, group.totals)
        count, tier = group.totals.images + group.totals.videos, group.key["tier"]
        if tier and count:
            line.tiers[tier] = line.tiers.get(tier, 0) + count
    return sorted(found.values(), key=_place)


def cells(line: Line, by: tuple[str, ...], cost: Callable[[Totals], str]) -> list[str]:
    """The line as text."""
    totals = line.totals
    return [
        *(line.key[name] or "-" for name in by),
        str(totals.requests),
        f"{totals.ok}/{totals.failed}",
        f"{'~' if totals.estimated_usage else ''}{totals.input_tokens}",
        str(totals.output_tokens),
        _used(line) or "-",
        cost(totals) if totals.requests else "-",
    ]


def of_one(units: Units) -> str:
    """The same for one exchange, with what nobody told."""
    totals = Totals(**dict(zip(COUNTED, units.counts, strict=True)))
    totals.units_unknown = 0
    sizes = [f"{one.size} {one.quality}".strip() for one in units.images]
    line = Line(key={}, totals=totals, tiers={})
    told = [_used(line), ", ".join(filter(None, sizes)), units.resolution]
    unknown = f"nobody told {', '.join(units.unknown)}" if units.unknown else ""
    return "  ".join(filter(None, (*told, unknown)))


def _used(line: Line) -> str:
    """What was used beside tokens, in words: `3 images (1K 2, 2K 1)`."""
    totals = line.totals
    tiers = ", ".join(f"{tier} {count}" for tier, count in sorted(line.tiers.items()))
    sizes = f" ({tiers})" if tiers else ""
    told = [
        _count(totals.images, "image", sizes),
        _count(totals.videos, "video", sizes),
        _seconds(totals.video_ms, ""),
        _seconds(totals.audio_in_ms, " heard"),
        _seconds(totals.audio_out_ms, " spoken"),
        _count(totals.characters, "character"),
        _count(totals.searches, "search", plural="searches"),
        _count(totals.documents, "document"),
    ]
    if totals.units_unknown:
        told.append(f"unknown of {totals.units_unknown}")
    return ", ".join(filter(None, told))


def _place(line: Line) -> tuple[int, int, tuple[str, ...]]:
    return ORDER.index(line.key["category"]), -line.totals.requests, tuple(line.key.values())


def _added(one: Totals, other: Totals) -> Totals:
    pairs = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)
    return Totals(*(mine + theirs for mine, theirs in pairs))


def _count(count: int, name: str, beside: str = "", *, plural: str = "") -> str:
    return f"{count} {name if count == 1 else plural or name + 's'}{beside}" if count else ""


def _seconds(ms: int, word: str) -> str:
    return f"{ms / _MS:.1f}".removesuffix(".0") + f" s{word}" if ms else ""
