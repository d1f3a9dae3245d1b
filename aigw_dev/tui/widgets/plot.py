"""Plots: numbers over time as rows of spans. Pure: sizes, words and glyphs are arguments.

Curves are drawn in Braille dots (two across and four down in a cell), bars in eighths of a cell; with the ASCII glyphs
both are drawn a sign to a cell. Bring as many values as there are cells or fewer: the gateway puts them into buckets.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aigw_dev.tui import text
from aigw_dev.tui.look import UNICODE, Glyphs
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.spark import Values, squeezed

_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of every dot of a Braille cell, by row and column."""
_NICE: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LEAST_TICK_ROWS: Final = 3
"""Rows between two labels of the vertical axis."""
_EIGHTHS: Final = 8
_UP, _RIGHT, _DOWN, _LEFT = 1, 2, 4, 8
"""Arms of a line, as `Glyphs.light` counts them."""


class Curve(NamedTuple):
    """One line of numbers, or one part of every bar."""

    name: str
    """Written beside its end."""
    values: Values
    style: str = "info"


class Mark(NamedTuple):
    """Something that happened at a bucket: a sign on the axis."""

    at: int
    sign: str
    style: str = "accent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a plot is drawn on."""

    cells: int
    rows: int
    """All of it, axes included."""
    times: Callable[[int], str]
    """The words below bucket n."""
    unit: Callable[[float], str] = "{:,.0f}".format
    """The words of the vertical axis."""
    marks: Sequence[Mark] = ()
    cursor: int | None = None
    """A bucket to point at."""
    glyphs: Glyphs = UNICODE
    is_colour: bool = True


def curves(lines: Sequence[Curve], sheet: Sheet) -> list[Row]:
    """Lines over time, each named at its right end."""
    names = max((text.width(line.name) for line in lines), default=0)
    canvas = _Canvas.over(lines, sheet, right=names + 1 if names else 0)
    if canvas is None:
        return []
    for number, line in enumerate(lines):
        canvas.line(line, number)
    canvas.names(lines)
    return canvas.painted()


def bars(parts: Sequence[Curve], sheet: Sheet) -> list[Row]:
    """A bar for every bucket; `parts` are heaped, the first at the bottom."""
    count = max((len(part.values) for part in parts), default=0)
    totals = [sum(_at(part.values, place) for part in parts) for place in range(count)]
    canvas = _Canvas.over([Curve("", totals)], sheet, right=0)
    if canvas is None:
        return []
    canvas.bars(parts, totals)
    return canvas.painted()


def scale(highest: float, labels: int) -> tuple[float, float]:
    """The top of an axis from zero and the step between its labels: round numbers, at most `labels` steps."""
    if highest <= 0 or not math.isfinite(highest):
        return 1.0, 1.0
    steps = [(_nice(highest / count), count) for count in range(1, max(1, labels) + 1)]
    step, count = min(steps, key=lambda each: (each[0] * each[1], -each[1]))
    return step * count, step


def _nice(number: float) -> float:
    """The next round number."""
    size = 10.0 ** math.floor(math.log10(number))
    return next(nice * size for nice in _NICE if nice * size >= number * (1 - 1e-9))


