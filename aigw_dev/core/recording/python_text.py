"""JSON values as Python that people read: short ones on a line, long texts in pieces, nothing that hides in a terminal."""

from collections.abc import Iterator
from typing import Any, Final, cast

WIDTH: Final = 96
_STEP: Final = "    "
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_BYTE: Final = 0xFF
_PLANE: Final = 0xFFFF


def quoted(text: str) -> str:
    """`text` as a Python literal; what does not print (controls, marks of direction) is escaped.

    In double quotes, or in single ones where that needs fewer escapes.
    """
    quote = "'" if '"' in text and "'" not in text else '"'
    return f"{quote}{''.join(_shown(char, quote) for char in text)}{quote}"


def literal(value: Any, margin: str = "", *, taken: int = 0) -> str:
    """A JSON value as a Python literal that begins `taken` characters into a line of this `margin`."""
    flat = _flat(value, WIDTH - len(margin) - taken)
    if flat is not None:
        return flat
    inner = margin + _STEP
    if isinstance(value, str):
        pieces = "".join(f"{inner}{piece}\n" for piece in _pieces(value, WIDTH - len(inner)))
        return f"(\n{pieces}{margin})"
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        lines = [f"{inner}{_field(name, one, inner)},\n" for name, one in fields.items()]
        return f"{{\n{''.join(lines)}{margin}}}"
    items = cast("list[Any]", value)
    return f"[\n{''.join(f'{inner}{literal(one, inner, taken=1)},' + chr(10) for one in items)}{margin}]"


def _field(name: str, value: Any, margin: str) -> str:
    shown = quoted(name)
    return f"{shown}: {literal(value, margin, taken=len(shown) + 3)}"


def _flat(value: Any, room: int) -> str | None:
    """The value on one line; None where that has more than `room` characters, or a text has lines of its own."""
    if isinstance(value, str):
        if len(value) > room or "\n" in value.rstrip("\n"):
            return None
        shown = quoted(value)
        return shown if len(shown) <= room else None
    if isinstance(value, dict):
        return _joined(
            "{}", [(f"{quoted(name)}: ", one) for name, one in cast("dict[str, Any]", value).items()], room
        )
    if isinstance(value, list):
        return _joined("[]", [("", one) for one in cast("list[Any]", value)], room)
    return repr(value)


def _joined(brackets: str, items: list[tuple[str, Any]], room: int) -> str | None:
    parts: list[str] = []
    left = room - 2
    for label, one in items:
        flat = _flat(one, left - len(label))
        if flat is None:
            return None
        parts.append(label + flat)
        left -= len(parts[-1]) + 2
        if left < -2:  # noqa: PLR2004 -- the last one has no comma
            return None
    return f"{brackets[0]}{', '.join(parts)}{brackets[1]}"


def _pieces(text: str, room: int) -> Iterator[str]:
    """`text` as literals for lines of so many characters: cut behind its own newlines, else behind blanks."""
    for line in _lines(text):
        rest = line
        while rest:
            size = min(len(rest), max(8, room - 2))
            while size > 1 and len(quoted(rest[:size])) > max(room, 14):
                size -= max(1, size // 8)
            if size < len(rest):
                blank = rest.rfind(" ", size // 2, size)
                size = blank + 1 if blank > 0 else size
            yield quoted(rest[:size])
            rest = rest[size:]


def _lines(text: str) -> Iterator[str]:
    """Cut behind line feeds only: other ends of lines are escaped where they stand."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end + 1
        yield text[at:end]
        at = end


def _shown(char: str, quote: str) -> str:
    if char == quote:
        return f"\\{char}"
    return _SHORT.get(char) or (char if char.isprintable() else _escape(ord(char)))


def _escape(code: int) -> str:
    if code <= _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _PLANE else f"\\U{code:08x}"
