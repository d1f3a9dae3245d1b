# ruff: noqa: INP001  -- beside a script
"""The part of `build_prices.py` that reads what is not priced by tokens: images, seconds, characters, searches."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

MILLION = Decimal(1_000_000)

MEDIA_MODES = {
    "image_generation",
    "image_edit",
    "audio_speech",
    "audio_transcription",
    "video_generation",
    "rerank",
    "realtime",
}
"""litellm's modes beside those of text."""

EXTRA = ("image_", "audio_", "second_", "character_", "video_")
"""Rates that the second source may add to the first's rows."""

TOKENS_L = {
    "input_cost_per_image_token": "image_input",
    "output_cost_per_image_token": "image_output",
}
UNITS_G = {
    # genai-prices' unit -> ours, what one of theirs is in millions of ours
    "input_image_mtok": ("image_input", Decimal(1)),
    "output_image_mtok": ("image_output", Decimal(1)),
    "input_mchars": ("character_each", Decimal(1)),
    "input_audio_hours": ("second_in", Decimal(3600) / MILLION),
    "audio_hours": ("second_in", Decimal(3600) / MILLION),
}

_SIZED = re.compile(
    r"(?:(?P<prefix>azure)/)?(?:(?P<quality>low|medium|high|hd|standard)/)?(?P<w>\d+)-x-(?P<h>\d+)/(?P<model>[^/]+)"
)
_RESOLUTIONS = {"480p": "480p", "720p": "720p", "768p": "720p", "1080p": "1080p", "2k": "1440p", "4k": "4k"}
_IMAGE_TIERS = {"512": "512", "0.5K": "512", "1K": "1K", "2K": "2K", "4K": "4K"}
_BY_MODE = {
    # mode -> litellm's field, our unit; the first that is there
    "audio_transcription": (("input_cost_per_second", "second_in"),),
    "audio_speech": (
        ("output_cost_per_second", "second_out"),
        ("input_cost_per_character", "character_each"),
    ),
    "rerank": (("input_cost_per_query", "search_each"),),
    "realtime": (),
}


def million(value: Any) -> Decimal:
    """USD per million units of litellm's USD per unit."""
    return Decimal(repr(value)) * MILLION


def rates(entry: dict[str, Any]) -> dict[str, Decimal]:
    """What a litellm entry says beside tokens, in our units."""
    mode = entry.get("mode")
    if mode in {"image_generation", "image_edit"}:
        return dict(_images(entry))
    if mode == "video_generation":
        return dict(_videos(entry))
    return {
        unit: million(entry[field])
        for field, unit in _BY_MODE.get(str(mode), ())
        if entry.get(field) is not None and entry[field] > 0
    }


