"""A markdown table that grows: laid out when it ends, or, where it is long, by the widths of its first rows."""

import re
from typing import Final

from rich.cells import cell_len

from aigw_dev.tui import text
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.prose import inline, wrap

_MOST_WAITING: Final = 40
"""Rows that decide about the widths."""
_MOST_COLUMNS: Final = 40
_LEAST: Final = 3
_RULE: Final = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_BAR: Final = re.compile(r"(?<!\\)\|")

Rows = list[list[Span]]


def is_rule(line: str) -> bool:
    """Whether this is the line below a table's header."""
    return "-" in line and "|" in line and _RULE.match(line) is not None


class PipeTable:
    """One table; `add` gives the rows that became final."""

    def __init__(self, header: str, rule: str, cells: int, glyphs: Glyphs) -> None:
        """From its first two lines."""
        self._cells, self._glyphs = cells, glyphs
        self._is_right = [part.strip().endswith(":") and part.strip()[0] != ":" for part in _cells(rule)]
        self._header = _cells(header)
        self._waiting: list[list[str]] = []
        self._widths: list[int] = []

    def copy(self) -> "PipeTable":
        """One that can be added to by itself."""
        made = object.__new__(PipeTable)
        made.__dict__.update(self.__dict__, _waiting=self._waiting.copy())
        return made

    def add(self, line: str) -> Rows:
        """Another row."""
        if self._widths:
            return self._row(_cells(line), "")
        self._waiting.append(_cells(line))
        return self._lay() if len(self._waiting) >= _MOST_WAITING else []

    def end(self) -> Rows:
        """No more rows."""
        return [] if self._widths else self._lay()

    def _lay(self) -> Rows:
        all_cells = [self._header, *self._waiting]
        count = min(_MOST_COLUMNS, len(self._header))
        natural = [
            max((_width(row[at]) for row in all_cells if at < len(row)), default=0) for at in range(count)
        ]
        self._widths = _fitted(natural, self._cells - 3 * max(0, count - 1))
        rows = self._row(self._header, "strong")
        glyphs = self._glyphs
        joint = f"{glyphs.horizontal}{glyphs.light[15]}{glyphs.horizontal}"
        rows.append([Span(joint.join(glyphs.horizontal * width for width in self._widths), "dim")])
        for row in self._waiting:
            rows += self._row(row, "")
        self._waiting = []
        return rows

    def _row(self, row: list[str], style: str) -> Rows:
        cells = [row[at] if at < len(row) else "" for at in range(len(self._widths))]
        columns = [
            wrap(inline(cell, style), width) if width > _LEAST else [[Span(cell, style)]]
            for cell, width in zip(cells, self._widths, strict=True)
        ]
        height = max((len(column) for column in columns), default=0)
        rows: Rows = []
        for y in range(height):
            spans: list[Span] = []
            for at, column in enumerate(columns):
                if at:
                    spans.append(Span(f" {self._glyphs.vertical} ", "dim"))
                spans += self._cell(column[y] if y < len(column) else [], at)
            rows.append(spans)
        return rows

    def _cell(self, spans: list[Span], at: int) -> list[Span]:
        width = self._widths[at]
        used = sum(cell_len(span.text) for span in spans)
        if used > width:
            said = "".join(span.text for span in spans)
            return [Span(text.fit(said, width, glyphs=self._glyphs), spans[0].style)]
        gap = [Span(" " * (width - used))] if width > used else []
        is_right = at < len(self._is_right) and self._is_right[at]
        return [*gap, *spans] if is_right else [*spans, *gap]


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [part.strip().replace("\\|", "|") for part in _BAR.split(inner)]


def _width(cell: str) -> int:
    return sum(cell_len(span.text) for span in inline(cell))


def _fitted(natural: list[int], room: int) -> list[int]:
    """`natural` widths, the widest ones made narrower until they fit."""
    widths = [max(1, width) for width in natural]
    while sum(widths) > room:
        widest = max(widths)
        if widest <= _LEAST:
            break
        others = sum(width for width in widths if width < widest)
        count = widths.count(widest)
        lower = max((width for width in widths if width < widest), default=_LEAST)
        fitting = max(_LEAST, lower, (room - others) // count)
        fitting = min(fitting, widest - 1)
        widths = [fitting if width == widest else width for width in widths]
    return widths
