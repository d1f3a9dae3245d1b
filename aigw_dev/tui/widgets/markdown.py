"""Markdown that grows, as rows: what is finished is laid out once and never again.

Every source line is final when it is whole; only an open code block and an open table wait for more, and both are cut
into bounded pieces, so that the cost of the next character does not grow with the answer. Where text is cut never
depends on how it arrived. Text is made harmless here, line by line.
"""

import copy
import re
from dataclasses import dataclass, field
from typing import Final

from aigw_dev.tui import text
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.highlight import highlighted
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.pipe_table import PipeTable, is_rule
from aigw_dev.tui.widgets.prose import chop, inline, wrap

PIECE: Final = 1_000
"""Characters after which a line is cut at the next blank, or at twice as many anywhere."""
_SEGMENT: Final = 48
"""Lines of code that are coloured together."""
_FENCE: Final = re.compile(r"( *)(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$")
_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:\s+(.*?))?\s*#*\s*$")
_RULE: Final = re.compile(r" {0,3}([-*_])(?:\s*\1){2,}\s*$")
_ITEM: Final = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])\s+(?:\[([ xX])\]\s+)?(.*)$")
_QUOTE: Final = re.compile(r" {0,3}>\s?")
_HALF_FENCE: Final = frozenset({"`", "``", "~", "~~"})


@dataclass(slots=True)
class Code:
    """A code block."""

    row: int
    """Its head among the document's rows."""
    language: str
    lines: list[str] = field(default_factory=list[str])
    """As written, harmless or not: what is copied."""

    @property
    def text(self) -> str:
        """What is copied."""
        return "\n".join(self.lines)


@dataclass(slots=True)
class _Fence:
    marks: str
    indent: int
    code: Code
    waiting: list[str] = field(default_factory=list[str])
    """Harmless lines that are not laid out yet."""
    lit: list[list[Span]] = field(default_factory=list[list[Span]])
    """The colours of `waiting`, as far as they were asked for."""


