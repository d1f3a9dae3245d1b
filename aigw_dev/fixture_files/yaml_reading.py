"""YAML of other programs, as plain data: nothing is constructed, whatever a tag asks for.

Cassettes are YAML 1.1 as PyYAML and go-yaml write it. This reads the parser's events and builds dicts, lists, text,
numbers and bytes from them itself: a tag outside `_TAGS` is refused, an alias counts with all that it stands for (so
that nine lines cannot become a billion values), depth is counted before anything recurses. Timestamps and base-60
numbers stay text.

The C parser of PyYAML or of ruamel.yaml is used where one is installed: about 20 times as fast.
"""

import base64
import binascii
import importlib
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, Protocol, cast

from aigw_dev.core.recording.fixture import FixtureError

DEEPEST: Final = 100
MOST_VALUES: Final = 5_000_000
"""Values in one document, aliases counted as often as they stand for something."""
_YAML: Final = "tag:yaml.org,2002:"
_INTEGER: Final = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?")
_SPECIAL: Final = re.compile(r"([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_MOST_DIGITS: Final = 1_000
_BASES: Final = {"0x": 16, "0b": 2}


class _Mark(Protocol):
    line: int


class _Event(Protocol):
    """What both parsers' events have, each kind a part of it."""

    start_mark: _Mark
    anchor: str | None
    tag: str | None
    implicit: Any
    value: str


class _Open(NamedTuple):
    """A collection that is being read."""

    value: dict[str, Any] | list[Any]
    key: list[str]
    """The key that waits for its value; at most one."""
    anchor: str | None
    first: int
    """How many values were counted when it began."""


def read_yaml(content: bytes) -> Any:
    """The one document of `content` as plain data; keys are text. Anything else is a `FixtureError` with its line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise FixtureError("it is no UTF-8 text", where=f"line {line}") from None
    builder = _Builder()
    events, broken = _events(text)
    try:
        for event in events:
            builder.feed(event)
    except broken as failure:
        mark = cast("_Mark | None", getattr(failure, "problem_mark", None))
        problem = str(getattr(failure, "problem", None) or "it has characters that YAML does not allow")
        raise FixtureError(
            f"it is no YAML: {problem}", where=f"line {mark.line + 1}" if mark else ""
        ) from None
    except RecursionError:
        raise FixtureError(f"it nests deeper than {DEEPEST} levels") from None
    return builder.document


def parsers() -> list[str]:
    """The parsers that are there, the quickest first."""
    return [name for name, there in (("pyyaml", _pyyaml() is not None), ("ruamel", True)) if there]


def _pyyaml() -> Any:
    """PyYAML with its C parser, which is no dependency of ours; else None."""
    try:
        module = importlib.import_module("yaml")
    except ImportError:
        return None
    return module if hasattr(module, "CSafeLoader") else None


def _events(text: str) -> tuple[Iterable[_Event], type[Exception]]:
    """The events of a text, and what is raised where it is broken."""
    quick = _pyyaml()
    if (
        quick is not None and "\\ud" not in text.lower()
    ):  # libyaml refuses halves of a pair, as JSON writes them
        return quick.parse(text, Loader=quick.CSafeLoader), quick.YAMLError
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    parse = cast("Callable[[str], Iterable[_Event]]", YAML(typ="safe").parse)  # pyright: ignore[reportUnknownMemberType] - ruamel is half typed
    return parse(text), YAMLError


class _Builder:
    """Plain data from events."""

    def __init__(self) -> None:
        self.document: Any = None
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0
        self._takes = {
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
            "MappingStartEvent": self._mapping,
            "SequenceStartEvent": self._sequence,
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
            "DocumentStartEvent": self._start,
        }

    def feed(self, event: _Event) -> None:
        """Take the next event."""
        take = self._takes.get(type(event).__name__)
        if take is not None:
            take(event)

    def _start(self, event: _Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _refused("a second document begins; one is read", event)

    def _scalar(self, event: _Event) -> None:
        if self._wants_key():
            self._key(event)
            return
        value = _value(event)
        self._count(1 + len(event.value) // 256, event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1 + len(event.value) // 256)
        self._put(value)

    def _key(self, event: _Event) -> None:
        if event.value == "<<" and _is_plain(event):
            raise _refused("merge keys (`<<`) are not read", event)
        value = _value(event)
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else _text(event.value)
        if event.anchor:
            self._anchors[event.anchor] = (text, 1)
        self._open[-1].key.append(text)

    def _alias(self, event: _Event) -> None:
        found = self._anchors.get(event.anchor or "")
        if found is None:
            raise _refused(
                f"the alias *{(event.anchor or '')[:40]} stands for nothing that is complete", event
            )
        value, weight = found
        if self._wants_key():
            if not isinstance(value, str):
                raise _refused("a key that is no text", event)
            self._open[-1].key.append(value)
            return
        self._count(weight, event)
        self._put(value)

    def _mapping(self, event: _Event) -> None:
        self._begin(event, {}, "map")

    def _sequence(self, event: _Event) -> None:
        self._begin(event, [], "seq")

    def _begin(self, event: _Event, value: dict[str, Any] | list[Any], kind: str) -> None:
        if event.tag not in {None, "!", f"{_YAML}{kind}"}:
            raise _tag_refused(event)
        if self._wants_key():
            raise _refused("a key that is no text", event)
        if len(self._open) >= DEEPEST:
            raise _refused(f"it nests deeper than {DEEPEST} levels", event)
        self._open.append(_Open(value, [], event.anchor, self._values))
        self._count(1, event)

    def _end(self, _event: _Event) -> None:
        done = self._open.pop()
        if done.anchor:
            self._anchors[done.anchor] = (done.value, self._values - done.first)
        self._put(done.value)

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and not self._open[-1].key

    def _put(self, value: Any) -> None:
        if not self._open:
            self.document = value
            return
        into = self._open[-1]
        if isinstance(into.value, dict):
            into.value[into.key.pop()] = value
        else:
            into.value.append(value)

    def _count(self, weight: int, event: _Event) -> None:
        self._values += weight
        if self._values > MOST_VALUES:
            raise _refused(f"it has more than {MOST_VALUES:,} values, its aliases counted in full", event)


def _value(event: _Event) -> Any:
    tag = event.tag
    if tag is None and _is_plain(event):
        return _plain(event)
    if tag in {None, "!"}:
        return _text(event.value)
    reader = _TAGS.get(tag.removeprefix(_YAML)) if tag and tag.startswith(_YAML) else None
    if reader is None:
        raise _tag_refused(event)
    return reader(event)


def _is_plain(event: _Event) -> bool:
    return bool(event.implicit and event.implicit[0])


def _plain(event: _Event) -> Any:
    """A scalar without quotes and tag: what it looks like in YAML 1.1."""
    text = event.value
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return _text(text)
    if _INTEGER.fullmatch(text):
        return _integer(event)
    if _FLOAT.fullmatch(text) or _SPECIAL.fullmatch(text):
        return _float(event)
    return text


def _integer(event: _Event) -> int:
    digits = event.value.replace("_", "")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    base = _BASES.get(digits[:2], 8 if len(digits) > 1 and digits[0] == "0" else 10)
    if len(digits) > _MOST_DIGITS:
        raise _refused("a number with too many digits", event)
    try:
        return sign * int(digits, base)
    except ValueError:
        raise _refused("a whole number that is none", event) from None


def _float(event: _Event) -> float:
    digits = event.value.replace("_", "")
    special = _SPECIAL.fullmatch(digits)
    try:
        return float(digits.replace(".", "", 1) if special else digits)
    except ValueError:
        raise _refused("a number that is none", event) from None


def _binary(event: _Event) -> bytes:
    try:
        return base64.b64decode("".join(event.value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _refused("!!binary that is no base64", event) from None


def _bool_or_null(event: _Event) -> Any:
    if event.value not in _WORDS:
        raise _refused("a tag that its value does not fit", event)
    return _WORDS[event.value]


def _text(text: str) -> str:
    r"""Halves of a pair (`\ud83d\ude00`) put together; lone ones replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_TAGS: Final[dict[str, Callable[[_Event], Any]]] = {
    "str": lambda event: _text(event.value),
    "binary": _binary,
    "int": _integer,
    "float": _float,
    "bool": _bool_or_null,
    "null": _bool_or_null,
    "timestamp": lambda event: _text(event.value),
}
"""The types that are read, by YAML 1.1's names; collections have `map` and `seq`."""


def _refused(message: str, event: _Event) -> FixtureError:
    return FixtureError(message, where=f"line {event.start_mark.line + 1}")


def _tag_refused(event: _Event) -> FixtureError:
    tag = str(event.tag).replace(_YAML, "!!")[:80]
    return FixtureError(
        f"the tag {tag!r} is not read",
        where=f"line {event.start_mark.line + 1}",
        hint="Only plain data is imported: text, numbers, !!binary, lists and mappings.",
    )
