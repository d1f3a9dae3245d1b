"""Which bytes of a recorded body the log does not keep: sound, images and files become a note of size and hash.

Runs in the log's writer thread.
"""

from typing import Final

from aigw_dev.core.binary_note import MIN_BASE64_CHARS, note_of, without_base64
from aigw_dev.core.exchange import Exchange
from aigw_dev.server.metering import category

_TALK: Final = frozenset({"chat", "embedding"})
_SIGNS: Final = (b"base64", b"b64", b'"data"', b'\\"data\\"', b"image_generation", b'"bytes"', b'_data"')
"""One of these stands in every chat body that holds an image, sound or a file: looking for them costs next to nothing."""
_TEXT_STARTS: Final = (b"{", b"[", b"data:", b"event:", b"id:", b":", b"<", b'"')


def leave_bytes_out(exchange: Exchange) -> None:
    """Put notes in place of bytes, in both bodies of an exchange that has ended."""
    is_talk = category(exchange.operation) in _TALK
    exchange.request_body = _kept(exchange.request_body, is_talk=is_talk)
    exchange.response_body = _kept(exchange.response_body, is_talk=is_talk)


def _kept(body: bytes | None, *, is_talk: bool) -> bytes | None:
    if body is None or len(body) <= MIN_BASE64_CHARS:
        return body
    if is_talk:
        return without_base64(body) if any(sign in body for sign in _SIGNS) else body
    if _is_binary(body):
        return note_of(body).encode()
    return without_base64(body)


def _is_binary(body: bytes) -> bool:
    if body.lstrip()[:8].startswith(_TEXT_STARTS):
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return True
    return "\0" in text