class Document:
    """One text. `feed` what comes, `end` it; `rows` are final, `tail` is what it would end with now."""

    def __init__(self, cells: int, glyphs: Glyphs, *, style: str = "", is_plain: bool = False) -> None:
        """`cells` wide; `style` for everything; plain text has no markdown."""
        self.rows: list[Row] = []
        self.codes: list[Code] = []
        self._cells, self._glyphs, self._style, self._is_plain = max(8, cells), glyphs, style, is_plain
        self._partial = ""
        self._is_more = False  # the line goes on after a cut
        self._is_probe = False
        self._gap = self._has_rows = False
        self._hang = 0  # cells that a list's further lines stand in
        self._fence: _Fence | None = None
        self._table: PipeTable | None = None
        self._header = ""  # perhaps a table's

    def feed(self, more: str) -> None:
        """The text goes on."""
        *lines, self._partial = (self._partial + more).split("\n")
        for line in lines:
            self._line(line.removesuffix("\r"))
        while cut := _cut(self._partial):
            self._take(self._partial[:cut], self._partial[:cut])
            self._partial, self._is_more = self._partial[cut:], True

    def end(self) -> None:
        """Nothing more comes."""
        if self._partial:
            self._line(self._partial.removesuffix("\r"))
            self._partial = ""
        self._close()

    def tail(self) -> list[Row]:
        """What stands below `rows` now, and may still change."""
        return copy.copy(self)._probed()  # noqa: SLF001  -- its own copy

    def _probed(self) -> list[Row]:
        """End this copy, which shares nothing that it changes with the one it was made of."""
        self.rows, self.codes, self._is_probe = [], [], True
        if self._fence is not None:
            self._fence = copy.copy(self._fence)
            self._fence.waiting = self._fence.waiting.copy()
        if self._table is not None:
            self._table = self._table.copy()
        partial = self._partial.removesuffix("\r")
        if partial and (self._fence is not None or partial.strip() not in _HALF_FENCE):
            self._line(partial)
        self._close()
        return self.rows

    # lines

    def _line(self, line: str) -> None:
        while cut := _cut(line):
            self._take(line[:cut], line[:cut])
            line, self._is_more = line[cut:], True
        if line or not self._is_more:
            self._take(line, line)
        self._is_more = False

    def _take(self, line: str, raw: str) -> None:
        line = text.line(line.expandtabs(4))
        if self._is_plain:
            self._add(wrap([Span(line, self._style)], self._cells), is_gap_kept=True)
        elif self._fence is not None:
            self._code_line(self._fence, line, raw)
        elif self._is_more:
            self._paragraph(line)
        else:
            self._block(line)

    def _block(self, line: str) -> None:
        """A line outside of code."""
        if self._header:
            header, self._header = self._header, ""
            if is_rule(line):
                self._space()
                self._table = PipeTable(header, line, self._cells, self._glyphs)
                return
            self._other(header)
        if self._table is not None:
            if "|" in line:
                self._add(self._table.add(line))
                return
            self._end_table()
        if "|" in line.strip()[:1] or " | " in line:
            self._header = line
            return
        self._other(line)

    def _other(self, line: str) -> None:
        """A line that is no table's."""
        if not line.strip():
            self._gap = True
            return
        if found := _FENCE.match(line):
            self._space()
            code = Code(len(self.rows), found[3])
            self.codes.append(code)
            self._fence = _Fence(found[2], len(found[1]), code)
            self._add([self._code_head(found[3])])
        elif found := _HEADING.match(line):
            self._space()
            style = "accent strong" if len(found[1]) < 3 else "strong"
            self._hang = 0
            self._add(wrap(inline(found[2] or "", self._styled(style)), self._cells))
        elif _RULE.match(line):
            self._add([[Span(self._glyphs.horizontal * min(self._cells, 40), "dim")]])
        elif found := _QUOTE.match(line):
            bar = Span(f"{self._glyphs.bar} ", "dim")
            quoted = wrap(inline(line[found.end() :], self._styled("em")), self._cells - 2)
            self._add([[bar, *row] for row in quoted])
        elif found := _ITEM.match(line):
            self._item(found)
        else:
            self._paragraph(line)

    def _item(self, found: "re.Match[str]") -> None:
        indent, mark, check, said = found.groups()
        depth = min(len(indent), self._cells // 3)
        sign = mark if mark[0].isdigit() else self._glyphs.bullet
        box = "" if check is None else f"{self._glyphs.check_off if check == ' ' else self._glyphs.check_on} "
        head = f"{' ' * depth}{sign} "
        self._hang = depth + len(mark) + 1
        spans = [Span(head, "accent"), Span(box, "accent"), *self._inline(said)]
        self._add(wrap(spans, self._cells, rest=" " * text.width(head + box)))

    def _paragraph(self, line: str) -> None:
        if not line.startswith("  "):
            self._hang = 0 if self._gap or not self._is_more else self._hang
        blanks = len(line) - len(line.lstrip(" "))
        indent = " " * min(max(self._hang, 0) if self._hang else blanks, self._cells // 2)
        spans = [Span(indent), *self._inline(line.lstrip(" "))]
        self._add(wrap(spans, self._cells, rest=indent))

    def _inline(self, line: str) -> list[Span]:
        return inline(line, self._style, is_open=self._is_probe)

    # code

    def _code_line(self, fence: _Fence, line: str, raw: str) -> None:
        stripped = line.strip()
        is_close = stripped.startswith(fence.marks) and not stripped.strip(fence.marks[0])
        is_half = self._is_probe and stripped and fence.marks.startswith(stripped)
        if not self._is_more and (is_close or is_half):
            self._end_fence()
            return
        blanks = len(line) - len(line.lstrip(" "))
        skipped = min(fence.indent, blanks)
        if not self._is_probe:
            own = raw[min(skipped, len(raw) - len(raw.lstrip(" "))) :]
            if self._is_more and fence.code.lines:
                fence.code.lines[-1] += own
            else:
                fence.code.lines.append(own)
        fence.waiting.append(line[skipped:])
        if len(fence.waiting) >= _SEGMENT:
            self._lay_code(fence)

    def _lay_code(self, fence: _Fence) -> None:
        """Lay out what waits; while probing the colours of whole lines are kept for the next time."""
        lines = fence.waiting
        if self._is_probe and self._fence is not None and len(lines) > 1:
            if len(fence.lit) != len(lines) - 1:
                fence.lit[:] = highlighted(lines[:-1], fence.code.language)
            colours = [*fence.lit, *highlighted(lines[-1:], fence.code.language)]
        else:
            colours = highlighted(lines, fence.code.language)
            fence.lit.clear()
        for spans in colours:
            self._add([[Span("  "), *row] for row in chop(spans, self._cells - 2)], is_gap_kept=True)
        fence.waiting = []

    def _end_fence(self) -> None:
        fence = self._fence
        if fence is None:
            return
        self._lay_code(fence)
        self._fence = None
        glyphs = self._glyphs
        self._add([[Span(f"{glyphs.rule_right}{glyphs.horizontal * (self._cells - 2)}", "dim")]])
        self._gap = True

    def _code_head(self, language: str) -> Row:
        glyphs = self._glyphs
        name = text.cut(language or "text", self._cells - 12, glyphs=glyphs)
        line = glyphs.horizontal * (self._cells - text.width(name) - 11)
        return [Span(f"{glyphs.rule_right} {name} ", "dim strong"), Span(line, "dim"), Span(" Y copy", "dim")]

    # rows

    def _end_table(self) -> None:
        if self._table is not None:
            self._add(self._table.end())
            self._table, self._gap = None, True

    def _close(self) -> None:
        if self._header:
            header, self._header = self._header, ""
            self._other(header)
        self._end_table()
        self._end_fence()

    def _space(self) -> None:
        self._gap = self._has_rows

    def _add(self, rows: list[list[Span]] | list[Row], *, is_gap_kept: bool = False) -> None:
        if not rows:
            return
        if self._gap and self._has_rows and not is_gap_kept:
            self.rows.append([])
            for code in self.codes[-1:]:
                if code.row == len(self.rows) - 1 and not code.lines:
                    code.row += 1
        self._gap = False
        self._has_rows = True
        self.rows.extend(rows)

    def _styled(self, style: str) -> str:
        return f"{self._style} {style}" if self._style else style


def _cut(line: str) -> int:
    """Where a long line is cut; 0 = not (yet)."""
    if len(line) <= PIECE:
        return 0
    blank = line.find(" ", PIECE, 2 * PIECE)
    if blank >= 0:
        return blank + 1
    return 2 * PIECE if len(line) > 2 * PIECE else 0
