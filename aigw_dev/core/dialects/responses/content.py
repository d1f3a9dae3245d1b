"""Parts of messages and tool results, from the caller's wire and to a provider's."""

import base64
import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import (
    NULL,
    Audio,
    Cache,
    Document,
    Image,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
)
from aigw_dev.core.dialects.responses import checks
from aigw_dev.core.dialects.responses.checks import DIALECT, Extras, MalformedError
from aigw_dev.core.ledger import Ledger

InputPart = Text | Image | Document | Audio | Refusal | Opaque
"""What a message or a tool result may hold."""

_DATA_URL: Final = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),", re.IGNORECASE)
_BY_ENDING: Final = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
_BY_HEAD: Final = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
)
_UNKNOWN: Final = "application/octet-stream"
_BREAKPOINT: Final = "prompt_cache_breakpoint"


# --- reading


def read_part(value: object, where: str, extras: Extras) -> InputPart:
    """One part of a message's or a tool result's content; a kind without a neutral word is `Opaque`."""
    part = checks.mapping(value, where)
    kind = checks.text(part.get("type"), f"{where}.type", is_required=True)
    reader = _READERS.get(kind)
    if reader is None:
        return Opaque(dialect=DIALECT, type=kind, raw=checks.raw(part))
    return reader(part, where, extras)


def media(url: str, media_type: str = "") -> Media:
    """Where a URL points, or the bytes that a data URL holds. Bytes that are not base64 yet become so."""
    match = _DATA_URL.match(url)
    if match is None:
        return Media(url=url, media_type=media_type)
    body = url[match.end() :]
    if ";base64" not in match[2].lower():
        body = base64.b64encode(unquote_to_bytes(body)).decode()
    return Media(data=body, media_type=match[1].lower() or media_type)


def _text(part: dict[str, object], where: str, extras: Extras) -> Text:
    checks.rest(part, ("type", "text", "annotations", "logprobs", _BREAKPOINT), where, extras)
    annotations = checks.items(part.get("annotations"), f"{where}.annotations")
    return Text(
        text=checks.text(part.get("text"), f"{where}.text"),
        cache=_cache(part, where),
        citations=checks.raw(annotations) if annotations else NULL,
    )


def _refusal(part: dict[str, object], where: str, extras: Extras) -> Refusal:
    checks.rest(part, ("type", "refusal", "text"), where, extras)
    said = part.get("refusal", part.get("text"))
    return Refusal(text=checks.text(said, f"{where}.refusal"))


def _image(part: dict[str, object], where: str, extras: Extras) -> Image:
    checks.rest(part, ("type", "image_url", "file_id", "detail", _BREAKPOINT), where, extras)
    url = checks.text(part.get("image_url"), f"{where}.image_url")
    file_id = checks.text(part.get("file_id"), f"{where}.file_id")
    if not url and not file_id:
        raise MalformedError(
            where, f"`{where}` names no picture: set `image_url` (a URL or a data URL) or `file_id`"
        )
    return Image(
        source=media(url) if url else Media(file_id=file_id),
        detail=checks.text(part.get("detail"), f"{where}.detail"),
        cache=_cache(part, where),
    )


def _file(part: dict[str, object], where: str, extras: Extras) -> Document:
    checks.rest(part, ("type", "file_data", "file_url", "file_id", "filename", _BREAKPOINT), where, extras)
    name = checks.text(part.get("filename"), f"{where}.filename")
    data = checks.text(part.get("file_data"), f"{where}.file_data")
    url = checks.text(part.get("file_url"), f"{where}.file_url")
    file_id = checks.text(part.get("file_id"), f"{where}.file_id")
    if not (data or url or file_id):
        raise MalformedError(where, f"`{where}` names no file: set `file_data`, `file_url` or `file_id`")
    guessed = _BY_ENDING.get((name or url).rpartition(".")[2].lower(), "")
    if data:
        source = media(data, guessed) if data[:5].lower() == "data:" else Media(data=data, media_type=guessed)
    else:
        source = media(url, guessed) if url else Media(file_id=file_id)
    if source.media_type in {"", _UNKNOWN} and guessed:
        source = msgspec.structs.replace(source, media_type=guessed)
    return Document(source=source, name=name, cache=_cache(part, where))


def _audio(part: dict[str, object], where: str, extras: Extras) -> Audio:
    inner = checks.mapping(part.get("input_audio"), f"{where}.input_audio")
    checks.rest(part, ("type", "input_audio"), where, extras)
    checks.rest(inner, ("data", "format"), f"{where}.input_audio", extras)
    data = checks.text(inner.get("data"), f"{where}.input_audio.data", is_required=True)
    return Audio(
        source=Media(data=data), format=checks.text(inner.get("format"), f"{where}.input_audio.format")
    )


