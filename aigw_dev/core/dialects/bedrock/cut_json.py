"""The end of a JSON object that was cut off, as a model's tool call is when it reaches its limit of tokens."""

import re
from typing import Final

from aigw_dev.core import loose_json

_STRING_END: Final = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_STRUCTURE: Final = re.compile(r'["{}\[\]]')
_CLOSERS: Final = {"{": "}", "[": "]"}
_HALF_ESCAPE: Final = re.compile(
    r"(?:\\\\|\\[^u\\]|\\u[0-9A-Fa-f]{4}|[^\\])*+(?P<half>\\(?:u[0-9A-Fa-f]{0,3})?)\Z", re.DOTALL
)
_ESCAPE_CHARS: Final = 6
_MISSING: Final = (
    "",
    ":null",
    "null",
    '"":null',
    "0",
    *(word[cut:] for word in ("true", "false", "null") for cut in (1, 2, 3, 4)),
)
"""What can be missing where the text stops, before what is open is closed: tried in this order."""


def missing_end(text: str) -> str | None:
    """What completes `text` to a JSON object: empty where it is one, None where no ending would make it one."""
    if not text.strip():
        return "{}"
    if loose_json.is_object(loose_json.load(text.encode("utf-8", "replace"))):
        return ""
    opened, string_end = _open_ends(text)
    closers = "".join(_CLOSERS[one] for one in reversed(opened))
    for middle in _MISSING:
        end = string_end + middle + closers
        if loose_json.is_object(loose_json.load((text + end).encode("utf-8", "replace"))):
            return end
    return None


def _open_ends(text: str) -> tuple[list[str], str]:
    """The brackets that are open where the text stops, and what ends the string that is, if one is."""
    opened: list[str] = []
    position = 0
    while (found := _STRUCTURE.search(text, position)) is not None:
        position = found.end()
        mark = found[0]
        if mark == '"':
            ended = _STRING_END.match(text, position)
            if ended is None:
                return opened, _string_end(text[position:])
            position = ended.end()
        elif mark in _CLOSERS:
            opened.append(mark)
        elif opened:
            opened.pop()
    return opened, ""


def _string_end(inside: str) -> str:
    half = _HALF_ESCAPE.match(inside)
    if half is None:
        return '"'
    begun = half["half"]
    return ("\\" if begun == "\\" else "0" * (_ESCAPE_CHARS - len(begun))) + '"'
