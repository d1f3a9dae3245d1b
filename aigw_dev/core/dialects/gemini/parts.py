"""Parts of a turn: what both sides of the dialect read and write alike (media, thoughts with their signatures)."""

import base64
from typing import Final
from urllib.parse import urlsplit

import msgspec

from aigw_dev.core.chat import signatures
from aigw_dev.core.chat.vocabulary import Audio, Document, Image, Media, Opaque, Part, Thinking
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.wire import DIALECT, Fields

KNOWN: Final = frozenset(
    {"text", "thought", "thoughtSignature", "functionCall", "functionResponse", "inlineData", "fileData"}
)
"""Keys of a part that have a word; any other beside them is a detail of it, and alone a kind of its own."""
_DETAILS: Final = frozenset(
    {"videoMetadata", "mediaResolution", "partMetadata", "mediaProcessing", "speechMetadata"}
)
_MARK_BASE64: Final = base64.b64encode(b"aigw1:").decode()
_BY_ENDING: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "wav": "audio/wav",
    "mp3": "audio/mp3",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/mov",
}
_MAGIC: Final = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi", "application/pdf"),
)
"""How the base64 of well-known files begins."""
_AUDIO_TYPES: Final = {
    "wav": "audio/wav",
    "mp3": "audio/mp3",
    "pcm16": "audio/L16;rate=24000",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "aac": "audio/aac",
}


def read_signature(part: Fields) -> tuple[str, str]:
    """(origin, signature) of a part; ("", "") where it has none. What another dialect's provider signed is unwrapped."""
    spelled = wire.text(part.get("thoughtSignature"))
    if not spelled.startswith(_MARK_BASE64):
        return (DIALECT, spelled) if spelled else ("", "")
    standard = wire.standard_base64(spelled)
    if not wire.is_base64(standard):
        return DIALECT, spelled
    return signatures.unwrap(base64.b64decode(standard).decode("utf-8", "replace"), DIALECT)


def write_signature(origin: str, signature: str) -> str:
    """What to put into `thoughtSignature`, which must be base64: Gemini's own as it is, another's wrapped."""
    if origin in {"", DIALECT}:
        return signature
    return base64.b64encode(signatures.wrap(origin, signature, DIALECT).encode("utf-8", "replace")).decode()


def write_thinking(part: Thinking) -> dict[str, object]:
    """A thought as a part.

    A signature without text that is Gemini's own came on an empty text part and goes back on one; of others, `thought`
    tells a thought whose text is not shown from one that has none by design (redacted).
    """
    made: dict[str, object] = {"text": part.text}
    is_bare = not part.text and (part.is_redacted or part.origin in {"", DIALECT})
    if not is_bare:
        made["thought"] = True
    if part.signature:
        made["thoughtSignature"] = write_signature(part.origin, part.signature)
    return made


def own_signature(part: Fields) -> tuple[str, str]:
    """The same where a provider speaks: whatever it signed is Gemini's to the rest of us, another gateway's wrap too."""
    spelled = wire.text(part.get("thoughtSignature"))
    return (DIALECT, spelled) if spelled else ("", "")


def read_text_thinking(part: Fields, signed: tuple[str, str]) -> Thinking | None:
    """The thought that a text part is or carries: its own text where `thought` is set, else only the signature."""
    origin, signature = signed
    is_thought = wire.truth(part.get("thought")) is True
    if not is_thought and not signature:
        return None
    words = wire.text(part.get("text")) if is_thought else ""
    is_redacted = not is_thought and origin != DIALECT
    return Thinking(text=words, signature=signature, origin=origin, is_redacted=is_redacted)


def read_media(part: Fields, raw: msgspec.Raw) -> Part:
    """A part of media as image, audio or document; whatever has no word (video, code, new kinds) as it is."""
    if "inlineData" in part:
        blob = wire.fields(part["inlineData"])
        kind = wire.text(blob.get("mimeType"))
        spelled = wire.standard_base64(wire.text(blob.get("data")))
        source = Media(data=spelled, media_type=kind)
        name = wire.text(blob.get("displayName"))
    elif "fileData" in part:
        blob = wire.fields(part["fileData"])
        address = wire.text(blob.get("fileUri"))
        kind = wire.text(blob.get("mimeType")) or type_of_address(address)
        source = Media(file_id=address, media_type=kind) if _is_uploaded(address) else Media(url=address, media_type=kind)  # fmt: skip
        name = wire.text(blob.get("displayName"))
    else:
        kinds = [key for key in part if key not in KNOWN and key not in _DETAILS]
        return Opaque(dialect=DIALECT, type=kinds[0] if kinds else "part", raw=raw)
    if not (source.data or source.url or source.file_id):
        return Opaque(dialect=DIALECT, type="inlineData" if "inlineData" in part else "fileData", raw=raw)
    match kind.partition("/")[0]:
        case "image":
            return Image(source=source)
        case "audio":
            return Audio(source=source)
        case "application" | "text":
            return Document(source=source, name=name)
        case _:
            return Opaque(dialect=DIALECT, type="inlineData" if "inlineData" in part else "fileData", raw=raw)


def write_media(source: Media, default: str) -> dict[str, object] | None:
    """A part for bytes or an address; `default` is the media type where nobody said one. None where there is nothing."""
    if source.data:
        kind = source.media_type or _sniffed(source.data) or default
        return {"inlineData": {"mimeType": kind, "data": source.data}}
    address = source.url or source.file_id
    if not address:
        return None
    # External addresses work without a media type on the Gemini API, Vertex wants one.
    return {
        "fileData": {"mimeType": source.media_type or type_of_address(address) or default, "fileUri": address}
    }


def audio_type(part: Audio) -> str:
    """The media type of a sound."""
    return part.source.media_type or _AUDIO_TYPES.get(part.format, f"audio/{part.format or 'wav'}")


def type_of_address(address: str) -> str:
    """The media type that an address's ending tells; empty where it tells none."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return _BY_ENDING.get(path.rpartition(".")[2].lower(), "") if "." in path else ""


def is_gemini_file(file_id: str) -> bool:
    """Whether an id names a file that Google already has."""
    return file_id.startswith("files/") or _is_uploaded(file_id)


def _is_uploaded(address: str) -> bool:
    """Whether an address is one that the Files API gave (`https://.../v1beta/files/abc`)."""
    return address.rpartition("/")[0].endswith("/files") and "/v1" in address


def _sniffed(data: str) -> str:
    return next((kind for head, kind in _MAGIC if data.startswith(head)), "")
