"""Reads an object that a caller sent, field by field, and says exactly what is wrong where a type does not fit."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import NULL
from aigw_dev.core.errors import Refusal

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_STRING: Final = msgspec.json.Decoder(str)
_INTEGER: Final = msgspec.json.Decoder(int)
_NUMBER: Final = msgspec.json.Decoder(float)
_BOOLEAN: Final = msgspec.json.Decoder(bool)
_LARGEST: Final = 2**53
_QUOTE: Final = ord('"')
_N: Final = ord("n")


class MalformedError(Exception):
    """A caller's request is not what the protocol says; caught where the request began to be read."""

    def __init__(self, path: str, problem: str) -> None:
        """`path` names the field (`messages[2].content`), `problem` says what it must be."""
        super().__init__(problem)
        self.refusal = Refusal(code="invalid_request", message=f"`{path}` {problem}", param=path)


def is_string(raw: msgspec.Raw) -> bool:
    """Whether a JSON text is a string."""
    return memoryview(raw)[0] == _QUOTE


def is_null(raw: msgspec.Raw) -> bool:
    """Whether a JSON text is `null`."""
    return memoryview(raw)[0] == _N


def object_at(raw: msgspec.Raw, path: str) -> "Fields":
    """The object that a JSON text is."""
    try:
        return Fields(_OBJECT.decode(raw), path)
    except ValueError as error:  # msgspec's errors are ValueErrors
        raise MalformedError(path, "must be an object") from error


def array_at(raw: msgspec.Raw, path: str) -> list[msgspec.Raw]:
    """The elements of the array that a JSON text is."""
    try:
        return _ARRAY.decode(raw)
    except ValueError as error:
        raise MalformedError(path, "must be an array") from error


def string_at(raw: msgspec.Raw, path: str) -> str:
    """The string that a JSON text is."""
    try:
        return _STRING.decode(raw)
    except ValueError as error:
        raise MalformedError(path, "must be a string of valid Unicode") from error


class Fields:
    """One object: every reader gives None (or empty) for a field that is absent or null, and refuses a wrong type."""

    __slots__ = ("path", "wire")

    def __init__(self, wire: dict[str, msgspec.Raw], path: str) -> None:
        """`path` is empty for the body itself."""
        self.wire = wire
        self.path = path

    def at(self, name: str) -> str:
        """The whole path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def raw(self, name: str) -> msgspec.Raw | None:
        """The JSON text of a field; None where it is absent or null."""
        value = self.wire.get(name)
        return None if value is None or memoryview(value)[0] == _N else value

    def text(self, name: str) -> str:
        """A string; empty where there is none."""
        value = self.wire.get(name)
        if value is None:
            return ""
        try:
            return _STRING.decode(value)
        except ValueError:  # null, or what is no string
            return "" if is_null(value) else string_at(value, self.at(name))

    def needed(self, name: str) -> msgspec.Raw:
        """The JSON text of a field that must be there."""
        value = self.raw(name)
        if value is None:
            raise MalformedError(self.at(name), "is required")
        return value

    def needed_text(self, name: str) -> str:
        """A string that must be there."""
        value = self.wire.get(name)
        if value is not None:
            try:
                return _STRING.decode(value)
            except ValueError:
                pass  # said below, by its path
        return string_at(self.needed(name), self.at(name))

    def integer(self, name: str) -> int | None:
        """A whole number within +-2^53."""
        value = self.raw(name)
        if value is None:
            return None
        try:
            number = _INTEGER.decode(value)
        except ValueError as error:
            raise MalformedError(self.at(name), "must be a whole number") from error
        if not -_LARGEST <= number <= _LARGEST:
            raise MalformedError(self.at(name), "must be a whole number within 2^53")
        return number

    def number(self, name: str) -> float | None:
        """A number."""
        value = self.raw(name)
        if value is None:
            return None
        try:
            return _NUMBER.decode(value)
        except ValueError as error:
            raise MalformedError(self.at(name), "must be a number") from error

    def boolean(self, name: str) -> bool | None:
        """`true` or `false`."""
        value = self.raw(name)
        if value is None:
            return None
        try:
            return _BOOLEAN.decode(value)
        except ValueError as error:
            raise MalformedError(self.at(name), "must be true or false") from error

    def object(self, name: str) -> "Fields | None":
        """An object."""
        if name not in self.wire:
            return None
        value = self.raw(name)
        return None if value is None else object_at(value, self.at(name))

    def json_object(self, name: str) -> msgspec.Raw:
        """The text of an object that must be there, untouched; a copy that holds on to nothing."""
        value = self.needed(name)
        object_at(value, self.at(name))
        return msgspec.Raw(bytes(value))

    def array(self, name: str) -> Iterator[tuple[msgspec.Raw, str]]:
        """The elements of an array, each with its path; none where it is absent."""
        value = self.raw(name)
        if value is None:
            return
        path = self.at(name)
        for index, item in enumerate(array_at(value, path)):
            yield item, f"{path}[{index}]"

    def objects(self, name: str) -> Iterator["Fields"]:
        """The elements of an array of objects; none where it is absent."""
        value = self.raw(name)
        if value is None:
            return
        path = self.at(name)
        try:
            found = _OBJECTS.decode(value)  # all at once
        except ValueError:  # one by one, to say which is wrong
            for index, item in enumerate(array_at(value, path)):
                yield object_at(item, f"{path}[{index}]")
            return
        for index, wire in enumerate(found):
            yield Fields(wire, f"{path}[{index}]")

    def others(self, known: frozenset[str]) -> Iterable[tuple[str, msgspec.Raw]]:
        """Fields that `known` does not name and that are not null, with their paths."""
        if self.wire.keys() <= known:
            return ()  # the usual case
        return [
            (self.at(name), msgspec.Raw(bytes(value)))
            for name, value in self.wire.items()
            if name not in known and not is_null(value)
        ]


def kept(raw: msgspec.Raw | None) -> msgspec.Raw:
    """A JSON text of its own, `null` for None: a view would hold the whole body in memory."""
    return NULL if raw is None else msgspec.Raw(bytes(raw))
