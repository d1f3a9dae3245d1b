"""Writes neutral parts as content blocks for an Anthropic provider; one function per kind, every loss in the ledger."""

import base64
import binascii
from typing import Final, TypeGuard

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.tool_names import wire_id, wire_name
from aigw_dev.core.chat.vocabulary import (
    NULL,
    Audio,
    Cache,
    ChatRequest,
    Document,
    Image,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.anthropic.wire import fields_of
from aigw_dev.core.dialects.anthropic.words import DIALECT
from aigw_dev.core.ledger import Ledger

Block = dict[str, object]

_IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_IMAGE_HEADS: Final = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
)
"""How each format's first bytes look in base64."""
_PDF: Final = "application/pdf"
_PDF_HEAD: Final = "JVBER"
_TEXT_TYPES: Final = frozenset(
    {"application/json", "application/xml", "application/javascript", "application/yaml"}
)
_TTLS: Final = frozenset({"5m", "1h"})
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Writing(msgspec.Struct, frozen=True):
    """What every writer of a request needs."""

    request: ChatRequest
    ledger: Ledger

    @property
    def is_own(self) -> bool:
        """The caller speaks this protocol itself."""
        return self.request.dialect == DIALECT


def part_blocks(part: Part, path: str, writing: Writing) -> list[Block]:
    """The blocks of one part; none where the protocol has no place for it."""
    match part:
        case Text():
            return _text(part, path, writing)
        case Image():
            return _image(part, path, writing)
        case Document():
            return _document(part, path, writing)
        case Audio():
            return _audio(part, path, writing)
        case Thinking():
            return _thinking(part, path, writing)
        case ToolCall():
            return _tool_call(part, path, writing)
        case ToolResult():
            return _tool_result(part, path, writing)
        case Refusal():
            writing.ledger.approximated(f"{path}.refusal", "sent as text")
            return [{"type": "text", "text": part.text}] if part.text.strip() else []
        case Opaque():
            return _opaque(part, path, writing)


def is_plain(part: Part) -> TypeGuard[Text]:
    """Whether a part is a text that is written as it is."""
    return (
        isinstance(part, Text) and part.cache is None and part.citations is NULL and not part.text.isspace()
    ) and part.text != ""


def cache_marker(cache: Cache | None, path: str, ledger: Ledger) -> Block:
    """The `cache_control` field of a block, in an object of its own; empty for none."""
    if cache is None:
        return {}
    marker: Block = {"type": "ephemeral"}
    if cache.ttl in _TTLS:
        marker["ttl"] = cache.ttl
    elif cache.ttl:
        ledger.approximated(f"{path}.cache_control.ttl", "the usual time, 5m and 1h are the ones there are")
    return {"cache_control": marker}


def arguments_object(arguments: str) -> tuple[msgspec.Raw, bool]:
    """A tool's arguments as the object that `input` must be, and whether they were one.

    Broken ones stand whole under `INVALID_JSON`, as the vendor's page on fine-grained tool streaming says (read
    2026-11-20): the model sees what it wrote, and no client takes them for a call without arguments.
    """
    text = arguments.strip() or "{}"
    try:
        _OBJECT.decode(text)
    except (ValueError, RecursionError):
        broken = arguments.encode("utf-8", "replace").decode()
        return msgspec.Raw(msgspec.json.encode({"INVALID_JSON": broken})), False
    return msgspec.Raw(text.encode()), True


def _text(part: Text, path: str, writing: Writing) -> list[Block]:
    """Anthropic refuses text that is empty or only whitespace."""
    if not part.text.strip():
        if part.text or part.cache is not None:
            writing.ledger.dropped(path, "a text of nothing but whitespace is refused")
        return []
    block: Block = {"type": "text", "text": part.text}
    if part.citations is not NULL and bytes(part.citations) != b"null":
        if writing.is_own:
            block["citations"] = part.citations
        else:
            writing.ledger.dropped(f"{path}.annotations", "citations of another protocol")
    return [block if part.cache is None else block | cache_marker(part.cache, path, writing.ledger)]


def _image(part: Image, path: str, writing: Writing) -> list[Block]:
    ledger = writing.ledger
    if part.detail not in {"", "auto"}:
        ledger.dropped(f"{path}.detail", "the model sees every image at its one level of detail")
    media_type = part.source.media_type.lower()
    if part.source.data and media_type not in _IMAGE_TYPES:
        found = next((kind for head, kind in _IMAGE_HEADS if part.source.data.startswith(head)), "")
        if not found:
            ledger.dropped(
                path, f"images are JPEG, PNG, GIF or WebP, not {media_type or 'of an unknown type'}"
            )
            return []
        ledger.invented(f"{path}.media_type", found)
        media_type = found
    source = _source(part.source, media_type, path, writing)
    return (
        []
        if source is None
        else [{"type": "image", "source": source} | cache_marker(part.cache, path, ledger)]
    )


