"""The one owner of stdout and stderr: every byte a command prints goes out here.

stdout carries what was asked for (with `--json`, JSON and nothing else), stderr carries progress and errors.
Text from elsewhere is made harmless on its way; styling only where a person looks and `NO_COLOR` is not set.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, TextIO

import msgspec

from aigw_dev.core import harmless
from aigw_dev.core.errors import CODES, GatewayError

STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
"""Names for `styled`, with their SGR numbers."""
_GAP: Final = "  "
_NARROWEST_CELL: Final = 8
"""A cell is never cut below this many columns; the line wraps instead."""


def prepare() -> None:
    """Make both streams able to take any text: UTF-8 where a program reads, visible escapes where a terminal cannot."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:  # closed, or a test's stand-in
            continue
        if stream.isatty():
            reconfigure(errors="backslashreplace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person looks at `stream` (default stdout)."""
    stream = stream or sys.stdout
    return bool(stream) and stream.isatty()


def is_colour(stream: TextIO | None = None) -> bool:
    """Whether `stream` (default stdout) may be styled: a terminal, not `TERM=dumb`, and `NO_COLOR` unset or empty."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: str, *, stream: TextIO | None = None) -> str:
    """`text` in one of `STYLES` where `stream` (default stdout) is coloured, else as it is."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if is_colour(stream) else text


def width() -> int:
    """Columns of the terminal on stdout (`COLUMNS` wins); 0 where stdout is no terminal and lines are never cut."""
    return shutil.get_terminal_size().columns if is_terminal() else 0


def say(text: str = "") -> None:
    """Print text of our own on stdout, as it is; mix untrusted text in only through `harmless`."""
    sys.stdout.write(f"{text}\n")


def write(text: str) -> None:
    """Print a piece of text on stdout, at once and without a line end; untrusted text only through `harmless`."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_bytes(data: bytes) -> None:
    """Print bytes as they are on stdout, at once; in a terminal they are text and made harmless."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None or is_terminal():
        write(harmless.block(data.decode("utf-8", "replace")))
        return
    sys.stdout.flush()
    binary.write(data)
    binary.flush()


def note(text: str = "") -> None:
    """Print progress or advice of our own on stderr, at once; mix untrusted text in only through `harmless`."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_json(value: Any) -> None:
    """Print one JSON document on stdout. Structs, dicts, tuples, datetimes and bytes (base64) are all fine."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    sys.stdout.write(f"{harmless.json_text(text)}\n")


def print_json_line(value: Any) -> None:
    """Print one line of JSON on stdout, at once, so that a reader of a stream sees it when it happens."""
    sys.stdout.write(f"{harmless.json_text(msgspec.json.encode(value).decode())}\n")
    sys.stdout.flush()


def print_lines(values: Iterable[Any]) -> None:
    """Print JSON lines on stdout as `values` yields them."""
    for value in values:
        print_json_line(value)


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: frozenset[str] = frozenset()
) -> None:
    """Print a table on stdout, two spaces between columns; cells are made harmless.

    Columns named in `right` are aligned right. In a terminal the widest cells are cut (`…`) until a line fits;
    in a pipe nothing is cut.
    """
    cells = [[harmless.line(cell) for cell in row] for row in rows]
    widths = [max(map(_columns, column)) for column in zip(headers, *cells, strict=True)]
    _narrow(widths, limit=width())
    is_right = [header in right for header in headers]
    say(styled(_row(headers, widths, is_right), "bold"))
    for row in cells:
        say(_row(row, widths, is_right))


def error(failure: GatewayError, *, is_json: bool = False) -> None:
    """Print on stderr what went wrong and how to mend it; with `is_json` as one line of JSON.

    Without a hint of its own the code's remedy from `CODES` stands in.
    """
    known = CODES.get(failure.code)
    hint = failure.hint or (known.remedy if known else "")
    if is_json:
        document = {"error": {"code": failure.code, "message": failure.message, "hint": hint}}
        note(harmless.json_text(msgspec.json.encode(document).decode()))
        return
    message = harmless.block(failure.message).replace("\n", "\n  ")
    note(f"{styled('error:', 'red', stream=sys.stderr)} {message}")
    if hint:
        note(f"  {harmless.block(hint)}".replace("\n", "\n  "))


def flush() -> None:
    """Send out what stdout still holds; a reader that has left is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        close_quietly()


def close_quietly() -> None:
    """Point stdout at nothing after its reader left, so that the interpreter's last flush is silent too."""
    with contextlib.suppress(
        OSError, ValueError
    ):  # a stand-in for stdout has no descriptor, nor a last flush
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _columns(text: str) -> int:
    """Columns `text` takes in a terminal; wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, columns: int) -> str:
    if _columns(text) <= columns:
        return text
    while _columns(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def _narrow(widths: list[int], *, limit: int) -> None:
    """Take columns from the widest cell, in place, until a row fits `limit`; 0 = no limit."""
    gaps = len(_GAP) * (len(widths) - 1)
    while limit and sum(widths) + gaps > limit and max(widths) > _NARROWEST_CELL:
        widths[widths.index(max(widths))] -= 1


def _row(cells: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    parts: list[str] = []
    for cell, columns, to_right in zip(cells, widths, is_right, strict=True):
        text = _cut(cell, columns)
        space = " " * (columns - _columns(text))
        parts.append(space + text if to_right else text + space)
    return _GAP.join(parts).rstrip()
