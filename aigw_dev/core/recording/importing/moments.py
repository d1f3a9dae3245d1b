"""Points in time and durations as foreign recordings write them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

_UNIT_MS: Final = {
    "h": 3_600_000.0,
    "m": 60_000.0,
    "s": 1000.0,
    "ms": 1.0,
    "us": 0.001,
    "µs": 0.001,
    "μs": 0.001,
    "ns": 0.000001,
}
_STEP: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|μs|ns|m|s)")
_NANO_PER_MILLI: Final = 1_000_000
_MOST_MS: Final = 86_400_000
_MOST_NUMBER: Final = 10**15


def moment_of(value: Any) -> str:
    """A moment as RFC 3339 in UTC with whole seconds; empty where `value` is none that can be read."""
    found = _read(value)
    if found is None:
        return ""
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError):
        return ""


def go_duration_ms(value: Any) -> int:
    """Milliseconds of a Go duration: `1.534s`, `1m2.5s`, or nanoseconds as a number; 0 where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return milliseconds(value / _NANO_PER_MILLI) if value < _MOST_MS * _NANO_PER_MILLI else 0
    if not isinstance(value, str) or not re.fullmatch(f"(?:{_STEP.pattern})+", value):
        return 0
    return milliseconds(sum(float(amount) * _UNIT_MS[unit] for amount, unit in _STEP.findall(value)))


def milliseconds(value: Any) -> int:
    """A number of milliseconds as a whole one; 0 for what is no number, negative or longer than a day."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST_MS:
        return 0
    return round(value)


def number_of(value: Any) -> float:
    """A number as it is; 0 for what is none, not finite, or beyond any clock."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not -_MOST_NUMBER < value < _MOST_NUMBER
    ):
        return 0.0
    return float(value)


def _read(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError):
        return None
