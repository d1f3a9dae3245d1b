"""Reads a caller's content blocks into neutral parts; one function per kind."""

from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core.chat import signatures
from aigw_dev.core.chat.vocabulary import (
    NULL,
    Cache,
    Document,
    Image,
    Media,
    Opaque,
    Part,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.anthropic.fields import (
    Fields,
    MalformedError,
    array_at,
    is_string,
    kept,
    object_at,
    string_at,
)
from aigw_dev.core.dialects.anthropic.words import CALL_MARK, DIALECT, STRICT_VERSION

_DEEPEST: Final = 4
_DIRECT: Final = b'{"type":"direct"}'
_MARKER_KNOWN: Final = frozenset({"type", "ttl"})
_KNOWN: Final = {
    "text": frozenset({"type", "text", "cache_control", "citations"}),
    "image": frozenset({"type", "source", "cache_control"}),
    "document": frozenset({"type", "source", "title", "context", "citations", "cache_control"}),
    "search_result": frozenset({"type", "source", "title", "content", "citations", "cache_control"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"}),
}
ResultPart = Text | Image | Document | Opaque


class Scope:
    """What is true for a whole request while it is read, and what was found that has no word."""

    def __init__(self, version: str) -> None:
        """`version` is the caller's `anthropic-version`; empty counts as the old one."""
        self.is_strict = version >= STRICT_VERSION and version[:1].isdigit()
        self.extras: dict[str, msgspec.Raw] = {}
        self.depth = 0
        """How many contents are being read inside each other; the protocol has three."""

    def refuse(self, path: str, problem: str) -> None:
        """Refuses what the caller's version refuses."""
        if self.is_strict:
            raise MalformedError(
                path,
                f"{problem} in anthropic-version {STRICT_VERSION}; remove it, or send version 2023-06-01",
            )


def read_content(raw: msgspec.Raw, path: str, role: Role, scope: Scope) -> list[Part]:
    """A message's content: a string, or blocks in the order they stand."""
    if is_string(raw):
        return [Text(text=string_at(raw, path))]
    scope.depth += 1
    if scope.depth > _DEEPEST:
        raise MalformedError(path, "is nested too deeply")
    parts: list[Part] = []
    waiting = ""  # the signature of a foreign tool call that comes next
    for index, item in enumerate(array_at(raw, path)):
        fields = object_at(item, f"{path}[{index}]")
        kind = fields.needed_text("type")
        if kind == "redacted_thinking" and (found := _call_signature(fields)):
            waiting = found
            continue
        reader = _READERS.get(kind)
        read = (
            [Opaque(dialect=DIALECT, type=kind, raw=kept(item))]
            if reader is None
            else reader(fields, role, scope)
        )
        if waiting and read and isinstance(read[0], ToolCall):
            read = [msgspec.structs.replace(read[0], signature=waiting)]
            waiting = ""
        parts += read
        _note_others(fields, kind, scope)
    scope.depth -= 1
    return parts


def read_cache(fields: Fields) -> Cache | None:
    """The cache marker of a block or a tool."""
    marker = fields.object("cache_control")
    return None if marker is None else Cache(ttl=marker.text("ttl"))


def _note_others(fields: Fields, kind: str, scope: Scope) -> None:
    known = _KNOWN.get(kind)
    if known is None or (fields.wire.keys() <= known and "cache_control" not in fields.wire):
        return
    marker = fields.object("cache_control")
    if marker is not None:
        scope.extras |= dict(marker.others(_MARKER_KNOWN))
    for path, value in fields.others(known):
        if path.endswith(".caller") and bytes(value).replace(b" ", b"") == _DIRECT:
            continue  # the usual one: the model itself called
        scope.extras[path] = value


def _text(fields: Fields, role: Role, scope: Scope) -> list[Part]:
    citations = NULL
    if "citations" in fields.wire and any(True for _ in fields.array("citations")):
        citations = kept(fields.raw("citations"))
        if role == "user":
            scope.refuse(fields.at("citations"), "must be empty on a user's text")
    text = fields.needed_text("text")
    return [Text(text=text, cache=read_cache(fields), citations=citations)]


def _image(fields: Fields, _role: Role, _scope: Scope) -> list[Part]:
    source = object_at(fields.needed("source"), fields.at("source"))
    return [Image(source=_media(source), cache=read_cache(fields))]


def _media(source: Fields) -> Media:
    kind = source.needed_text("type")
    media_type = source.text("media_type")
    if kind == "base64":
        return Media(data=source.needed_text("data"), media_type=media_type)
    if kind == "url":
        return _by_url(source.needed_text("url"), media_type)
    if kind == "file":
        return Media(file_id=source.needed_text("file_id"), media_type=media_type)
    raise MalformedError(source.at("type"), "must be base64, url or file")


def _by_url(url: str, media_type: str) -> Media:
    """A data URL is its bytes."""
    head, comma, data = url.partition(",")
    if comma and head.startswith("data:") and head.endswith(";base64"):
        return Media(data=data, media_type=head[5:-7].partition(";")[0] or media_type)
    return Media(url=url, media_type=media_type)


def _document(fields: Fields, role: Role, scope: Scope) -> list[Part]:
    if role == "assistant":
        scope.refuse(fields.path, "must not be a document of the assistant")
    source = object_at(fields.needed("source"), fields.at("source"))
    kind = source.needed_text("type")
    asked = fields.object("citations")
    whole = Document(
        source=Media(),
        name=fields.text("title"),
        context=fields.text("context"),
        has_citations=asked is not None and asked.boolean("enabled") is True,
        cache=read_cache(fields),
    )
    if kind == "text":
        media = Media(media_type=source.text("media_type") or "text/plain")
        return [msgspec.structs.replace(whole, source=media, text=source.needed_text("data"))]
    if kind == "content":
        return _chunks(source, whole, role, scope)
    if kind in {"base64", "url", "file"}:
        return [msgspec.structs.replace(whole, source=_media(source))]
    raise MalformedError(source.at("type"), "must be base64, text, content, url or file")


def _chunks(source: Fields, whole: Document, role: Role, scope: Scope) -> list[Part]:
    """A document in blocks: one text where all are texts, else its blocks one after the other under its title."""
    raw = source.needed("content")
    parts = read_content(raw, source.at("content"), role, scope)
    texts = [part.text for part in parts if isinstance(part, Text)]
    if len(texts) == len(parts):
        media = Media(media_type="text/plain")
        return [msgspec.structs.replace(whole, source=media, text="\n\n".join(texts))]
    head = "\n".join(filter(None, (whole.name, whole.context)))
    return [Text(text=head), *parts] if head else parts


def _search_result(fields: Fields, role: Role, scope: Scope) -> list[Part]:
    """A found text is a document: its title the name, where it was found the context."""
    parts = read_content(fields.needed("content"), fields.at("content"), role, scope)
    asked = fields.object("citations")
    return [
        Document(
            source=Media(media_type="text/plain"),
            text="\n\n".join(part.text for part in parts if isinstance(part, Text)),
            name=fields.text("title"),
            context=fields.needed_text("source"),
            has_citations=asked is not None and asked.boolean("enabled") is True,
            cache=read_cache(fields),
        )
    ]


def _thinking(fields: Fields, _role: Role, _scope: Scope) -> list[Part]:
    origin, signature = signatures.unwrap(fields.text("signature"), DIALECT)
    return [Thinking(text=fields.needed_text("thinking"), signature=signature, origin=origin)]


def _redacted(fields: Fields, _role: Role, _scope: Scope) -> list[Part]:
    origin, signature = signatures.unwrap(fields.needed_text("data"), DIALECT)
    return [Thinking(signature=signature, origin=origin, is_redacted=True)]


def _call_signature(fields: Fields) -> str:
    """The signature that `blocks_write` hid before a foreign model's tool call; empty in any other block."""
    origin, signature = signatures.unwrap(fields.text("data"), DIALECT)
    return signature if origin.endswith(CALL_MARK) else ""


def _tool_use(fields: Fields, _role: Role, _scope: Scope) -> list[Part]:
    return [
        ToolCall(
            id=fields.needed_text("id"),
            name=fields.needed_text("name"),
            arguments=bytes(fields.json_object("input")).decode(),
            cache=read_cache(fields),
        )
    ]


def _tool_result(fields: Fields, role: Role, scope: Scope) -> list[Part]:
    content = fields.raw("content")
    found = [] if content is None else read_content(content, fields.at("content"), role, scope)
    parts: list[ResultPart] = []
    for part in found:
        if not isinstance(part, Text | Image | Document | Opaque):
            raise MalformedError(
                fields.at("content"), "must hold text, images, documents or search results only"
            )
        parts.append(part)
    return [
        ToolResult(
            call_id=fields.needed_text("tool_use_id"),
            parts=tuple(parts),
            is_error=fields.boolean("is_error") is True,
            cache=read_cache(fields),
        )
    ]


_READERS: Final[dict[str, Callable[[Fields, Role, Scope], list[Part]]]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
}
