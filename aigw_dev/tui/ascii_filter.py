"""ASCII mode's last word: whatever Textual itself draws (borders, scroll bars, marks) becomes ASCII.

What we draw is ASCII already (`look.ASCII`); what a model says in other scripts stays, unless the terminal cannot write it.
"""

from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


def _drawing() -> dict[int, str]:
    table = dict.fromkeys(range(9472, 9600), "+")
    table |= dict.fromkeys(
        (
            0x2500,
            0x2501,
            0x2504,
            0x2505,
            0x2508,
            0x2509,
            0x254C,
            0x254D,
            0x2550,
            0x2574,
            0x2576,
            0x2578,
            0x257A,
        ),
        "-",
    )
    table |= dict.fromkeys(
        (
            0x2502,
            0x2503,
            0x2506,
            0x2507,
            0x250A,
            0x250B,
            0x254E,
            0x254F,
            0x2551,
            0x2575,
            0x2577,
            0x2579,
            0x257B,
        ),
        "|",
    )
    table |= dict.fromkeys(range(9600, 9632), "#")
    table |= dict.fromkeys((0x2581, 0x2594), "-")
    table |= dict.fromkeys((0x258A, 0x258B, 0x258C, 0x258D, 0x258E, 0x258F, 0x2590, 0x2595), "|")
    table |= {
        0x2588: "#",
        0x2591: ".",
        0x2592: ":",
        0x2026: "~",
        0x2022: "*",
        0x00B7: ".",
        0x25B6: ">",
        0x25BC: "v",
    }
    return table | {
        0x25C0: "<",
        0x25B2: "^",
        0x2192: ">",
        0x2190: "<",
        0x2191: "^",
        0x2193: "v",
        0x2713: "v",
        0x2717: "x",
        0x25CF: "*",
    }


DRAWING: Final = _drawing()


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
