"""How quickly recorded pauses are played: `instant`, `recorded`, or `x10` for ten times as fast."""

import re
from typing import Final

_FASTER: Final = re.compile(r"x?(\d+(?:\.\d+)?)")


def pace_of(text: str) -> float:
    """What recorded pauses are multiplied by. Raises `ValueError` for anything else."""
    if text in {"", "instant"}:
        return 0.0
    if text == "recorded":
        return 1.0
    found = _FASTER.fullmatch(text)
    if found is None or not float(found[1]):
        raise ValueError(f"timing {text!r} is none of instant, recorded, x10 (ten times as fast)")
    return 1.0 / float(found[1])
