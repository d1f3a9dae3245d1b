"""Where the log is read from: the file of this config's gateway, or the admin API of the one at `AIGW_DEV_URL`.

Both give the same plain values, in the shapes of the admin API, so that a command prints one or the other alike.
"""

import datetime as dt
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import URL_VARIABLE, Place
from aigw_dev.core import duration, harmless
from aigw_dev.core.errors import Refusal
from aigw_dev.secrets.running import list_running
from aigw_dev.store import filters, stats
from aigw_dev.store.filters import Filter
from aigw_dev.store.reader import LogReader
from aigw_dev.store.records import as_json

if TYPE_CHECKING:
    from aigw_dev.client import AdminClient

T = TypeVar("T")

PAGE_ROWS: Final = 500
"""Rows asked for at a time."""


class LogSource(Protocol):
    """A log to read."""

    def page(self, query: str, *, before: int | None, limit: int) -> dict[str, Any]:
        """A page of `entries` that pass the filter `query`, newest first, with `next_before` and `is_complete`."""
        ...

    def get(self, name: str) -> dict[str, Any]:
        """One exchange whole; a name that fits none, or more than one, is an error."""
        ...

    def totals(self, query: str, *, since: str, until: str, by: tuple[str, ...]) -> stats.Summary:
        """Totals of an interval."""
        ...

    def close(self) -> None:
        """Let go of file or connection."""
        ...


class LocalLog:
    """A log.db on this machine, read-only."""

    def __init__(self, path: Path) -> None:
        """`path` need not exist: that is an empty log."""
        self.reader: Final = LogReader(path)

    def page(self, query: str, *, before: int | None, limit: int) -> dict[str, Any]:
        """See `LogSource`."""
        found = self.reader.page(parsed(query), before=before, limit=limit, previews=True)
        return msgspec.to_builtins(found)

    def get(self, name: str) -> dict[str, Any]:
        """See `LogSource`."""
        return as_json(granted(self.reader.get(name)))

    def totals(self, query: str, *, since: str, until: str, by: tuple[str, ...]) -> stats.Summary:
        """See `LogSource`."""
        now_s = time.time()
        found = stats.summary(
            self.reader,
            since_s=moment(since, now_s=now_s, option="--since"),
            until_s=moment(until, now_s=now_s, option="--until") if until else now_s,
            by=by,
            filter_=parsed(query),
        )
        return granted(found)

    def close(self) -> None:
        """See `LogSource`."""
        self.reader.close()


class RemoteLog:
    """The log of a gateway, by its admin API."""

    def __init__(self, client: "AdminClient") -> None:
        """Closes `client` when it is closed."""
        self.client: Final = client

    def page(self, query: str, *, before: int | None, limit: int) -> dict[str, Any]:
        """See `LogSource`."""
        return self.client.exchanges(query=query, before=before, limit=limit)

    def get(self, name: str) -> dict[str, Any]:
        """See `LogSource`."""
        return self.client.exchange(name)

    def totals(self, query: str, *, since: str, until: str, by: tuple[str, ...]) -> stats.Summary:
        """See `LogSource`."""
        found = self.client.stats(since=since, until=until, by=list(by), query=query)
        return msgspec.convert(found, stats.Summary)

    def close(self) -> None:
        """See `LogSource`."""
        self.client.close()


def log_of(place: Place) -> LogSource:
    """The log that commands read from here."""
    if place.env.get(URL_VARIABLE, "").strip():
        return RemoteLog(place.need_client())
    return LocalLog(path_of(place))


def path_of(place: Place) -> Path:
    """This config's log.db, which may not exist yet; where only other gateways run, exit 2, naming them."""
    path = place.log_path()
    if path is not None:
        return path
    if list_running(place.home):
        place.need_client()
    # Its gateway has never run: a file that is not there reads as an empty log.
    return place.home.path / "log.db"


def entries(log: LogSource, query: str, *, before: int | None, limit: int) -> dict[str, Any]:
    """A page of up to `limit` rows however long the search for them takes: it goes on where a page ended early."""
    gathered: list[dict[str, Any]] = []
    while True:
        page = log.page(query, before=before, limit=min(PAGE_ROWS, limit - len(gathered)))
        gathered += page["entries"]
        before = page["next_before"]
        if before is None or len(gathered) >= limit:
            return {"entries": gathered, "next_before": before, "is_complete": True}


def whole(log: LogSource, query: str) -> Iterator[dict[str, Any]]:
    """Every exchange that passes, whole, newest first."""
    if isinstance(log, LocalLog):
        yield from log.reader.export(parsed(query))
        return
    before: int | None = None
    while True:
        page = log.page(query, before=before, limit=PAGE_ROWS)
        for entry in page["entries"]:
            yield log.get(entry["id"])
        before = page["next_before"]
        if before is None:
            return


def query_of(words: Iterable[str] | None, *, since: str = "", until: str = "") -> str:
    """A filter's words as given, with the times of `--since` and `--until`."""
    terms = list(words or ())
    terms += [
        f"{name}:{instant(text, f'--{name}')}" for name, text in (("since", since), ("until", until)) if text
    ]
    return " ".join(terms)


def instant(text: str, option: str) -> str:
    """A time as every gateway understands it: `5m` as it is, a date or time in UTC; else exit 2 naming `option`."""
    if duration.parse(text) is not None:
        return text
    at = moment(text, now_s=time.time(), option=option)
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat()


def moment(text: str, *, now_s: float, option: str) -> float:
    """The UTC second that a text means; else exit 2 naming `option`."""
    found = filters.moment(text, now_s=now_s)
    if found is None:
        raise CommandError(
            f"{option} does not take `{harmless.line(text[:40])}`.",
            hint="Say how long ago (30s, 5m, 24h, 7d) or give a time (2026-11-20, 2026-11-20T10:00, ...Z).",
        )
    return found


def parsed(query: str) -> Filter:
    """A filter; one that is none is exit 2."""
    return granted(filters.parse(query, now_s=time.time()))


def granted(value: T | Refusal) -> T:
    """The value; a refusal ends the command."""
    if isinstance(value, Refusal):
        raise CommandError(value.message, code=value.code)
    return value
