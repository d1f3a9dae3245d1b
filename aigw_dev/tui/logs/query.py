"""The text of a filter: its terms, what of it is completed, inverted, marked in rows. Pure.

The gateway decides what a filter finds; here it is only read as far as editing wants. The grammar is that of
docs/logs.md: terms between blanks, `-` negates, `field:value`, quotes around what holds blanks.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_TERM: Final = re.compile(
    r'\s*(?P<minus>-)?(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>[^"]*)(?:"|$)|(?P<plain>[^\s"]*))'
)
_WORDS: Final = frozenset({"", "text", "request", "response"})
_NAMES: Final = frozenset({"provider", "model", "route", "error", "consumer", "operation"})
RANGES: Final = ("5m", "15m", "1h", "6h", "24h", "7d", "")
"""How far back `<` and `>` go; the last is everything."""


class Term(NamedTuple):
    """One term and where it stands."""

    start: int
    end: int
    is_negated: bool
    field: str
    value: str
    is_quoted: bool


class Partial(NamedTuple):
    """What stands at the cursor and can be completed: `text[start:end]` becomes what is picked."""

    start: int
    end: int
    field: str
    """Empty while the field's own name is typed."""
    typed: str


def terms(text: str) -> list[Term]:
    """The terms, in order."""
    found: list[Term] = []
    place = 0
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None or match.end() == place:
            break
        place = match.end()
        quoted: str | None = match["quoted"]
        value = quoted if quoted is not None else match["plain"]
        if not (match["field"] or value or match["minus"]):
            continue
        start = match.end() - len(match[0].lstrip())
        found.append(
            Term(
                start,
                match.end(),
                bool(match["minus"]),
                (match["field"] or "").lower(),
                value,
                quoted is not None,
            )
        )
    return found


def invert_last(text: str) -> str:
    """The filter with its last term negated, or no longer so."""
    found = terms(text)
    if not found:
        return text
    last = found[-1]
    inner = text[last.start : last.end]
    changed = inner[1:] if last.is_negated else f"-{inner}"
    return text[: last.start] + changed + text[last.end :]


def since_of(text: str) -> str:
    """What `since:` says; empty where nothing does."""
    return next((term.value for term in terms(text) if term.field == "since" and not term.is_negated), "")


def with_since(text: str, value: str) -> str:
    """The filter with another `since:`; empty takes it out."""
    kept = [text[term.start : term.end] for term in terms(text) if term.field != "since"]
    return " ".join([*kept, *([f"since:{value}"] if value else [])])


def other_range(text: str, by: int) -> str:
    """The filter with the next wider (`by` 1) or narrower (-1) time range."""
    now = since_of(text)
    at = RANGES.index(now) if now in RANGES else len(RANGES) - 1
    return with_since(text, RANGES[max(0, min(at + by, len(RANGES) - 1))])


def partial(text: str, cursor: int) -> Partial:
    """What is being typed at `cursor`."""
    start = cursor
    while start and not text[start - 1].isspace():
        start -= 1
    end = cursor
    while end < len(text) and not text[end].isspace():
        end += 1
    word = text[start:cursor]
    if word.startswith("-"):
        word, start = word[1:], start + 1
    field, colon, value = word.partition(":")
    if colon and field.replace("_", "").isalpha() and not value.startswith('"'):
        begin = value.rfind(",") + 1
        return Partial(cursor - len(value) + begin, end, field.lower(), value[begin:])
    return Partial(start, end, "", word)


def is_begun(text: str, cursor: int, fields: Iterable[str]) -> bool:
    """Whether the term at `cursor` is only begun: `mod` of `model:`, `status:`, `ms:>`. It says nothing yet."""
    at = partial(text, cursor)
    if at.field:
        return not at.typed.strip("<>=!")
    return bool(at.typed) and any(name.startswith(at.typed.casefold()) for name in fields)


def accept(text: str, at: Partial, value: str) -> tuple[str, int]:
    """The text with `value` put in, and where the cursor stands then: behind a value and a blank, or behind `field:`."""
    if at.field and any(char.isspace() for char in value):
        value = f'"{value}"'
    is_whole = bool(at.field) and at.end >= len(text)
    put = value + (" " if is_whole else "")
    return text[: at.start] + put + text[at.end :], at.start + len(put)


def words(text: str) -> tuple[str, ...]:
    """Casefolded texts worth marking in the rows that a filter finds."""
    found: list[str] = []
    for term in terms(text):
        if term.is_negated:
            continue
        if term.field in _WORDS:
            found.append(term.value.rstrip("*"))
        elif term.field in _NAMES:
            found += [part for value in term.value.split(",") for part in value.split("*")]
    return tuple(dict.fromkeys(word.casefold() for word in found if word.strip() and "?" not in word))


def quoted(value: str) -> str:
    """`value` as a term's value takes it."""
    return f'"{value}"' if any(char.isspace() for char in value) or not value else value
