"""What a list over the whole log is fed with: where rows are (`index`), the rows in sight (`rows`), what changed (`changes`).

A list keeps the index, fetches only the rows it shows, and asks for changes as often as it paints. Rows appear while
they run and change once, when they end; a cursor (`end`) says up to where somebody has seen. Whatever happened, the
answer to `changes` is small: where it would not be, `is_reset` says to take the index anew.
"""

import re
import time
from typing import Final

import msgspec

from aigw_dev.store.filters import Filter
from aigw_dev.store.journal import Journal, Place
from aigw_dev.store.lines import complete
from aigw_dev.store.matching import Matching, Run, matching, passing
from aigw_dev.store.raw_rows import COLUMNS, RawRow
from aigw_dev.store.reader import LogReader, Session
from aigw_dev.store.records import Entry, entry

MOST_ENTRIES: Final = 1_000
"""Rows in one answer."""
MOST_INDEXED: Final = 1_000_000
_MOST_NEW: Final = 20_000
_MOST_CHANGED: Final = 2_000
"""More rows that ended or went since the last look than this: take the index anew."""
_NOTHING: Final = Matching(runs=[], total=0, is_complete=True)


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rows are that pass."""

    runs: list[Run]
    """(first seq, count), oldest first."""
    total: int
    is_complete: bool
    """False where older rows may pass too: more than asked for, or the time was up."""
    end: str
    """Pass it to `changes`."""
    took_ms: float
    logged: int
    """Rows in the log, whether they pass or not."""
    unindexed: int = 0
    """Of a search: about how many of the newest rows were not looked at, because the full-text index lags."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since a cursor, of the rows that pass."""

    runs: list[Run]
    """New rows, oldest first."""
    ended: list[int]
    """Rows known before that have ended and pass now: fetch again, or put in if they were not in the list."""
    dropped: list[int]
    """Rows to take out if they are in the list: deleted, or ended so that they pass no longer."""
    end: str
    """The next cursor."""
    is_reset: bool = False
    """The rest is empty and means nothing: take a new index."""

    @property
    def is_news(self) -> bool:
        """Anything but the cursor."""
        return bool(self.runs or self.ended or self.dropped or self.is_reset)


class Cursor(msgspec.Struct, frozen=True):
    """How far somebody has seen."""

    place: Place
    seq: int
    """The newest row."""

    def text(self) -> str:
        """As it travels."""
        return f"{self.place.epoch}.{self.place.position}.{self.seq}"


def read_cursor(text: str) -> Cursor | None:
    """A cursor from its text; None for any other text."""
    found = re.fullmatch(r"([0-9a-f]{8})\.([0-9]{1,18})\.([0-9]{1,18})", text)
    return None if found is None else Cursor(Place(found[1], int(found[2])), int(found[3]))


def index(
    reader: LogReader,
    journal: Journal,
    filter_: Filter,
    *,
    limit: int = 200_000,
    budget_s: float | None = None,
) -> Index:
    """The newest `limit` rows that pass; with `budget_s` those found in about that time."""
    began = time.perf_counter()
    deadline = None if budget_s is None else time.monotonic() + budget_s
    is_late = None if deadline is None else lambda: time.monotonic() >= deadline
    place = journal.place
    logged = newest = 0
    found = _NOTHING
    with reader.session() as session:
        if session is not None:
            newest = _newest(session)
            logged = session.db.execute("SELECT count(*) FROM exchange").fetchone()[0]
            most = min(max(limit, 1), MOST_INDEXED)
            found = matching(session.db, session.vocabulary, filter_, limit=most, is_late=is_late)
    return Index(
        runs=found.runs,
        total=found.total,
        is_complete=found.is_complete,
        end=Cursor(place, newest).text(),
        took_ms=(time.perf_counter() - began) * 1e3,
        logged=logged,
        unindexed=found.unindexed,
    )


def between(reader: LogReader, filter_: Filter, *, first: int, last: int) -> list[Entry]:
    """The rows with `first <= seq <= last` that pass, ascending, with previews; the newest 1000 where there are more."""
    page = reader.page(filter_, before=last + 1, after=first - 1, limit=MOST_ENTRIES, previews=True)
    return page.entries[::-1]


def these(reader: LogReader, seqs: list[int]) -> list[Entry]:
    """The rows with these numbers that are there, ascending, with previews; at most 1000 are looked for."""
    sql = f"SELECT {COLUMNS} FROM exchange e WHERE e.seq=?"  # noqa: S608 -- constants
    with reader.session() as session:
        if session is None:
            return []
        found = (session.db.execute(sql, (seq,)).fetchone() for seq in sorted(set(seqs))[:MOST_ENTRIES])
        entries = [entry(RawRow(*row), session.vocabulary) for row in found if row is not None]
        complete(session.db, session.vocabulary, entries)
    return entries


def changes(reader: LogReader, journal: Journal, filter_: Filter, *, end: str) -> Changes:
    """What changed since the cursor `end`, of the rows that pass. Where nothing was written, no file is touched."""
    cursor = read_cursor(end)
    news = None if cursor is None else journal.since(cursor.place)
    if cursor is None or news is None:
        return _reset(reader, journal)
    if news.place == cursor.place:
        return Changes(runs=[], ended=[], dropped=[], end=end)
    if len(news.ended) + len(news.gone) > _MOST_CHANGED:
        return _reset(reader, journal)
    with reader.session() as session:
        if session is None:
            return Changes(runs=[], ended=[], dropped=[], end=Cursor(news.place, cursor.seq).text())
        newest = max(cursor.seq, _newest(session))
        found = _NOTHING
        if newest > cursor.seq:
            found = matching(session.db, session.vocabulary, filter_, after=cursor.seq, limit=_MOST_NEW)
        known = [seq for seq in news.ended if seq <= cursor.seq]
        kept = passing(session.db, session.vocabulary, filter_, known) if known else set[int]()
    if not found.is_complete:
        return _reset(reader, journal)
    return Changes(
        runs=found.runs,
        ended=sorted(kept),
        dropped=sorted({*news.gone, *known} - kept),
        end=Cursor(news.place, newest).text(),
    )


def _reset(reader: LogReader, journal: Journal) -> Changes:
    place = journal.place
    with reader.session() as session:
        newest = 0 if session is None else _newest(session)
    return Changes(runs=[], ended=[], dropped=[], end=Cursor(place, newest).text(), is_reset=True)


def _newest(session: Session) -> int:
    newest: tuple[int | None] = session.db.execute("SELECT max(seq) FROM exchange").fetchone()
    return newest[0] or 0
