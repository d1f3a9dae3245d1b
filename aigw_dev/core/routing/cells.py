"""Text measured in terminal cells: cut, wrapped and quoted to a width.

Wide East Asian characters take two cells, combining marks none. Terminals differ about emoji sequences; a row that is
a cell too long is the worst that follows.
"""

import unicodedata
from typing import Final

from aigw_dev.core import harmless

_WIDE: Final = frozenset("WF")
_NO_CELL: Final = frozenset({"Mn", "Me", "Cf"})


def width(text: str) -> int:
    """How many cells `text` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cell, text))


def cut(text: str, room: int, *, mark: str = "…") -> str:
    """`text` if it fits into `room` cells, else its beginning and `mark`."""
    if width(text) <= room:
        return text
    return _head(text, room - width(mark)) + mark


def wrap(text: str, room: int) -> list[str]:
    """`text` as lines of at most `room` cells, broken at spaces where there are any; never empty.

    A character wider than `room` stands alone on its line.
    """
    lines: list[str] = []
    rest = text
    while width(rest) > room:
        head = _head(rest, room) or rest[:1]
        space = head.rfind(" ")
        if rest[len(head) : len(head) + 1] != " " and space > 0:
            head = head[:space]
        lines.append(head.rstrip(" "))
        rest = rest[len(head) :].lstrip(" ")
    if rest or not lines:
        lines.append(rest)
    return lines


def ticked(text: str, *, room: int = 60) -> str:
    """Somebody else's text as a short, harmless quotation in a message: `like this`."""
    return f"`{cut(harmless.line(text), room)}`"


def _cell(char: str) -> int:
    if unicodedata.category(char) in _NO_CELL:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def _head(text: str, room: int) -> str:
    """The longest beginning that fits of a `text` that does not fit whole."""
    taken = position = 0
    while (taken := taken + _cell(text[position])) <= room:
        position += 1
    return text[:position]
