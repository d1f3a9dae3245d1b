"""Tool arguments as models write them: whole, cut off in the middle, empty, or no JSON at all.

What is promised to every encoder is the text of one JSON object. Empty, `null` and a JSON string that holds the object
(doubly encoded, as some servers send it) stand for one; a cut-off text is completed by what is missing at its end,
which only happens where the reply was cut off too; anything else cannot be mended.
"""

import re
from typing import Any, Final

import msgspec

EMPTY: Final = "{}"
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])
_STRING: Final = msgspec.json.Decoder(str)
_NOTHING: Final = frozenset({"", "null", '""'})
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_WHOLE_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_LITERALS: Final = ("true", "false", "null")
_CLOSERS: Final = {"{": "}", "[": "]"}
_LOW_SURROGATE: Final = r"\udc00"
_STRING_ENDS: Final = (
    '"',
    '\\"',
    *(f'{"0" * digits}"' for digits in range(1, 5)),
    *(f'{_LOW_SURROGATE[start:]}"' for start in range(len(_LOW_SURROGATE))),
    *(f'{"0" * digits}{_LOW_SURROGATE}"' for digits in range(1, 4)),
)
"""What may close a string that was cut off anywhere, an escape included; the first that makes the text valid is right."""


def is_whole(text: str) -> bool:
    """Whether the text is one JSON object; quick to say no while a text is still growing."""
    if not text.rstrip(" \t\r\n").endswith("}"):
        return False
    try:
        _OBJECT.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def object_text(text: str) -> str | None:
    """The arguments as the text of a JSON object; None where they are none and cannot be read as one."""
    if is_whole(text):
        return text
    bare = text.strip()
    if bare in _NOTHING:
        return EMPTY
    if not bare.startswith('"'):
        return None
    try:
        inner = _STRING.decode(bare)
    except ValueError:
        return None
    return inner if is_whole(inner) else None


def missing_end(text: str) -> str | None:
    """What makes a cut-off JSON object whole when it is added; None where the text is not the beginning of one."""
    closed, is_string_open = _closed_part(text)
    brackets, last = _open_brackets(closed)
    if not brackets:
        return None
    closing = "".join(_CLOSERS[one] for one in reversed(brackets))
    starts = _STRING_ENDS if is_string_open else _word_ends(last)
    for start in starts:
        for middle in ("", ":null"):  # a key without its value
            if is_whole(text + start + middle + closing):
                return start + middle + closing
    return None


def _closed_part(text: str) -> tuple[str, bool]:
    """The text before a string that is not closed, and whether there is one."""
    position = 0
    while (start := text.find('"', position)) >= 0:
        match = _WHOLE_STRING.match(text, start)
        if match is None:
            return text[:start], True
        position = match.end()
    return text, False


def _open_brackets(text: str) -> tuple[list[str], str]:
    """The brackets that are open at the end, and the last token."""
    brackets: list[str] = []
    last = ""
    for match in _TOKEN.finditer(text):
        last = match[0]
        if last in _CLOSERS:
            brackets.append(last)
        elif last in {"}", "]"} and (not brackets or _CLOSERS[brackets.pop()] != last):
            return [], last
    return brackets, last


def _word_ends(last: str) -> tuple[str, ...]:
    """What may complete a text that was cut off outside a string."""
    literal = next((one[len(last) :] for one in _LITERALS if last and one.startswith(last)), "")
    return ("", literal, "0", "null", '"":null')
