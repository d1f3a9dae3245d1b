"""The list's columns: what each shows of a row, which stand at which width, how they share it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aigw_dev.tui import text
from aigw_dev.tui.logs import amounts
from aigw_dev.tui.logs.line import Line
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Row, Span

GUTTER: Final = 2
"""Cells before the first column: the cursor, then what a row is marked with."""
_LEAST_PREVIEW: Final = 12


@dataclass(frozen=True, slots=True)
class Column:
    """How one column stands."""

    name: str
    title: str
    width: int
    """Cells; 0 = a preview, which shares what the others leave."""
    cell: Callable[[Line, Glyphs], Span]
    is_right: bool = False
    said: str = ""
    """What it is, for choosing."""
    is_cut: bool = False
    """Where it is too long, its end goes without a sign."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column, the cells it got, and the blanks after it."""

    column: Column
    cells: int
    gap: int


def _status(line: Line, glyphs: Glyphs) -> Span:
    if line.state == "open":
        return Span(glyphs.ellipsis * 3, "accent")
    if line.state == "interrupted":
        return Span("lost", "bad")
    own = str(line.status) if line.status else "ERR"
    upstream = line.upstream_status
    said = f"{upstream}{glyphs.to}{own}" if upstream is not None and upstream != line.status else own
    return Span(said + (glyphs.warn if "broken" in line.marks else ""), status_style(line))


def status_style(line: Line) -> str:
    """The style of how a row ended."""
    if line.state != "ended" or "broken" in line.marks:
        return "bad"
    if line.outcome in {"throttled", "intercepted", "cancelled"} or line.status == 429:
        return "warn"
    return "bad" if line.status >= 400 or not line.status or line.outcome == "failed" else "good"


def model_of(line: Line) -> str:
    """The model that was sent, or asked for where nothing was sent."""
    return line.request_model or line.original_model


def _model(line: Line, glyphs: Glyphs) -> Span:
    del glyphs
    target = (
        f"{line.provider}/{line.request_model}".removesuffix("/") if line.provider else line.original_model
    )
    return Span(target)


def _plain_model(line: Line, glyphs: Glyphs) -> Span:
    del glyphs
    return Span(model_of(line))


def _route(line: Line, glyphs: Glyphs) -> Span:
    again = f" {glyphs.again}{line.attempts - 1}" if line.attempts > 1 else ""
    if not line.route:
        return Span(f"{glyphs.dash} direct{again}", "dim")
    path = f" {line.path.replace('·', glyphs.middot)}" if line.path else ""
    return Span(f"{line.route}{path}{again}", "info")


def _tokens(line: Line, glyphs: Glyphs) -> Span:
    if line.input_tokens is None:
        return Span(glyphs.dash, "dim")
    doubt = "~" if line.usage_estimated else ""
    return Span(
        f"{doubt}{amounts.count(line.input_tokens, glyphs)}{glyphs.to}{amounts.count(line.output_tokens or 0, glyphs)}"
    )


def _cost(line: Line, glyphs: Glyphs) -> Span:
    said = amounts.usd(line.cost_nanousd, line.cost_status, glyphs)
    return Span(said, "dim" if said in {glyphs.dash, "free"} else "")


def _request(line: Line, glyphs: Glyphs) -> Span:
    return Span(line.request_preview or glyphs.dash, "" if line.request_preview else "dim")


def _response(line: Line, glyphs: Glyphs) -> Span:
    if line.response_preview:
        return Span(line.response_preview, "bad" if line.status >= 400 else "")
    return Span(line.error or glyphs.dash, "bad" if line.error else "dim")


def _text(field: str) -> Callable[[Line, Glyphs], Span]:
    def cell(line: Line, glyphs: Glyphs) -> Span:
        value = str(getattr(line, field) or "")
        return Span(value or glyphs.dash, "" if value else "dim")

    return cell


def _number(field: str) -> Callable[[Line, Glyphs], Span]:
    return lambda line, glyphs: Span(amounts.count(getattr(line, field), glyphs))


