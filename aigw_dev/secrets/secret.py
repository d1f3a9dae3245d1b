"""A key in memory: everything that prints, formats, pickles or encodes it shows its name and never its value."""

import hmac
from typing import Final, Literal, NoReturn, Self

Source = Literal["keyring", "env", "file", "encrypted"]
"""Where a key's value is kept."""


class Secret:
    """A key's value behind a wall: only `.value` gives it out.

    `repr`, `str`, `format`, f-strings and logging show `<Secret NAME from SOURCE>`; pickle, JSON and msgspec fail
    with a `TypeError`. Copies are the same object. Equal by value, compared in constant time.
    """

    __slots__ = ("_value", "name", "source")

    name: Final[str]
    """The reference it was asked for by: `qwen-api-key`, `env:OPENAI_API_KEY`, `file:PATH`."""
    source: Final[Source]

    def __init__(self, name: str, value: str, source: Source) -> None:
        self.name = name
        self.source = source
        self._value = value

    @property
    def value(self) -> str:
        """The key itself: for the header of one call, and for the masker."""
        return self._value

    def __repr__(self) -> str:
        return f"<Secret {self.name} from {self.source}>"

    __str__ = __repr__

    def __format__(self, spec: str, /) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_encoded(self._value), _encoded(other._value))

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object, /) -> NoReturn:
        raise TypeError("a Secret is never pickled")


def _encoded(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
