r"""Ignore rules: which parts of a request do not count when it is looked for among the recorded ones.

A rule is a path into the request, and may end in `~regex`:

- `temperature`, `$.temperature`: a field of the JSON body; `tools[0].function`, `$.messages[*].name`: deeper, `[*]` for
  every item of a list (or field of an object), `[-1]` for the last; `$..cache_control`: that field wherever it stands;
  `$["a.b"]`: a name with dots.
- `headers.anthropic-beta`, `form.prompt`: a header that counts, a text field of a form. (A body's own field of that name:
  `$.headers`.)
- `$.messages[0].content~\d{4}-\d\d-\d\d`: not the field, only what the regex (RE2) finds in its text, or in every text below it.

Rules are applied in the order given; a path that a request does not have is passed over.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, cast

import msgspec

from aigw_dev.core.recording.fixture import FixtureError, Request
from aigw_dev.core.routing.patterns import compile_pattern

MOST_RULES: Final = 100
"""Rules that may be in force together."""
MOST_STEPS: Final = 50
"""Steps one path may have."""
_MOST_DEPTH: Final = 200
"""Deeper than this nothing is looked for."""
_BODY: Final = "body"
_PLACES: Final = ("headers", "form")


class _Gone:
    """Stands where a value was taken out."""


class _Every:
    """The step `[*]`."""


_GONE: Final = _Gone()
_EVERY: Final = _Every()


class _Anywhere(msgspec.Struct, frozen=True):
    """The step `..name`."""

    name: str


class _Pattern(Protocol):
    def sub(self, repl: Callable[[Any], bytes], text: bytes, /) -> bytes: ...


class _Rule(msgspec.Struct, frozen=True):
    place: str
    steps: tuple[Any, ...]
    pattern: Any = None


class Rules:
    """Rules ready for use; equal texts give equal rules. Falsy where there are none."""

    __slots__ = ("_rules", "texts")

    def __init__(self, texts: tuple[str, ...], rules: tuple[_Rule, ...]) -> None:
        self.texts = texts
        """As they were written."""
        self._rules = rules

    def __bool__(self) -> bool:
        return bool(self._rules)

    def prune(self, request: Request) -> Request:
        """`request` without what the rules name; the same object where they name nothing. Nothing is changed in place."""
        for rule in self._rules:
            request = _applied(rule, request)
        return request


def compile_rules(rules: Sequence[str]) -> Rules:
    """Rules ready for use. FixtureError, with the place in the rule, where one cannot be read."""
    return _compiled(tuple(rules))


@functools.lru_cache(maxsize=256)
def _compiled(texts: tuple[str, ...]) -> Rules:
    if len(texts) > MOST_RULES:
        raise FixtureError(
            f"{len(texts)} ignore rules, at most {MOST_RULES} are taken",
            where="ignore",
            hint="Ignore a whole field (`messages`) in place of many parts of it.",
        )
    return Rules(texts, tuple(_Reader(text).rule() for text in texts))


class _Reader:
    """Reads one rule."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def rule(self) -> _Rule:
        steps: list[Any] = []
        is_rooted = self._text.startswith("$")
        if is_rooted:
            self._at = 1
        elif self._text[:1] not in {"[", "."}:
            steps.append(self._name())
        while self._at < len(self._text) and self._text[self._at] != "~":
            steps.append(self._step())
            if len(steps) > MOST_STEPS:
                raise self._error(f"it has more than {MOST_STEPS} steps", "Ignore something further up.")
        pattern = self._pattern() if self._at < len(self._text) else None
        if not steps and pattern is None:
            raise self._error("it names nothing", "Name a field: `temperature`, `$.messages[0].content`.")
        place = _BODY
        if not is_rooted and steps and steps[0] in _PLACES and len(steps) > 1:
            place = str(steps.pop(0))
        if place == "headers" and isinstance(steps[0], str):
            steps[0] = steps[0].lower()
        return _Rule(place, tuple(steps), pattern)

    def _step(self) -> Any:
        char = self._text[self._at]
        if char == "[":
            return self._bracket()
        if char != ".":
            raise self._error(f"`{char}` cannot stand here", "A path goes on with `.name`, `[0]` or `[*]`.")
        self._at += 1
        if self._text[self._at : self._at + 1] == ".":
            self._at += 1
            return _Anywhere(self._name())
        return self._name()

    def _name(self) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in ".[]~\"'*":
            self._at += 1
        if self._at == start:
            raise self._error(
                "a name is missing", 'A path is `$.messages[0].content`; odd names: `$["a.b"]`.'
            )
        return self._text[start : self._at]

    def _bracket(self) -> Any:
        start = self._at
        quote = self._text[start + 1 : start + 2]
        is_quoted = quote in {'"', "'"}
        end = self._text.find(f"{quote}]" if is_quoted else "]", start + 1 + is_quoted)
        if end < 0:
            raise self._error("a bracket is not closed", 'Write `[0]`, `[*]` or `["name"]`.')
        self._at = end + (2 if is_quoted else 1)
        if is_quoted:
            return self._text[start + 2 : end]
        inner = self._text[start + 1 : end]
        if inner == "*":
            return _EVERY
        if not inner.removeprefix("-").isdecimal() or not inner.isascii() or len(inner) > len("-100000000"):
            self._at = start + 1
            raise self._error(f"`{inner}` is no position", 'Write `[0]`, `[-1]`, `[*]` or `["name"]`.')
        return int(inner)

    def _pattern(self) -> Any:
        self._at += 1
        source = self._text[self._at :]
        if not source:
            raise self._error("the regex behind `~` is empty", "Write what to take out: `content~[0-9]+`.")
        pattern = compile_pattern(source)
        if isinstance(pattern, str):
            raise self._error(f"the regex cannot be used: {pattern}", "It is an RE2 regex: no look-around.")
        return pattern

    def _error(self, message: str, hint: str) -> FixtureError:
        where = f"ignore rule `{self._text[:200]}`, character {self._at + 1}"
        return FixtureError(message, where=where, hint=hint)


