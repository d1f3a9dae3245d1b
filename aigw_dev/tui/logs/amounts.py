"""Numbers of an exchange as the Logs screen shows them: short, with their doubt, never a silent zero. Pure."""

import time
from typing import Final

from aigw_dev.tui.look import Glyphs

_NANO: Final = 1_000_000_000
_DOUBT: Final = {"estimated": "~", "partial": ">", "upper_bound": "<"}
_DAY_S: Final = 86_400


def ms(seconds: float | None, glyphs: Glyphs) -> str:
    """`1,312`; a dash where it is not known."""
    return glyphs.dash if seconds is None else f"{seconds * 1000:,.0f}"


def count(number: int | None, glyphs: Glyphs) -> str:
    """`901`, `1.2k`, `3.4M`."""
    if number is None:
        return glyphs.dash
    if number < 1000:
        return str(number)
    for unit, size in (("k", 1_000), ("M", 1_000_000)):
        if number < size * 1000:
            amount = number / size
            return f"{amount:.1f}{unit}" if amount < 10 else f"{amount:.0f}{unit}"
    return f"{number / 1e9:.1f}G"


def size(number: int) -> str:
    """`812 B`, `4.2 KB`, `1.3 MB`."""
    if number < 1000:
        return f"{number} B"
    for unit, big in (("KB", 1_000), ("MB", 1_000_000)):
        if number < big * 1000:
            return f"{number / big:.1f} {unit}"
    return f"{number / 1e9:.1f} GB"


def usd(nanousd: int | None, status: str | None, glyphs: Glyphs) -> str:
    """`0.0041` in USD, `~0.0041` where it is estimated, `free`, a dash where nobody knows."""
    if status == "free":
        return "free"
    if nanousd is None:
        return glyphs.dash
    amount = nanousd / _NANO
    said = (
        f"{amount:,.2f}"
        if amount >= 100
        else f"{amount:.4f}"
        if amount >= 0.0001 or not nanousd
        else f"{amount:.6f}"
    )
    if nanousd and float(said.replace(",", "")) == 0:
        said = "<0.000001"
    return _DOUBT.get(status or "", "") + said


def dollars(nanousd: int | None, status: str | None, glyphs: Glyphs) -> str:
    """`~$0.0041`: as `usd`, with the sign of the currency before the number."""
    said = usd(nanousd, status, glyphs)
    first = next((at for at, char in enumerate(said) if char.isdigit()), None)
    return said if first is None else f"{said[:first]}${said[first:]}"


def clock(at: float, *, now: float | None = None) -> str:
    """`12:04:31.118` of today, `19 Nov 12:04` of other days; local time."""
    moment = time.localtime(at)
    is_today = now is None or time.localtime(now)[:3] == moment[:3]
    if is_today:
        return f"{time.strftime('%H:%M:%S', moment)}.{int(at * 1000) % 1000:03d}"
    return time.strftime("%d %b %H:%M", moment)


def moment(at: float) -> str:
    """A whole date and time with its zone."""
    local = time.localtime(at)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', local)}.{int(at * 1000) % 1000:03d} {time.strftime('%z', local)}"
