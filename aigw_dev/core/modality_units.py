"""What a call is metered by beside tokens: images, seconds of sound and video, characters, searches. Decided here only.

Rules (reference: observability 5.1):
- Images: those that came, not those asked for; size and quality as the reply says, else as the request does.
- Recordings: the seconds that the reply tells, else those in the head of an uploaded WAV file, else unknown: never guessed.
- Speech: characters in; seconds out only where the sound itself tells them.
- Video: when its job is completed, once per job id (`job`), with seconds and resolution; a failed job counts nothing.
- Rerank: searches and documents. Moderations are free. Chat, completions and embeddings are tokens alone.
Replies are those of OpenAI's shape, adapters' included; whatever they hold, nothing here raises.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.picture_size import read_size, video_tier
from aigw_dev.core.providers.media import wav_seconds
from aigw_dev.core.units import NOTHING, Images, Units

_MAX_SECONDS: Final = 10_000_000.0
_EVENTS: Final = "text/event-stream"
_WAV: Final = ("audio/wav", "audio/x-wav", "audio/wave")
_IMAGE_DONE: Final = frozenset({"image_generation.completed", "image_edit.completed"})

CATEGORIES: Final = {
    "openai.chat.completions": "chat",
    "openai.completions": "chat",
    "openai.responses": "chat",
    "anthropic.messages": "chat",
    "gemini.generate_content": "chat",
    "gemini.stream_generate_content": "chat",
    "openai.embeddings": "embedding",
    "openai.audio.transcriptions": "audio",
    "openai.audio.translations": "audio",
    "openai.audio.speech": "audio",
    "openai.realtime": "realtime",
    "openai.images.generations": "image",
    "openai.images.edits": "image",
    "openai.images.variations": "image",
    "openai.videos.create": "video",
    "openai.videos.item": "video",
    "openai.videos.content": "video",
    "openai.videos.remix": "video",
    "rerank": "rerank",
    "openai.moderations": "moderation",
}
"""Which line of `stats --by category` an operation counts in; what is not here is `OTHER`."""
OTHER: Final = "other"
ORDER: Final = ("chat", "embedding", "audio", "image", "video", "rerank", "moderation", "realtime", OTHER)
"""Every line, in the order that people read them."""
FREE: Final = frozenset({"openai.moderations"})
"""Operations that cost nothing by declaration."""


class Metered(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to read the units from."""

    request: Mapping[str, object]
    """The request's top-level values, JSON or form fields."""
    reply: bytes = b""
    """The whole reply; of sound its head is enough."""
    content_type: str = "application/json"
    """Of the reply."""
    usage: bytes = b"null"
    """`Usage.raw`: what an adapter's provider counted in words of its own."""
    upload_head: bytes = b""
    """The first bytes of the recording that was sent."""


def read_units(operation: str, metered: Metered) -> Units:
    """The units of one successful call; `NOTHING` for an operation that is metered by tokens alone."""
    reader = _READERS.get(operation)
    return reader(metered) if reader else NOTHING


def _values(metered: Metered) -> list[dict[str, object]]:
    """The reply's objects: one of JSON, each event's of a stream."""
    if metered.content_type.startswith(_EVENTS):
        return list(_events(metered.reply))
    return [loose_json.mapping(loose_json.load(metered.reply))]


def _events(reply: bytes) -> Iterator[dict[str, object]]:
    for line in reply.split(b"\n"):
        if line.startswith(b"data:"):
            yield loose_json.mapping(loose_json.load(line.removeprefix(b"data:").strip()))


class _One(msgspec.Struct, frozen=True):
    """An image: its base64 is never read."""


class _ImagesWire(msgspec.Struct, frozen=True):
    data: list[_One] | None = None
    size: str | None = None
    quality: str | None = None
    usage: msgspec.Raw | None = None


_IMAGES: Final = msgspec.json.Decoder(_ImagesWire)


def _images(metered: Metered) -> Units:
    if metered.content_type.startswith(_EVENTS):
        done = [one for one in _events(metered.reply) if one.get("type") in _IMAGE_DONE]
        last = done[-1] if done else {}
        return _counted(metered, len(done), last, last.get("usage"))
    try:
        wire = _IMAGES.decode(metered.reply)
    except ValueError:  # msgspec's errors are ValueErrors: an odd shape is read loosely
        loose = loose_json.mapping(loose_json.load(metered.reply))
        return _counted(metered, len(loose_json.items(loose.get("data"))), loose, loose.get("usage"))
    usage = loose_json.load(bytes(wire.usage)) if wire.usage is not None else None
    return _counted(metered, len(wire.data or ()), {"size": wire.size, "quality": wire.quality}, usage)


