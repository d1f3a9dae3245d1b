"""The pieces of a message in any dialect: texts as they are, media by type, size and hash."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.mask import mask_url
from aigw_dev.core.recording.fixture import Blob, Wild
from aigw_dev.core.recording.keys import media_bytes

_DATA_URL: Final = re.compile(r"data:([^,;]*)[^,]*;base64,", re.IGNORECASE)
_HASH_DIGITS: Final = 8
_KIB: Final = 1024


class Mark(msgspec.Struct, frozen=True):
    """What stands for a piece of media, a file or a wildcard."""

    text: str
    """`image/png 12 KB sha256:ab12cd34`."""


def mark_of(content: bytes, media_type: str) -> Mark:
    """What stands for bytes."""
    return Mark(_named(media_type, len(content), hashlib.sha256(content).hexdigest()))


def objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none where it is no list."""
    if not isinstance(value, list):
        return []
    return [cast("dict[str, Any]", one) for one in cast("list[Any]", value) if isinstance(one, dict)]


def placed(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list and their places."""
    if isinstance(value, list):
        for place, one in enumerate(cast("list[Any]", value)):
            if isinstance(one, dict):
                yield place, cast("dict[str, Any]", one)


def object_of(value: Any) -> dict[str, Any]:
    """`value`, or an empty object where it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def text_of(value: Any) -> str:
    """`value`, or an empty text where it is none."""
    return value if isinstance(value, str) else ""


def written(value: Any) -> str:
    """Arguments as one text: JSON without blanks where it is JSON."""
    try:
        held = json.loads(value) if isinstance(value, str) and value[:1] in {"{", "["} else value
        if isinstance(held, str):
            return held
        return json.dumps(held, ensure_ascii=False, separators=(",", ":"), default=_wild_text)
    except (ValueError, RecursionError):
        return value if isinstance(value, str) else "<nested too deeply>"


def _wild_text(value: Any) -> str:
    return f"<{_mark(value).text}>"


def _mark(value: Any) -> Mark:
    if isinstance(value, Blob):
        return blob_mark(value)
    pattern = value.pattern if isinstance(value, Wild) else None
    return Mark("anything" if pattern is None else f"text like {pattern}")


def blob_mark(blob: Blob, media_type: str = "") -> Mark:
    """What stands for bytes that lie in a file."""
    return Mark(_named(blob.type.partition(";")[0] or media_type, blob.bytes, blob.sha256))


def _named(media_type: str, size: int, sha256: str) -> str:
    shown = (
        f"{size} bytes"
        if size < _KIB
        else f"{size / _KIB:.0f} KB"
        if size < _KIB**2
        else f"{size / _KIB**2:.1f} MB"
    )
    return f"{media_type or 'bytes'} {shown} sha256:{sha256.removeprefix('sha256:')[:_HASH_DIGITS]}"


def _media(value: Any, media_type: str) -> Mark:
    """Base64, a data URL, a blob, or the address of a file."""
    if not isinstance(value, str):
        return blob_mark(value, media_type) if isinstance(value, Blob) else _mark(value)
    head = _DATA_URL.match(value)
    if head is None and ":" in value[:12]:
        return Mark(f"{media_type or 'file'} {mask_url(value)}")
    text = value[head.end() :] if head else value
    content = media_bytes(text)
    if content is None:
        content = text.encode("utf-8", "surrogatepass")
    return mark_of(content, head[1] if head else media_type)


def parts_of(content: Any) -> tuple[str | Mark, ...]:
    """A message's content in any dialect: a text, or a list of texts and media."""
    if isinstance(content, str):
        return (content,)
    if isinstance(content, Blob | Wild):
        return (_mark(content),)
    if isinstance(content, dict):
        return (part_of(cast("dict[str, Any]", content)),)
    return tuple(_any_part(one) for one in cast("list[Any]", content if isinstance(content, list) else []))


def _any_part(one: Any) -> str | Mark:
    if isinstance(one, str):
        return one
    if isinstance(one, dict):
        return part_of(cast("dict[str, Any]", one))
    return _mark(one) if isinstance(one, Blob | Wild) else written(one)


def part_of(part: dict[str, Any]) -> str | Mark:
    """One part of a message."""
    for name in ("text", "refusal"):
        if isinstance(part.get(name), str):
            return part[name]
    for name, reader in _MEDIA.items():
        if part.get(name) is not None:
            return reader(part[name], part)
    kind = text_of(part.get("type"))
    return Mark(kind) if kind else written(part)


def _image_url(value: Any, _part: dict[str, Any]) -> Mark:
    return _media(object_of(value).get("url", "") if isinstance(value, dict) else value, "image")


def _input_audio(value: Any, _part: dict[str, Any]) -> Mark:
    held = object_of(value)
    return _media(held.get("data", ""), f"audio/{text_of(held.get('format')) or 'wav'}")


def _source(value: Any, part: dict[str, Any]) -> str | Mark:
    held = object_of(value)
    if isinstance(value, str):
        return Mark(f"{text_of(part.get('type'))} {mask_url(value)}")
    if "data" in held:
        kind = text_of(held.get("media_type"))
        return (
            held["data"]
            if held.get("type") == "text" and isinstance(held["data"], str)
            else _media(held["data"], kind)
        )
    if "content" in held:
        nested = held["content"]
        return (
            nested
            if isinstance(nested, str)
            else " ".join(text_of(one.get("text")) for one in objects_of(nested))
        )
    return _media(held.get("url") or f"id:{text_of(held.get('file_id'))}", text_of(part.get("type")))


def _inline(value: Any, _part: dict[str, Any]) -> Mark:
    held = object_of(value)
    kind = text_of(held.get("mimeType") or held.get("mime_type"))
    return _media(held.get("data", held.get("fileUri", held.get("file_uri", ""))), kind)


def _file(value: Any, _part: dict[str, Any]) -> Mark:
    held = object_of(value)
    if held.get("file_data") is not None:
        return _media(held["file_data"], text_of(held.get("filename")))
    return Mark(f"file {text_of(held.get('file_id'))}")


_MEDIA: Final[dict[str, Callable[[Any, dict[str, Any]], str | Mark]]] = {
    "image_url": _image_url,
    "input_audio": _input_audio,
    "source": _source,
    "inlineData": _inline,
    "inline_data": _inline,
    "fileData": _inline,
    "file_data": lambda value, part: _media(value, text_of(part.get("filename"))),
    "file_url": lambda value, _part: _media(value, "file"),
    "file_id": lambda value, _part: Mark(f"file {text_of(value)}"),
    "file": _file,
}