_ALL: Final = (
    Column("time", "time", 12, lambda line, _: Span(amounts.clock(line.started_at), "dim"), said="when it began",
           is_cut=True),
    Column("status", "st", 8, _status, said="the caller's status, the provider's before it where it differs"),
    Column("model", "model", 20, _model, said="provider/model as sent"),
    Column("sent", "model", 18, _plain_model, said="the model alone"),
    Column("provider", "provider", 10, _text("provider"), said="who answered"),
    Column("route", "route/path", 18, _route, said="the route, its path, further attempts"),
    Column("ms", "ms", 7, lambda line, glyphs: Span(amounts.ms(line.duration_s, glyphs)), is_right=True,
           said="whole duration"),
    Column("ttft", "ttft", 6, lambda line, glyphs: Span(amounts.ms(line.ttft_s, glyphs)), is_right=True,
           said="to the first byte, ms"),
    Column("tokens", "tok in→out", 11, _tokens, is_right=True, said="tokens; ~ is our own count"),
    Column("cost", "cost", 9, _cost, is_right=True, said="USD; ~ estimated, – unknown"),
    Column("request", "request", 0, _request, said="the newest message"),
    Column("response", "response", 0, _response, said="the reply, or the error"),
    Column("id", "id", 8, lambda line, _: Span(line.id[:8], "dim"), said="the beginning of its id",
           is_cut=True),
    Column("marks", "marks", 10, lambda line, _: Span(",".join(line.marks), "warn"), said="fallback, retried ..."),
    Column("stream", "stream", 6, lambda line, _: Span("yes" if line.is_stream else "no", "dim"), said="streamed"),
    Column("asked", "asked", 20, _text("original_model"), said="the model as the caller wrote it"),
    Column("answered", "answered", 20, _text("response_model"), said="the model as the provider says"),
    Column("operation", "operation", 23, _text("operation"), said="what kind of call"),
    Column("consumer", "consumer", 12, _text("consumer"), said="who called"),
    Column("run", "run", 12, _text("run"), said="of `aigw-dev run`"),
    Column("session", "session", 14, _text("session"), said="the conversation"),
    Column("key", "key", 14, _text("key_name"), said="the key used, by name"),
    Column("client", "client", 20, _text("client"), said="the caller's user agent"),
    Column("error", "error", 18, _text("error"), said="our code for how it ended badly"),
    Column("finish", "finish", 10, _text("finish"), said="why the model stopped"),
    Column("cached", "cached", 7, _number("cached_input_tokens"), is_right=True, said="tokens from the prompt cache"),
    Column("attempts", "tries", 5, _number("attempts"), is_right=True, said="upstream calls"),
    Column("bytes", "bytes", 8,
           lambda line, _: Span(amounts.size(line.request_bytes + line.response_bytes), "dim"), is_right=True,
           said="request and reply together"),
)  # fmt: skip
COLUMNS: Final = {column.name: column for column in _ALL}
"""Every column by name."""
SEED: Final = ("time", "status", "model", "request", "response")
"""Shown at any width."""
_MORE: Final = ("ms", "tokens", "cost", "route", "ttft", "provider")
"""Shown besides where there is room, in this order of importance."""
_ORDER: Final = (
    "time", "status", "model", "provider", "route", "ms", "ttft", "tokens", "cost", "request", "response",
)  # fmt: skip
_WIDE_PREVIEW: Final = 17
"""Cells that each preview keeps before another column comes."""
_NARROW: Final = 100
_WIDE: Final = 140
_SHORT: Final = {"time": 8, "model": 18}
"""Cells of columns in a narrow list."""


def place(width: int, chosen: Sequence[str] = ()) -> tuple[Placed, ...]:
    """The columns of a list `width` cells wide: those `chosen`, in their order, or ours as far as they fit."""
    room = _Room(width)
    known = [name for name in chosen if name in COLUMNS]
    names = known or room.usual()
    while len(names) > 1 and room.used(names) > width:
        names = names[:-1]
    return room.shared(names)


def titles(placed: Sequence[Placed], glyphs: Glyphs) -> Row:
    """The line above."""
    spans = [Span(" " * GUTTER)]
    for one in placed:
        said = one.column.title.replace("→", glyphs.to)
        spans.append(
            Span(
                text.fit(said, one.cells, is_right=one.column.is_right, glyphs=glyphs) + " " * one.gap, "head"
            )
        )
    return spans


def cells(line: Line, placed: Sequence[Placed], glyphs: Glyphs, marks: Sequence[str] = ()) -> list[Span]:
    """A row without its gutter; what is in `marks` (casefolded) stands out in it."""
    spans: list[Span] = []
    for one in placed:
        said, style = one.column.cell(line, glyphs)
        said = said[: one.cells] if one.column.is_cut else said[: one.cells * 2]
        shown = text.fit(text.line(said), one.cells, is_right=one.column.is_right, glyphs=glyphs)
        if marks and not one.column.is_right:
            spans += marked(shown, marks, style)
        else:
            spans.append(Span(shown, style))
        spans.append(Span(" " * one.gap))
    return spans


def marked(said: str, marks: Sequence[str], style: str = "") -> list[Span]:
    """`said` in pieces, so that every occurrence of a mark carries the style `mark`."""
    low = said.casefold()
    if len(low) != len(said):
        low = said.lower()  # casefolding made it longer: positions would be off
    if len(low) != len(said):
        return [Span(said, style)]
    spans: list[Span] = []
    at = 0
    while at < len(said):
        hits = [(low.find(mark, at), -len(mark)) for mark in marks if mark and mark in low[at:]]
        if not hits:
            break
        start, minus = min(hits)
        if start > at:
            spans.append(Span(said[at:start], style))
        at = start - minus
        spans.append(Span(said[start:at], f"{style} mark".strip()))
    if at < len(said):
        spans.append(Span(said[at:], style))
    return spans


class _Room:
    """How columns share a width."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._gap = 2 if width >= _WIDE else 1

    def usual(self) -> list[str]:
        names = set(SEED)
        for name in _MORE:
            wanted = names | {name}
            if self.used(wanted, preview=_WIDE_PREVIEW) > self._width:
                break
            names = wanted
        # With a provider's column, the model need not name it too.
        return [
            "sent" if name == "model" and "provider" in names else name for name in _ORDER if name in names
        ]

    def used(self, names: Iterable[str], *, preview: int = _LEAST_PREVIEW) -> int:
        return GUTTER + sum((self._cells(name) or preview) + self._gap for name in names)

    def shared(self, names: Sequence[str]) -> tuple[Placed, ...]:
        previews = [name for name in names if not COLUMNS[name].width]
        left = self._width - self.used(names, preview=0)
        widths = {name: self._cells(name) for name in names}
        for position, name in enumerate(previews):
            widths[name] = max(1, left // len(previews) + (position < left % len(previews)))
        if not previews and names:
            widths[names[-1]] = max(widths[names[-1]], widths[names[-1]] + left)
        return tuple(Placed(COLUMNS[name], widths[name], self._gap) for name in names)

    def _cells(self, name: str) -> int:
        width = COLUMNS[name].width
        return _SHORT.get(name, width) if self._width < _NARROW else width
