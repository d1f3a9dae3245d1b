"""Checked reading of a caller's chat request: every wrong value is named by its place (`messages[2].content`)."""

import json
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import Cache
from aigw_dev.core.errors import Refusal

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (str, "a string"),
    (bool, "a boolean"),
    (int, "a number"),
    (float, "a number"),
    (list, "an array"),
    (dict, "an object"),
)
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class MalformedError(Exception):
    """A field of the caller's request is not what it must be; never leaves the codec."""

    def __init__(self, place: str, problem: str) -> None:
        """`place` is the field's dotted name, `problem` what is wrong and how to mend it."""
        super().__init__(f"`{place}` {problem}")
        self.place = place

    def refusal(self) -> Refusal:
        """What the caller is told."""
        return Refusal(code="invalid_request", message=str(self), param=self.place)


def wrong(place: str, wanted: str, value: object) -> MalformedError:
    """The error for a value of the wrong type."""
    got = next((word for kind, word in _KINDS if isinstance(value, kind)), "null")
    return MalformedError(place, f"must be {wanted}, the request has {got}")


def text_at(value: object, place: str) -> str:
    """A string, empty for null."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(place, "a string", value)
    return value


def named_at(value: object, place: str) -> str:
    """A string that must not be empty."""
    if not isinstance(value, str) or not value:
        raise MalformedError(place, "must be a string" if value else "is missing")
    return value


def object_at(value: object, place: str) -> dict[str, object]:
    """An object."""
    if not loose_json.is_object(value):
        raise wrong(place, "an object", value)
    return value


def array_at(value: object, place: str) -> list[object]:
    """An array, empty for null."""
    if value is None:
        return []
    if not loose_json.is_array(value):
        raise wrong(place, "an array", value)
    return value


def number_at(value: object, place: str) -> float | None:
    """A number, None for null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(place, "a number", value)
    try:
        return float(value)
    except OverflowError:
        raise MalformedError(place, "is a number out of range") from None


def integer_at(value: object, place: str) -> int | None:
    """A whole number, None for null; `100.0` is one."""
    number = number_at(value, place)
    if number is None or isinstance(value, int):
        return None if number is None else int(value if isinstance(value, int) else number)
    if not number.is_integer():
        raise MalformedError(place, "must be a whole number")
    return int(number)


def boolean_at(value: object, place: str) -> bool | None:
    """A boolean, None for null."""
    if value is not None and not isinstance(value, bool):
        raise wrong(place, "true or false", value)
    return value


def fields_at(value: msgspec.Raw, place: str) -> dict[str, msgspec.Raw]:
    """The fields of an object, still JSON: for what must keep its spelling."""
    text = bytes(value)
    if not text.startswith(b"{"):
        raise wrong(place, "an object", loose_json.load(text))
    return _FIELDS.decode(text)


def loaded(fields: dict[str, msgspec.Raw], name: str) -> object:
    """One of these fields, read; None where it is absent."""
    return loose_json.load(bytes(fields[name])) if name in fields else None


def cache_at(holder: dict[str, object], place: str) -> Cache | None:
    """The mark of a cached prefix: Anthropic's word, which OpenRouter and LiteLLM take in chat requests, or OpenAI's own."""
    mark = holder.get("cache_control")
    if mark is None:
        mark = holder.get("prompt_cache_breakpoint")
    if mark is None:
        return None
    return Cache(
        ttl=text_at(object_at(mark, f"{place}.cache_control").get("ttl"), f"{place}.cache_control.ttl")
    )


def raw_of(value: object) -> msgspec.Raw:
    """A value that was read, as JSON again."""
    try:
        return msgspec.Raw(
            json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        )
    except RecursionError:
        return msgspec.Raw(b"null")
