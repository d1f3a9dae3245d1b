"""How long a provider asks us to wait: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date (RFC 9110 10.2.3)."""

from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST_S: Final = 7 * 86400.0
"""A wait longer than a week is a date gone wrong."""


def wait_s(milliseconds: bytes, seconds: bytes, *, now_at: float) -> float | None:
    """Seconds to wait from `now_at` (UTC epoch seconds); None where neither header says anything usable.

    A date in the past is 0.
    """
    for text, unit in ((milliseconds, 1000.0), (seconds, 1.0)):
        number = _number(text)
        if number is not None:
            return min(number / unit, _LONGEST_S)
    try:
        date = parsedate_to_datetime(seconds.decode("latin-1"))
        wait = date.timestamp() - now_at
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, wait), _LONGEST_S)


def _number(text: bytes) -> float | None:
    stripped = text.strip()
    if not stripped or not stripped.replace(b".", b"", 1).isdigit():
        return None
    return float(stripped)
