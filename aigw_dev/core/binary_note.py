"""What the log keeps of bytes that nobody reads there: a size, a type and a hash in place of images, sound and files.

Pure; runs in the log's writer thread. Time is linear in the body: base64 is found by one expression whose parts cannot
overlap, and each find is decoded once. Only the base64 itself is replaced; every other byte of the body stays.
"""

import binascii
import re
from hashlib import sha256
from typing import Final

import msgspec

MIN_BASE64_CHARS: Final = 1024
"""Shorter strings stay as they are: they cost the log little and may be anything."""

_ESCAPES: Final = (
    # how JSON encoders and MIME write what stands inside base64
    (b"\\/", b"/"),
    (b"\\n", b""),
    (b"\\r", b""),
    *((b"\\u00" + one, b"+") for one in (b"2b", b"2B")),
    *((b"\\u00" + one, b"/") for one in (b"2f", b"2F")),
    *((b"\\u00" + one, b"=") for one in (b"3d", b"3D")),
)
_RUN: Final = rb"((?:[A-Za-z0-9+/_-]{32}|\\[nr/]|\\u00(?:2[bBfF]|3[dD]))(?:[A-Za-z0-9+/_-]++|\\[nr/]|\\u00(?:2[bBfF]|3[dD]))*+=?=?)"
_STRING: Final = re.compile(rb'"' + _RUN + rb'\\*+"')
"""A whole string of base64, in JSON or in JSON inside a JSON string."""
_DATA_URL: Final = re.compile(
    rb"data:([A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60})(?:;[A-Za-z0-9_=.+-]{1,60}){0,3};base64," + _RUN
)
"""A data URL, wherever it stands."""
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_KEY: Final = re.compile(rb'"([A-Za-z0-9_.-]{1,64})\\*+"[ \t\r\n]*+:[ \t\r\n]*+\\*+\Z')
_KEY_BYTES: Final = 96
"""How far before a value its key is looked for."""

_MEDIA_KEYS: Final = frozenset(
    {
        *(
            b"audio",
            b"audio_data",
            b"b64",
            b"b64_json",
            b"bytes",
            b"bytesbase64encoded",
            b"data",
            b"file_data",
        ),
        *(
            b"filedata",
            b"image",
            b"image_bytes",
            b"imagebytes",
            b"image_url",
            b"input_audio",
            b"partial_image_b64",
        ),
        *(b"video", b"video_bytes", b"videobytes"),
    }
)
"""Keys whose long base64 is content, whatever it looks like (silence is a row of A)."""
_KEPT_KEYS: Final = frozenset(
    {
        *(
            b"signature",
            b"thought_signature",
            b"thoughtsignature",
            b"encrypted_content",
            b"encrypted",
            b"token",
        ),
        *(b"thinking", b"text", b"arguments", b"previous_response_id", b"id", b"embedding"),
    }
)
"""Keys whose base64 is part of the conversation: a call replayed from the log needs it."""
_KEPT_NEAR: Final = re.compile(rb"redacted_thinking|redactedContent|thought_signature", re.IGNORECASE)
_NEAR_BYTES: Final = 64
_MIX: Final = tuple(re.compile(one) for one in (rb"[A-Z]", rb"[a-z]", rb"[0-9]"))
_MIX_BYTES: Final = 4096

_OPENING: Final = frozenset({b"{", b"["})

