"""Pictures and sound in requests and replies: what kind of bytes they are, data URLs, and the head of a WAV file."""

import base64
import binascii
import struct
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.adapter import Asked
from aigw_dev.core.providers.asked_fields import AskedFields

UNKNOWN_TYPE: Final = "application/octet-stream"
AUDIO_TYPES: Final = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""OpenAI's `response_format` of speech and its content type."""
_SIGNS: Final = (
    # offset, what stands there, type
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\x1aE\xdf\xa3", "audio/webm"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
)
_WAV_HEAD: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_CHUNK: Final = struct.Struct("<4sI")
_FORMAT: Final = struct.Struct("<HHIIHH")
_UNSET_LENGTHS: Final = {0, 0x7FFFFFFF, 0xFFFFFFFF}
"""What writers put for a length that they did not know: no duration can be told."""
_MAX_CHUNKS: Final = 64
_PCM: Final = 1


def media_type(content: bytes) -> str:
    """What kind of bytes these are, by their first ones; `application/octet-stream` where that does not tell."""
    return next((kind for at, sign, kind in _SIGNS if content.startswith(sign, at)), UNKNOWN_TYPE)


def data_url(content: bytes) -> str:
    """The bytes as a data URL of their own kind."""
    return f"data:{media_type(content)};base64,{base64.b64encode(content).decode()}"


def read_data_url(url: str) -> bytes | None:
    """The bytes of a base64 data URL; None for anything else."""
    head, comma, text = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None
    return unbase64(text)


def unbase64(text: object) -> bytes | None:
    """The bytes of base64 text; None where it is none, or empty."""
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def wav(samples: bytes, rate: int, channels: int = 1) -> bytes:
    """16-bit little-endian samples as a WAV file."""
    bits = 16
    block = channels * bits // 8
    size = len(samples)
    head = _WAV_HEAD.pack(
        b"RIFF",
        size + 36,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        channels,
        rate,
        rate * block,
        block,
        bits,
        b"data",
        size,
    )
    return head + samples


def wav_seconds(head: bytes) -> float | None:
    """How long a WAV file plays, from its first bytes; None where they do not say: never guessed from a size."""
    if not head.startswith(b"RIFF") or head[8:12] != b"WAVE":
        return None
    at, bytes_per_second = 12, 0
    for _ in range(_MAX_CHUNKS):
        if at + _CHUNK.size > len(head):
            return None
        name, size = _CHUNK.unpack_from(head, at)
        at += _CHUNK.size
        if name == b"fmt " and at + _FORMAT.size <= len(head):
            bytes_per_second = _FORMAT.unpack_from(head, at)[3]
        if name == b"data":
            return size / bytes_per_second if bytes_per_second and size not in _UNSET_LENGTHS else None
        at += size + size % 2
    return None


def pictures(asked: Asked, fields: AskedFields, *, limit: int, with_links: bool = True) -> list[str]:
    """Every picture of an edit as a data URL or, where the provider reads links, as the caller's own link.

    Uploads come as `image` or `image[]`; JSON as `image` (a string or several) or `images` (objects with `image_url`).
    A fault is told through `fields.refusal`.
    """
    found = [data_url(content) for name, content in asked.files.items() if name.startswith("image")]
    for name in ("image", "image[]", "images"):
        if not fields.has(name):
            continue
        value = fields.value(name)
        listed = loose_json.items(value) or [value]
        found += [picture(fields, name, one, with_links=with_links) for one in listed]
    if not found:
        fields.refuse("image", "is missing: send the picture to change")
    if len(found) > limit:
        fields.refuse("image", f"holds {len(found)} pictures; this model takes at most {limit}")
    return found


def picture(fields: AskedFields, name: str, value: object, *, with_links: bool = True) -> str:
    """One picture of a JSON field as a data URL or a link; empty with a refusal where it is neither."""
    if loose_json.is_object(value):
        link = value.get("image_url") or value.get("url")
        value = loose_json.mapping(link).get("url") if loose_json.is_object(link) else link
    url = loose_json.text(value)
    if read_data_url(url) is not None or (with_links and url.startswith(("https://", "http://"))):
        return url
    also = " or an https link" if with_links else "; links are not read for this provider"
    fields.refuse(name, f"must be an uploaded file or a base64 data URL{also}")
    return ""


def content_of(url: str) -> tuple[str, str]:
    """Type and base64 text of a data URL that `picture` accepted."""
    head, _, text = url.partition(",")
    return head.removeprefix("data:").removesuffix(";base64") or UNKNOWN_TYPE, text


def upload(asked: Asked, name: str) -> bytes | Refusal:
    """One uploaded file; a refusal names the field that is missing."""
    content = asked.files.get(name)
    if content:
        return content
    return Refusal(
        code="invalid_request", message=f"`{name}` is missing: upload it as a form field", param=name
    )