def bucket_at(cell: int, cells: int, count: int) -> int:
    """The bucket of a column."""
    return min(count - 1, cell * count // max(1, cells))


@dataclass(slots=True, kw_only=True)
class _Canvas:
    """The signs of a plot before they are rows."""

    sheet: Sheet
    left: int
    """Cells of the vertical axis, its line included."""
    width: int
    height: int
    """Of the field between the axes."""
    count: int
    top: float
    step: float
    right: int
    signs: list[list[tuple[str, str]]] = field(default_factory=list[list[tuple[str, str]]])

    @classmethod
    def over(cls, lines: Sequence[Curve], sheet: Sheet, *, right: int) -> "_Canvas | None":
        """For these values; None where there is no room to draw."""
        height = sheet.rows - 2 - bool(sheet.marks)
        highest = max((one for line in lines for one in line.values if one is not None), default=0.0)
        top, step = scale(highest, max(1, height // _LEAST_TICK_ROWS))
        labels = [sheet.unit(step * place) for place in range(round(top / step) + 1)]
        left = max(map(text.width, labels)) + 1
        width = sheet.cells - left - right
        count = max((len(line.values) for line in lines), default=0)
        if height < 1 or width < 2 or not count:
            return None
        made = cls(
            sheet=sheet, left=left, width=width, height=height, count=count, top=top, step=step, right=right
        )
        made.signs = [made._ground(y) for y in range(height)]
        return made

    # what is drawn

    def line(self, line: Curve, number: int) -> None:
        """A curve; gaps where nothing was measured."""
        is_fine = not self.sheet.glyphs.braille.isspace()
        across, down = (2, 4) if is_fine else (1, 1)
        masks: dict[tuple[int, int], int] = {}
        for x, y in self._points(line.values, self.width * across, self.height * down):
            place = (y // down, x // across)
            masks[place] = masks.get(place, 0) | _DOTS[y % 4][x % 2] if is_fine else 1
        for (y, x), mask in masks.items():
            if not is_fine:
                self.signs[y][x] = ("*o+x"[number % 4], line.style)
                continue
            base = ord(self.sheet.glyphs.braille)
            old = ord(self.signs[y][x][0])
            mixed = mask | (old - base) if base <= old <= base + 0xFF else mask
            self.signs[y][x] = (chr(base + mixed), line.style)

    def bars(self, parts: Sequence[Curve], totals: Sequence[float]) -> None:
        """Columns in eighths of a cell."""
        sparks, height = self.sheet.glyphs.sparks, self.height
        wide = [squeezed(part.values, self.width) for part in parts]
        whole = squeezed(totals, self.width)
        for x in range(self.width):
            place = bucket_at(x, self.width, len(whole))
            total = whole[place] or 0.0
            eighths = self._eighths(total)
            for level in range(math.ceil(eighths / _EIGHTHS)):
                full = min(_EIGHTHS, eighths - level * _EIGHTHS)
                number = self._part_of(wide, place, level)
                is_other = number < len(parts) - 1 and not self.sheet.is_colour
                sign = self.sheet.glyphs.shade if is_other else sparks[max(0, full - 1)]
                self.signs[height - 1 - level][x] = (sign, parts[number].style)

    def names(self, lines: Sequence[Curve]) -> None:
        """Every curve's name beside its last value, each in a row of its own."""
        taken: set[int] = set()
        for line in lines:
            last = next((one for one in reversed(line.values) if one is not None), None)
            if last is None:
                continue
            y = round((1 - last / self.top) * (self.height - 1))
            near = sorted(range(self.height), key=lambda row, y=y: (abs(row - y), -row))
            free = next((row for row in near if row not in taken), None)
            if free is not None:
                taken.add(free)
                self.signs[free].append((f" {line.name}", f"{line.style} strong"))

    def painted(self) -> list[Row]:
        """The field with its axes."""
        out: list[Row] = []
        for y, signs in enumerate(self.signs):
            label = self._labels().get(y)
            light = self.sheet.glyphs.light
            arm = light[_UP | _DOWN | _LEFT] if label is not None else light[_UP | _DOWN]
            axis = Span(text.fit(label or "", self.left - 1, is_right=True) + arm, "wire")
            out.append([axis, *_joined(signs)])
        return [*out, self._axis(), self._times(), *([self._marks()] if self.sheet.marks else [])]

    # the parts

    def _ground(self, y: int) -> list[tuple[str, str]]:
        """An empty row: dotted where the axis has a label."""
        dot = self.sheet.glyphs.middot if y in self._labels() else " "
        signs = [(dot if x % 2 else " ", "wire") for x in range(self.width)]
        if self.sheet.cursor is not None:
            signs[self._column(self.sheet.cursor)] = (self.sheet.glyphs.vertical, "accent")
        return signs

    def _labels(self) -> dict[int, str]:
        """The words of the vertical axis by row."""
        count = round(self.top / self.step)
        found = {
            round((1 - place * self.step / self.top) * (self.height - 1)): place
            for place in range(1, count + 1)
        }
        return {y: self.sheet.unit(place * self.step) for y, place in found.items()}

    def _points(self, values: Values, width: int, height: int) -> list[tuple[int, int]]:
        """The dots of a curve; neighbours are joined."""
        dots: list[tuple[int, int]] = []
        before: tuple[int, int] | None = None
        count = len(values)
        for place, value in enumerate(values):
            if value is None:
                before = None
                continue
            x = min(width - 1, int((place + 0.5) * width / count))
            y = round((1 - min(1.0, value / self.top)) * (height - 1))
            dots += [(x, y)] if before is None else _between(before, (x, y))
            before = (x, y)
        return dots

    def _eighths(self, value: float) -> int:
        """The height of a bar; what is not zero is seen."""
        if value <= 0:
            return 0
        return max(1, round(min(1.0, value / self.top) * self.height * _EIGHTHS))

    def _part_of(self, parts: Sequence[Values], place: int, level: int) -> int:
        """Which part of the heap a cell shows: it has one colour, that of the part which fills the half of it."""
        heap = 0.0
        for number, values in enumerate(parts[:-1]):
            heap += _at(values, place)
            if self._eighths(heap) >= (level + 0.5) * _EIGHTHS:  # the larger part of the cell
                return number
        return len(parts) - 1

    def _column(self, bucket: int) -> int:
        return min(self.width - 1, int((bucket + 0.5) * self.width / self.count))

    def _axis(self) -> Row:
        light = self.sheet.glyphs.light
        ticks = {column for column, _ in self._ticks()}
        line = "".join(
            light[_RIGHT | _LEFT | _DOWN] if x in ticks else light[_RIGHT | _LEFT] for x in range(self.width)
        )
        zero = text.fit(self.sheet.unit(0.0), self.left - 1, is_right=True)
        return [Span(zero + light[_UP | _RIGHT] + line, "wire")]

    def _ticks(self) -> list[tuple[int, str]]:
        """Columns with their words, as many as stand clear of each other; the last bucket is one of them."""
        longest = max(text.width(self.sheet.times(place)) for place in (0, self.count - 1))
        gap = longest + 4
        many = max(1, min(self.count - 1, (self.width - longest) // gap))
        places = dict.fromkeys(round(number * (self.count - 1) / many) for number in range(many + 1))
        return [(self._column(place), self.sheet.times(place)) for place in places]

    def _times(self) -> Row:
        line = [" "] * (self.left + self.width + self.right)
        after = 0
        for column, words in self._ticks():
            start = self.left + column - len(words) // 2
            start = max(after, min(start, len(line) - len(words)))
            if start + len(words) <= len(line):
                line[start : start + len(words)] = words
                after = start + len(words) + 1
        return [Span("".join(line), "dim")]

    def _marks(self) -> Row:
        line: list[tuple[str, str]] = [(" ", "")] * self.width
        for mark in self.sheet.marks:
            if 0 <= mark.at < self.count:
                line[self._column(mark.at)] = (mark.sign, mark.style)
        return [Span(" " * self.left), *_joined(line)]


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots from one point to the next, without the first."""
    (x0, y0), (x1, y1) = start, end
    steps = max(abs(x1 - x0), abs(y1 - y0), 1)
    return [
        (round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps))
        for step in range(1, steps + 1)
    ]


def _at(values: Values, place: int) -> float:
    return (values[place] or 0.0) if place < len(values) else 0.0


def _joined(signs: Sequence[tuple[str, str]]) -> list[Span]:
    """Neighbours of one style as one span."""
    out: list[Span] = []
    for sign, style in signs:
        if out and out[-1].style == style:
            out[-1] = Span(out[-1].text + sign, style)
        else:
            out.append(Span(sign, style))
    return out
