"""Untrusted text made harmless: what could steer a terminal or hide text becomes visible.

Model replies, provider errors, headers and file names come from elsewhere. Escape sequences in them can rewrite
the screen or the clipboard, bidirectional controls can show one text and mean another, invisible characters carry
text that nobody sees, and floods of marks fill one cell with megabytes. Everything that is printed passes one of
these functions.
"""

import re
from typing import Final

_LAST_BYTE: Final = 0xFF
_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0))
_BIDI: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEPARATORS: Final = (0x2028, 0x2029)
_INVISIBLE: Final = (
    0x180E, 0x200B, *range(0x2060, 0x2065), *range(0x206A, 0x2070), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0),
)  # fmt: skip
"""Without a width and without a look: blanks, joiners of words, tags and selectors in which a whole text can hide."""
_SURROGATES: Final = tuple(range(0xD800, 0xE000))
"""Lone halves: no encoding of a terminal can write them."""
_LAST_OF_PLANE: Final = 0xFFFF
_MOST_MARKS: Final = 12
"""Marks that may follow each other; every script and emoji needs fewer."""
_MARK: Final = (
    "(?:[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u06df-\u06e8\u0730-\u074a\u0900-\u0903"
    "\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0f71-\u0f87\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u302a-\u302f"
    "\u3099\u309a\ua66f-\ua672\ufe00-\ufe0f\ufe20-\ufe2f\U0001f3fb-\U0001f3ff]|[^\x00-\x7f\u200d\u25cc]\u200d)"
)
_FLOOD: Final = re.compile(f"({_MARK}{{{_MOST_MARKS}}})(?={_MARK})")
"""Marks without a width, or characters joined to the next, more than belong to one sign."""
_STOP: Final = "\N{DOTTED CIRCLE}"
"""Stands between the marks of a flood, so that each piece has a cell of its own."""


def _escaped(code: int) -> str:
    if code > _LAST_OF_PLANE:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= _LAST_BYTE else f"\\u{code:04x}"


def _json_escaped(code: int) -> str:
    """As JSON spells it: a pair of halves above the first plane."""
    units = chr(code).encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


_LINE: Final = {
    code: _escaped(code) for code in (*_CONTROLS, *_BIDI, *_SEPARATORS, *_INVISIBLE, *_SURROGATES)
} | {
    0x09: "\\t",
    0x0A: "\\n",
    0x0D: "\\r",
}
_BLOCK: Final = {code: text for code, text in _LINE.items() if code not in {0x09, 0x0A}}
_JSON: Final = {code: _json_escaped(code) for code in _LINE if code not in {0x09, 0x0A, 0x0D}}


def line(text: str) -> str:
    r"""`text` on one line: controls, newlines and tabs too, become visible `\xNN`, `\n`, `\t` or `\uNNNN`."""
    if text.isascii() and text.isprintable():
        return text
    return _dammed(text.translate(_LINE))


def block(text: str) -> str:
    r"""`text` over several lines: newlines and tabs stay, other controls become visible.

    A carriage return before a newline is part of the line end and goes; a lone one could overwrite a line.
    """
    return _dammed(text.replace("\r\n", "\n").translate(_BLOCK))


def json_text(text: str) -> str:
    r"""A JSON document with the same value and every control and bidirectional character spelled `\uNNNN`.

    Wants valid JSON, where such characters stand only inside strings; tabs and newlines between tokens stay.
    """
    return text.translate(_JSON)


def _dammed(text: str) -> str:
    """Floods broken up; a text that was broken up stays as it is."""
    return text if text.isascii() else _FLOOD.sub(rf"\1{_STOP}", text)
