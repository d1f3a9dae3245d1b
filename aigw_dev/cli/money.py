"""Amounts and times as a person reads them."""

import time
from typing import Final

_NANO: Final = 1_000_000_000
_MINUTE_S: Final = 60
_DAY_S: Final = 86_400


def usd(nanousd: int | None, *, status: str = "") -> str:
    """`$0.0012`, `unknown` where there is no amount; the doubt of `status` is shown before it."""
    if nanousd is None:
        return "unknown"
    amount = nanousd / _NANO
    text = f"${amount:.2f}" if amount >= 1 else f"${amount:.6f}".rstrip("0").removesuffix(".")
    if text == "$0" and nanousd:
        text = "<$0.000001"  # never a silent zero
    return {"estimated": "~", "partial": ">=", "upper_bound": "<="}.get(status, "") + text


def clock(at: float) -> str:
    """A moment in local time: today's without its date."""
    moment, today = time.localtime(at), time.localtime()
    is_today = moment[:3] == today[:3]
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", moment)


def ago(at: float | None, *, now: float) -> str:
    """`5 min ago`, `never` for None."""
    if at is None:
        return "never"
    seconds = max(0.0, now - at)
    if seconds < _MINUTE_S:
        return "just now"
    if seconds < _MINUTE_S * 60:
        return f"{seconds / _MINUTE_S:.0f} min ago"
    if seconds < _DAY_S:
        return f"{seconds / 3600:.0f} h ago"
    return f"{seconds / _DAY_S:.0f} d ago"


def ms(seconds: float | None) -> str:
    """`1234`, or `-`."""
    return "-" if seconds is None else f"{seconds * 1000:.0f}"
