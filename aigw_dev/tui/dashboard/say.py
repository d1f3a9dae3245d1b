"""Numbers as the dashboard says them. Pure. What nobody knows is a dash, never zero."""

from typing import Final

from aigw_dev.core.rollup import Totals
from aigw_dev.tui.look import UNICODE, Glyphs

_NANO: Final = 1_000_000_000
_EXACT: Final = 100_000
"""Counts below are said to the last one."""
_LEAST_CHANGE: Final = 0.005


def count(number: float) -> str:
    """`1,204`, `412 k`, `1.2 M`."""
    if number < _EXACT:
        return f"{number:,.0f}"
    for size, unit in ((1e9, "G"), (1e6, "M")):
        if number >= size * 0.9995:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1e3:.0f} k"


def short(number: float) -> str:
    """The same in at most five cells, for axes: `40`, `1.2k`, `3M`."""
    if number and number < 1:
        return f"{number:.2g}"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"


def rate(per_s: float | None, glyphs: Glyphs = UNICODE) -> str:
    """Something per second: `0.02`, `3.2`, `412`."""
    if per_s is None:
        return glyphs.dash
    if per_s <= 0:
        return "0"
    return f"{per_s:.2f}" if per_s < 1 else f"{per_s:.1f}" if per_s < 100 else count(per_s)


def ms(seconds: float | None, glyphs: Glyphs = UNICODE) -> str:
    """Milliseconds: `8.4`, `2,870`; from 100 s on seconds: `140 s`."""
    if seconds is None:
        return glyphs.dash
    if seconds >= 100:
        return f"{seconds:,.0f} s"
    return f"{seconds * 1000:.1f}" if seconds < 0.01 else f"{seconds * 1000:,.0f}"


def percent(share: float | None, glyphs: Glyphs = UNICODE) -> str:
    """`98.2 %`; 100 only where it is all of them, 0 only where it is none."""
    if share is None:
        return glyphs.dash
    shown = f"{share * 100:.1f}"
    if share in {0.0, 1.0}:
        shown = f"{share * 100:.0f}"
    elif shown in {"0.0", "100.0"}:
        shown = "<0.1" if share < 0.5 else ">99.9"
    return f"{shown} %"


def tokens(number: int, totals: Totals) -> str:
    """A count of tokens; `~` where some of it was counted by the gateway."""
    return ("~" if totals.estimated_usage else "") + count(number)


def dollars(amount: float) -> str:
    """`$1.84`, `$0.0312`; never a silent zero."""
    if amount == 0:
        return "$0"
    if amount >= 1:
        return f"${amount:,.2f}"
    text = f"${amount:.4f}" if amount >= 0.01 else f"${amount:.2g}"
    return text if "e" not in text else "<$0.0001"


def cost(totals: Totals, glyphs: Glyphs = UNICODE) -> str:
    """What it cost, as far as anybody knows: `–` unknown, `≥` part of it unknown, `~` estimated."""
    lacks = totals.cost_unknown + totals.cost_partial
    if totals.cost_nanousd == 0:
        if totals.cost_free and not lacks:
            return "free"
        return glyphs.dash if lacks or not totals.ok else "$0"
    doubt = glyphs.at_least if lacks else "~" if totals.cost_estimated else ""
    return doubt + dollars(totals.cost_nanousd / _NANO)


def per_hour(totals: Totals, span_s: float, glyphs: Glyphs = UNICODE) -> str:
    """The rate of spending: `$0.58/h`."""
    if totals.cost_nanousd == 0 or span_s <= 0:
        return ""
    return f"{cost_doubt(totals, glyphs)}{dollars(totals.cost_nanousd / _NANO / span_s * 3600)}/h"


def cost_doubt(totals: Totals, glyphs: Glyphs = UNICODE) -> str:
    """The sign before an amount."""
    return (
        glyphs.at_least if totals.cost_unknown + totals.cost_partial else "~" if totals.cost_estimated else ""
    )


def change(now: float | None, before: float | None, *, glyphs: Glyphs = UNICODE) -> str:
    """Against the interval before: `+12 %`; empty where there is nothing to compare with."""
    if not before or now is None:
        return ""
    share = now / before - 1
    if abs(share) < _LEAST_CHANGE:
        return "= before"
    if share > 9.99:
        return f"{glyphs.times}{now / before:,.0f}"
    return f"{'+' if share > 0 else glyphs.minus}{abs(share) * 100:.0f} %"


def points(now: float | None, before: float | None, *, glyphs: Glyphs = UNICODE) -> str:
    """Against the interval before, of shares: `+2.0 pt`."""
    if now is None or before is None:
        return ""
    by = (now - before) * 100
    if abs(by) < 0.05:
        return "= before"
    return f"{'+' if by > 0 else glyphs.minus}{abs(by):.1f} pt"
