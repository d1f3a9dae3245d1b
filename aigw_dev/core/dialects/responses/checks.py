"""Reads a caller's JSON field by field; the first that is malformed ends it with a message that says how to mend it."""

import math
import re
from collections.abc import Container
from typing import Final

import msgspec

from aigw_dev.core import loose_json

DIALECT: Final = "openai-responses"
"""This package's own name."""
Extras = dict[str, msgspec.Raw]
"""Fields of the request that have no neutral word, by dotted name."""

_KINDS: Final[dict[type, str]] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_LONE: Final = re.compile("[\ud800-\udfff]")


class MalformedError(Exception):
    """A field is not what the API takes; never leaves this package."""

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param
        self.message = message


def wrong(param: str, wanted: str, value: object) -> MalformedError:
    """`param` must be `wanted`, and is something else."""
    return MalformedError(
        param, f"`{param}` must be {wanted}, the request has {_KINDS.get(type(value), 'a number')}"
    )


def text(value: object, param: str, *, is_required: bool = False) -> str:
    """A string; empty for null and absent, unless it `is_required`."""
    if value is None and not is_required:
        return ""
    if isinstance(value, str) and value and value.isascii():
        return value
    if not isinstance(value, str) or (is_required and not value):
        raise wrong(param, "a string that is not empty" if is_required else "a string", value)
    return loose_json.text(value)


def mapping(value: object, param: str) -> dict[str, object]:
    """An object; empty for null and absent."""
    if value is None:
        return {}
    if not loose_json.is_object(value):
        raise wrong(param, "an object", value)
    return value


def items(value: object, param: str) -> list[object]:
    """An array; empty for null and absent."""
    if value is None:
        return []
    if not loose_json.is_array(value):
        raise wrong(param, "an array", value)
    return value


def boolean(value: object, param: str) -> bool | None:
    """True, false, or None for null and absent."""
    if value is not None and not isinstance(value, bool):
        raise wrong(param, "true or false", value)
    return value


def number(value: object, param: str) -> float | None:
    """A finite number, or None for null and absent."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise wrong(param, "a number", value)
    return value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits, which no float holds
        return False


def integer(value: object, param: str) -> int | None:
    """A whole number that is not negative, or None for null and absent."""
    found = number(value, param)
    if found is None:
        return None
    if found < 0 or found != int(found) or found > loose_json.MAX_COUNT:
        raise MalformedError(param, f"`{param}` must be a whole number that is not negative")
    return int(found)


def rest(value: dict[str, object], known: Container[str], where: str, extras: Extras) -> None:
    """Enters in `extras` what stands in `value` beside the `known` keys; null says nothing."""
    for key, item in value.items():
        if key not in known and item is not None:
            extras[f"{where}.{loose_json.text(key)}"] = raw(item)


def raw(value: object) -> msgspec.Raw:
    """A loaded value as JSON text again."""
    try:
        return msgspec.Raw(msgspec.json.encode(value))
    except ValueError:  # UnicodeEncodeError is one: half a character
        return msgspec.Raw(msgspec.json.encode(_clean(value)))


def raw_fields(value: bytes) -> dict[str, msgspec.Raw]:
    """The members of an object, still JSON; none where it is no object or cannot be read."""
    try:
        return _FIELDS.decode(value)
    except (ValueError, RecursionError):
        return {}


def raw_items(value: bytes) -> list[msgspec.Raw]:
    """The elements of an array, still JSON; none where it is no array or cannot be read."""
    try:
        return _ITEMS.decode(value)
    except (ValueError, RecursionError):
        return []


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _LONE.sub("?", value)
    if loose_json.is_array(value):
        return [_clean(one) for one in value]
    if loose_json.is_object(value):
        return {_LONE.sub("?", key): _clean(one) for key, one in value.items()}
    return value