def _source(media: Media, media_type: str, path: str, writing: Writing) -> Block | None:
    if media.data:
        return {"type": "base64", "media_type": media_type, "data": media.data}
    if media.file_id:
        if writing.is_own:
            return {"type": "file", "file_id": media.file_id}
        writing.ledger.dropped(path, "a file id of another provider")
        return None
    if media.url.lower().startswith(("http://", "https://")):
        return {"type": "url", "url": media.url}
    writing.ledger.dropped(path, "its address is not http or https" if media.url else "it holds no data")
    return None


def _document(part: Document, path: str, writing: Writing) -> list[Block]:
    source = _document_source(part, path, writing)
    if source is None:
        return []
    block: Block = {"type": "document", "source": source}
    if part.name:
        block["title"] = part.name
    if part.context:
        block["context"] = part.context
    if part.has_citations:
        block["citations"] = {"enabled": True}
    return [block | cache_marker(part.cache, path, writing.ledger)]


def _document_source(part: Document, path: str, writing: Writing) -> Block | None:
    media = part.source
    if not (media.data or media.url or media.file_id):
        if not part.text.strip():
            writing.ledger.dropped(path, "an empty document")
            return None
        return _plain(part.text)
    if not media.data:
        return _source(media, "", path, writing)
    kind = media.media_type.lower().partition(";")[0].strip()
    if kind == _PDF or media.data.startswith(_PDF_HEAD):
        return {"type": "base64", "media_type": _PDF, "data": media.data}
    if kind.startswith("text/") or kind in _TEXT_TYPES:
        try:
            text = base64.b64decode(media.data, validate=True).decode()
        except (binascii.Error, ValueError):
            text = ""
        if text.strip():
            if kind != "text/plain":
                writing.ledger.approximated(f"{path}.media_type", "sent as plain text")
            return _plain(text)
    writing.ledger.dropped(path, f"documents are PDF or text, not {kind or 'of an unknown type'}")
    return None


def _plain(text: str) -> Block:
    return {"type": "text", "media_type": "text/plain", "data": text}


def _audio(part: Audio, path: str, writing: Writing) -> list[Block]:
    if part.transcript.strip():
        writing.ledger.approximated(path, "the transcript of the audio")
        return [{"type": "text", "text": part.transcript}]
    writing.ledger.dropped(path, "the model hears no audio")
    return []


def _thinking(part: Thinking, path: str, writing: Writing) -> list[Block]:
    """A thought goes back only with the signature that this protocol's provider gave it."""
    if part.origin != DIALECT or not part.signature:
        whose = (
            f"its signature is {part.origin}'s" if part.origin and part.signature else "it has no signature"
        )
        writing.ledger.dropped(
            f"{path}.thinking", f"{whose}: only signed thoughts of this protocol are taken back"
        )
        return []
    if part.is_redacted:
        return [{"type": "redacted_thinking", "data": part.signature}]
    return [{"type": "thinking", "thinking": part.text, "signature": part.signature}]


def _tool_call(part: ToolCall, path: str, writing: Writing) -> list[Block]:
    if part.signature:
        writing.ledger.dropped(f"{path}.signature", "the signature of another provider")
    call_id, name = wire_id(part.id), wire_name(part.name)
    if call_id != part.id:
        writing.ledger.approximated(f"{path}.id", "written with the characters that an id may have")
    if name != part.name:
        writing.ledger.approximated(f"{path}.name", f"sent as {name}")
    block: Block = {"type": "tool_use", "id": call_id, "name": name}
    if part.kind == "custom":
        block["input"] = {"input": part.arguments}
    else:
        block["input"], is_whole = arguments_object(part.arguments)
        if not is_whole:
            writing.ledger.approximated(
                f"{path}.arguments", "not a JSON object: sent as text in INVALID_JSON"
            )
    return [block | cache_marker(part.cache, path, writing.ledger)]


def _tool_result(part: ToolResult, path: str, writing: Writing) -> list[Block]:
    block: Block = {"type": "tool_result", "tool_use_id": wire_id(part.call_id)}
    inner = [
        one
        for index, each in enumerate(part.parts)
        for one in part_blocks(each, f"{path}.content[{index}]", writing)
    ]
    only = inner[0] if len(inner) == 1 else {}
    if set(only) == {"type", "text"}:
        block["content"] = only["text"]
    elif inner:
        block["content"] = inner
    if part.is_error:
        block["is_error"] = True
    return [block | cache_marker(part.cache, path, writing.ledger)]


def _opaque(part: Opaque, path: str, writing: Writing) -> list[Block]:
    if part.dialect != DIALECT:
        writing.ledger.dropped(path, f"{part.type} exists only in {part.dialect}")
        return []
    block: Block = dict(fields_of(part.raw))
    kind = loose_json.text(part.type)
    return [block | {"type": kind}] if kind else []