def _counted(metered: Metered, count: int, reply: dict[str, object], usage: object) -> Units:
    if not count:
        return NOTHING
    size = loose_json.text(reply.get("size")) or loose_json.text(metered.request.get("size"))
    quality = loose_json.text(reply.get("quality")) or loose_json.text(metered.request.get("quality"))
    pixels = read_size(size)
    images = Images(count, f"{pixels[0]}x{pixels[1]}" if pixels else "", quality if quality != "auto" else "")
    return Units(
        images=(images,),
        image_input_tokens=_part(usage, "input_tokens_details", "image_tokens"),
        image_output_tokens=_part(usage, "output_tokens_details", "image_tokens"),
    )


def _heard(metered: Metered) -> Units:
    """Transcriptions and translations."""
    seconds: float | None = None
    has_tokens = False
    is_text = not metered.content_type.startswith(("application/json", _EVENTS))
    for value in [] if is_text else _values(metered):
        usage = loose_json.mapping(value.get("usage"))
        has_tokens = has_tokens or usage.get("type") == "tokens"
        told = usage.get("seconds") if usage else value.get("duration")
        seconds = _seconds(told) if _seconds(told) is not None else seconds
    raw = loose_json.mapping(loose_json.load(metered.usage))
    for name in ("seconds", "duration"):
        seconds = _seconds(raw.get(name)) if seconds is None else seconds
    if seconds is None:
        seconds = wav_seconds(metered.upload_head)
    unknown = () if has_tokens or seconds is not None else ("audio_in_s",)
    return Units(audio_in_s=seconds, unknown=unknown)


def _spoken(metered: Metered) -> Units:
    """Speech."""
    told = loose_json.count(loose_json.mapping(loose_json.load(metered.usage)).get("characters"))
    characters = told if told is not None else len(loose_json.text(metered.request.get("input")))
    seconds = wav_seconds(metered.reply) if metered.content_type.startswith(_WAV) else None
    return Units(characters=characters, audio_out_s=seconds)


def _filmed(metered: Metered) -> Units:
    """A look at a video's job, or its creation where that is completed at once."""
    video = loose_json.mapping(loose_json.load(metered.reply))
    if video.get("object") != "video" or video.get("status") != "completed":
        return NOTHING
    usage = loose_json.mapping(video.get("usage"))
    seconds = _seconds(video.get("seconds"))
    lines = loose_json.count(usage.get("SR"))
    resolution = video_tier(str(lines)) if lines else video_tier(loose_json.text(video.get("size")))
    missing = {"video_s": seconds is None, "resolution": not resolution}
    return Units(
        videos=loose_json.count(usage.get("video_count")) or 1,
        video_s=seconds,
        resolution=resolution,
        job=loose_json.text(video.get("id")),
        unknown=tuple(name for name, is_missing in missing.items() if is_missing),
    )


def _ranked(metered: Metered) -> Units:
    reply = loose_json.mapping(loose_json.load(metered.reply))
    billed = loose_json.mapping(loose_json.mapping(reply.get("meta")).get("billed_units"))
    searches = loose_json.count(billed.get("search_units"))
    documents = len(loose_json.items(metered.request.get("documents")))
    return Units(searches=searches if searches is not None else 1, documents=documents)


def _part(usage: object, details: str, name: str) -> int:
    return loose_json.count(loose_json.mapping(loose_json.mapping(usage).get(details)).get(name)) or 0


def _seconds(value: object) -> float | None:
    """A believable number of seconds, also written as a string."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _MAX_SECONDS else None


_READERS: Final[dict[str, Callable[[Metered], Units]]] = {
    "openai.images.generations": _images,
    "openai.images.edits": _images,
    "openai.images.variations": _images,
    "openai.audio.transcriptions": _heard,
    "openai.audio.translations": _heard,
    "openai.audio.speech": _spoken,
    "openai.videos.create": _filmed,
    "openai.videos.item": _filmed,
    "rerank": _ranked,
}
