"""A function call whose arguments arrive piece by piece (Vertex's `streamFunctionCallArguments`).

Each piece names its place by a JSON path (`$.items[0].name`) and holds a value, of strings the next stretch while
`willContinue` is set. The object is put together here and given on whole: providers of other dialects stream text, and a
text cannot be taken back when a later piece opens an earlier object again.
"""

import re
from itertools import pairwise
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.wire import Fields

_STEP: Final = re.compile(r"""\.?([^.\[\]'"]+)|\[(\d{1,9})\]|\[(?:'([^']*)'|"([^"]*)")\]""")
_MAX_STEPS: Final = 64
_MAX_INDEX: Final = 10_000
"""A path further into a list is no model's doing."""


class PartialCall:
    """One call in the making."""

    def __init__(self, call: Fields) -> None:
        self._args: dict[str, object] = loose_json.mapping(
            loose_json.load(bytes(call.get("args", wire.EMPTY)))
        )
        self._growing = ""
        """The path of the string that the next piece goes on with."""
        self.take(call)

    def take(self, call: Fields) -> None:
        """The pieces of one more part; a piece whose path cannot be read is left out."""
        for raw in wire.items(call.get("partialArgs")):
            piece = wire.fields(raw)
            path = wire.text(piece.get("jsonPath"))
            steps = _steps(path)
            value, is_string = _value(piece)
            if steps:
                self._put(steps, value, is_more=is_string and path == self._growing)
            self._growing = path if is_string and wire.truth(piece.get("willContinue")) is True else ""

    def arguments(self) -> str:
        """The arguments so far, as JSON text."""
        return wire.json_text(wire.encode(self._args)) if self._args else "{}"

    def _put(self, steps: list[str | int], value: object, *, is_more: bool) -> None:
        place: object = self._args
        for step, following in pairwise(steps):
            inner = _get(place, step)
            if not (
                loose_json.is_array(inner) if isinstance(following, int) else loose_json.is_object(inner)
            ):
                empty: dict[str, object] | list[object] = [] if isinstance(following, int) else {}
                if not _set(place, step, empty):
                    return
                inner = empty
            place = inner
        before = _get(place, steps[-1]) if is_more else None
        if isinstance(before, str) and isinstance(value, str):
            value = before + value
        _set(place, steps[-1], value)


def _steps(path: str) -> list[str | int]:
    """The steps of a path; empty where it is none that we read."""
    found: list[str | int] = []
    position = 1
    while path.startswith("$") and position < len(path) and len(found) < _MAX_STEPS:
        match = _STEP.match(path, position)
        if match is None:
            return []
        name, index, single, double = match.groups()
        if index is not None:
            found.append(int(index))
        else:
            found.append(next(one for one in (name, single, double) if one is not None))
        position = match.end()
    return found if position == len(path) and found and isinstance(found[0], str) else []


def _value(piece: Fields) -> tuple[object, bool]:
    if "stringValue" in piece:
        return wire.text(piece["stringValue"]), True
    if "numberValue" in piece:
        return _number(piece["numberValue"]), False
    return wire.truth(piece.get("boolValue")), False


def _number(raw: msgspec.Raw) -> object:
    value = wire.number(raw)
    return int(value) if value is not None and float(value).is_integer() else value


def _get(place: object, step: str | int) -> object:
    if isinstance(step, int):
        return place[step] if loose_json.is_array(place) and step < len(place) else None
    return loose_json.mapping(place).get(step)


def _set(place: object, step: str | int, value: object) -> bool:
    if isinstance(step, str) and loose_json.is_object(place):
        place[step] = value
        return True
    if not isinstance(step, int) or not loose_json.is_array(place) or step > _MAX_INDEX:
        return False
    place += [None] * (step + 1 - len(place))
    place[step] = value
    return True
