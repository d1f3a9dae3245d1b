"""A value as YAML gave it: seen as a mapping or a list where it is one, and named in words where it is not."""

from collections.abc import Mapping
from typing import Any, Final, cast

_KINDS: Final = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}


def yaml_kind(value: object) -> str:
    """`true`, `a mapping`, `a number`, `nothing` ..."""
    if isinstance(value, bool):
        return "true" if value else "false"
    for kind, words in _KINDS.items():
        if isinstance(value, kind):
            return words
    return f"a {type(value).__name__}"


def as_mapping(value: object) -> Mapping[Any, Any] | None:
    """The value where it is a mapping, its keys and values still unknown."""
    return cast("Mapping[Any, Any]", value) if isinstance(value, Mapping) else None


def as_list(value: object) -> list[Any] | None:
    """The value where it is a list, its items still unknown."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def is_encodable(text: str) -> bool:
    """Whether it has a UTF-8 form: YAML escapes can spell half a character."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def is_sendable(text: str) -> bool:
    """Whether it may stand in a header of a reply and in a body: no control characters, no half characters."""
    return is_encodable(text) and all(char.isprintable() or char == "\u200d" for char in text)
