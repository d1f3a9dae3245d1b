"""The kinds of value a config may hold: one `Rule` checks it, and describes it for the JSON Schema.

A rule reports to a `Report` and returns the value as `core.config` stores it; what it returns after an error is
not used. Messages show what was written, shortened, and never anything shaped like a key.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast

import msgspec

from aigw_dev.core import duration, harmless, literal_keys
from aigw_dev.core.problem import Problem

MAX_PROBLEMS: Final = 50
"""More are of no use to a person, and a hostile file could cost seconds."""

_SHOWN_CHARS: Final = 60
_SHOWN_NAMES: Final = 12
_LONGEST_WORD: Final = 64
"""Longer words are not compared with known ones: that costs time and helps nobody."""

Path = tuple[str | int, ...]


class TooManyProblemsError(Exception):
    """Ends a check early; whoever made the `Report` catches it."""


class Report:
    """Collects problems; ends the check with `TooManyProblemsError` after `MAX_PROBLEMS`."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def error(self, path: Path, message: str, hint: str = "") -> None:
        """Something that keeps the config from being used."""
        self._add(Problem(path=path, message=message, hint=hint))

    def warn(self, path: Path, message: str, hint: str = "") -> None:
        """Something a person should know; the config is usable."""
        self._add(Problem(path=path, message=message, hint=hint, severity="warning"))

    def add(self, problem: Problem) -> None:
        """A problem that another check made."""
        self._add(problem)

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblemsError


Check = Callable[[object, Path, Report], object]


class Rule(msgspec.Struct, frozen=True):
    """What a value has to be: a check, and the same in JSON Schema."""

    check: Check
    schema: dict[str, Any]


