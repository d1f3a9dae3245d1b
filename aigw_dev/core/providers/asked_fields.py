"""The fields of one request, JSON or form alike, each taken by name and checked; what nobody takes is entered as dropped.

Reading never raises and never stops: the first fault is kept in `refusal`, which an adapter looks at before it asks anything.
"""

import math
from collections.abc import Collection
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.adapter import Asked

_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


class AskedFields:
    """What the caller sent, taken field by field."""

    def __init__(self, asked: Asked) -> None:
        """Null counts as absent, as in every OpenAI request."""
        self.refusal: Refusal | None = None
        """The first fault; None while all that was taken is well."""
        self._asked = asked
        self._taken: dict[str, None] = {}
        self._values: dict[str, object] = dict(asked.fields)
        if asked.body is not None:
            for name, raw in asked.body.fields.items():
                value = loose_json.load(bytes(raw))
                if value is not None:
                    self._values[name] = value

    def has(self, *names: str) -> bool:
        """Whether one of these was sent."""
        return any(name in self._values for name in names)

    def value(self, name: str) -> object:
        """Whatever was sent; None where nothing was."""
        self._taken[name] = None
        return self._values.get(name)

    def text(self, name: str, *, is_needed: bool = False) -> str:
        """A string, or empty; one that is needed must not be blank."""
        value = self.value(name)
        if value is None:
            if is_needed:
                self.refuse(name, "is missing: send a string")
            return ""
        if not isinstance(value, str):
            self.refuse(name, "must be a string")
            return ""
        if is_needed and not value.strip():
            self.refuse(name, "must not be empty")
        return loose_json.text(value)

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of `allowed`, or `default` where it is absent."""
        value = self.text(name)
        if value and value not in allowed:
            self.refuse(name, f"must be one of {', '.join(allowed)}")
        return value if value in allowed else default

    def count(self, name: str, low: int, high: int) -> int | None:
        """A whole number in the bounds, also written as a string; None where it is absent."""
        value = self.number(name, low, high)
        if value is None:
            return None
        if value != int(value):
            self.refuse(name, "must be a whole number")
        return int(value)

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number in the bounds, also written as a string; None where it is absent."""
        value = self.value(name)
        if value is None:
            return None
        number = _number(value)
        if number is None or not low <= number <= high:
            self.refuse(name, f"must be a number from {low} to {high}")
            return None
        return number

    def flag(self, name: str) -> bool | None:
        """A boolean, in a form also as `true` or `false`; None where it is absent."""
        value = self.value(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _FLAGS:
            return _FLAGS[value.lower()]
        self.refuse(name, "must be true or false")
        return None

    def refuse(self, name: str, message: str) -> None:
        """Keeps the first fault: `name` is the field, `message` goes on after it."""
        if self.refusal is None:
            self.refusal = Refusal(code="invalid_request", message=f"`{name}` {message}", param=name)

    def settle(self, why_dropped: str) -> None:
        """Enters what became of every field: those never taken are dropped, those with no entry of their own are kept."""
        ledger = self._asked.ledger
        entered = {entry.field for entry in ledger.entries}
        for name in self._values:
            if name in entered or name == "model":
                continue
            if name in self._taken:
                ledger.keep(name)
            else:
                ledger.dropped(name, why_dropped)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
