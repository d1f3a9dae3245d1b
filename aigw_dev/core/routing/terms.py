"""A condition as a tree, and its plain spelling."""

import json
from collections.abc import Iterator, Mapping
from typing import Final, assert_never

import msgspec

from aigw_dev.core.routing.names import Name
from aigw_dev.core.routing.patterns import Pattern

COMPARISONS: Final = ("==", "!=", ">", ">=", "<", "<=")
WORD_OPERATORS: Final = ("in", "not in", "contains", "starts_with", "ends_with", "matches", "exists")
OPERATORS: Final = (*COMPARISONS, *WORD_OPERATORS)
"""Every operator, as it is written."""


class Text(msgspec.Struct, frozen=True):
    """A quoted value."""

    value: str


class Number(msgspec.Struct, frozen=True):
    """A number, with its spelling: compared with a text it is the text that was written (`1.50`)."""

    spelling: str

    @property
    def value(self) -> int | float:
        """The number itself, always finite."""
        return float(self.spelling) if set(self.spelling) & set(".eE") else int(self.spelling)


class Flag(msgspec.Struct, frozen=True):
    """`true` or `false`."""

    value: bool


Value = Text | Number | Flag


class Compare(msgspec.Struct, frozen=True):
    """One question about one name."""

    name: Name
    operator: str = ""
    """One of `OPERATORS`, or empty for a flag that stands alone (`stream`)."""
    wanted: tuple[Value, ...] = ()
    """Several values for `in` and `not in`, none for `exists` and a lone flag, else one."""


class Not(msgspec.Struct, frozen=True):
    """True where its part is false."""

    part: "Term"


class And(msgspec.Struct, frozen=True):
    """True where all parts are; asked from the left, until one is false."""

    parts: tuple["Term", ...]


class Or(msgspec.Struct, frozen=True):
    """True where any part is; asked from the left, until one is true."""

    parts: tuple["Term", ...]


Term = Compare | Not | And | Or


class Condition(msgspec.Struct, frozen=True, eq=False):
    """A condition that can be asked. Two are the same where their roots are equal."""

    root: Term
    text: str
    """As it was written, on one line."""
    patterns: Mapping[str, Pattern]
    """The compiled regexes of its `matches`, by their text."""


def format_term(term: Term) -> str:
    """The plain spelling of a tree; parsed, it gives the same tree."""
    match term:
        case Compare():
            return format_compare(term)
        case Not(part=part):
            return f"not {_bracketed(part, And, Or)}"
        case And(parts=parts):
            return " and ".join(_bracketed(part, And, Or) for part in parts)
        case Or(parts=parts):
            return " or ".join(_bracketed(part, Or) for part in parts)
        case _:  # pragma: no cover - the type checker proves it
            assert_never(term)


def format_value(value: Value) -> str:
    """A value as it is written in a condition."""
    match value:
        case Text(value=text):
            return json.dumps(text, ensure_ascii=False).replace("\\b", "\\u0008").replace("\\f", "\\u000c")
        case Number(spelling=spelling):
            return spelling
        case Flag(value=flag):
            return "true" if flag else "false"
        case _:  # pragma: no cover - the type checker proves it
            assert_never(value)


def format_compare(compare: Compare) -> str:
    """One question as it is written in a condition."""
    name = compare.name.text()
    if not compare.operator:
        return name
    if compare.operator == "exists":
        return f"{name} exists"
    shown = ", ".join(map(format_value, compare.wanted))
    return (
        f"{name} {compare.operator} [{shown}]"
        if compare.operator in {"in", "not in"}
        else f"{name} {compare.operator} {shown}"
    )


def compares(term: Term) -> Iterator[Compare]:
    """Every question of the tree, from left to right."""
    match term:
        case Compare():
            yield term
        case Not(part=part):
            yield from compares(part)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from compares(part)
        case _:  # pragma: no cover - the type checker proves it
            assert_never(term)


def _bracketed(term: Term, *kinds: type) -> str:
    return f"({format_term(term)})" if isinstance(term, kinds) else format_term(term)
