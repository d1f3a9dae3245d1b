"""Text on its way to the screen: made harmless once, measured in cells, cut to fit.

Every string that a person, a provider, a model or a file wrote passes `line` or `block` where a row is built from it.
Widgets take plain text and styles, never markup.
"""

from rich.cells import cell_len, chop_cells, set_cell_size
from textual.widget import Widget

from aigw_dev.core import harmless
from aigw_dev.tui.look import UNICODE, Glyphs


def line(value: object) -> str:
    r"""One harmless line: what could steer the terminal is visible as `\xNN`."""
    return harmless.line(value if isinstance(value, str) else str(value))


def block(value: str) -> list[str]:
    """Harmless lines of a longer text; tabs are four cells."""
    return harmless.block(value).expandtabs(4).split("\n")


def width(text: str) -> int:
    """Cells that `text` takes in the terminal."""
    return cell_len(text)


def cut(text: str, cells: int, *, glyphs: Glyphs = UNICODE) -> str:
    """`text`, ended by an ellipsis where it is wider than `cells`."""
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, cells - 1).rstrip() + glyphs.ellipsis


def fit(text: str, cells: int, *, is_right: bool = False, glyphs: Glyphs = UNICODE) -> str:
    """`text` exactly `cells` wide: cut or padded, on the left with `is_right`."""
    shown = cut(text, cells, glyphs=glyphs)
    gap = " " * max(0, cells - cell_len(shown))
    return gap + shown if is_right else shown + gap


def wrapped(text: str, cells: int) -> list[str]:
    """A harmless line broken at words, at most `cells` wide each."""
    if cells <= 0:
        return [text]
    lines: list[str] = []
    at = 0
    while True:
        window = _window(text, at, cells)
        if at + len(window) == len(text) and cell_len(window) <= cells:
            return [*lines, window]
        head = chop_cells(window, cells)[0] or window[:1]
        after = at + len(head)
        space = head.rfind(" ")
        if after < len(text) and text[after] != " " and space > 0:
            head = head[:space]
        lines.append(head.rstrip())
        at += len(head)
        while text.startswith(" ", at):
            at += 1


def _window(text: str, at: int, cells: int) -> str:
    """As much of `text` from `at` on as decides about the next line: looking at all of it each time takes for ever."""
    size = cells + 1
    while True:
        window = text[at : at + size]
        if len(window) < size or cell_len(window) > cells:
            return window
        size *= 2


def title(widget: Widget, top: str, bottom: str = "") -> None:
    """Set a widget's border texts, which Textual reads as markup."""
    widget.border_title = line(top).replace("[", "\\[")
    widget.border_subtitle = line(bottom).replace("[", "\\[")