_MAGIC: Final = (
    # the first bytes, what they say; RIFF and MP4 name themselves further on
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF: Final = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
_UNKNOWN: Final = "application/octet-stream"
NOTE: Final = re.compile(rb"<[0-9.]+ (?:GB|MB|KB|bytes) [a-z0-9.+/-]+, sha256 [0-9a-f]{64}>")
"""What stands in a recorded body where bytes stood."""
_KIB: Final = 1024
_SIZES: Final = ((_KIB**3, "GB"), (_KIB**2, "MB"), (_KIB, "KB"))


def note(content_type: str, size: int, digest: str) -> str:
    """The text that stands for `size` bytes: `<64 KB image/png, sha256 9f86...>`.

    `digest` is the SHA-256 in hex, whole, so that a file can be told to be the same. Fit to stand in a JSON string:
    a content type is cut to what such names are made of.
    """
    kind = re.sub(r"[^a-z0-9.+/-]", "", content_type.partition(";")[0].lower())[:120] or _UNKNOWN
    return f"<{_shown(size)} {kind}, sha256 {digest}>"


def note_of(content: bytes, content_type: str = "") -> str:
    """The same for bytes at hand; what kind they are is read from them where nobody says."""
    return note(content_type or sniff(content), len(content), sha256(content).hexdigest())


def sniff(content: bytes) -> str:
    """The media type that the first bytes tell; `application/octet-stream` where they tell none."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content.startswith(b"RIFF"):
        return _RIFF.get(content[8:12], _UNKNOWN)
    return "video/mp4" if content[4:8] == b"ftyp" else _UNKNOWN


def without_base64(body: bytes) -> bytes:
    """`body` with every base64 string over 1 KiB replaced by its note; the same object where there is none.

    JSON, JSON lines or server-sent events. What is no valid JSON (of a stream: that event) is not touched. Strings
    that a conversation needs again (signatures, encrypted reasoning) stay.
    """
    if len(body) <= MIN_BASE64_CHARS:
        return body
    if body.lstrip()[:1] in _OPENING:
        changed = _noted(body)
        if len(changed) == len(body):
            return body
        if _is_json(body):
            return changed
    lines = body.split(b"\n")
    changed = b"\n".join([_line(line) if len(line) > MIN_BASE64_CHARS else line for line in lines])
    return body if len(changed) == len(body) else changed


def _line(line: bytes) -> bytes:
    """One event's data, or one line of JSON lines."""
    text = line[5 if line.startswith(b"data:") else 0 :].strip()
    if text[:1] not in _OPENING:
        return line
    changed = _noted(line)
    # A note is always shorter than what it stands for.
    return changed if len(changed) < len(line) and _is_json(text) else line


def _noted(text: bytes) -> bytes:
    text = _STRING.sub(_string, text)
    return _DATA_URL.sub(_data_url, text) if b";base64," in text else text


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _string(match: re.Match[bytes]) -> bytes:
    whole, text = match[0], match[1]
    if len(text) <= MIN_BASE64_CHARS or not _is_content(match) or (content := _decoded(text)) is None:
        return whole
    return b'"' + note_of(content).encode() + whole[1 + len(text) :]


def _data_url(match: re.Match[bytes]) -> bytes:
    if len(match[2]) <= MIN_BASE64_CHARS or (content := _decoded(match[2])) is None:
        return match[0]
    return note_of(content, match[1].decode()).encode()


def _is_content(match: re.Match[bytes]) -> bool:
    """Whether a string that could be base64 is: by its key, else by its letters."""
    body, start = match.string, match.start()
    found = _KEY.search(body[max(0, start - _KEY_BYTES) : start])
    key = found[1].lower() if found is not None else b""
    if key in _KEPT_KEYS:
        return False
    end = match.end()
    if _KEPT_NEAR.search(body, max(0, start - _NEAR_BYTES), start) or _KEPT_NEAR.search(
        body, end, end + _NEAR_BYTES
    ):
        return False
    if key in _MEDIA_KEYS:
        return True
    sample = match[1][:_MIX_BYTES]
    return all(one.search(sample) is not None for one in _MIX)


def _decoded(text: bytes) -> bytes | None:
    if b"\\" in text:
        for escape, plain in _ESCAPES:
            text = text.replace(escape, plain)
    text = text.translate(_STANDARD).rstrip(b"=")
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return None


def _shown(size: int) -> str:
    for unit, name in _SIZES:
        if size >= unit:
            return f"{size / unit:.0f} {name}" if size >= 10 * unit else f"{size / unit:.1f} {name}"
    return f"{size} bytes"
