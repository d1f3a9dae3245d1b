"""Bodies of recorded calls as fixtures keep them: unpacked, then JSON, events, text or bytes beside the file."""

import zlib
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.multipart import Scanner
from aigw_dev.core.part_head import read_boundary
from aigw_dev.core.recording.document import lossless
from aigw_dev.core.recording.events import EVENT_STREAM, rows_of, whole_of
from aigw_dev.core.recording.fixture import FilePart, Request, Response
from aigw_dev.core.recording.importing.imported import Skip, Store
from aigw_dev.core.streams.event_stream import Framer

MAX_BYTES: Final = 64 * 1024 * 1024
"""The most that one body may unpack to."""
_GZIP: Final = b"\x1f\x8b"
_AWS: Final = "application/vnd.amazon.eventstream"
_UNSAID: Final = frozenset({"", "text/plain", "application/octet-stream"})
_EVENT_LINES: Final = (b"data:", b"event:")
_ZLIB: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""Window sizes for zlib: with gzip's head; with zlib's head, or without any (RFC 9110 8.4.1.2 and what servers do)."""


def unpacked(content: bytes, encoding: str) -> tuple[bytes, bool] | Skip:
    """A body without its content encoding, and whether it is whole; the body itself where its recorder unpacked it."""
    names = [one.strip().lower() for one in encoding.split(",") if one.strip()]
    is_whole = True
    for name in reversed(names):
        if name == "identity" or not content or not _is_packed(content, name):
            continue
        windows = _ZLIB.get(name)
        if windows is None:
            return Skip(
                f"its body is compressed with {name[:20]}, which is not read here; record it uncompressed"
            )
        opened = _inflated(content, windows)
        if opened is None:
            return Skip(
                f"its body is no {name}, whatever its content-encoding says, or larger than {MAX_BYTES >> 20} MiB"
            )
        content, is_whole = opened
    return content, is_whole


def take_request(request: Request, content: bytes, content_type: str, store: Store) -> Skip | None:
    """Put a request's bytes where they belong in `request`."""
    if not content:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _take_form(request, content, content_type, store)
    value = lossless(content)
    if value is not msgspec.UNSET:
        request.body = value
    elif (text := text_of(content)) is not None:
        request.body = text  # as the gateway keeps a body that is no JSON
    else:
        request.blob = store(content, kind or "application/octet-stream")
    return None


def take_response(
    response: Response, pieces: Sequence[tuple[float, bytes]], content_type: str, store: Store
) -> None:
    """Put a reply's pieces, with the seconds of each since the request, where they belong in `response`."""
    content = b"".join(piece for _, piece in pieces)
    kind = content_type.partition(";")[0].strip().lower()
    if not content:
        return
    if kind == _AWS:
        response.raw = _frames(content)
        response.dt_ms = []
        return
    if kind == EVENT_STREAM or (kind in _UNSAID and content.startswith(_EVENT_LINES)):
        stream = rows_of(pieces, content_type)
        response.events, response.raw, response.dt_ms = stream.events, stream.raw, stream.dt_ms
        return
    whole = whole_of(content, content_type)
    response.body, response.text = whole.body, whole.text
    if whole.body is msgspec.UNSET and whole.text is None:
        response.blob = store(content, kind or "application/octet-stream")


def text_of(content: bytes) -> str | None:
    """`content` as UTF-8, or None."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _is_packed(content: bytes, name: str) -> bool:
    """Whether the body still is as its content encoding says: many recorders unpack it and keep the header."""
    if name in {"gzip", "x-gzip"}:
        return content.startswith(_GZIP)
    text = text_of(content)
    return text is None or not text.lstrip().startswith(("{", "[", "data:", "event:", ":", "id:", "retry:"))


def _inflated(content: bytes, windows: tuple[int, ...]) -> tuple[bytes, bool] | None:
    for window in windows:
        reader = zlib.decompressobj(window)
        try:
            found = reader.decompress(content, MAX_BYTES)
        except zlib.error:
            continue
        if reader.unconsumed_tail:
            return None
        return found, reader.eof
    return None


def _frames(content: bytes) -> list[tuple[int, bytes]]:
    """The frames of an AWS event stream, each a piece; what cannot be read as frames is one piece."""
    framer = Framer()
    found: list[tuple[int, bytes]] = []
    at = 0
    try:
        for event in framer.feed(content):
            found.append((0, content[at : at + event.size_bytes]))
            at += event.size_bytes
    except UpstreamError:
        found, at = [], 0
    if at < len(content):
        found.append((0, content[at:]))
    return found


def _take_form(request: Request, content: bytes, content_type: str, store: Store) -> Skip | None:
    boundary = read_boundary(content_type.encode("latin-1", "replace"))
    if isinstance(boundary, Refusal):
        return Skip(f"its form cannot be read: {boundary.message}")
    if b"--" + boundary not in content:
        return Skip("its form is not in the recording: a request without its fields matches nothing")
    if b"\r\n" not in content:
        content = content.replace(b"\n", b"\r\n")  # recorders that write text lose the CR of every line
    scanner = Scanner(boundary)
    scanner.feed(content)
    form = scanner.close()
    if isinstance(form, Refusal):
        return Skip(f"its form cannot be read: {form.message}")
    fields: dict[str, Any] = {}
    for part in form.parts:
        if part.text is not None:
            add_field(fields, part.name, part.text)
            continue
        blob = store(content[part.start : part.end], part.content_type or "application/octet-stream")
        request.files.append(
            FilePart(name=part.name, filename=part.filename or "", type=part.content_type, blob=blob)
        )
    request.form = fields
    return None


def add_field(fields: dict[str, Any], name: str, value: str) -> None:
    """A field of a form; of a name sent several times a list."""
    if name not in fields:
        fields[name] = value
        return
    there = fields[name]
    fields[name] = [*cast("list[Any]", there), value] if isinstance(there, list) else [there, value]
