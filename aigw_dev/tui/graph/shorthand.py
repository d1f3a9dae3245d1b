"""Conditions as people say them: `tier == gold` for `metadata.tier == "gold"`, both ways.

Only spelling: what a condition means is read by `core.routing.conditions`. `spelled(short(term))` has the same tree as
`term`.
"""

import json
import re
from typing import Final, Literal

from aigw_dev.core.routing.conditions import Condition, Fault, parse
from aigw_dev.core.routing.lexer import YAML_HINT
from aigw_dev.core.routing.names import ROOTS, Name
from aigw_dev.core.routing.terms import (
    WORD_OPERATORS,
    And,
    Compare,
    Not,
    Or,
    Term,
    Text,
    Value,
    format_value,
)

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<operator>==|!=|>=|<=|>|<)"""
    r"""|(?P<mark>[()\[\],])|(?P<word>[^\s()\[\],"'<>=!]+)|(?P<other>.)""",
    re.DOTALL,
)
_LOGIC: Final = frozenset({"and", "or", "not", "true", "false"})
_KEYWORDS: Final = _LOGIC | frozenset(WORD_OPERATORS)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BARE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@-]*", re.ASCII)
_Place = Literal["name", "operator", "value", "list"]


def spelled(text: str) -> Condition | Fault:
    """The condition that `text` means: as the language has it, or with bare words for metadata keys and texts.

    A fault's column and text are those of `text` as it was given; how YAML would have it quoted is left out.
    """
    as_written = parse(text)
    if isinstance(as_written, Condition):
        return as_written
    long, anchors = _lengthened(text)
    read = parse(long)
    if isinstance(read, Condition):
        return read
    column = _column(read.column, anchors, len(text))
    hint = read.hint.removesuffix(YAML_HINT).removesuffix("; ")
    return Fault(message=read.message, column=column, text=text, hint=hint)


def short(term: Term) -> str:
    """The shortest spelling of a condition that `spelled` still understands."""
    match term:
        case Compare():
            return _short_compare(term)
        case Not(part=part):
            return f"not {_bracketed(part, And, Or)}"
        case And(parts=parts):
            return " and ".join(_bracketed(part, And, Or) for part in parts)
        case Or(parts=parts):
            return " or ".join(_bracketed(part, Or) for part in parts)


def short_name(name: Name) -> str:
    """`tier` for `metadata.tier`, where no other name is spelled so."""
    key = name.text().partition(".")[2]
    if name.root != "metadata" or key in ROOTS or key in _KEYWORDS or key == "if":
        return name.text()
    return key


def _short_compare(compare: Compare) -> str:
    head = f"{short_name(compare.name)} {compare.operator}".rstrip()
    if not compare.wanted:
        return head
    shown = ", ".join(map(_short_value, compare.wanted))
    return f"{head} [{shown}]" if compare.operator in {"in", "not in"} else f"{head} {shown}"


def _short_value(value: Value) -> str:
    if (
        isinstance(value, Text)
        and _BARE.fullmatch(value.value)
        and value.value not in _KEYWORDS
        and not _NUMBER.fullmatch(value.value)
        and "->" not in value.value
    ):
        return value.value
    return format_value(value)


def _bracketed(term: Term, *kinds: type) -> str:
    return f"({short(term)})" if isinstance(term, kinds) else short(term)


def _lengthened(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text in the language's spelling; and where each piece of it comes from, as (place in it, place in `text`)."""
    pieces: list[str] = []
    anchors: list[tuple[int, int]] = []
    place: _Place = "name"
    length = 0
    found = list(_TOKEN.finditer(text))
    for position, match in enumerate(found):
        piece, place = _piece(match, place, is_bare_list=_is_bare_list(found, position))
        anchors.append((length, match.start()))
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces), anchors


def _piece(match: "re.Match[str]", place: _Place, *, is_bare_list: str) -> tuple[str, _Place]:
    kind, word = match.lastgroup or "other", match[0]
    if kind == "space":
        return word, place
    if kind == "operator":
        return word, "value"
    if kind == "mark":
        after: dict[str, _Place] = {"(": "name", "[": "list", "]": "operator", ")": "operator"}
        return word, after.get(word, place)
    if kind != "word":
        return word, place if place in {"list", "name"} else "operator"
    if place in {"value", "list"}:
        value = word if _NUMBER.fullmatch(word) or word in {"true", "false"} else json.dumps(word)
        opening, closing = ("[" if "[" in is_bare_list else ""), ("]" if "]" in is_bare_list else "")
        return f"{opening}{value}{closing}", "list" if place == "list" and not closing else "operator"
    if place == "name" and word not in _LOGIC:
        is_key = _NAME.fullmatch(word) and word not in ROOTS
        return f"metadata.{word}" if is_key else word, "operator"
    if word in {"and", "or", "not"}:
        return word, "operator" if place == "operator" and word == "not" else "name"
    if word == "in":
        return word, "list"
    return word, "operator" if word in {"exists", "true", "false"} else "value"


def _is_bare_list(found: "list[re.Match[str]]", position: int) -> str:
    """Which brackets are missing around the word at `position`: it begins or ends an `in a, b` written without."""
    tokens = [match[0] for match in found[: position + 1] if match.lastgroup != "space"]
    back = len(tokens) - 2
    while back >= 1 and tokens[back] == ",":
        back -= 2
    if back < 0 or tokens[back] != "in":
        return ""
    ahead = next((match[0] for match in found[position + 1 :] if match.lastgroup != "space"), "")
    return ("[" if back == len(tokens) - 2 else "") + ("" if ahead == "," else "]")


def _column(column: int, anchors: list[tuple[int, int]], most: int) -> int:
    at, begin = max(((at, begin) for at, begin in anchors if at <= column - 1), default=(0, 0))
    ends = [start for _, start in anchors if start > begin]
    return min(begin + column - 1 - at, min(ends, default=most + 1), most) + 1
