"""Rows of a text that may be long: cut into lines once, in a thread; coloured when a line comes into sight. Pure.

JSON is laid out first. A string that holds line ends is broken at them, so that a prompt reads as it was written.
"""

from array import array
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
from rich.cells import cell_len, chop_cells

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Row, Span, plain

MOST_CHARS: Final = 8_000_000
"""A text is shown up to here."""
_MOST_ROWS: Final = 300_000
_PRECISE: Final = 4_000
"""Characters of a line up to which cells are counted one by one."""
_JSON, _STRING, _TEXT = 0, 1, 2


class Source(Protocol):
    """What a view shows: rows by number, their text for searching, and all of it for copying."""

    def __len__(self) -> int: ...
    def row(self, y: int) -> Row:
        """Ready to be painted."""
        ...

    def text(self, y: int) -> str:
        """The row's text, not harmless."""
        ...

    def whole(self) -> str:
        """Everything as it was, for copying and other programs; not harmless."""
        ...


class Rows:
    """A source of ready rows."""

    def __init__(self, rows: Sequence[Row], whole: str | None = None) -> None:
        """`whole` where copying should give something else than the rows' text."""
        self._rows, self._whole = rows, whole

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, y: int) -> Row:
        """As given."""
        return self._rows[y]

    def text(self, y: int) -> str:
        """Its text."""
        return plain(self._rows[y])

    def whole(self) -> str:
        """All of it."""
        if self._whole is not None:
            return self._whole
        return "\n".join(plain(row) for row in self._rows)


class Body:
    """A source over a body: JSON in colour, anything else as it is. Make it in a thread."""

    def __init__(
        self, content: str, *, width: int, before: Sequence[Row] = (), after: Sequence[Row] = ()
    ) -> None:
        """Lines are at most `width` cells wide; `before` and `after` stand around them."""
        self._before, self._after = before, after
        self._content = content
        self._lines: list[str] = []
        self._kinds = array("b")
        shown = content[:MOST_CHARS]
        laid_out = pretty(shown) if len(content) <= MOST_CHARS else None
        self.is_json: bool = laid_out is not None
        for line in (laid_out if laid_out is not None else shown).split("\n"):
            if len(self._lines) >= _MOST_ROWS:
                break
            self._cut(line.removesuffix("\r"), max(20, width), is_json=self.is_json)
        if len(content) > MOST_CHARS or len(self._lines) >= _MOST_ROWS:
            self._after = [*after, [Span("the rest is left out here: F3 or F4 opens all of it", "warn")]]

    def __len__(self) -> int:
        return len(self._before) + len(self._lines) + len(self._after)

    def row(self, y: int) -> Row:
        """In colour."""
        place = y - len(self._before)
        if place < 0:
            return self._before[y]
        if place >= len(self._lines):
            return self._after[place - len(self._lines)]
        line, kind = self._lines[place], self._kinds[place]
        if kind == _JSON:
            return coloured(line)
        return [Span(text.line(line.expandtabs(4)), "good" if kind == _STRING else "")]

    def text(self, y: int) -> str:
        """As it stands."""
        place = y - len(self._before)
        if 0 <= place < len(self._lines):
            return self._lines[place]
        return plain(self.row(y))

    def whole(self) -> str:
        """The body as it was sent."""
        return self._content

    def _cut(self, line: str, width: int, *, is_json: bool) -> None:
        if not is_json:
            for piece in chopped(line.expandtabs(4), width):
                self._put(piece, _TEXT)
            return
        if len(line) <= width and "\\n" not in line and line.isascii():
            self._put(line, _JSON)
            return
        indent = len(line) - len(line.lstrip(" "))
        inner = " " * min(indent + 2, width // 2)
        kind = _JSON
        for part in _at_line_ends(line):
            for number, piece in enumerate(chopped(part, width - (0 if kind == _JSON else len(inner)))):
                self._put(piece if kind == _JSON else inner + piece, kind)
                del number
                kind = _STRING

    def _put(self, line: str, kind: int) -> None:
        self._lines.append(line)
        self._kinds.append(kind)


def pretty(content: str) -> str | None:
    """JSON laid out over lines, its values as they were spelled; None for anything else."""
    head = content.lstrip()[:1]
    if head not in {"{", "["}:
        return None
    try:
        return msgspec.json.format(content, indent=2)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def coloured(line: str) -> list[Span]:
    """One line of laid-out JSON, harmless, by Pygments' tokens."""
    from pygments.lexers.data import JsonLexer
    from pygments.token import Keyword, Name, Number, String

    spans: list[Span] = []
    for token, said in JsonLexer(stripnl=False, ensurenl=False).get_tokens(line):
        if token in Name.Tag:
            style = "info"
        elif token in String:
            style = "good"
        elif token in Number:
            style = "accent"
        else:
            style = "code" if token in Keyword else "dim"
        # The beginning of a string that goes on in the next row is an error to the lexer.
        if said == '"' and spans and spans[-1].style == "dim":
            style = "good"
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + text.line(said), style)
        else:
            spans.append(Span(text.line(said), style))
    return spans


def chopped(line: str, width: int) -> list[str]:
    """`line` in pieces of at most `width` cells; never empty."""
    if len(line) <= width and (line.isascii() or cell_len(line) <= width):
        return [line]
    if line.isascii():
        return [line[at : at + width] for at in range(0, len(line), width)]
    if len(line) <= _PRECISE:
        return chop_cells(line, width)
    half = max(1, width // 2)  # a character takes two cells at most
    return [line[at : at + half] for at in range(0, len(line), half)]


def _at_line_ends(line: str) -> list[str]:
    r"""A line of JSON broken after every `\n` that stands for a line end in its string."""
    if "\\n" not in line:
        return [line]
    parts: list[str] = []
    begin = at = 0
    while (at := line.find("\\", at)) >= 0:
        at += 2
        if line[at - 1 : at] == "n" and at < len(line) - 2:
            parts.append(line[begin:at])
            begin = at
    parts.append(line[begin:])
    return parts