def shown(value: object) -> str:
    """A value as a message names it, with its type where that helps: `"2449"`, `true`, a mapping, an empty value."""
    if value is None:
        return "an empty value"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        return f"`{str(value).lower() if isinstance(value, bool) else value}`"
    if literal_keys.is_key(value) or literal_keys.holds_key(value):
        return "a text that looks like a key"
    if "://" in value and ("@" in value or "?" in value):
        return "the URL"  # it may hold a password
    short = value if len(value) <= _SHOWN_CHARS else f"{value[:_SHOWN_CHARS]}..."
    return f'"{harmless.line(short)}"'


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that `word` was probably meant to be: other case or separators count as equal."""
    if len(word) > _LONGEST_WORD:
        return None
    plain = {_plain(name): name for name in known}
    close = difflib.get_close_matches(_plain(word), list(plain), n=1, cutoff=0.6)
    return plain[close[0]] if close else None


def did_you_mean(word: str, known: Sequence[str], *, what: str) -> str:
    """A hint: the nearest known word, or all of them where none is near and they are few."""
    near = nearest(word, known)
    if near is not None:
        return f"Did you mean `{near}`?"
    if not known:
        return f"There is no {what} yet."
    few = ", ".join(sorted(known)[:_SHOWN_NAMES])
    return f"Known: {few}{', ...' if len(known) > _SHOWN_NAMES else '.'}"


def text(*, max_chars: int = 4_096) -> Rule:
    """Any text up to a length."""

    def check(value: object, path: Path, report: Report) -> object:
        if not isinstance(value, str):
            report.error(path, f"{shown(value)} is not text", _quote_hint(value))
        elif len(value) > max_chars:
            report.error(path, f"the text has {len(value):,} characters; {max_chars:,} are the most")
        return value

    return Rule(check, {"type": "string", "maxLength": max_chars})


def checked_text(
    problem_with: Callable[[str], str | None], *, schema: Mapping[str, Any], hint: str = ""
) -> Rule:
    """Text for which `problem_with` finds nothing; what it finds completes the sentence `"..." PROBLEM`."""
    base = text()

    def check(value: object, path: Path, report: Report) -> object:
        if not isinstance(value, str):
            return base.check(value, path, report)
        problem = problem_with(value)
        if problem is not None:
            report.error(path, f"{shown(value)} {problem}", hint)
        return value

    return Rule(check, {"type": "string", **schema})


def boolean() -> Rule:
    """`true` or `false`; YAML 1.2 has no `yes` and `on`."""

    def check(value: object, path: Path, report: Report) -> object:
        if not isinstance(value, bool):
            report.error(
                path, f"{shown(value)} is neither true nor false", "Write true or false, without quotes."
            )
        return value

    return Rule(check, {"type": "boolean"})


def whole(minimum: int, maximum: int, *, unit: str = "") -> Rule:
    """A whole number in a range, both ends included."""

    def check(value: object, path: Path, report: Report) -> object:
        if isinstance(value, bool) or not isinstance(value, int):
            is_quoted = isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value)
            report.error(
                path, f"{shown(value)} is not a whole number", "Write it without quotes." if is_quoted else ""
            )
        elif not minimum <= value <= maximum:
            report.error(path, f"{shown(value)} is out of range: {minimum} to {maximum}{_unit(unit)}")
        return value

    return Rule(check, {"type": "integer", "minimum": minimum, "maximum": maximum})


def number(minimum: float, maximum: float, *, unit: str = "") -> Rule:
    """A number in a range, both ends included."""

    def check(value: object, path: Path, report: Report) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float):
            report.error(path, f"{shown(value)} is not a number")
        elif not math.isfinite(value) or not minimum <= value <= maximum:
            report.error(path, f"{shown(value)} is out of range: {minimum:g} to {maximum:g}{_unit(unit)}")
        return value

    return Rule(check, {"type": "number", "minimum": minimum, "maximum": maximum})


def choice(*words: str) -> Rule:
    """One of a few words."""

    def check(value: object, path: Path, report: Report) -> object:
        if not isinstance(value, str) or value not in words:
            report.error(path, f"{shown(value)} is none of {', '.join(words)}", _choice_hint(value, words))
        return value

    return Rule(check, {"enum": list(words)})


def seconds() -> Rule:
    """A duration as text, given back in seconds."""

    def check(value: object, path: Path, report: Report) -> object:
        in_seconds = duration.parse(value) if isinstance(value, str) else None
        if in_seconds is None:
            report.error(
                path,
                f"{shown(value)} is not a duration",
                "Write a whole number and a unit: 14d, 24h, 30m or 90s.",
            )
            return value
        if not 1 <= in_seconds <= 3_650 * 86_400:
            report.error(path, f"{shown(value)} is out of range: 1s to 3650d")
        return in_seconds

    return Rule(check, {"type": "string", "pattern": duration.PATTERN})


def listed(item: Rule, *, example: str) -> Rule:
    """A list whose items all follow one rule; what is repeated is a warning."""

    def check(value: object, path: Path, report: Report) -> object:
        if not isinstance(value, list):
            report.error(path, f"{shown(value)} is not a list", f"Write a list, also of one: {example}")
            return []
        checked: list[object] = []
        for position, entry in enumerate(cast("list[object]", value)):
            at = (*path, position)
            if isinstance(entry, str) and entry in checked:
                report.warn(at, f"{shown(entry)} is listed twice")
            checked.append(item.check(entry, at, report))
        return checked

    return Rule(check, {"type": "array", "items": item.schema})


def mapped(
    key_problem: Callable[[str], str | None], item: Rule, *, what: str, key_schema: Mapping[str, Any]
) -> Rule:
    """A mapping from free names to values of one rule; `key_problem` completes the sentence `"NAME" PROBLEM`."""

    def check(value: object, path: Path, report: Report) -> object:
        checked: dict[str, object] = {}
        for key, entry in entries(value, path, report, what=what):
            problem = key_problem(key)
            if problem is not None:
                report.error((*path, key), f"{shown(key)} {problem}")
            checked[key] = item.check(entry, (*path, key), report)
        return checked

    return Rule(
        check, {"type": "object", "propertyNames": dict(key_schema), "additionalProperties": item.schema}
    )


def entries(value: object, path: Path, report: Report, *, what: str) -> list[tuple[str, object]]:
    """The entries of a mapping; anything else is a problem and has none."""
    if isinstance(value, Mapping):
        return list(cast("Mapping[str, object]", value).items())
    if value is not None:
        report.error(
            path,
            f"{what} is {_kind(value)} where a mapping is expected",
            "Write `key: value` lines below it.",
        )
    return []


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def _kind(value: object) -> Literal["a list", "a text", "a number", "true or false"]:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"


def _quote_hint(value: object) -> str:
    if isinstance(value, bool | int | float):
        return "Put quotes around it to make it a text."
    return "Leave the line out, or write a text." if value is None else ""


def _choice_hint(value: object, words: Sequence[str]) -> str:
    near = nearest(value, words) if isinstance(value, str) else None
    return f"Did you mean `{near}`?" if near else ""
