"""Durations as people write them: `14d`, `24h`, `30m`, `90s`."""

import re
from typing import Final

UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""Seconds of each unit, largest first."""

PATTERN: Final = r"^[0-9]{1,9}[dhms]$"
"""What `parse` accepts, for the JSON Schema."""


def parse(text: str) -> int | None:
    """Whole seconds of `14d`, `24h`, `30m` or `90s`; None for any other text."""
    if not re.fullmatch(r"[0-9]{1,9}[dhms]", text):
        return None
    return int(text[:-1]) * UNITS[text[-1]]


def text(seconds: int) -> str:
    """The shortest text that `parse` reads back as `seconds` (a whole number, 0 or more)."""
    unit = next(unit for unit, size in UNITS.items() if seconds % size == 0 and (seconds or size == 1))
    return f"{seconds // UNITS[unit]}{unit}"