def _images(entry: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    each = entry.get("output_cost_per_image")
    if each is None and "input_cost_per_token" not in entry:
        each = entry.get("input_cost_per_image")  # what xAI's models cost stands there
    if each:
        yield "image_each", million(each)
    for word, tier in _IMAGE_TIERS.items():
        if entry.get(f"output_cost_per_image_{word}"):
            yield f"image_each:{tier}", million(entry[f"output_cost_per_image_{word}"])


def _videos(entry: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    each = entry.get("output_cost_per_second", entry.get("output_cost_per_video_per_second"))
    if each:
        yield "video_second", million(each)
    for word, resolution in _RESOLUTIONS.items():
        if entry.get(f"output_cost_per_second_{word}"):
            yield f"video_second:{resolution}", million(entry[f"output_cost_per_second_{word}"])


def sized(data: dict[str, Any]) -> dict[tuple[str, str], dict[str, Decimal]]:
    """Rates of images by quality and size, which litellm keeps under names of their own; by provider and model."""
    found: dict[tuple[str, str], dict[str, Decimal]] = {}
    for key, entry in data.items():
        match = _SIZED.fullmatch(key)
        if match is None or entry.get("mode") != "image_generation":
            continue
        quality, width, height = match["quality"], int(match["w"]), int(match["h"])
        if quality not in {"low", "medium", "high", "hd"} and not match["model"].startswith("dall-e"):
            continue  # gpt-image: the same price under a name that says less
        each = entry.get("input_cost_per_image", entry.get("output_cost_per_image"))
        price = Decimal(repr(each)) if each else _by_pixel(entry, width * height)
        if not price:
            continue
        said = f"{quality}:" if quality != "standard" else ""
        place = found.setdefault((entry["litellm_provider"], match["model"]), {})
        place[f"image_each:{said}{width}x{height}"] = price * MILLION
    return found


def _by_pixel(entry: dict[str, Any], pixels: int) -> Decimal:
    """The price that was divided by an image's pixels, in tenths of a cent."""
    each = Decimal(repr(entry.get("input_cost_per_pixel") or 0)) * pixels
    return each.quantize(Decimal("0.001"))


def add_units(tiers: list[dict[str, Any]], theirs: dict[str, Any]) -> None:
    """What the second source prices beside tokens and the first does not."""
    for tier in tiers:
        tier |= {unit: rate for unit, rate in theirs.items() if unit.startswith(EXTRA) and unit not in tier}


def _row(tier: dict[str, Any], *also: str, src: str = "c", since: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {"src": src, "tiers": [tier]}
    return {"also": list(also), "rows": [{"from": since, **row} if since else row]}


def _priced(unit: str, plain: str, **special: str) -> dict[str, Any]:
    """A tier of one unit; `_1080p` stands for `unit:1080p`, `hd_1024x1024` for `unit:hd:1024x1024`."""
    qualified = {f"{unit}:{name.strip('_').replace('_', ':')}": rate for name, rate in special.items()}
    return {"input_over": 0, unit: plain, **qualified}


_DALL_E_3 = _priced(
    "image_each", "40000", _1024x1024="40000", _1024x1792="80000", _1792x1024="80000",
    hd="80000", hd_1024x1024="80000", hd_1024x1792="120000", hd_1792x1024="120000",
)  # fmt: skip
CURATED: dict[str, dict[str, Any]] = {
    # Alibaba's page: context cache reads are a fifth of the input rate; litellm lacks them for this model.
    "qwen": {
        "qwen3-max": {
            "also": ["qwen3-max-2025-09-23"],
            "rows": [
                {
                    "from": "2025-09-23",
                    "src": "lc",
                    "tiers": [
                        {"input_over": 0, "input": "1.2", "output": "6", "cached_input": "0.24"},
                        {"input_over": 32000, "input": "2.4", "output": "12", "cached_input": "0.48"},
                        {"input_over": 128000, "input": "3", "output": "15", "cached_input": "0.6"},
                    ],
                }
            ],
        },
        "text-embedding-v3": {
            "also": [],
            "rows": [{"src": "c", "tiers": [{"input_over": 0, "input": "0.07"}]}],
        },
        "text-embedding-v4": {
            "also": [],
            "rows": [{"src": "c", "tiers": [{"input_over": 0, "input": "0.07"}]}],
        },
    },
    # The vendors' pages as they were while these were sold; litellm drops what is retired.
    "openai": {
        "dall-e-3": _row(_DALL_E_3),
        "dall-e-2": _row(
            _priced("image_each", "20000", _256x256="16000", _512x512="18000", _1024x1024="20000")
        ),
        "sora-2": _row(_priced("video_second", "100000"), src="l"),
        # litellm has the larger size as a model of its own, `sora-2-pro-high-res`.
        "sora-2-pro": _row(
            _priced("video_second", "300000", _720p="300000", _1080p="500000"), "sora-2-pro-high-res", src="l"
        ),
    },
    "gemini": {
        "imagen-4.0-generate-001": _row(_priced("image_each", "40000"), "imagen-4.0-generate-preview-06-06"),
        "imagen-4.0-fast-generate-001": _row(_priced("image_each", "20000")),
        "imagen-4.0-ultra-generate-001": _row(
            _priced("image_each", "60000"), "imagen-4.0-ultra-generate-preview-06-06"
        ),
        "veo-3.0-generate-001": _row(_priced("video_second", "400000"), since="2025-09-09"),
        "veo-3.0-fast-generate-001": _row(_priced("video_second", "150000"), since="2025-09-09"),
        "veo-2.0-generate-001": _row(_priced("video_second", "350000")),
    },
    "vertex": {
        "imagen-4.0-generate-001": _row(_priced("image_each", "40000")),
        "imagen-4.0-fast-generate-001": _row(_priced("image_each", "20000")),
        "imagen-4.0-ultra-generate-001": _row(_priced("image_each", "60000")),
    },
}
