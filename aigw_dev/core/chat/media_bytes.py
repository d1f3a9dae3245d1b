"""Bytes in a request that are no base64: a provider's word for it would name a field that the caller never sent."""

from collections.abc import Iterator
from typing import Final

from aigw_dev.core.chat.vocabulary import Audio, ChatRequest, Document, Image, Part, ToolResult
from aigw_dev.core.errors import Refusal

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n"
"""Both alphabets, padding and line ends: providers differ in which of them they take."""


def refusal(request: ChatRequest) -> Refusal | None:
    """Why a request cannot be read, where some of its pictures, sounds or files hold what base64 cannot; else None."""
    for number, message in enumerate(request.messages):
        for data in _inline(message.parts):
            if not data.isascii() or data.encode().translate(None, _ALPHABET):
                return Refusal(
                    code="invalid_request",
                    message=f"message {number} holds a picture, sound or file that is no base64; encode its bytes, "
                    "without anything around them",
                    param="messages",
                )
    return None


def _inline(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        match part:
            case Image() | Document() | Audio():
                yield part.source.data
            case ToolResult():
                yield from _inline(part.parts)
            case _:
                pass
