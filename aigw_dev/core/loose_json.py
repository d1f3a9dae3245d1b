"""JSON that somebody else wrote and that may be anything: read without ever raising.

The typed decoders of a dialect come first, for speed; this is where they turn when a reply does not keep to its schema.
"""

import json
from typing import Final, TypeGuard

import msgspec

MAX_COUNT: Final = 10**12
"""More tokens than this are nobody's count."""
_MAX_INTEGER_CHARS: Final = 400


def load(text: bytes) -> object:
    """The value, or None where it cannot be read at all.

    Bad UTF-8 and lone surrogates become U+FFFD, NaN and numbers out of range become None or an infinity.
    """
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        pass
    try:
        loaded: object = json.loads(
            bytes(text).decode("utf-8", "replace"), parse_int=_integer, parse_constant=_nothing
        )
    except (ValueError, RecursionError):
        return None
    return loaded


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a loaded value is a JSON object, whose keys are strings."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[object]]:
    """Whether a loaded value is a JSON array."""
    return isinstance(value, list)


def mapping(value: object) -> dict[str, object]:
    """`value` where it is an object, else an empty one."""
    return value if is_object(value) else {}


def items(value: object) -> list[object]:
    """`value` where it is an array, else an empty one."""
    return value if is_array(value) else []


def text(value: object) -> str:
    """`value` where it is a string, fit for UTF-8; else empty."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def count(value: object) -> int | None:
    """`value` where it is a believable number of tokens: finite, not negative, at most 10^12."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= MAX_COUNT else None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INTEGER_CHARS else float("inf")


def _nothing(_name: str) -> None:
    return None
