"""Sparklines: numbers as a line of small bars. Pure."""

from collections.abc import Sequence

from aigw_dev.tui.look import UNICODE, Glyphs

Values = Sequence[float | None]
"""None where nothing was measured, which is not zero."""


def squeezed(values: Values, cells: int, *, is_peak: bool = False) -> list[float | None]:
    """At most `cells` values: neighbours become their mean, or their highest with `is_peak`."""
    if cells <= 0:
        return []
    count = len(values)
    if count <= cells:
        return list(values)
    out: list[float | None] = []
    for place in range(cells):
        some = [
            one for one in values[place * count // cells : (place + 1) * count // cells] if one is not None
        ]
        out.append(None if not some else max(some) if is_peak else sum(some) / len(some))
    return out


def spark(values: Values, cells: int, *, glyphs: Glyphs = UNICODE, is_peak: bool = False) -> str:
    """`values` as bars on a scale from zero to their highest; blank where nothing was measured.

    Fewer values than `cells` make a shorter line. What is not zero never looks like zero.
    """
    shown = squeezed(values, cells, is_peak=is_peak)
    top = max((one for one in shown if one is not None), default=0.0)
    steps = len(glyphs.sparks) - 1

    def sign(value: float | None) -> str:
        if value is None:
            return " "
        if value <= 0 or top <= 0:
            return glyphs.sparks[0]
        return glyphs.sparks[max(1, min(steps, round(value / top * steps)))]

    return "".join(map(sign, shown))
