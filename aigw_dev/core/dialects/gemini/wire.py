"""Gemini's JSON, read level by level: every value stays the text it was until somebody wants it.

So arguments, schemas and unknown fields keep their number spellings and key order. Proto JSON rules that hold for
everything a caller sends: keys in camelCase or snake_case, a single value where a list stands, numbers as strings.
Nothing here raises, whatever the text holds.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import NULL

DIALECT: Final = "gemini-generate-content"
Fields = dict[str, msgspec.Raw]
"""An object's values by camelCase key."""

EMPTY: Final = msgspec.Raw(b"{}")
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_STRING: Final = msgspec.json.Decoder(str)
_MAX_NUMBER_CHARS: Final = 40
_NULL: Final = b"null"
_BRACE, _BRACKET, _QUOTE = b'{["'  # of a Raw, which is a buffer, not the bytes its stub promises


def fields(raw: msgspec.Raw | bytes) -> Fields:
    """An object's values by camelCase key; empty where the text is no object."""
    found = plain_fields(raw)
    for key, value in found.items():
        if "_" in key or (len(value) == len(_NULL) and bytes(value) == _NULL):
            return {camel(key): value for key, value in found.items() if not is_null(value)}
    return found  # the usual case: spelled as it should be


def plain_fields(raw: msgspec.Raw | bytes) -> Fields:
    """The same with the keys as they are and nulls kept: for maps and schemas, whose keys are data."""
    try:
        return _FIELDS.decode(raw)
    except (ValueError, RecursionError):
        return {key: encode(value) for key, value in loose_json.mapping(loose_json.load(bytes(raw))).items()}


def items(raw: msgspec.Raw | bytes | None) -> list[msgspec.Raw]:
    """A list's items; a value that stands alone is a list of one; nothing for null and absent."""
    if raw is None or not len(raw) or is_null(raw):
        return []
    if not is_list(raw):
        return [msgspec.Raw(bytes(raw))]
    try:
        return _ITEMS.decode(raw)
    except (ValueError, RecursionError):
        return [encode(value) for value in loose_json.items(loose_json.load(bytes(raw)))]


def text(raw: msgspec.Raw | bytes | None) -> str:
    """A string's characters, fit for UTF-8; empty where the text is no string."""
    if raw is None:
        return ""
    try:
        return _STRING.decode(raw)
    except ValueError:
        return loose_json.text(loose_json.load(bytes(raw))) if is_string(raw) else ""


def truth(raw: msgspec.Raw | bytes | None) -> bool | None:
    """A boolean; None where the text is none."""
    return {b"true": True, b"false": False}.get(b"" if raw is None else bytes(raw))


def number(raw: msgspec.Raw | bytes | None) -> float | None:
    """A finite number, also one written as a string; None where the text is none."""
    if raw is None or len(raw) > _MAX_NUMBER_CHARS:
        return None
    spelled = bytes(raw).strip(b'"')
    try:
        value = msgspec.json.decode(spelled)
    except ValueError:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def whole(raw: msgspec.Raw | bytes | None) -> int | None:
    """A whole number of at most 64 bits; None where the text is none."""
    value = number(raw)
    if value is None or not float(value).is_integer() or not -(2**63) <= value < 2**64:
        return None
    return int(value)


def is_null(raw: msgspec.Raw | bytes) -> bool:
    """Whether the text is `null`."""
    return len(raw) == len(_NULL) and bytes(raw) == _NULL


def is_object(raw: msgspec.Raw | bytes | None) -> bool:
    """Whether the text is an object's."""
    return raw is not None and len(raw) > 0 and memoryview(raw)[0] == _BRACE


def is_list(raw: msgspec.Raw | bytes | None) -> bool:
    """Whether the text is a list's."""
    return raw is not None and len(raw) > 0 and memoryview(raw)[0] == _BRACKET


def is_string(raw: msgspec.Raw | bytes | None) -> bool:
    """Whether the text is a string's."""
    return raw is not None and len(raw) > 0 and memoryview(raw)[0] == _QUOTE


def json_text(raw: msgspec.Raw | bytes) -> str:
    """The JSON text as characters."""
    return bytes(raw).decode("utf-8", "replace")


def object_text(arguments: str) -> msgspec.Raw | None:
    """The JSON text of an object, kept as it is; None where the characters are no JSON object."""
    spelled = arguments.encode("utf-8", "replace").strip()
    if spelled[:1] != b"{":
        return None
    try:
        _FIELDS.decode(spelled)
    except (ValueError, RecursionError):
        return None
    return msgspec.Raw(spelled)


def encode(value: object) -> msgspec.Raw:
    """A value as JSON text, lone surrogates as escapes; `null` where it cannot be written."""
    try:
        return msgspec.Raw(msgspec.json.encode(value))
    except (ValueError, RecursionError):
        pass
    try:
        return msgspec.Raw(json.dumps(value, allow_nan=False).encode())
    except (ValueError, RecursionError, TypeError):
        return NULL


def camel(key: str) -> str:
    """A key as proto JSON spells it."""
    if "_" not in key:
        return key
    first, *rest = key.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest) if first and all(rest) else key


def put(body: dict[str, object], path: str, value: object) -> bool:
    """Set `value` at a dotted path, making objects on the way; False where the path names a place in a list."""
    if "[" in path:
        return False
    *steps, last = path.split(".")
    place = body
    for step in steps:
        inner = place.setdefault(step, {})
        if not loose_json.is_object(inner):
            return False
        place = inner
    place[last] = value
    return True


def rest(found: Mapping[str, msgspec.Raw], known: frozenset[str], prefix: str) -> Fields:
    """What is not known, by dotted name."""
    if found.keys() <= known:
        return {}  # the usual case
    return {f"{prefix}{key}": value for key, value in found.items() if key not in known}


def standard_base64(spelled: str) -> str:
    """Base64 in the standard alphabet with its padding; proto JSON takes the URL-safe one too."""
    plain = spelled.replace("-", "+").replace("_", "/")
    return plain + "=" * (-len(plain) % 4) if plain.isascii() else plain


def is_base64(spelled: str) -> bool:
    """Whether a text is base64 in the standard alphabet."""
    try:
        base64.b64decode(spelled, validate=True)
    except (ValueError, binascii.Error):
        return False
    return True
