"""A reply on the screen: as plain text, or as markdown that grows while it streams.

Markdown: blocks that are finished are printed once and stay; only the last, unfinished block is drawn again, by rich's
own thread, so that reading never waits for drawing. Of a block higher than the screen the end is shown.
"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

from aigw_dev.calling import Piece
from aigw_dev.cli import output
from aigw_dev.core import harmless

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live
    from rich.markdown import Markdown
    from rich.segment import Segment

_FRAMES_PER_S: Final = 12


class Painter(Protocol):
    """Shows the pieces of one reply."""

    def take(self, piece: Piece) -> None:
        """Show one more piece."""
        ...

    def close(self) -> None:
        """The reply has ended, or was broken off."""
        ...


class PlainPainter:
    """Text as it comes, with one line end after it; reasoning only where it is asked for."""

    def __init__(self, *, has_reasoning: bool) -> None:
        """`has_reasoning` prints what the model thinks before what it says."""
        self._has_reasoning = has_reasoning
        self._last = ""
        self._is_thinking = False
        self._cr = ""

    def take(self, piece: Piece) -> None:
        """Print it at once."""
        if piece.reasoning and self._has_reasoning:
            self._is_thinking = True
            self._write(piece.reasoning)
        if piece.text:
            if self._is_thinking:
                self._is_thinking = False
                self._write("\n\n")
            self._write(piece.text)

    def close(self) -> None:
        """End the line."""
        if self._last and self._last != "\n":
            output.write("\n")

    def _write(self, text: str) -> None:
        text = self._cr + text
        self._cr = "\r" if text.endswith("\r") else ""  # its line feed may come with the next piece
        text = text.removesuffix("\r")
        if text:
            output.write(harmless.block(text))
            self._last = text[-1]


class MarkdownPainter:
    """Markdown in a terminal; reasoning dim and as it comes, before the answer."""

    def __init__(self, console: "Console | None" = None) -> None:
        """`console` is where it is drawn; stdout unless given."""
        self._console = console or _console()
        self._live: Live | None = None
        self._tail = _Tail(self._console)
        self._is_thinking = False

    def take(self, piece: Piece) -> None:
        """Show one more piece."""
        if piece.reasoning:
            self._settle()
            self._is_thinking = True
            self._console.print(_dim(piece.reasoning), end="", soft_wrap=True)
        if not piece.text:
            return
        if self._is_thinking:
            self._is_thinking = False
            self._console.print("\n")
        if self._live is None:
            self._live = self._start()
        finished = self._tail.take(piece.text)
        if finished:
            self._live.console.print(_Block(finished))
            self._live.console.print()

    def close(self) -> None:
        """Print what is still unfinished, for good."""
        if self._is_thinking:
            self._console.print()
        self._settle()

    def _start(self) -> "Live":
        from rich.live import Live

        live = Live(
            get_renderable=lambda: self._tail,
            console=self._console,
            refresh_per_second=_FRAMES_PER_S,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="visible",  # the tail cuts itself, at the other end
        )
        live.start()
        return live

    def _settle(self) -> None:
        """End the drawing; the last block stays."""
        if self._live is None:
            return
        rest = self._tail.rest()
        self._live.stop()
        self._live = None
        if rest.strip():
            self._console.print(_Block(rest))


class _Tail:
    """The unfinished end of a reply, as something rich draws."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._text = ""
        self._drawn: tuple[str, int, list[Any]] = ("", 0, [])

    def take(self, text: str) -> str:
        """Add a piece; gives the blocks that are finished by it, which are no longer part of the tail."""
        self._text += text
        if "\n" not in text:
            return ""  # a block only ever ends at a line end
        finished, self._text = split_blocks(self._text)
        return finished

    def rest(self) -> str:
        """What is unfinished, which is then no longer part of the tail."""
        text, self._text = self._text, ""
        return text

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        text = self._text
        if self._drawn[:2] != (text, options.max_width):
            self._drawn = (text, options.max_width, _lines(text, console, options))
        yield from _joined(self._drawn[2][-max(1, console.height - 2) :])


class _Block:
    """A finished piece of markdown, without the empty lines that rich puts around some blocks."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        yield from _joined(_lines(self._text, console, options))


def _lines(text: str, console: "Console", options: "ConsoleOptions") -> "list[list[Segment]]":
    """The drawn lines of a markdown text; empty ones at both ends are left out."""
    lines = console.render_lines(markdown(text), options.update(height=None), pad=False)
    filled = [number for number, line in enumerate(lines) if not _is_empty(line)]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _is_empty(line: "list[Segment]") -> bool:
    return all(not segment.text.strip() and segment.style is None for segment in line)


def _joined(lines: "list[list[Segment]]") -> "Iterator[Segment]":
    from rich.segment import Segment

    for line in lines:
        yield from line
        yield Segment.line()


def split_blocks(text: str) -> tuple[str, str]:
    """What is finished of a growing markdown text, and the rest: its last block, which may still change."""
    tokens = markdown(text).parsed
    starts = [token.map[0] for token in tokens if token.level == 0 and token.nesting >= 0 and token.map]
    if len(starts) < 2:  # noqa: PLR2004  -- one block, or none
        return "", text
    lines = text.split("\n")
    return "\n".join(lines[: starts[-1]]).rstrip("\n"), "\n".join(lines[starts[-1] :])


def markdown(text: str) -> "Markdown":
    """Untrusted markdown, ready to be drawn: no links that hide where they lead, no controls, no HTML that vanishes."""
    from rich.markdown import Markdown

    made = Markdown(harmless.block(text), hyperlinks=False)
    _clean(made.parsed)
    return made


def _clean(tokens: list[Any]) -> None:
    """Parsing turns `&#27;` into an escape: clean again what came of it; show HTML, which rich drops, as text."""
    for token in tokens:
        token.content = harmless.block(token.content)
        token.info = harmless.line(token.info)
        token.attrs = {
            name: harmless.line(value) if isinstance(value, str) else value
            for name, value in token.attrs.items()
        }
        if token.type == "html_inline":
            token.type = "text"
        elif token.type == "html_block":
            token.type, token.tag, token.info = "fence", "code", "html"
        if token.children:
            _clean(token.children)


def _console() -> "Console":
    """The terminal on stdout."""
    from rich.console import Console

    return Console(
        file=sys.stdout,
        force_terminal=True,
        color_system="auto" if output.is_colour() else None,
        no_color=not output.is_colour(),
        highlight=False,
        markup=False,
        emoji=False,
    )


def _dim(text: str) -> Any:
    from rich.text import Text

    return Text(harmless.block(text), style="dim italic")
