"""The words above the tiles: which range, which grouping, how fresh. Pure."""

import time

from aigw_dev.tui.dashboard.picture import Picture
from aigw_dev.tui.dashboard.ranges import GROUPS, RANGES, Range
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Span

Word = tuple[Span, str, str]
"""What is said, and what a click on it picks (kind and value, empty for none)."""


def heading(
    chosen: Range,
    by: str,
    *,
    picture: Picture | None,
    is_paused: bool,
    down_since_s: float,
    is_narrow: bool,
    glyphs: Glyphs,
) -> tuple[list[Word], Span]:
    """The words from the left, and the right end."""
    ranges = _choices("range", [one.name for one in RANGES], chosen.name, is_narrow=is_narrow)
    groups = _choices("by", list(GROUPS), by, is_narrow=is_narrow)
    plain = [
        (Span(" range ", "dim"), "", ""),
        (Span("<", "accent"), "", ""),
        *ranges,
        (Span(">", "accent"), "", ""),
        (Span("  group ", "dim"), "", ""),
        (Span("b", "accent"), "", ""),
        *groups,
    ]
    return plain, _tail(chosen, picture, is_paused=is_paused, down_since_s=down_since_s, glyphs=glyphs)


def _choices(kind: str, names: list[str], chosen: str, *, is_narrow: bool) -> list[Word]:
    shown = [chosen] if is_narrow else names
    return [
        (Span(f"[{name}]", "accent strong") if name == chosen else Span(f" {name} "), kind, name)
        for name in shown
    ]


def _tail(
    chosen: Range, picture: Picture | None, *, is_paused: bool, down_since_s: float, glyphs: Glyphs
) -> Span:
    if picture is None:
        return Span(f"asking the gateway {glyphs.ellipsis}", "dim")
    at = time.strftime("%H:%M:%S", time.localtime(picture.question.until_s))
    if down_since_s:
        since = time.strftime("%H:%M:%S", time.localtime(down_since_s))
        return Span(f"{glyphs.cross} stale since {since}", "warn strong")
    if is_paused:
        return Span(f"{glyphs.square} paused at {at}", "warn strong")
    return Span(f"{at} {glyphs.middot} every {chosen.poll_s:.0f} s", "dim")
