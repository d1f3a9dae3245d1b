"""What an unquoted word means in YAML 1.2 (core schema): null, a boolean, a number or itself."""

import math
import re
from typing import Final

MAX_NUMBER_CHARS: Final = 40

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class UnfitError(ValueError):
    """The word is a number that a config cannot hold; the text says why."""


def plain_value(word: str) -> str | int | float | bool | None:
    """The value of a word without quotes. Numbers that JSON cannot carry, and endless ones, are an `UnfitError`."""
    if word in _NULL:
        return None
    if word in _BOOLEANS:
        return _BOOLEANS[word]
    if _NOT_FINITE.fullmatch(word):
        raise UnfitError(f"`{word}` is not a number that JSON can carry")
    if not (_DECIMAL.fullmatch(word) or _OTHER_BASE.fullmatch(word) or _FLOAT.fullmatch(word)):
        return word
    if len(word) > MAX_NUMBER_CHARS:
        raise UnfitError(f"a number has more than {MAX_NUMBER_CHARS} characters")
    if _DECIMAL.fullmatch(word):
        return int(word)
    if _OTHER_BASE.fullmatch(word):
        return int(word, 0)
    number = float(word)
    if not math.isfinite(number):
        raise UnfitError(f"`{word}` is not a number that JSON can carry")
    return number
