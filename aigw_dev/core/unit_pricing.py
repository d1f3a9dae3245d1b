"""What units beside tokens cost, by the rates of one price row: images, seconds, characters, videos, searches.

Rates are whole pico-USD per unit. A rate may hold for one size or quality only: `image_each:hd:1792x1024`,
`image_each:4K`, `video_second:1080p`; the one that says most goes first, then the plain one, which stands for all
others: callers who name no size get the vendor's ordinary one. Nothing is zero because nobody told.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from aigw_dev.core.units import Images, Units

_MS: Final = 1000
_TOLD_BY: Final = {
    # a rate, what the call must tell for it
    "second_in": ("audio_in_s", "how many seconds were heard"),
    "video_second": ("video_s", "how many seconds the video has"),
    "image_each": ("images", "how many images were made"),
}


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A sum for units, before it is rounded."""

    picousd: int
    units: str
    """What was counted, in words: `images`."""
    doubts: tuple[str, ...] = ()


def charge(units: Units, rates: Mapping[str, int]) -> Charge | str:
    """What the units cost, or why that is unknown."""
    for rate, (field, told) in _TOLD_BY.items():
        if field in units.unknown and _has(rates, rate):
            return f"nobody told {told}"
    total = 0
    names: list[str] = []
    doubts: list[str] = []
    for found in _priced(units, rates):
        total += found.picousd
        names.append(found.units)
        doubts += found.doubts
    if not names:
        return f"no rate for {_used(units)}"
    return Charge(picousd=total, units=" and ".join(dict.fromkeys(names)), doubts=tuple(doubts))


def _priced(units: Units, rates: Mapping[str, int]) -> Iterator[Charge]:
    for images in units.images:
        found = _rate("image_each", _image_names(images), rates)
        if found is not None:
            yield Charge(picousd=images.count * found, units="images")
    if units.videos and units.video_s is not None:
        found = _rate("video_second", [units.resolution], rates)
        if found is not None:
            ms = round(units.video_s * _MS) * units.videos
            is_guess = not units.resolution and any(name.startswith("video_second:") for name in rates)
            yield Charge(
                picousd=ms * found // _MS,
                units="seconds of video",
                doubts=("the resolution was not told: the ordinary one is taken",) if is_guess else (),
            )
    for rate, seconds, name in (
        ("second_in", units.audio_in_s, "seconds heard"),
        ("second_out", units.audio_out_s, "seconds spoken"),
    ):
        if seconds is not None and rate in rates:
            yield Charge(picousd=round(seconds * _MS) * rates[rate] // _MS, units=name)
    for rate, count, name in (
        ("character_each", units.characters, "characters"),
        ("search_each", units.searches, "searches"),
    ):
        if count and rate in rates:
            yield Charge(picousd=count * rates[rate], units=name)


def _rate(unit: str, names: list[str], rates: Mapping[str, int]) -> int | None:
    """The rate that says most about the unit; the plain one stands for everything that no other names."""
    named = (rates.get(f"{unit}:{name}") for name in names if name)
    return next((rate for rate in named if rate is not None), rates.get(unit))


def _image_names(images: Images) -> list[str]:
    """What rates may call them, from the most said to the least."""
    size, tier, quality = images.size, images.tier, images.quality.lower()
    both = [f"{quality}:{name}" for name in (size, tier) if quality and name]
    return [*both, size, tier, quality]


def _has(rates: Mapping[str, int], unit: str) -> bool:
    return any(name.partition(":")[0] == unit for name in rates)


def _used(units: Units) -> str:
    """What the call used, in words."""
    sizes = [" ".join(filter(None, (images.size, images.quality))) for images in units.images]
    used = [f"images of {size}" if size else "images" for size in sizes]
    used += [f"video of {units.resolution}" if units.resolution else "video"] if units.videos else []
    for is_used, name in (
        (units.audio_in_s is not None or "audio_in_s" in units.unknown, "seconds heard"),
        (units.audio_out_s is not None, "seconds spoken"),
        (units.characters, "characters"),
        (units.searches, "searches"),
    ):
        used += [name] if is_used else []
    return ", ".join(used) or "what was used"