def _applied(rule: _Rule, request: Request) -> Request:
    before: Any = getattr(request, rule.place)
    if before is None or before is msgspec.UNSET:
        return request
    after = _edited(before, rule, 0)
    if after is before:
        return request
    return msgspec.structs.replace(request, **{rule.place: after})


def _edited(value: Any, rule: _Rule, at: int) -> Any:
    """`value` without what the steps from `at` on name; the same object where that is nothing."""
    if at == len(rule.steps):
        return _GONE if rule.pattern is None else _without(value, cast("_Pattern", rule.pattern), 0)
    step = rule.steps[at]
    if isinstance(step, _Anywhere):
        return _edited_anywhere(value, rule, at, 0)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        names = list(fields) if step is _EVERY else [step] if step in fields else []
        return _with_changes(fields, {name: _edited(fields[name], rule, at + 1) for name in names})
    if isinstance(value, list):
        items = cast("list[Any]", value)
        places = _places(step, len(items))
        return _with_items(items, {place: _edited(items[place], rule, at + 1) for place in places})
    return value


def _places(step: Any, length: int) -> Sequence[int]:
    if step is _EVERY:
        return range(length)
    if isinstance(step, int) and -length <= step < length:
        return (step % length,)
    return ()


def _edited_anywhere(value: Any, rule: _Rule, at: int, depth: int) -> Any:
    """The field that step `at` names, wherever it stands at or below `value`."""
    if depth > _MOST_DEPTH:
        return value
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return _with_items(
            items, {place: _edited_anywhere(one, rule, at, depth + 1) for place, one in enumerate(items)}
        )
    if not isinstance(value, dict):
        return value
    changes: dict[str, Any] = {}
    name = cast("_Anywhere", rule.steps[at]).name
    for key, one in cast("dict[str, Any]", value).items():
        below = _edited(one, rule, at + 1) if key == name else one
        changes[key] = below if below is _GONE else _edited_anywhere(below, rule, at, depth + 1)
    return _with_changes(cast("dict[str, Any]", value), changes)


def _with_changes(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    if all(fields[name] is one for name, one in changes.items()):
        return fields
    changed = {**fields, **changes}
    return {name: one for name, one in changed.items() if one is not _GONE}


def _with_items(items: list[Any], changes: dict[int, Any]) -> list[Any]:
    if all(items[place] is one for place, one in changes.items()):
        return items
    return [one for place, old in enumerate(items) if (one := changes.get(place, old)) is not _GONE]


def _without(value: Any, pattern: _Pattern, depth: int) -> Any:
    """Every text at or below `value` without what the pattern finds."""
    if isinstance(value, str):
        raw = value.encode("utf-8", "surrogatepass")
        left = pattern.sub(_nothing, raw)
        return value if left == raw else left.decode("utf-8", "surrogatepass")
    if depth > _MOST_DEPTH:
        return value
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return _with_changes(
            fields, {name: _without(one, pattern, depth + 1) for name, one in fields.items()}
        )
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return _with_items(
            items, {place: _without(one, pattern, depth + 1) for place, one in enumerate(items)}
        )
    return value


def _nothing(_match: Any) -> bytes:
    return b""
