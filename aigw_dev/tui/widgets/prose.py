"""Inline markdown as spans, and spans wrapped to rows: bold, italic, code, struck and links of one harmless line.

Line ends stay where the writer put them, so every source line can be wrapped by itself and is final when it is whole.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len, chop_cells

from aigw_dev.tui.widgets.lines import Span

_MARK: Final = re.compile(
    r"\\([!-/:-@\[-`{-~])"  # 1: an escaped sign
    r"|(`+)"  # 2: code opens
    r"|(\*{1,3}|_{1,3}|~~)"  # 3: emphasis opens or closes
    r"|!?\[([^\[\]\n]*)\]\(([^()\s]*)(?:\s+\"[^\"]*\")?\)"  # 4, 5: a link's text and address
)
_STYLES: Final = {
    "*": "em",
    "_": "em",
    "**": "strong",
    "__": "strong",
    "***": "strong em",
    "___": "strong em",
}
_WIDE: Final = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_PARTS: Final = re.compile(rf" +|[{_WIDE}][\u0300-\u036f\ufe0f\u200d]*|[^ {_WIDE}]+")


def inline(text: str, style: str = "", *, is_open: bool = False) -> list[Span]:
    """The spans of one line; with `is_open` the line goes on, and what is begun counts to its end."""
    if not _MARK.search(text):
        return [Span(text, style)] if text else []
    return [span for span in _spans(text, style, is_open=is_open) if span.text]


def wrap(spans: Sequence[Span], cells: int, *, rest: str = "") -> list[list[Span]]:
    """Rows of at most `cells`, broken at blanks and beside wide characters; later ones begin with `rest` (blanks)."""
    cells = max(4, cells)
    rows: list[list[Span]] = []
    row: list[Span] = []
    used, indent = 0, min(len(rest), cells // 2)
    for part in _parts(spans):
        wide = sum(cell_len(span.text) for span in part)
        if part[0].text.isspace():
            if used + wide <= cells and (row or not rows):
                row += part
                used += wide
            continue
        if used + wide > cells and used > (indent if rows else 0):
            rows.append(_trimmed(row))
            row, used = ([Span(" " * indent)] if indent else []), indent
        for span in part:
            for piece in _chopped(span.text, cells - used, cells - indent):
                size = cell_len(piece)
                if used + size > cells:
                    rows.append(row)
                    row, used = ([Span(" " * indent)] if indent else []), indent
                row.append(Span(piece, span.style))
                used += size
    rows.append(_trimmed(row))
    return rows


def chop(spans: Sequence[Span], cells: int) -> list[list[Span]]:
    """Rows of at most `cells`, broken anywhere: code, where blanks count."""
    cells = max(4, cells)
    rows: list[list[Span]] = [[]]
    used = 0
    for span in spans:
        for piece in _chopped(span.text, cells - used, cells):
            size = cell_len(piece)
            if used + size > cells and used:
                rows.append([])
                used = 0
            rows[-1].append(Span(piece, span.style))
            used += size
    return rows


def _spans(text: str, style: str, *, is_open: bool) -> Iterator[Span]:
    at = 0
    while at < len(text):
        found = _MARK.search(text, at)
        if found is None:
            break
        yield Span(text[at : found.start()], style)
        at = found.end()
        escaped, ticks, marks, label, address = found.groups()
        if escaped is not None:
            yield Span(escaped, style)
        elif ticks is not None:
            end = text.find(ticks, at)
            if end < 0 and not is_open:
                yield Span(ticks, style)
                continue
            stop = end if end >= 0 else len(text)
            yield Span(text[at:stop].strip(" ") or text[at:stop], _joined(style, "code"))
            at = stop + len(ticks)
        elif marks is not None:
            stop = _closing(text, marks, found.start(), at)
            if stop is None and not (is_open and _opens(text, marks, found.start(), at)):
                yield Span(marks, style)
                continue
            inner = text[at : len(text) if stop is None else stop]
            yield from _spans(
                inner, _joined(style, _STYLES.get(marks, "dim")), is_open=is_open and stop is None
            )
            at = len(text) if stop is None else stop + len(marks)
        else:
            yield Span(label or address, _joined(style, "info"))
            if label and address and label != address:
                yield Span(f" ({address})", "dim")
    yield Span(text[at:], style)


def _opens(text: str, marks: str, start: int, at: int) -> bool:
    """Emphasis begins before a word; underscores and single asterisks not inside one (`snake_case`, `2*3*4`)."""
    if at >= len(text) or text[at].isspace():
        return False
    return not (marks in {"_", "__", "*"} and start > 0 and text[start - 1].isalnum())


def _closing(text: str, marks: str, start: int, at: int) -> int | None:
    """Where the emphasis that `marks` opens ends; None where it does not."""
    if not _opens(text, marks, start, at):
        return None
    end = text.find(marks, at + 1)
    while end >= 0:
        after = text[end + len(marks) : end + len(marks) + 1]
        is_longer = len(marks) < 3 and after == marks[0]
        is_word = marks[0] == "_" and after.isalnum()
        if not text[end - 1].isspace() and not is_longer and not is_word:
            return end
        end = text.find(marks, end + (len(marks) + 1 if is_longer else 1))
    return None


def _joined(style: str, more: str) -> str:
    return f"{style} {more}" if style else more


def _parts(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """What may not be broken: words, blanks, single wide characters; a word may go over several spans."""
    word: list[Span] = []
    for span in spans:
        for part in _PARTS.findall(span.text):
            is_wide = not part.isascii() and _PARTS.fullmatch(part) is not None and cell_len(part[0]) == 2
            if part[0] != " " and not is_wide:
                word.append(Span(part, span.style))
                continue
            if word:
                yield word
                word = []
            yield [Span(part, span.style)]
    if word:
        yield word


def _chopped(text: str, first: int, cells: int) -> list[str]:
    """`text` in pieces: the first fits into `first` cells where that is most of a line, all into `cells`."""
    if cell_len(text) <= first:
        return [text]
    if cell_len(text) <= cells:
        return [text]
    head = chop_cells(text, first)[0] if first > 0 else ""
    return [piece for piece in (head, *chop_cells(text[len(head) :], cells)) if piece]


def _trimmed(row: list[Span]) -> list[Span]:
    while row and row[-1].text.isspace():
        row.pop()
    return row
