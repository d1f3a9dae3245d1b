"""Signatures of one provider, carried through the conversation of a caller that speaks another dialect.

A caller's protocol has one place for an opaque text (Anthropic's `signature`, Responses' `encrypted_content`). What
another dialect's provider wants back is put there with its origin in front, so that the way back is exact and no
provider is ever sent another one's signature.
"""

from typing import Final

_MARK: Final = "aigw1:"


def wrap(origin: str, signature: str, dialect: str) -> str:
    """The text to put into `dialect`'s place for a signature that belongs to `origin`."""
    if origin == dialect:
        return signature
    return f"{_MARK}{origin}:{signature}"


def unwrap(text: str, dialect: str) -> tuple[str, str]:
    """(origin, signature) of a text found in `dialect`'s place for one; ("", "") for none."""
    if not text:
        return "", ""
    if not text.startswith(_MARK):
        return dialect, text
    origin, _, signature = text.removeprefix(_MARK).partition(":")
    return origin, signature
