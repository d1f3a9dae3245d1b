"""Untrusted text made harmless: what could steer a terminal or hide text becomes visible.

Model replies, provider errors, headers and file names come from elsewhere. Escape sequences in them can rewrite
the screen or the clipboard, and bidirectional controls can show one text and mean another. Everything that is
printed passes one of these functions.
"""

from typing import Final

_LAST_BYTE: Final = 0xFF
_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0))
_BIDI: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEPARATORS: Final = (0x2028, 0x2029)
_SURROGATES: Final = tuple(range(0xD800, 0xE000))
"""Lone halves: no encoding of a terminal can write them."""


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code <= _LAST_BYTE else f"\\u{code:04x}"


_LINE: Final = {code: _escaped(code) for code in (*_CONTROLS, *_BIDI, *_SEPARATORS, *_SURROGATES)} | {
    0x09: "\\t",
    0x0A: "\\n",
    0x0D: "\\r",
}
_BLOCK: Final = {code: text for code, text in _LINE.items() if code not in {0x09, 0x0A}}
_JSON: Final = {code: f"\\u{code:04x}" for code in _LINE if code not in {0x09, 0x0A, 0x0D}}


def line(text: str) -> str:
    r"""`text` on one line: controls, newlines and tabs too, become visible `\xNN`, `\n`, `\t` or `\uNNNN`."""
    return text.translate(_LINE)


def block(text: str) -> str:
    r"""`text` over several lines: newlines and tabs stay, other controls become visible.

    A carriage return before a newline is part of the line end and goes; a lone one could overwrite a line.
    """
    return text.replace("\r\n", "\n").translate(_BLOCK)


def json_text(text: str) -> str:
    r"""A JSON document with the same value and every control and bidirectional character spelled `\uNNNN`.

    Wants valid JSON, where such characters stand only inside strings; tabs and newlines between tokens stay.
    """
    return text.translate(_JSON)
