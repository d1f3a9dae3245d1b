"""A route drawn as text: its flow as a tree, the taken path marked by heavy lines, arrows and words.

Every line fits the width, untrusted text is made harmless, and nothing is told by colour alone.
"""

from typing import Final

import msgspec

from aigw_dev.core import harmless
from aigw_dev.core.routing import cells, outline
from aigw_dev.core.routing.mermaid import mermaid
from aigw_dev.core.routing.nodes import CompiledRoute
from aigw_dev.core.routing.outline import Twig
from aigw_dev.core.routing.trace import Decision, read_decision

__all__ = ["mermaid", "stored", "text"]

_LEAST_ROOM: Final = 16
"""A text gets so many cells even where the tree is as wide as the screen."""


class _Lines(msgspec.Struct, frozen=True):
    """The strokes of a drawing."""

    fork: str
    last: str
    taken_fork: str
    taken_last: str
    down: str
    taken_down: str


_UNICODE: Final = _Lines("├── ", "└── ", "┣━▶ ", "┗━▶ ", "│   ", "┃   ")
_ASCII: Final = _Lines("|-- ", "`-- ", "|=> ", "`=> ", "|   ", "I   ")
_BLANK: Final = "    "
_PLAIN: Final = str.maketrans({"→": "->", "…": "..."})


def text(
    route: CompiledRoute | None,
    decision: Decision | None = None,
    *,
    width: int = 80,
    ascii: bool = False,  # noqa: A002 - reads best at the call
) -> str:
    """The drawing of a route, of a route and the path one decision took, or of a decision alone; without a last newline.

    `width` is in cells; lines wrap. `ascii` draws with ASCII only and escapes every other character.
    """
    if route is not None:
        root = outline.of_route(route, decision)
    elif decision is not None:
        root = outline.of_decision(decision)
    else:
        return ""
    lines = _Painter(_ASCII if ascii else _UNICODE, width, is_ascii=ascii).paint(root)
    return "\n".join(lines)


def stored(decision: bytes | str, *, width: int = 80, ascii: bool = False) -> str:  # noqa: A002 - as `text`
    """The drawing of a decision as an exchange keeps it (JSON); `msgspec.DecodeError` where it is none."""
    return text(None, read_decision(decision), width=width, ascii=ascii)


class _Painter:
    """Turns an outline into lines."""

    def __init__(self, strokes: _Lines, width: int, *, is_ascii: bool) -> None:
        self._strokes = strokes
        self._width = width
        self._is_ascii = is_ascii
        self._lines: list[str] = []

    def paint(self, root: Twig) -> list[str]:
        self._write(root.text, "", "")
        self._branches(root.below, "")
        return self._lines

    def _branches(self, twigs: list[Twig], indent: str) -> None:
        strokes = self._strokes
        for position, twig in enumerate(twigs):
            is_taken, is_last = twig.state == "taken", position == len(twigs) - 1
            if is_taken:
                head = strokes.taken_last if is_last else strokes.taken_fork
            else:
                head = strokes.last if is_last else strokes.fork
            leads_on = any(later.state == "taken" for later in twigs[position + 1 :])
            down = _BLANK if is_last else strokes.taken_down if leads_on else strokes.down
            self._twig(twig, indent + head, indent + down)

    def _twig(self, twig: Twig, head: str, indent: str) -> None:
        state = f" ({twig.state})" if twig.state and twig.label else ""
        label = f"{twig.label}{state}: " if twig.label else ""
        stem = self._stem(twig)
        self._write(label + twig.text, head, indent + stem)
        for detail in twig.details:
            self._write(detail, indent + stem, indent + stem)
        self._branches(twig.below, indent)

    def _stem(self, twig: Twig) -> str:
        """What goes on below a node, beside its further lines: the stroke to its branches."""
        if not twig.below:
            return _BLANK
        is_taken = any(below.state == "taken" for below in twig.below)
        return self._strokes.taken_down if is_taken else self._strokes.down

    def _write(self, content: str, head: str, indent: str) -> None:
        """One text, wrapped: `head` before its first line, `indent` before the others."""
        shown = harmless.line(content)
        if self._is_ascii:
            shown = shown.translate(_PLAIN).encode("ascii", "backslashreplace").decode()
        room = max(_LEAST_ROOM, self._width - max(cells.width(head), cells.width(indent)))
        for number, line in enumerate(cells.wrap(shown, room)):
            self._lines.append(((indent if number else head) + line).rstrip())
