"""Pictures, files and sounds as Converse takes them: bytes in base64, or a place in S3. It fetches nothing else.

What cannot be said is refused, not dropped: a question about a picture that never arrived gets a made-up answer.
"""

import base64
import re
from typing import Final

from aigw_dev.core.chat.vocabulary import Audio, Document, Image, Media
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

_IMAGES: Final = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
_IMAGE_STARTS: Final = (("iVBORw0KGgo", "png"), ("/9j/", "jpeg"), ("R0lGOD", "gif"), ("UklGR", "webp"))
"""How the base64 of each begins."""
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_DOCUMENTS: Final = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/csv": "csv",
    "application/msword": "doc",
    _OFFICE + "wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    _OFFICE + "spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/x-markdown": "md",
}
_TEXT_LIKE: Final = frozenset(
    {
        "application/json",
        "application/xml",
        "application/yaml",
        "application/x-yaml",
        "application/javascript",
    }
)
_AUDIO: Final = {
    "wav": "wav",
    "x-wav": "wav",
    "mp3": "mp3",
    "mpeg": "mp3",
    "pcm16": "pcm",
    "l16": "pcm",
    **{
        same: same
        for same in ("pcm", "opus", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpga", "webm")
    },
}
_S3: Final = "s3://"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9\s\-()\[\]]+")
_SPACES: Final = re.compile(r"\s+")
_LONGEST_NAME: Final = 200
_SUFFIX_ROOM: Final = 8


class Names:
    """The names of a request's documents: each must be there, made of few characters, and stand once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._taken: set[str] = set()

    def take(self, wanted: str, form: str, where: str) -> str:
        """The name to write for a document."""
        bare = wanted.rpartition("/")[2]
        if bare.lower().endswith("." + form):
            bare = bare[: -len(form) - 1]
        name = _SPACES.sub(" ", _NOT_IN_NAMES.sub("-", bare)).strip()[: _LONGEST_NAME - _SUFFIX_ROOM]
        if not name:
            name = "document"
            self._ledger.invented(f"{where}.name", "the provider wants a name for every document")
        unique, number = name, 1
        while unique in self._taken:
            number += 1
            unique = f"{name} ({number})"
        self._taken.add(unique)
        if wanted and unique != wanted:
            self._ledger.approximated(
                f"{where}.name", f"the provider takes few characters and each name once: {unique}"
            )
        return unique


def write_image(image: Image, where: str, ledger: Ledger) -> dict[str, object] | Refusal:
    """A picture."""
    form = _IMAGES.get(_bare_type(image.source.media_type)) or _sniffed(image.source.data)
    if not form and image.source.url.startswith(_S3):
        ending = image.source.url.rpartition(".")[2].lower()
        form = _IMAGES.get(f"image/{ending}", "")
    source = _source(image.source, where, "an image")
    if isinstance(source, Refusal):
        return source
    if not form:
        said = image.source.media_type or "no type"
        return _refuse(where, f"the image has {said}; the provider takes png, jpeg, gif and webp")
    if image.detail:
        ledger.dropped(f"{where}.detail", "the provider chooses how closely it looks")
    return {"image": {"format": form, "source": source}}


def write_document(
    document: Document, where: str, names: Names, ledger: Ledger
) -> dict[str, object] | Refusal:
    """A file."""
    media_type = _bare_type(document.source.media_type)
    form = _DOCUMENTS.get(media_type, "")
    if document.text:
        form = form or "txt"
        encoded = base64.b64encode(document.text.encode("utf-8", "replace")).decode()
        source: dict[str, object] | Refusal = {"bytes": encoded}
    else:
        source = _source(document.source, where, "a file")
    if isinstance(source, Refusal):
        return source
    if not form and (media_type.startswith("text/") or media_type in _TEXT_LIKE):
        form = "txt"
        ledger.approximated(f"{where}.media_type", f"{media_type} is sent as plain text")
    if not form:
        ending = (document.name or document.source.url).rpartition(".")[2].lower()
        form = ending if ending in _DOCUMENTS.values() else ""
    if not form:
        return _refuse(
            where,
            f"the file has {media_type or 'no type'}; "
            "the provider takes pdf, csv, doc, docx, xls, xlsx, html, txt and md",
        )
    written: dict[str, object] = {
        "format": form,
        "name": names.take(document.name, form, where),
        "source": source,
    }
    if document.context:
        written["context"] = document.context
    if document.has_citations:
        written["citations"] = {"enabled": True}
    return {"document": written}


def write_audio(audio: Audio, where: str) -> dict[str, object] | Refusal:
    """Something to hear."""
    said = audio.format or _bare_type(audio.source.media_type).rpartition("/")[2]
    source = _source(audio.source, where, "a sound")
    if isinstance(source, Refusal):
        return source
    form = _AUDIO.get(said.lower())
    if form is None:
        return _refuse(
            where, f"the sound has the format {said or '(none)'}, which the provider does not take"
        )
    return {"audio": {"format": form, "source": source}}


def _source(source: Media, where: str, what: str) -> dict[str, object] | Refusal:
    if source.data:
        return {"bytes": source.data}
    if source.url.startswith(_S3):
        return {"s3Location": {"uri": source.url}}
    if source.file_id:
        return _refuse(
            where, f"{what} named by another provider's file id cannot be sent here; send its bytes in base64"
        )
    if source.url:
        return _refuse(
            where,
            f"the provider takes {what} as bytes or from s3://, and the gateway fetches nothing; send base64",
        )
    return _refuse(where, f"{what} has no content; send its bytes in base64")


def _sniffed(data: str) -> str:
    return next((form for start, form in _IMAGE_STARTS if data.startswith(start)), "")


def _bare_type(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _refuse(where: str, why: str) -> Refusal:
    return Refusal(code="invalid_request", message=f"{where}: {why}", param=where)


def cache_point(ttl: str) -> dict[str, object]:
    """The mark at the end of what is cached; five minutes is the provider's usual."""
    point = {"type": "default", "ttl": ttl} if ttl == "1h" else {"type": "default"}
    return {"cachePoint": point}