def _cache(part: dict[str, object], where: str) -> Cache | None:
    if part.get(_BREAKPOINT) is None:
        return None
    mark = checks.mapping(part[_BREAKPOINT], f"{where}.{_BREAKPOINT}")
    return Cache(ttl=loose_json.text(mark.get("ttl")))


_READERS: Final[dict[str, Callable[[dict[str, object], str, Extras], InputPart]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "summary_text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
    "input_audio": _audio,
}


# --- writing


def write_parts(parts: Sequence[Part], where: str, ledger: Ledger, *, is_own: bool) -> list[object]:
    """Input parts for a provider; what it has no word for is left out and entered."""
    written: list[object] = []
    for number, part in enumerate(parts):
        one = write_part(part, f"{where}[{number}]", ledger, is_own=is_own)
        if one is not None:
            written.append(one)
    return written


def write_part(part: Part, where: str, ledger: Ledger, *, is_own: bool) -> object | None:
    """One input part; None where the dialect has none like it."""
    match part:
        case Text():
            return _cached({"type": "input_text", "text": part.text}, part.cache, where, ledger, is_own)
        case Image():
            return _cached(_write_image(part), part.cache, where, ledger, is_own)
        case Document():
            return _cached(_write_document(part, where, ledger), part.cache, where, ledger, is_own)
        case Audio():
            return _write_audio(part, where, ledger, is_own=is_own)
        case Opaque() if part.dialect == DIALECT:
            return part.raw
        case Refusal():
            ledger.approximated(where, "refusal written as text")
            return {"type": "input_text", "text": part.text}
        case _:
            ledger.dropped(
                where, f"no {type(part).__name__.lower()} part in a {DIALECT} message of this role"
            )
            return None


def data_url(source: Media, fallback: str) -> str:
    """The data URL of bytes; the media type is read from their head where nobody said it."""
    kind = source.media_type or next(
        (kind for head, kind in _BY_HEAD if source.data.startswith(head)), fallback
    )
    return f"data:{kind};base64,{source.data}"


def _write_image(part: Image) -> dict[str, object]:
    written: dict[str, object] = {"type": "input_image", "detail": part.detail or "auto"}
    if part.source.file_id:
        written["file_id"] = part.source.file_id
    else:
        written["image_url"] = data_url(part.source, "image/png") if part.source.data else part.source.url
    return written


def _write_audio(part: Audio, where: str, ledger: Ledger, *, is_own: bool) -> object | None:
    """A sound of a caller of this dialect goes as it came; OpenAI's own types have no place for one (SDK 3.52)."""
    if is_own and part.source.data:
        format_ = part.format or part.source.media_type.rpartition("/")[2]
        return {"type": "input_audio", "input_audio": {"data": part.source.data, "format": format_}}
    if part.transcript:
        ledger.approximated(where, "the transcript of the audio")
        return {"type": "input_text", "text": part.transcript}
    ledger.dropped(where, f"{DIALECT} takes no audio")
    return None


def _write_document(part: Document, where: str, ledger: Ledger) -> dict[str, object]:
    if part.context:
        ledger.dropped(f"{where}.context", "a file has no place for a context")
    if part.has_citations:
        ledger.dropped(f"{where}.citations", "citations of files cannot be asked for")
    if part.text and not part.source.data:
        ledger.approximated(where, "plain-text document written as text")
        head = f"{part.name}\n\n" if part.name else ""
        return {"type": "input_text", "text": head + part.text}
    written: dict[str, object] = {"type": "input_file"}
    if part.source.file_id:
        return written | {"file_id": part.source.file_id}
    if part.source.url:
        return written | {"file_url": part.source.url}
    ending = next((end for end, kind in _BY_ENDING.items() if kind == part.source.media_type), "pdf")
    if not part.name:
        ledger.invented(f"{where}.filename", "a file that is sent as bytes needs a name")
    written["filename"] = part.name or f"document.{ending}"
    written["file_data"] = data_url(part.source, "application/pdf")
    return written


def _cached(
    written: dict[str, object],
    cache: Cache | None,
    where: str,
    ledger: Ledger,
    is_own: bool,  # noqa: FBT001 - one private caller
) -> dict[str, object]:
    if cache is None:
        return written
    if is_own:
        written[_BREAKPOINT] = {"mode": "explicit"} | ({"ttl": cache.ttl} if cache.ttl else {})
    else:
        ledger.approximated(f"{where}.cache_control", "the provider caches prefixes by itself")
    return written
