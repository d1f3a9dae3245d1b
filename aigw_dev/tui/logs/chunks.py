"""A streamed reply piece by piece: when each came, how long after the one before, how large, what was in it. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from aigw_dev.tui import text
from aigw_dev.tui.logs import amounts
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Row, Span

_SLOW_US: Final = 250_000
_STUCK_US: Final = 1_000_000
_MOST: Final = 2_000
"""Characters of a piece that are looked at."""


class Chunks:
    """A source over the pieces; rows are built in sight. Make it in a thread."""

    def __init__(self, one: Mapping[str, Any], glyphs: Glyphs, *, width: int) -> None:
        """Of an exchange as the admin API gives it."""
        timing = one.get("timing") or {}
        self._at_us: list[int] = timing.get("at_us") or []
        self._sizes: list[int] = timing.get("size_bytes") or []
        self._glyphs, self._width = glyphs, width
        self._content: str = one.get("response_body") or ""
        body = self._content.encode("utf-8", "replace")
        self.is_whole: bool = bool(body) and sum(self._sizes) == len(body)
        """The pieces are those of the recorded body: their texts are known."""
        self._starts: list[int] = []
        at = 0
        for size in self._sizes:
            self._starts.append(at)
            at += size
        self._body = body if self.is_whole else b""
        gaps = sorted(self._gap(place) for place in range(1, len(self._at_us)))
        self._usual_us = gaps[len(gaps) // 2] if gaps else 0

    def __len__(self) -> int:
        return len(self._at_us) + 1 + (not self.is_whole)

    def row(self, y: int) -> Row:
        """Title first."""
        if y == 0:
            return [Span(f"{'#':>5} {'at ms':>10} {'gap':>9} {'bytes':>8}  text", "head")]
        place = y - 1
        if place >= len(self._at_us):
            return [
                Span(
                    "These are the pieces the provider sent; the caller got other bytes, or they were not kept.",
                    "dim",
                )
            ]
        gap = self._gap(place)
        said = f"+{gap / 1000:,.1f}" if place else ""
        return [
            Span(f"{place + 1:>5} ", "dim"),
            Span(f"{self._at_us[place] / 1000:>10,.1f} "),
            Span(f"{said:>9} ", self._style(gap, place)),
            Span(f"{self._sizes[place] if place < len(self._sizes) else 0:>8}  ", "dim"),
            Span(text.cut(text.line(self._piece(place)), max(10, self._width - 37), glyphs=self._glyphs)),
        ]

    def text(self, y: int) -> str:
        """The piece as it came."""
        return self._piece(y - 1) if 0 < y <= len(self._at_us) else ""

    def whole(self) -> str:
        """The reply as it was sent."""
        return self._content

    def _gap(self, place: int) -> int:
        return self._at_us[place] - self._at_us[place - 1] if place else self._at_us[0]

    def _style(self, gap_us: int, place: int) -> str:
        if gap_us >= _STUCK_US:
            return "bad strong" if place else "bad"
        if gap_us >= _SLOW_US or (self._usual_us and gap_us > 8 * self._usual_us and gap_us > 50_000):
            return "warn"
        return "good"

    def _piece(self, place: int) -> str:
        if not self._body or place >= len(self._sizes):
            return ""
        start = self._starts[place]
        return (
            self._body[start : start + min(self._sizes[place], _MOST)].decode("utf-8", "replace").strip("\n")
        )


def summary(one: Mapping[str, Any], glyphs: Glyphs) -> str:
    """`142`, for the tab's name; empty where nothing was streamed."""
    del glyphs
    at_us = (one.get("timing") or {}).get("at_us") or []
    return amounts.count(len(at_us), _PLAIN) if at_us else ""


_PLAIN: Final = Glyphs()
