"""ASCII mode's last word: whatever Textual itself draws (borders, scroll bars, marks) becomes ASCII.

What we draw is ASCII already (`look.ASCII`); what a model says in other scripts stays, unless the terminal cannot write it.
"""

from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS: Final = {
    "-": "─━┄┅┈┉╌╍═╴╶╸╺▁▔",
    "|": "│┃┆┇┊┋╎╏║╵╷╹╻▊▋▌▍▎▏▐▕",
    ".": "░·", ":": "▒", "~": "…", "*": "•●", ">": "▶→▸", "<": "◀←", "^": "▲↑", "v": "▼↓✓", "x": "✗",
}  # fmt: skip
"""What each ASCII sign stands for; other lines are `+`, other blocks `#`."""
DRAWING: Final = (
    dict.fromkeys(range(0x2500, 0x2580), "+")
    | dict.fromkeys(range(0x2580, 0x25A0), "#")
    | {ord(char): sign for sign, chars in _SIGNS.items() for char in chars}
)


class AsciiFilter(LineFilter):
    """Translates drawing characters; with `is_strict` everything else that is not ASCII becomes `?`."""

    def __init__(self, *, is_strict: bool) -> None:
        """`is_strict` where the terminal's encoding has nothing else."""
        super().__init__()
        self._is_strict = is_strict

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells, other signs."""
        return [
            segment
            if segment.text.isascii()
            else Segment(self._plain(segment.text), segment.style, segment.control)
            for segment in segments
        ]

    def _plain(self, text: str) -> str:
        text = text.translate(DRAWING)
        if not self._is_strict or text.isascii():
            return text
        return "".join(char if char.isascii() else "?" * cell_len(char) for char in text)
