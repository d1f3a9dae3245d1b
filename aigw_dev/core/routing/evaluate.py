"""Answers a condition about one request, and says of every question what was found.

A missing value (not sent, or JSON null): `!=` and `not in` hold, everything else does not. A list holds what
`contains` names; of an object only `exists` is true.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, assert_never

import msgspec

from aigw_dev.core.exchange import Scalar
from aigw_dev.core.routing.facts import Facts, Found
from aigw_dev.core.routing.patterns import Pattern
from aigw_dev.core.routing.terms import (
    And,
    Compare,
    Condition,
    Flag,
    Not,
    Number,
    Or,
    Term,
    Text,
    Value,
    compares,
)

MAX_ACTUAL_CHARS: Final = 200
"""How much of a value is kept in the trace."""
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,32}(?:\.[0-9]{1,32})?(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE: Final = 10**15
"""Up to here a float without a fraction is written as an integer, as JavaScript writes it."""


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question of a condition, and what was found."""

    name: str
    operator: str
    """One of `conditions.OPERATORS`; empty for a flag that stands alone."""
    wanted: Any
    """The value in the condition; a list of them for `in` and `not in`; None for `exists` and a lone flag."""
    actual: Scalar | None = None
    """The value found, cut to `MAX_ACTUAL_CHARS`; lists and objects as JSON text."""
    state: Literal["value", "json", "missing", "null", "skipped"] = "value"
    """`json`: `actual` is JSON text; `null`: sent as null, counts as missing; `skipped`: the answer stood before."""
    result: bool | None = None
    """None when skipped."""


def evaluate(condition: Condition, facts: Facts) -> tuple[bool, tuple[Observation, ...]]:
    """Whether the condition holds for `facts`, and every question with what was found, from left to right."""
    observations: list[Observation] = []
    result = _ask(condition.root, facts, condition.patterns, observations)
    return result, tuple(observations)


def _ask(term: Term, facts: Facts, patterns: Mapping[str, Pattern], seen: list[Observation]) -> bool:
    match term:
        case Compare():
            return _compare(term, facts, patterns, seen)
        case Not(part=part):
            return not _ask(part, facts, patterns, seen)
        case And(parts=parts):
            return not _ask_until(parts, facts, patterns, seen, stop=False)
        case Or(parts=parts):
            return _ask_until(parts, facts, patterns, seen, stop=True)
        case _:  # pragma: no cover - the type checker proves it
            assert_never(term)


def _ask_until(
    parts: tuple[Term, ...],
    facts: Facts,
    patterns: Mapping[str, Pattern],
    seen: list[Observation],
    *,
    stop: bool,
) -> bool:
    """Whether any part answers `stop`; the parts behind it are not asked."""
    for position, part in enumerate(parts):
        if _ask(part, facts, patterns, seen) is stop:
            seen.extend(_skipped(compare) for rest in parts[position + 1 :] for compare in compares(rest))
            return True
    return False


def _compare(
    compare: Compare, facts: Facts, patterns: Mapping[str, Pattern], seen: list[Observation]
) -> bool:
    found = facts.read(compare.name)
    value = found.value
    result = (
        compare.operator in _HOLDS_WHEN_MISSING
        if value is None
        else _OPERATORS[compare.operator](value, compare, patterns)
    )
    seen.append(_observed(compare, found, result))
    return result


_HOLDS_WHEN_MISSING: Final = frozenset({"!=", "not in"})


def _equals(value: Any, wanted: Value) -> bool:
    """Numbers as numbers, booleans as booleans, everything else as text; a list or object equals nothing."""
    if isinstance(wanted, Number) and isinstance(value, int | float) and not isinstance(value, bool):
        return value == wanted.value
    if isinstance(wanted, Flag) and isinstance(value, bool):
        return value is wanted.value
    text = _text(value)
    return text is not None and text == _wanted_text(wanted)


