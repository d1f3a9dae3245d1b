"""A condition as a list of rules (name, operator, value) joined by `all` or `any`, and back to text.

A part that is more than one question, or a `not`, stays a text of its own: `(a == 1 or b == 2)`. So every condition has
such a list, however deep it nests.
"""

import json
import re
from typing import Final, Literal

from msgspec import Struct

from aigw_dev.core.routing.conditions import Condition
from aigw_dev.core.routing.terms import OPERATORS, And, Compare, Or, Term, Text, Value, format_value
from aigw_dev.tui.graph.shorthand import short, short_name, spelled

FLAG: Final = "is true"
"""The operator of a flag that stands alone (`stream`)."""
CHOICES: Final = (*OPERATORS, FLAG)
_BARE: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false", re.ASCII)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_ITEM: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[^,]*?)\s*(?:,|$)')


class Rule(Struct, frozen=True):
    """One question."""

    name: str = ""
    """As it is said: `tier`, `header.x-canary`."""
    operator: str = "=="
    """One of `CHOICES`."""
    value: str = ""
    """As it is typed: `gold`, `32000`, `"two words"`; for `in` and `not in` with commas between."""


class Rules(Struct, frozen=True):
    """A condition taken apart."""

    match: Literal["all", "any"]
    parts: tuple[Rule | str, ...]
    """A text is a part that is no single question."""


def read_rules(condition: str) -> Rules | None:
    """The rules of a condition, short or long; None where it cannot be read."""
    read = spelled(condition)
    if not isinstance(read, Condition):
        return None
    match read.root:
        case And(parts=parts):
            return Rules("all", tuple(_part(part, And, Or) for part in parts))
        case Or(parts=parts):
            return Rules("any", tuple(_part(part, Or) for part in parts))
        case term:
            return Rules("all", (_part(term),))


def write_rules(rules: Rules) -> str:
    """The condition, in shorthand as far as that goes; rules without a name are left out."""
    word = " and " if rules.match == "all" else " or "
    said = [text for part in rules.parts if (text := _said(part))]
    return word.join(map(_bracketed, said)) if len(said) > 1 else "".join(said)


def _part(term: Term, *bracketed: type) -> Rule | str:
    if isinstance(term, Compare):
        wanted = ", ".join(_value(value, is_item=len(term.wanted) > 1) for value in term.wanted)
        return Rule(short_name(term.name), term.operator or FLAG, wanted)
    return f"({short(term)})" if isinstance(term, bracketed) else short(term)


def _value(value: Value, *, is_item: bool) -> str:
    """A text without quotes where it is typed without them."""
    if not isinstance(value, Text):
        return format_value(value)
    plain = value.value
    is_plain = (
        plain
        and plain == plain.strip()
        and not _BARE.fullmatch(plain)
        and plain[0] not in "\"'["
        and plain.isprintable()
        and not (is_item and "," in plain)
    )
    return plain if is_plain else format_value(value)


def _bracketed(part: str) -> str:
    """A part that is joined itself keeps together."""
    read = spelled(part)
    return (
        f"({short(read.root)})" if isinstance(read, Condition) and isinstance(read.root, And | Or) else part
    )


def _said(part: Rule | str) -> str:
    if isinstance(part, str):
        return part.strip()
    name = part.name.strip()
    if not name:
        return ""
    if part.operator == FLAG:
        return name
    if part.operator == "exists":
        return f"{name} exists"
    if part.operator in {"in", "not in"}:
        return f"{name} {part.operator} [{', '.join(map(_quoted, _items(part.value)))}]"
    return f"{name} {part.operator} {_quoted(part.value.strip())}"


def _items(value: str) -> list[str]:
    text = value.strip().removeprefix("[").removesuffix("]")
    return [item for item in _ITEM.findall(text) if item]


def _quoted(value: str) -> str:
    if not value or _BARE.fullmatch(value) or _QUOTED.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
