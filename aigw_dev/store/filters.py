"""The filter language: `status:>=400 provider:openai model:gpt* since:5m "card declined"`.

Pure: text and the time go in, a `Filter` or a `Refusal` comes out. SQL is put together from the tables below only;
everything a person wrote travels as a parameter. docs/logs.md describes the language for people.
"""

import datetime as dt
import fnmatch
import re
from typing import Final, Protocol

import msgspec

from aigw_dev.core import duration
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import COST_STATUSES, MARKS
from aigw_dev.core.rollup import OUTCOMES
from aigw_dev.store.rows import COST_NUMBERS, ENDED, INTERRUPTED, MARK_BITS, OPEN, OUTCOME_NUMBERS
from aigw_dev.store.words import spaced

MOST_CHARS: Final = 2_000
MOST_TERMS: Final = 40


class NameTest(msgspec.Struct, frozen=True):
    """A test on interned texts: true when any of `columns` matches any of `patterns` (or none, if negated)."""

    columns: tuple[str, ...]
    patterns: tuple[str, ...]
    is_negated: bool = False

    def holds(self, texts: tuple[str, ...]) -> bool:
        """Whether these texts, one per column, pass."""
        found = any(_matches(text, pattern) for text in texts for pattern in self.patterns)
        return found is not self.is_negated


class Clause(msgspec.Struct, frozen=True):
    """A condition on the row `e`; `sql` comes from this module's tables."""

    sql: str
    parameters: tuple[str | int | float, ...] = ()


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for. An empty one finds everything."""

    text: str = ""
    """As it was written."""
    dims: tuple[NameTest, ...] = ()
    """On columns of `dim`."""
    names: tuple[NameTest, ...] = ()
    """On a row's own interned columns: `error`, `finish`, `client`, `price`, `deployment`."""
    clauses: tuple[Clause, ...] = ()
    is_notable: bool = False
    """Every row it finds failed, carries a mark or has not ended: the small index suffices."""
    since_s: float | None = None
    until_s: float | None = None
    match: str = ""
    """The full-text query, in FTS5's syntax; empty for none."""
    words: tuple[tuple[str, str, bool], ...] = ()
    """The same for rows that are not indexed yet: (column or "", casefolded text, is_negated)."""


def parse(text: str, *, now_s: float) -> Filter | Refusal:
    """The filter a person wrote; `now_s` is what `since:5m` counts back from.

    Times without a zone are local. Refusals have the code `filter_invalid` and say what would be right.
    """
    text = text.strip()
    if len(text) > MOST_CHARS:
        return _no(f"The filter is longer than {MOST_CHARS} characters.")
    draft = _Draft(now_s)
    count = 0
    place = 0
    while match := _TERM.match(text, place):
        if match.end() == len(text) == place:
            break
        if match["plain"] == "" and text[match.end() :].startswith('"'):
            return _no(f"A quote is never closed: {text[match.start() :].strip()[:60]}")
        place = match.end()
        count += 1
        if count > MOST_TERMS:
            return _no(f"The filter has more than {MOST_TERMS} terms.")
        refusal = _term(draft, match)
        if refusal is not None:
            return refusal
    return draft.filter(text)


