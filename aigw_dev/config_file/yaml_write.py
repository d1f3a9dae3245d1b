"""Writes values as YAML that every YAML 1.1 and 1.2 reader takes for the same: quoted wherever one could differ."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.config_file.yaml_hints import has_open_quote
from aigw_dev.core.errors import ConfigError

WIDTH: Final = 72
"""Characters up to which a small mapping or list stays on one line."""

_PLAIN_START: Final = re.compile(r"[A-Za-z0-9_/(]")
_LOOKS_TYPED: Final = re.compile(
    r"true|false|yes|no|on|off|y|n|null|[0-9][0-9_:,.+-]*|0[xob][0-9a-f_]+|[0-9][0-9_.]*e[-+]?[0-9]+"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*",
    re.IGNORECASE | re.DOTALL,
)
"""What some YAML reader takes for a boolean, null, number, time or date."""
_COLLECTIONS: Final = (Mapping, list, tuple)
_EMPTY: Final[tuple[object, ...]] = ({}, [], ())
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is written, so that what is added looks like it."""

    step: int = 2
    """Spaces of one indentation."""
    is_json: bool = False
    """The file is JSON, which is YAML: every text is in double quotes, everything in braces."""
    may_be_literal: bool = True
    """Texts of several lines may be written below a `|`."""


def plain_or_quoted(text: str, *, is_json: bool = False) -> str:
    """A text as a scalar on one line, for any place: plain where nothing can misread it, else quoted."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ConfigError("a text holds half of a character and cannot be written as UTF-8")
    if not is_json and _is_plain(text):
        return text
    if not is_json and text.isprintable() and ("\\" in text or '"' in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def one_line(value: Any, style: Style) -> str:
    """Any value on one line, collections in brackets."""
    match value:
        case str():
            return plain_or_quoted(value, is_json=style.is_json)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case Mapping():
            entries = cast("Mapping[str, Any]", value).items()
            return (
                "{"
                + ", ".join(f"{key_text(key, style)}: {one_line(entry, style)}" for key, entry in entries)
                + "}"
            )
        case list() | tuple():
            return "[" + ", ".join(one_line(entry, style) for entry in cast("list[Any]", value)) + "]"
        case _:
            raise ConfigError(f"a {type(value).__name__} cannot be written into a config")


def key_text(key: str, style: Style) -> str:
    """A key, quoted where it could be taken for anything but itself."""
    return plain_or_quoted(key, is_json=style.is_json)


def block(value: Any, style: Style) -> list[str]:
    """A value as lines from column 0; a scalar or small collection is one line, a long text begins with `|`."""
    if isinstance(value, str) and style.may_be_literal and _is_literal(value):
        return _literal(value, style)
    if not isinstance(value, Mapping | list | tuple) or _is_small(value, style):
        return [one_line(value, style)]
    if isinstance(value, Mapping):
        return [
            line
            for key, entry in cast("Mapping[str, Any]", value).items()
            for line in entry_lines(key, entry, style)
        ]
    return [line for entry in cast("list[Any]", value) for line in item_lines(entry, style)]


def entry_lines(key: str, value: Any, style: Style) -> list[str]:
    """`key: value` as lines from column 0."""
    head, body = below_key(value, style)
    return [f"{key_text(key, style)}:{head and ' '}{head}", *body]


def item_lines(value: Any, style: Style) -> list[str]:
    """`- value` as lines from column 0."""
    head, body = below_dash(value, style)
    return [f"- {head}", *body]


def below_key(value: Any, style: Style) -> tuple[str, list[str]]:
    """What follows `key:` on its line, and the lines below it, indented from the key's column."""
    lines = block(value, style)
    if len(lines) == 1 and not _is_block(value, style):
        return lines[0], []
    if isinstance(value, str):
        return lines[0], lines[1:]
    return "", _indented(lines, style.step)


def below_dash(value: Any, style: Style) -> tuple[str, list[str]]:
    """What follows `- ` on its line, and the lines below it, indented from the dash's column."""
    lines = block(value, style)
    if isinstance(value, str):
        return lines[0], lines[1:]
    return lines[0], _indented(lines[1:], 2)


def _is_block(value: Any, style: Style) -> bool:
    return isinstance(value, Mapping | list | tuple) and not _is_small(value, style)


def _is_small(value: Any, style: Style) -> bool:
    """Whether a collection is written in brackets: empty, or short and of scalars only."""
    if not value:
        return True
    is_mapping = isinstance(value, Mapping)
    entries: list[object] = list(
        cast("Mapping[str, object]", value).values() if is_mapping else cast("list[object]", value)
    )
    if any(entry not in _EMPTY for entry in entries if isinstance(entry, _COLLECTIONS)):
        return False
    if style.may_be_literal and any(isinstance(entry, str) and _is_literal(entry) for entry in entries):
        return False
    return len(one_line(value, style)) <= WIDTH


def _indented(lines: list[str], columns: int) -> list[str]:
    return [f"{' ' * columns}{line}" if line else line for line in lines]


def _is_plain(text: str) -> bool:
    """Whether a text means itself without quotes, as a value or key, also inside brackets."""
    return (
        text.isprintable()
        and _PLAIN_START.match(text) is not None
        and not text.endswith((" ", ":"))
        and ": " not in text
        and " #" not in text
        and not any(character in ",[]{}" for character in text)
        and _LOOKS_TYPED.fullmatch(text) is None
        and not has_open_quote(text)  # the reader takes it for a condition that was cut
    )


def _is_literal(text: str) -> bool:
    """Whether a text of several lines keeps every character below a `|`."""
    if "\n" not in text or text.endswith("\n\n") or text[0].isspace():
        return False
    lines = text.removesuffix("\n").split("\n")
    return all(line.isprintable() and line == line.rstrip() for line in lines)


def _literal(text: str, style: Style) -> list[str]:
    head = "|" if text.endswith("\n") else "|-"
    return [head, *_indented(text.removesuffix("\n").split("\n"), style.step)]


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ConfigError("an infinite number or NaN cannot be written into a config")
    return repr(value)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if character <= "\uffff" else f"\\U{code:08x}"
