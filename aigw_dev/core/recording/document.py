"""The JSON document that a fixture is: from bytes without trusting them, and to the one canonical text.

Reading refuses what two JSON readers could understand differently (duplicate keys, NaN, numbers out of range), and
looks at the depth before anything recurses. Writing is a function of the value alone.
"""

import json
import re
from collections import Counter
from typing import Any, Final, NoReturn, cast

import msgspec

from aigw_dev.core.harmless import json_text
from aigw_dev.core.recording.fixture import FixtureError

MAX_DEPTH: Final = 200
"""Levels of objects and arrays that a file may have."""
MAX_BODY_DEPTH: Final = 150
"""Levels that a recorded body may have to be kept as JSON: the file's own levels come on top."""
MAX_DIGITS: Final = 4_000
"""Digits of one integer; Python itself refuses more than 4,300."""

_SHORT: Final = frozenset({"~v", "~any", "~re", "~blob"})
"""Shorthands that stand on one line."""
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""One JSON string; an unfinished one reaches to the end, so that every byte is looked at once."""
_BRACKETS: Final = b"[]{}"
_NO_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in _BRACKETS)
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class Line(msgspec.Struct, frozen=True):
    """A value that stands on one line."""

    value: Any


class Rows(msgspec.Struct, frozen=True):
    """An array whose entries stand on one line each."""

    values: list[Any]


class UnreadableError(ValueError):
    """Why a text is no JSON that survives being read: `message` and `where` (a line) of it."""

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where


def parse(content: bytes) -> Any:
    """The value of a fixture's text. Raises FixtureError."""
    try:
        return _load(content.removeprefix(b"\xef\xbb\xbf"), MAX_DEPTH)
    except UnreadableError as error:
        raise FixtureError(error.message, where=error.where) from None


def lossless(content: bytes | str) -> Any:
    """The value of a recorded JSON text, or UNSET where it would not be the same after a round through a file.

    That is: no JSON, no UTF-8, duplicate keys, NaN, a number that no double holds, over 150 levels deep.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    try:
        return _load(raw, MAX_BODY_DEPTH)
    except UnreadableError:
        return msgspec.UNSET


def depth_of(content: bytes, *, most: int) -> int:
    """How deep a JSON text nests; counting stops at `most` + 1."""
    depth = deepest = 0
    for byte in _STRING.sub(b"", content).translate(None, _NO_BRACKETS):
        depth += _STEP[byte]
        if depth > deepest:
            deepest = depth
            if deepest > most:
                break
    return deepest


def one_line(value: Any) -> str:
    """A value as rows have it: one line, a blank behind commas and colons. Raises FixtureError for what JSON cannot say."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
    except (ValueError, TypeError, RecursionError) as error:
        raise FixtureError(f"a recorded value cannot be written as JSON: {error}") from None


def is_same(left: Any, right: Any) -> bool:
    """Whether two plain JSON values are written alike: types and the order of keys count."""
    return one_line(left) == one_line(right)


def pretty(value: Any) -> bytes:
    """The canonical text: two blanks a level, `Line`, `Rows` and arrays of numbers on one line each, a newline at the end.

    Text is written as it is, but what could steer a terminal or hide itself is escaped.
    """
    pieces: list[str] = []
    try:
        _lay_out(value, "\n", pieces)
    except RecursionError:
        raise FixtureError("a recorded value nests too deep to be written") from None
    text = "".join(pieces)
    if not text.isascii() or "\x7f" in text:
        text = json_text(text)
    content = text.encode() + b"\n"
    if depth_of(content, most=MAX_DEPTH) > MAX_DEPTH:
        raise FixtureError(f"a recorded value nests too deep to be written (over {MAX_DEPTH} levels)")
    return content


def _lay_out(value: Any, margin: str, pieces: list[str]) -> None:
    if isinstance(value, Line):
        pieces.append(one_line(value.value))
    elif isinstance(value, Rows):
        _entries([one_line(row) for row in value.values], margin, pieces)
    elif isinstance(value, dict) and value and next(iter(cast("dict[str, Any]", value))) not in _SHORT:
        inner = margin + "  "
        lead = "{" + inner
        for key, entry in cast("dict[str, Any]", value).items():
            pieces.append(f"{lead}{one_line(key)}: ")
            _lay_out(entry, inner, pieces)
            lead = "," + inner
        pieces.append(margin + "}")
    elif isinstance(value, list) and value and not _are_numbers(cast("list[Any]", value)):
        inner = margin + "  "
        lead = "[" + inner
        for entry in cast("list[Any]", value):
            pieces.append(lead)
            _lay_out(entry, inner, pieces)
            lead = "," + inner
        pieces.append(margin + "]")
    else:
        pieces.append(one_line(value))


def _entries(lines: list[str], margin: str, pieces: list[str]) -> None:
    if not lines:
        pieces.append("[]")
        return
    inner = margin + "  "
    pieces.append(f"[{inner}{(',' + inner).join(lines)}{margin}]")


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _load(raw: bytes, most: int) -> Any:
    deepest = depth_of(raw, most=most)
    if deepest > most:
        raise UnreadableError(f"it nests deeper than {most} levels")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableError("it is no UTF-8 text", f"line {line}") from None
    try:
        return json.loads(
            text,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"it is no JSON: {error.msg}", f"line {error.lineno} column {error.colno}"
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        counts = Counter(key for key, _value in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise UnreadableError(f"the key {json.dumps(twice[:80])} stands twice in one object")
    return fields


def _integer(digits: str) -> int | float:
    if len(digits) > MAX_DIGITS:
        raise UnreadableError(f"a number has more than {MAX_DIGITS:,} digits")
    return -0.0 if digits == "-0" else int(digits)


def _decimal(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise UnreadableError(f"the number {digits[:40]} is out of range")
    return number


def _no_constant(name: str) -> NoReturn:
    raise UnreadableError(f"{name} is no JSON")
