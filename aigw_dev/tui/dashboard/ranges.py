"""How far the dashboard looks back, and how wide the buckets of its plots are."""

import time
from typing import Final, NamedTuple

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


class Range(NamedTuple):
    """One of the ranges that `<` and `>` go through."""

    name: str
    span_s: int
    poll_s: float
    """Seconds between two looks."""


RANGES: Final = (
    Range("live", 2 * MINUTE_S, 2.0),
    Range("5m", 5 * MINUTE_S, 2.0),
    Range("15m", 15 * MINUTE_S, 3.0),
    Range("1h", HOUR_S, 5.0),
    Range("6h", 6 * HOUR_S, 5.0),
    Range("24h", DAY_S, 5.0),
    Range("7d", 7 * DAY_S, 5.0),
)
FIRST: Final = 2
"""The range of a dashboard that was never open: a quarter of an hour."""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "model": ("model",),
    "provider": ("provider",),
    "route": ("route",),
    "consumer": ("consumer", "run"),
    "key": ("key",),
}
"""What `b` goes through, and the gateway's fields behind it: a run is a caller too."""

_STEPS_S: Final = (
    1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 300, 360, 420, 600, 900, 1_200, 1_800,
    3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400,
)  # fmt: skip
"""Beyond an hour only what the gateway keeps for longer than a day."""


def step_s(span_s: int, cells: int) -> int:
    """The narrowest bucket in whole seconds of which at most `cells` make up the range."""
    return next((step for step in _STEPS_S if span_s <= step * max(1, cells)), _STEPS_S[-1])


def moment(at_s: float) -> str:
    """A time as the admin API and the filters take it: exact to the second, whatever the zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


def clock(at_s: float, span_s: float) -> str:
    """A time as the axis of a range says it, in local time."""
    form = "%H:%M:%S" if span_s < 10 * MINUTE_S else "%H:%M" if span_s <= DAY_S else "%a %H:%M"
    return time.strftime(form, time.localtime(at_s))


def width(step: int) -> str:
    """A bucket's width in words: `10 s`, `5 min`, `2 h`."""
    for size, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if step % size == 0:
            return f"{step // size} {unit}"
    return f"{step} s"
