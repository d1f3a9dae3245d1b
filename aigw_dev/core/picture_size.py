"""Sizes of pictures and videos: as callers write them, the nearest ratio of a provider, and the tier a price list names.

Tiers of images are Google's (512, 1K, 2K, 4K: by area, so that 1536x1024 is 1K), those of videos the lines of the shorter
side (480p ... 4k), which Alibaba writes 720P and OpenAI's price list as sizes.
"""

import re
from collections.abc import Iterable
from typing import Final

_SIZE: Final = re.compile(r"([1-9]\d{1,4})[xX*×]([1-9]\d{1,4})")
_LINES: Final = re.compile(r"(\d{3,4})p?", re.IGNORECASE)
_IMAGE_TIERS: Final = (
    # most pixels, name; each bound lies half-way (in side length) to the next tier's square
    (768 * 768, "512"),
    (1536 * 1536, "1K"),
    (3072 * 3072, "2K"),
)
_VIDEO_TIERS: Final = ((480, "480p"), (720, "720p"), (1080, "1080p"), (1440, "1440p"), (2160, "4k"))


def read_size(text: str) -> tuple[int, int] | None:
    """Width and height of `1024x1024` (also `1024*1024`); None for anything else."""
    match = _SIZE.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def write_size(size: tuple[int, int]) -> str:
    """As OpenAI writes it: `1024x1024`."""
    return f"{size[0]}x{size[1]}"


def nearest_ratio(size: tuple[int, int], ratios: Iterable[str]) -> tuple[str, bool]:
    """Of `ratios` (`16:9`) the one nearest to a size, and whether it is within 2 % of it."""
    wanted = size[0] / size[1]
    off, near = min((abs(_ratio(one) / wanted - 1), one) for one in ratios)
    return near, off <= 0.02  # noqa: PLR2004 -- 1792x1024 is 7:4 and is meant as 16:9


def image_tier(size: str) -> str:
    """`512`, `1K`, `2K` or `4K`; empty where the size is not known."""
    found = read_size(size)
    if found is None:
        return size.upper() if size.upper() in {"512", "1K", "2K", "4K"} else ""
    return next((name for most, name in _IMAGE_TIERS if found[0] * found[1] <= most), "4K")


def video_tier(size: str) -> str:
    """`480p` to `4k`: the tier whose shorter side is nearest; empty where the size is not known."""
    found, lines = read_size(size), _LINES.fullmatch(size)
    if size.lower() == "4k":
        return "4k"
    if found is None and lines is None:
        return ""
    shorter = min(found) if found is not None else int(lines[1]) if lines is not None else 0
    return min(_VIDEO_TIERS, key=lambda one: abs(one[0] - shorter))[1]


def _ratio(text: str) -> float:
    width, _, height = text.partition(":")
    return int(width) / int(height)