class _Draft:
    """What the terms read so far add up to."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s
        self.dims: list[NameTest] = []
        self.names: list[NameTest] = []
        self.clauses: list[Clause] = []
        self.is_notable = False
        self.since_s: float | None = None
        self.until_s: float | None = None
        self.words: list[tuple[str, str, bool]] = []

    def filter(self, text: str) -> Filter | Refusal:
        wanted = [_phrase(column, word) for column, word, is_negated in self.words if not is_negated]
        unwanted = [_phrase(column, word) for column, word, is_negated in self.words if is_negated]
        if unwanted and not wanted:
            return _no("A search needs at least one word that is wanted beside those that are not.")
        match = " AND ".join(wanted)
        if unwanted:
            match = f"({match}) NOT ({' OR '.join(unwanted)})"
        return Filter(
            text=text,
            dims=tuple(self.dims),
            names=tuple(self.names),
            clauses=tuple(self.clauses),
            is_notable=self.is_notable,
            since_s=self.since_s,
            until_s=self.until_s,
            match=match,
            words=tuple(
                (column, spaced(word).casefold().rstrip("*").strip(), no) for column, word, no in self.words
            ),
        )


_TERM: Final = re.compile(
    r'\s*(?P<minus>-)?(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]*))'
)

DIM_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "gateway": ("gateway",),
    "provider": ("provider",),
    "kind": ("kind",),
    "base_url": ("base_url",),
    "model": ("original_model", "request_model", "response_model"),
    "route": ("route",),
    "consumer": ("consumer",),
    "run": ("run",),
    "operation": ("operation",),
    "key": ("key_name",),
}
NAME_FIELDS: Final = ("error", "finish", "client", "price", "deployment")
_ENDED_AT: Final = "(e.started_at + ifnull(e.duration_s, 0))"
_NUMBER_FIELDS: Final[dict[str, tuple[str, float]]] = {
    "ms": ("e.duration_s", 0.001),
    "ttft": ("e.ttft_s", 0.001),
    "attempts": ("e.attempts", 1),
    "tokens": ("(e.input_tokens + e.output_tokens)", 1),
    "input": ("e.input_tokens", 1),
    "output": ("e.output_tokens", 1),
    "cached": ("e.cached_input_tokens", 1),
    "reasoning": ("e.reasoning_tokens", 1),
    "bytes": ("(e.request_bytes + e.response_bytes)", 1),
    "status": ("e.status", 1),
}
_TEXT_FIELDS: Final[dict[str, str]] = {"session": "e.session", "id": "e.id"}
_SEARCH_FIELDS: Final = {"text": "", "request": "request", "response": "response"}
FIELDS: Final = (
    *DIM_FIELDS,
    *NAME_FIELDS,
    *_NUMBER_FIELDS,
    *_TEXT_FIELDS,
    *_SEARCH_FIELDS,
    "cost",
    "mark",
    "outcome",
    "state",
    "stream",
    "trace",
    "since",
    "until",
)
"""Every field of the language; docs/logs.md explains each."""

_OPERATORS: Final = (">=", "<=", "!=", ">", "<", "=")
_STATES: Final = {"ended": ENDED, "open": OPEN, "interrupted": INTERRUPTED}
_CLASS: Final = re.compile(r"([1-5])xx")
_RANGE: Final = re.compile(r"(-?[0-9.]+)\.\.(-?[0-9.]+)")
_ERROR_STATUS: Final = 400
_NANO: Final = 1_000_000_000


def _term(draft: _Draft, match: re.Match[str]) -> Refusal | None:
    is_negated = match["minus"] is not None
    field = (match["field"] or "").lower()
    quoted: str | None = match["quoted"]
    value = quoted if quoted is not None else match["plain"]
    if not field:
        return _search(draft, "", value, is_negated=is_negated)
    if field in _SEARCH_FIELDS:
        return _search(draft, _SEARCH_FIELDS[field], value, is_negated=is_negated)
    if field not in FIELDS:
        import difflib

        near = difflib.get_close_matches(field, FIELDS, n=1)
        hint = f"; did you mean {near[0]}:" if near else f"; fields are {', '.join(FIELDS)}"
        return _no(
            f'There is no field {field}:{hint}. To search for the text itself, quote it: "{field}:{value}"'
        )
    if not value:
        return _no(f"{field}: has no value.")
    return _field(draft, field, value, is_negated=is_negated)


def _field(draft: _Draft, field: str, value: str, *, is_negated: bool) -> Refusal | None:
    if field in DIM_FIELDS:
        patterns = _alternatives(value)
        if field == "operation":
            # `embeddings` is found as well as `openai.embeddings`.
            patterns += tuple(f"*.{pattern}" for pattern in patterns)
        draft.dims.append(NameTest(DIM_FIELDS[field], patterns, is_negated))
        return None
    if field in NAME_FIELDS:
        draft.names.append(NameTest((field,), _alternatives(value), is_negated))
        draft.is_notable |= field == "error" and not is_negated
        return None
    if field in _NUMBER_FIELDS:
        return _number(draft, field, value, is_negated=is_negated)
    if field in _TEXT_FIELDS:
        pattern = value.replace("[", "[[]")
        if field == "id" and not pattern.endswith("*"):
            pattern += "*"
        return _add(draft, f"{_TEXT_FIELDS[field]} GLOB ?", (pattern,), is_negated=is_negated)
    return _SPECIAL[field](draft, value, is_negated=is_negated)


def _search(draft: _Draft, column: str, value: str, *, is_negated: bool) -> Refusal | None:
    if not any(letter.isalnum() for letter in value):
        return _no(f"There is nothing to search for in {value!r}: words hold letters or digits.")
    draft.words.append((column, value.replace("\0", " "), is_negated))
    return None


def _number(draft: _Draft, field: str, value: str, *, is_negated: bool) -> Refusal | None:
    column, unit = _NUMBER_FIELDS[field]
    if field == "status" and (found := _CLASS.fullmatch(value.lower())):
        value = f"{found[1]}00..{found[1]}99"
    if found := _RANGE.fullmatch(value):
        low, high = _amount(found[1]), _amount(found[2])
        if low is None or high is None:
            return _no(f"{field}: wants two numbers, as {field}:100..200, not {value!r}.")
        _mark_notable(draft, field, low, is_negated=is_negated)
        return _add(draft, f"{column} BETWEEN ? AND ?", (low * unit, high * unit), is_negated=is_negated)
    sign, rest = _operator(value)
    amount = _amount(rest)
    if amount is None:
        return _no(f"{field}: wants a number, as {field}:>=400 or {field}:100..200, not {value!r}.")
    if sign in {">=", ">", "="}:
        _mark_notable(draft, field, amount, is_negated=is_negated)
    return _add(draft, f"{column} {sign} ?", (amount * unit,), is_negated=is_negated)


def _cost(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    word = value.lower()
    if word in COST_NUMBERS:
        return _add(draft, "e.cost_status = ?", (COST_NUMBERS[word],), is_negated=is_negated)
    sign, rest = _operator(value)
    amount = _amount(rest.removeprefix("$"))
    if amount is None:
        return _no(f"cost: wants USD, as cost:>0.01, or one of {', '.join(COST_STATUSES)}, not {value!r}.")
    return _add(draft, f"e.cost_nanousd {sign} ?", (round(amount * _NANO),), is_negated=is_negated)


def _mark(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    bits = 0
    for word in _alternatives(value):
        if word.lower() not in MARK_BITS:
            return _no(f"mark: is one of {', '.join(MARKS)}, not {word!r}.")
        bits |= MARK_BITS[word.lower()]
    draft.is_notable |= not is_negated
    return _add(draft, "(e.marks & ?) <> 0", (bits,), is_negated=is_negated)


def _outcome(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    number = OUTCOME_NUMBERS.get(value.lower())
    if number is None:
        return _no(f"outcome: is one of {', '.join(OUTCOMES)}, not {value!r}.")
    draft.is_notable |= (number != 0) is not is_negated
    return _add(draft, "(e.outcome = ? AND e.state = 0)", (number,), is_negated=is_negated)


def _state(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    number = _STATES.get(value.lower())
    if number is None:
        return _no(f"state: is one of {', '.join(_STATES)}, not {value!r}.")
    draft.is_notable |= (number != 0) is not is_negated
    return _add(draft, "e.state = ?", (number,), is_negated=is_negated)


def _stream(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    answer = {"yes": 1, "true": 1, "no": 0, "false": 0}.get(value.lower())
    if answer is None:
        return _no(f"stream: is yes or no, not {value!r}.")
    return _add(draft, "e.is_stream = ?", (answer,), is_negated=is_negated)


def _trace(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    if not re.fullmatch(r"[0-9a-fA-F]{1,32}\*?", value):
        return _no(f"trace: is the beginning of a trace id in hex digits, not {value!r}.")
    return _add(
        draft, "lower(hex(e.trace_id)) GLOB ?", (value.lower().rstrip("*") + "*",), is_negated=is_negated
    )


def _since(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    second = moment(value, now_s=draft.now_s)
    if second is None or is_negated:
        return _no(_TIME_HELP.format(field="since", value=value))
    draft.since_s = second if draft.since_s is None else max(draft.since_s, second)
    return _add(draft, f"{_ENDED_AT} >= ?", (second,), is_negated=False)


def _until(draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None:
    second = moment(value, now_s=draft.now_s)
    if second is None or is_negated:
        return _no(_TIME_HELP.format(field="until", value=value))
    draft.until_s = second if draft.until_s is None else min(draft.until_s, second)
    return _add(draft, f"{_ENDED_AT} < ?", (second,), is_negated=False)


_TIME_HELP: Final = "{field}: wants how long ago (30s, 5m, 2h, 7d) or a time (2026-11-20, 2026-11-20T10:00, ...Z), not {value!r}."


class _Reader(Protocol):
    def __call__(self, draft: _Draft, value: str, *, is_negated: bool) -> Refusal | None: ...


_SPECIAL: Final[dict[str, _Reader]] = {
    "cost": _cost,
    "mark": _mark,
    "outcome": _outcome,
    "state": _state,
    "stream": _stream,
    "trace": _trace,
    "since": _since,
    "until": _until,
}


def moment(text: str, *, now_s: float) -> float | None:
    """The UTC second that `5m`, `7d` or an ISO date or time means; None for any other text. No zone means local."""
    ago_s = duration.parse(text)
    if ago_s is not None:
        return now_s - ago_s
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _add(draft: _Draft, sql: str, parameters: tuple[str | int | float, ...], *, is_negated: bool) -> None:
    # `IS NOT TRUE`, so that a row where the column is NULL passes a negated test.
    draft.clauses.append(Clause(f"({sql}) IS NOT TRUE" if is_negated else sql, parameters))


def _mark_notable(draft: _Draft, field: str, low: float, *, is_negated: bool) -> None:
    draft.is_notable |= field == "status" and low >= _ERROR_STATUS and not is_negated


def _operator(value: str) -> tuple[str, str]:
    for sign in _OPERATORS:
        if value.startswith(sign):
            return ("<>" if sign == "!=" else sign), value[len(sign) :]
    return "=", value


def _amount(text: str) -> float | None:
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", text):
        return None
    number = float(text)
    return int(number) if number.is_integer() else number


def _alternatives(value: str) -> tuple[str, ...]:
    return tuple(part for part in value.split(",") if part) or (value,)


def _matches(text: str, pattern: str) -> bool:
    """Whether a text equals a pattern with `*` and `?`, whatever the case."""
    return fnmatch.fnmatchcase(text.casefold(), pattern.casefold().replace("[", "[[]"))


def _phrase(column: str, word: str) -> str:
    """The word as an FTS5 string, in which nothing is syntax; a final `*` finds words that begin so."""
    star = "*" if word.endswith("*") else ""
    text = spaced(word.rstrip("*")).replace('"', '""')
    return f'{column + " : " if column else ""}"{text}"{star}'


def _no(message: str) -> Refusal:
    return Refusal(code="filter_invalid", message=message)