def _is_any(value: Any, compare: Compare, _: Mapping[str, Pattern]) -> bool:
    return any(_equals(value, wanted) for wanted in compare.wanted)


def _is_none(value: Any, compare: Compare, patterns: Mapping[str, Pattern]) -> bool:
    return not _is_any(value, compare, patterns)


def _contains(value: Any, compare: Compare, _: Mapping[str, Pattern]) -> bool:
    if isinstance(value, list):
        return any(_equals(item, compare.wanted[0]) for item in value)  # pyright: ignore[reportUnknownVariableType]  # JSON
    return _in_text(value, compare, str.__contains__)


def _in_text(value: Any, compare: Compare, test: Callable[[str, str], bool]) -> bool:
    text = _text(value)
    return text is not None and test(text, _wanted_text(compare.wanted[0]))


def _matches(value: Any, compare: Compare, patterns: Mapping[str, Pattern]) -> bool:
    text = _text(value)
    if text is None:
        return False
    return patterns[_wanted_text(compare.wanted[0])].search(text.encode("utf-8", "replace")) is not None


def _by_order(
    test: Callable[[float, float], bool],
) -> "Callable[[Any, Compare, Mapping[str, Pattern]], bool]":
    def ordered(value: Any, compare: Compare, _: Mapping[str, Pattern]) -> bool:
        number, wanted = _number(value), compare.wanted[0]
        return number is not None and isinstance(wanted, Number) and test(number, wanted.value)

    return ordered


_OPERATORS: Final[dict[str, Callable[[Any, Compare, Mapping[str, Pattern]], bool]]] = {
    "": lambda value, _compare, _patterns: value is True,
    "exists": lambda _value, _compare, _patterns: True,
    "==": _is_any,
    "!=": _is_none,
    "in": _is_any,
    "not in": _is_none,
    "contains": _contains,
    "starts_with": lambda value, compare, _: _in_text(value, compare, str.startswith),
    "ends_with": lambda value, compare, _: _in_text(value, compare, str.endswith),
    "matches": _matches,
    ">": _by_order(lambda number, wanted: number > wanted),
    ">=": _by_order(lambda number, wanted: number >= wanted),
    "<": _by_order(lambda number, wanted: number < wanted),
    "<=": _by_order(lambda number, wanted: number <= wanted),
}


def _text(value: Any) -> str | None:
    """A value as text, as JSON writes it; None for a list or an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None


def _wanted_text(wanted: Value) -> str:
    match wanted:
        case Text(value=text):
            return text
        case Number(spelling=spelling):
            return spelling
        case Flag(value=flag):
            return "true" if flag else "false"
        case _:  # pragma: no cover - the type checker proves it
            assert_never(wanted)


def _number(value: Any) -> int | float | None:
    """A number, or a text that is one (headers, the query and `k=v` metadata hold only text)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Number(value.strip()).value
    return None


def _observed(compare: Compare, found: Found, result: bool) -> Observation:  # noqa: FBT001 - the answer, not a switch
    value = found.value
    name, wanted = compare.name.text(), _wanted(compare)
    if value is None:
        return Observation(
            name, compare.operator, wanted, None, "null" if found.is_null else "missing", result
        )
    if isinstance(value, list | dict):
        text = msgspec.json.encode(value).decode()
        return Observation(name, compare.operator, wanted, _cut(text), "json", result)
    return Observation(
        name, compare.operator, wanted, _cut(value) if isinstance(value, str) else value, "value", result
    )


def _skipped(compare: Compare) -> Observation:
    return Observation(compare.name.text(), compare.operator, _wanted(compare), None, "skipped", None)


def _wanted(compare: Compare) -> Any:
    values = [wanted.value for wanted in compare.wanted]
    if compare.operator in {"in", "not in"}:
        return values
    return values[0] if values else None


def _cut(text: str) -> str:
    return text if len(text) <= MAX_ACTUAL_CHARS else text[: MAX_ACTUAL_CHARS - 1] + "…"
