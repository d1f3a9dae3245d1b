"""One object of a fixture file, read field by field: wrong types, missing and unknown fields are said with their place."""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast, overload

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.core.recording.literals import Decoder, Wrong
from aigw_dev.core.routing.names import nearest

T = TypeVar("T")
_NEEDED: Final = object()
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110 5.6.2)."""
_NOT_IN_HEADERS: Final = re.compile(r"[\r\n\0]")
_NAMES: Final[dict[type, str]] = {
    str: "a text",
    int: "a whole number",
    dict: "an object",
    list: "an array",
    float: "a number",
}


class Section:
    """An object of the file; fields are taken out, and `end` refuses those that nobody took."""

    __slots__ = ("_asked", "fields", "where")

    def __init__(self, value: Any, where: str) -> None:
        """Raises FixtureError where `value` is no object."""
        if not isinstance(value, dict):
            raise FixtureError("an object must stand here", where=where)
        self.fields = dict(cast("dict[str, Any]", value))
        self.where = where
        self._asked: list[str] = []

    def pop(self, name: str, default: Any = _NEEDED) -> Any:
        """Any value of a field. Raises FixtureError where it is missing and has no default."""
        self._asked.append(name)
        if name in self.fields:
            return self.fields.pop(name)
        if default is _NEEDED:
            like = nearest(name, self.fields)
            raise FixtureError(
                f"the field `{name}` is missing",
                where=self.where,
                hint=f"`{like}` is there: is it meant?" if like else "",
            )
        return default

    @overload
    def take(self, name: str, kind: type[T]) -> T: ...
    @overload
    def take(self, name: str, kind: type[T], default: None) -> T | None: ...
    @overload
    def take(self, name: str, kind: type[T], default: T) -> T: ...
    def take(self, name: str, kind: type[T], default: Any = _NEEDED) -> Any:
        """A field of one type."""
        value = self.pop(name, default)
        if value is default:
            return value
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(name, f"{_NAMES[kind]} must stand here")
        return value

    def text(self, name: str, default: str = "") -> str:
        """A text, also one over several lines."""
        raw = self.pop(name, default)
        value = decoded(lambda: Decoder().value(raw), f"{self.where}.{name}")
        if not isinstance(value, str):
            raise self.wrong(name, "a text must stand here")
        return value

    def items(self, name: str, *, is_needed: bool = False) -> list[Any]:
        """An array; empty where the field is missing and not needed."""
        return cast("list[Any]", self.take(name, list) if is_needed else self.take(name, list, []))

    def texts(self, name: str) -> list[str]:
        """An array of texts."""
        values = self.items(name)
        for at, one in enumerate(values):
            if not isinstance(one, str):
                raise self.wrong(f"{name}[{at}]", "a text must stand here")
        return values

    def named_texts(self, name: str) -> dict[str, str]:
        """Headers: an object of texts that can be sent as such."""
        fields = cast("dict[str, Any]", self.take(name, dict, {}))
        for key, one in fields.items():
            if not isinstance(one, str):
                raise self.wrong(f"{name}.{key}", "a text must stand here")
            if not _HEADER_NAME.fullmatch(key):
                raise self.wrong(
                    name,
                    f"{key[:80]!r} is no name of a header",
                    "it has letters of ASCII, digits and `-` only, without blanks",
                )
            if _NOT_IN_HEADERS.search(one):
                raise self.wrong(f"{name}.{key}", "a header's value cannot hold CR, LF or NUL")
        return fields

    def plain(self, name: str) -> dict[str, Any] | None:
        """An object of JSON values, or None."""
        raw = self.pop(name, None)
        if raw is None:
            return None
        value = decoded(lambda: Decoder().value(raw), f"{self.where}.{name}")
        if not isinstance(value, dict):
            raise self.wrong(name, "an object must stand here")
        return cast("dict[str, Any]", value)

    def choice(self, name: str, known: tuple[str, ...], default: str) -> Any:
        """One of the known words."""
        word = self.take(name, str, default)
        if word not in known:
            raise self.wrong(name, f"known here: {', '.join(one for one in known if one)}")
        return word

    def section(self, name: str) -> "Section":
        """An object that must be there."""
        return Section(self.pop(name), f"{self.where}.{name}")

    def optional(self, name: str) -> "Section | None":
        """An object, or None where the field is missing or null."""
        value = self.pop(name, None)
        return None if value is None else Section(value, f"{self.where}.{name}")

    def wrong(self, name: str, message: str, hint: str = "") -> FixtureError:
        """The error for one field."""
        return FixtureError(message, where=f"{self.where}.{name}", hint=hint)

    def may_have(self, *names: str) -> None:
        """Names that are known here, for the message about one that is not."""
        self._asked += names

    def end(self) -> None:
        """Raise FixtureError where a field is left."""
        for name in self.fields:
            like = nearest(name, self._asked)
            known = f"known here: {', '.join(dict.fromkeys(self._asked))}"
            raise FixtureError(
                f"there is no field `{name[:80]}` here",
                where=self.where,
                hint=f"did you mean `{like}`? {known}" if like else known,
            )


def decoded(read: Callable[[], T], where: str) -> T:
    """What `read` gives; its Wrong becomes a FixtureError that says where."""
    try:
        return read()
    except Wrong as error:
        steps = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in reversed(error.steps))
        raise FixtureError(error.message, where=where + steps, hint=error.hint) from None
