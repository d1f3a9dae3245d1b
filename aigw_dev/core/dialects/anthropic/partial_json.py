"""Ends a JSON text that was cut off, so that what was streamed before the cut is valid."""

import re
from typing import Final

import msgspec

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_IN_STRINGS: Final = re.compile(r'\\.?|"', re.DOTALL)
_OPENING: Final = frozenset("{[")
_CLOSING: Final = frozenset("}]")
_MARKS: Final = frozenset("{}[]:,")
_LITERALS: Final = ("true", "false", "null")
_ESCAPE_CUT: Final = re.compile(r"\\u[0-9a-fA-F]{0,3}$")
_NUMBER_CUT: Final = re.compile(r"-$|[.eE]$|[eE][+-]$")
_DECODER: Final = msgspec.json.Decoder(msgspec.Raw)


def ending_of(text: str) -> str | None:
    """What to append so that `text` is valid JSON; empty where it is, None where nothing helps.

    An empty text becomes `{}`. Linear in its length.
    """
    if not text.strip():
        return "{}"
    if is_whole(text):
        return ""
    ending = _string_end(text)
    stack: list[str] = []
    last = word = ""
    for match in _TOKEN.finditer(text + ending):
        word = match[0]
        if word in _OPENING:
            stack.append(word)
        elif word in _CLOSING:
            if not stack:
                return None
            stack.pop()
        last = word if word in _MARKS else _kind(word, last)
    if last == "value" and not word.startswith('"'):
        ending += _rest_of(word)
    ending += _filler(last, stack)
    ending += "".join("}" if one == "{" else "]" for one in reversed(stack))
    return ending if is_whole(text + ending) else None


def is_whole(text: str) -> bool:
    """Whether a text is valid JSON."""
    try:
        _DECODER.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _string_end(text: str) -> str:
    """What ends the string that the text stops in; empty where it stops outside of one."""
    is_inside = False
    marks = _IN_STRINGS.finditer(text)
    for match in marks:
        if match[0] == '"':
            is_inside = not is_inside
        elif is_inside and match.end() == len(text) and len(match[0]) == 1:
            return '\\"'  # a lone backslash becomes an escaped one
    if not is_inside:
        return ""
    cut = _ESCAPE_CUT.search(text)
    return '"' if cut is None else "0" * (6 - len(cut[0])) + '"'


def _kind(word: str, last: str) -> str:
    if word.startswith('"') and last in {"{", ","}:
        return "key?"  # a key in an object, a value in an array
    return "value"


def _rest_of(word: str) -> str:
    """What completes a literal or a number that was cut."""
    for literal in _LITERALS:
        if literal.startswith(word):
            return literal[len(word) :]
    return "0" if _NUMBER_CUT.search(word) else ""


def _filler(last: str, stack: list[str]) -> str:
    """What must stand between the last token and the closing brackets."""
    is_object = bool(stack) and stack[-1] == "{"
    if last == ":":
        return "null"
    if last == ",":
        return '"":null' if is_object else "null"
    return ":null" if last == "key?" and is_object else ""
