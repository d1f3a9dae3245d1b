"""`aigw-dev logs tail`: exchanges as they end, until ctrl-C.

While the gateway runs, its admin API says what ends. Where none runs, or once it has stopped, the log itself is
watched, so that a restart is followed too.
"""

import collections
import time
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
import typer

from aigw_dev.cli import log_lines, log_source, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.logs import COLUMNS, FILTER
from aigw_dev.cli.place import URL_VARIABLE, Place
from aigw_dev.client import AdminClient, AdminError
from aigw_dev.store.filters import Filter
from aigw_dev.store.reader import LogReader, Tail

_POLL_S: Final = 0.2
_REMEMBERED: Final = 4_000
"""Exchanges remembered as printed: more than a look at the log can bring again."""


def logs_tail(
    context: Context,
    words: FILTER = None,
    *,
    lines: Annotated[
        int, typer.Option("-n", "--lines", min=0, help="Print so many earlier ones first.")
    ] = 10,
    columns: COLUMNS = "",
) -> int:
    """Print exchanges as they end.

    Goes on until ctrl-C, also while the gateway restarts. With --json one exchange a line.
    """
    query = log_source.query_of(words)
    wanted = log_source.parsed(query)
    place = Place(context)
    printer = _Printer(_lines(columns, is_json=context.is_json))
    if place.env.get(URL_VARIABLE, "").strip():
        with place.need_client() as client:
            _follow_gateway(client, query, lines, printer)
        output.note("the gateway has ended the feed")
        return DONE
    return _follow_here(place, query, wanted, lines, printer)


def _follow_here(place: Place, query: str, wanted: Filter, lines: int, printer: "_Printer") -> int:
    reader = LogReader(log_source.path_of(place))
    start = reader.end()
    client = place.client()
    if client is None:
        output.note("no gateway runs for this config; waiting for its log to grow (ctrl-C ends this)")
        printer.earlier(
            msgspec.to_builtins(reader.page(wanted, limit=lines, previews=True)) if lines else None
        )
    else:
        with client:
            try:
                _follow_gateway(client, query, lines, printer)
            except AdminError as error:
                if error.status:
                    raise
        output.note("the gateway has stopped; waiting for the next (ctrl-C ends this)")
    _poll(place, reader, start, wanted=wanted, printer=printer)
    return DONE


def _follow_gateway(client: AdminClient, query: str, lines: int, printer: "_Printer") -> None:
    """Print what the gateway tells, after the `lines` that ended before; returns when it stops."""

    def begun() -> None:
        ended = f"{query} -state:open".strip()
        printer.earlier(client.exchanges(query=ended, limit=lines) if lines else None)

    for entry in client.live(query=query, on_open=begun):
        printer.print(entry)


def _poll(place: Place, reader: LogReader, seen: Tail, *, wanted: Filter, printer: "_Printer") -> None:
    """Print what the log grows by, for ever."""
    while True:
        entries, seen = reader.tail(seen, wanted, previews=True)
        for entry in entries:
            if entry.state != "open":
                printer.print(msgspec.to_builtins(entry))
        time.sleep(_POLL_S)
        path = place.log_path()
        if path is not None and path != reader.path:
            reader = LogReader(path)


def _lines(columns: str, *, is_json: bool) -> Callable[[dict[str, Any]], None]:
    """What prints one exchange; the header of a table is printed at once."""
    if is_json:
        return output.print_json_line
    width = output.width()
    layout = log_lines.Lines(log_lines.chosen(columns, width=width), width=width)
    output.write(output.styled(layout.header(), "bold") + "\n")
    return lambda entry: output.write(layout.line(entry) + "\n")


class _Printer:
    """Prints every exchange once, whichever way it is heard of."""

    def __init__(self, show: Callable[[dict[str, Any]], None]) -> None:
        self._show = show
        self._order: collections.deque[str] = collections.deque()
        self._printed: set[str] = set()

    def earlier(self, page: dict[str, Any] | None) -> None:
        """A page of what ended before, newest first."""
        for entry in reversed(page["entries"] if page else []):
            if entry["state"] != "open":
                self.print(entry)

    def print(self, entry: dict[str, Any]) -> None:
        """One exchange that ended."""
        if entry["id"] in self._printed:
            return
        self._printed.add(entry["id"])
        self._order.append(entry["id"])
        if len(self._order) > _REMEMBERED:
            self._printed.discard(self._order.popleft())
        self._show(entry)
