"""Completes JSON that a model did not finish: a reply cut off at its limit may end inside a tool call's arguments."""

import json
import re
from typing import Final

_UNICODE: Final = re.compile(r"\\u([0-9A-Fa-f]{0,3})$")
_CLOSERS: Final = {"{": "}", "[": "]"}
_MIDDLES: Final = (
    "",
    ":null",
    "null",
    '"":null',
    "0",
    "rue",
    "ue",
    "e",
    "alse",
    "lse",
    "se",
    "ull",
    "ll",
    "l",
)
"""What may be missing behind the last character: nothing, a value, a member, digits, the rest of a word."""


def completion(text: str) -> str | None:
    """The text that makes `text` valid JSON: empty where it is, `{}` where it is blank; None where nothing could."""
    if not text.strip():
        return "{}"
    if _is_json(text):
        return ""
    stack, is_open, is_escaped = _state(text)
    head = ""
    if is_open:
        partial = _UNICODE.search(text)
        if partial is not None:
            head = "0" * (4 - len(partial[1]))
        elif is_escaped:
            head = "\\"
        head += '"'
    tail = "".join(_CLOSERS[one] for one in reversed(stack))
    return next((head + middle + tail for middle in _MIDDLES if _is_json(text + head + middle + tail)), None)


def completed(text: str) -> str:
    """`text` made valid JSON; `{}` where nothing could."""
    missing = completion(text)
    return "{}" if missing is None else text + missing if text.strip() else missing


def _state(text: str) -> tuple[list[str], bool, bool]:
    """The brackets still open at the end, whether a string is, and whether it ends in a lone backslash."""
    stack: list[str] = []
    is_open = is_escaped = False
    for character in text:
        if is_open:
            if is_escaped:
                is_escaped = False
            elif character == "\\":
                is_escaped = True
            elif character == '"':
                is_open = False
        elif character == '"':
            is_open = True
        elif character in _CLOSERS:
            stack.append(character)
        elif character in "}]" and stack:
            stack.pop()
    return stack, is_open, is_escaped


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
