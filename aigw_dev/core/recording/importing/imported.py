"""What an import gives, and how importers collect it; reading plain data whose shape nobody promised."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.document import MAX_BODY_DEPTH
from aigw_dev.core.recording.fixture import Blob, Fixture, FixtureError, Interaction

Store = Callable[[bytes, str], Blob]
"""Keeps bytes of a media type beside the fixture and says how they are called there."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign recording as fixtures. Keys, summaries and redaction are still to come: the caller's."""

    fixtures: list[Fixture]
    """Empty where nothing in it was a model call."""
    notes: list[str]
    """What was guessed or changed, each once."""
    skipped: list[str]
    """What was left out: where in the document, which call, why."""


class Skip(msgspec.Struct, frozen=True):
    """Why one recorded pair is left out."""

    reason: str


class Collection:
    """Interactions in the order of their source, with the notes about them."""

    def __init__(self, name: str, source: str) -> None:
        """`name` becomes the fixture's test; `source` says for readers where it is from."""
        self._name = name
        self._source = source
        self._interactions: list[Interaction] = []
        self._notes: dict[str, None] = {}
        self._skipped: list[str] = []
        self._recorded_at = ""

    def add(self, interaction: Interaction, notes: list[str] | None = None) -> None:
        """Keep one more."""
        self._interactions.append(interaction)
        for note in notes or ():
            self.note(note)

    def note(self, text: str) -> None:
        """Say something, once."""
        self._notes[text] = None

    def skip(self, where: str, reason: str) -> None:
        """Leave one out."""
        self._skipped.append(f"{where}: {reason}")

    def dated(self, moment: str) -> None:
        """The first known moment is when all of it was recorded."""
        self._recorded_at = self._recorded_at or moment

    def whole(self) -> Imported:
        """Everything collected."""
        fixture = Fixture(
            interactions=self._interactions,
            test=self._name,
            recorded_at=self._recorded_at,
            notes=f"imported from {self._source}",
        )
        return Imported(
            fixtures=[fixture] if self._interactions else [], notes=list(self._notes), skipped=self._skipped
        )


def as_object(value: Any, where: str) -> dict[str, Any]:
    """`value` as an object; FixtureError where it is something else."""
    if not isinstance(value, dict):
        raise FixtureError(f"expected an object, found {_kind(value)}", where=where)
    return cast("dict[str, Any]", value)


def as_list(value: Any, where: str) -> list[Any]:
    """`value` as a list; FixtureError where it is something else."""
    if not isinstance(value, list):
        raise FixtureError(f"expected a list, found {_kind(value)}", where=where)
    return cast("list[Any]", value)


def as_text(value: Any, where: str) -> str:
    """`value` as a text; FixtureError where it is something else."""
    if not isinstance(value, str):
        raise FixtureError(f"expected a text, found {_kind(value)}", where=where)
    return value


def as_status(value: Any, where: str) -> int:
    """An HTTP status; FixtureError where it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not _LEAST_STATUS <= value <= _MOST_STATUS:
        raise FixtureError("expected an HTTP status, 100 to 599", where=where)
    return value


def as_bytes(value: Any, where: str) -> bytes:
    """A body written as text or bytes; nothing for None. FixtureError where it is something else."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape" if _has_escapes(value) else "surrogatepass")
    if isinstance(value, bytes):
        return value
    raise FixtureError(f"expected text or bytes, found {_kind(value)}", where=where)


def as_json(value: Any, where: str) -> Any:
    """A value that JSON can say, as it is; FixtureError where it holds bytes, NaN, keys that are no texts, or is too deep."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MAX_BODY_DEPTH:
            raise FixtureError(f"nested deeper than {MAX_BODY_DEPTH} levels", where=where)
        if isinstance(one, dict):
            fields = cast("dict[Any, Any]", one)
            if not all(isinstance(name, str) for name in fields):
                raise FixtureError("it has keys that are no texts", where=where)
            waiting += ((inner, depth + 1) for inner in fields.values())
        elif isinstance(one, list):
            waiting += ((inner, depth + 1) for inner in cast("list[Any]", one))
        elif not (
            one is None or isinstance(one, str | int) or (isinstance(one, float) and math.isfinite(one))
        ):
            raise FixtureError(f"{_kind(one)} that JSON cannot say", where=where)
    return value


def as_pairs(value: Any, where: str) -> list[tuple[str, str]]:
    """Headers written as `{name: value}` or `{name: [values]}`, as pairs with lower-case names."""
    if value is None:
        return []
    found: list[tuple[str, str]] = []
    for name, one in as_object(value, where).items():
        values = cast("list[Any]", one) if isinstance(one, list) else [one]
        found += ((str(name).lower(), _header_text(text)) for text in values)
    return found


def named(pairs: list[tuple[str, str]], name: str) -> str:
    """The last header of a lower-case name, or nothing."""
    return next((value for key, value in reversed(pairs) if key == name), "")


def member(document: Any, name: str) -> Any:
    """A field of what may be an object; None where it is none."""
    return cast("Mapping[str, Any]", document).get(name) if isinstance(document, dict) else None


_LEAST_STATUS: Final = 100
_MOST_STATUS: Final = 599
_KINDS: Final = (
    (dict, "an object"),
    (list, "a list"),
    (str, "a text"),
    (bytes, "bytes"),
    (bool, "true or false"),
    (int | float, "a number"),
    (type(None), "nothing"),
)


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "something else")


def _has_escapes(text: str) -> bool:
    """Whether bytes that are no UTF-8 were read with Python's `surrogateescape`."""
    return any("\udc80" <= char <= "\udcff" for char in text)


def _header_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
