"""Reading log.db: pages, one exchange, what is new, exports. Never writes, never checkpoints, holds nothing open.

Any thread may call, one at a time is served; every call is one short read transaction. A file that does not exist
yet reads as an empty log, one that was replaced is opened anew. Raises `StoreError` where the file cannot be read.
"""

import contextlib
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.store import database
from aigw_dev.store.filters import Filter
from aigw_dev.store.find import find, find_among
from aigw_dev.store.lines import complete
from aigw_dev.store.migrations import LOG_VERSION, show_older
from aigw_dev.store.raw_rows import COLUMNS, RawRow
from aigw_dev.store.records import Entry, Record, as_json, entry, record
from aigw_dev.store.vocabulary import Vocabulary

EVERYTHING: Final = Filter()

_BY_SEQ: Final = f"SELECT {COLUMNS} FROM exchange e WHERE e.seq=?"  # noqa: S608 -- constants
_BY_ID: Final = f"SELECT {COLUMNS} FROM exchange e WHERE e.id=? ORDER BY e.seq DESC LIMIT 1"  # noqa: S608 -- constants
_BY_PREFIX: Final = f"SELECT {COLUMNS} FROM exchange e WHERE e.id>=? AND e.id<? ORDER BY e.seq DESC LIMIT 4"  # noqa: S608 -- constants
_BY_PLACE: Final = f"SELECT {COLUMNS} FROM exchange e ORDER BY e.seq DESC LIMIT 1 OFFSET ?"  # noqa: S608 -- constants
_AFTER_LAST: Final = "\U0010ffff"
_WHOLE_ID_CHARS: Final = 16
_EXPORT_ROWS: Final = 50
_TAIL_ROWS: Final = 1_000


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the log, newest first."""

    entries: list[Entry]
    next_before: int | None
    """Pass it as `before` for what comes after; None at the end of the log."""
    is_complete: bool
    """False when the time given was up before the page was full: ask again from `next_before`."""
    unindexed: int = 0
    """Of a search: about how many of the newest exchanges the full-text index does not know yet and were not read."""


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody who follows the log has seen."""

    seq: int
    running: tuple[int, ...] = ()
    """Rows that were open when they were seen; they come once more when they end."""


class Session(msgspec.Struct, frozen=True):
    """A connection inside one read transaction."""

    db: sqlite3.Connection
    vocabulary: Vocabulary


class LogReader:
    """Reads one log.db, lazily and read-only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._file: tuple[int, int] | None = None

    def page(
        self,
        filter_: Filter = EVERYTHING,
        *,
        before: int | None = None,
        after: int = 0,
        limit: int = 100,
        budget_s: float | None = None,
        previews: bool = False,
    ) -> Page:
        """Up to `limit` exchanges that pass, newest first, with `after < seq < before`.

        With `budget_s` the search for them ends after about that time, and the page says so. `previews` reads what
        is not in the rows themselves (`lines.complete`): first words, the way through the route.
        """
        deadline = None if budget_s is None else time.monotonic() + budget_s
        is_late = None if deadline is None else lambda: time.monotonic() >= deadline
        with self.session() as session:
            if session is None:
                return Page(entries=[], next_before=None, is_complete=True)
            found = find(
                session.db,
                session.vocabulary,
                filter_,
                before=before,
                after=after,
                limit=limit,
                is_late=is_late,
            )
            entries = [entry(row, session.vocabulary) for row in found.rows]
            if previews:
                complete(session.db, session.vocabulary, entries)
        return Page(
            entries=entries,
            next_before=found.next_before,
            is_complete=found.is_complete,
            unindexed=found.unindexed,
        )

    def get(self, name: str) -> Record | Refusal:
        """The exchange named by its id, a unique beginning of it, `last`, or `-2` for the last but one."""
        with self.session() as session:
            row = _named(session.db, name) if session is not None else _none(name)
            if isinstance(row, Refusal) or session is None:
                return row if isinstance(row, Refusal) else _none(name)
            return record(session.db, row, session.vocabulary)

    def at(self, seq: int) -> Record | None:
        """The exchange at this place of the log: quicker than by id."""
        with self.session() as session:
            if session is None:
                return None
            row = session.db.execute(_BY_SEQ, (seq,)).fetchone()
            return None if row is None else record(session.db, RawRow(*row), session.vocabulary)

    def end(self) -> Tail:
        """Where the log ends now: begin to follow it here."""
        with self.session() as session:
            if session is None:
                return Tail(seq=0)
            newest: tuple[int | None] = session.db.execute("SELECT max(seq) FROM exchange").fetchone()
            running = session.db.execute("SELECT seq FROM exchange WHERE state=1 ORDER BY seq").fetchall()
        return Tail(seq=newest[0] or 0, running=tuple(row[0] for row in running))

    def tail(
        self, seen: Tail, filter_: Filter = EVERYTHING, *, limit: int = _TAIL_ROWS, previews: bool = False
    ) -> tuple[list[Entry], Tail]:
        """What is new since `seen`, oldest first: rows that ended since, then new rows (open ones too).

        Of more than `limit` new rows only the newest come. Text conditions of the filter see new rows only.
        """
        with self.session() as session:
            if session is None:
                return [], seen
            db, vocabulary = session.db, session.vocabulary
            newest: tuple[int | None] = db.execute("SELECT max(seq) FROM exchange").fetchone()
            ended = find_among(db, vocabulary, filter_, seen.running) if seen.running else []
            new = find(db, vocabulary, filter_, after=seen.seq, limit=limit).rows
            entries = [entry(row, vocabulary) for row in (*ended, *reversed(new))]
            if previews:
                complete(db, vocabulary, entries)
            running = db.execute("SELECT seq FROM exchange WHERE state=1 ORDER BY seq").fetchall()
        return entries, Tail(seq=max(seen.seq, newest[0] or 0), running=tuple(row[0] for row in running))

    def export(self, filter_: Filter = EVERYTHING) -> Iterator[dict[str, Any]]:
        """Every exchange that passes, whole, newest first, as JSON-able objects (`records.as_json`).

        No transaction stays open between two of them; what is written meanwhile is not part of it.
        """
        for found in self.records(filter_):
            yield as_json(found)

    def records(self, filter_: Filter = EVERYTHING) -> Iterator[Record]:
        """Every exchange that passes, whole, newest first."""
        before: int | None = None
        while True:
            with self.session() as session:
                if session is None:
                    return
                found = find(session.db, session.vocabulary, filter_, before=before, limit=_EXPORT_ROWS)
                batch = [record(session.db, row, session.vocabulary) for row in found.rows]
            yield from batch
            if found.next_before is None:
                return
            before = found.next_before

    def count(self) -> int:
        """How many exchanges the log holds. Reads every row's number: for people, not for lists."""
        with self.session() as session:
            if session is None:
                return 0
            total: tuple[int] = session.db.execute("SELECT count(*) FROM exchange").fetchone()
        return total[0]

    @contextlib.contextmanager
    def session(self) -> Generator[Session | None]:
        """One read transaction for several queries; None while there is no log. Keep it short."""
        with self._lock:
            session = self._opened()
            if session is None:
                yield None
                return
            try:
                with database.snapshot(session.db):
                    yield session
            except sqlite3.Error as error:
                self._close()
                raise database.store_error(error, self.path) from error

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        with self._lock:
            self._close()

    def move(self, path: Path, act: Callable[[], None]) -> None:
        """Let go of the file, call `act`, which moves it to `path`, and read on there; who reads meanwhile waits.

        Raises what `act` raises; the file is read where it was then.
        """
        with self._lock:
            self._close()
            act()
            self.path = path

    def _opened(self) -> Session | None:
        try:
            status = self.path.stat()
        except OSError:
            self._close()
            return None
        file = (status.st_dev, status.st_ino)
        if self._session is not None and file == self._file:
            return self._session
        self._close()
        db = database.open_readable(self.path, database.LOG, newest=LOG_VERSION)
        if db is None:
            return None
        show_older(db)
        self._session, self._file = Session(db, Vocabulary(db)), file
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            self._session.db.close()
            self._session = None


def _named(db: sqlite3.Connection, name: str) -> RawRow | Refusal:
    place = 1 if name == "last" else int(name[1:]) if re.fullmatch(r"-[1-9][0-9]{0,8}", name) else None
    if place is not None:
        row = db.execute(_BY_PLACE, (place - 1,)).fetchone()
        return RawRow(*row) if row else _none(name)
    if not name:
        return _none(name)
    if len(name) >= _WHOLE_ID_CHARS:
        row = db.execute(_BY_ID, (name,)).fetchone()
        if row:
            return RawRow(*row)
    rows = [RawRow(*row) for row in db.execute(_BY_PREFIX, (name, name + _AFTER_LAST))]
    if not rows:
        return _none(name)
    if len({row.id for row in rows}) > 1 and rows[0].id != name:
        return Refusal(
            code="exchange_ambiguous",
            message=f"More than one exchange begins with {name}: {', '.join(row.id for row in rows[:3])} ...; give more"
            " of its id.",
        )
    return rows[0]


def _none(name: str) -> Refusal:
    return Refusal(
        code="exchange_not_found",
        message=f"The log has no exchange {name!r}; `aigw-dev logs list` shows what it has. Old ones are pruned"
        " (logging.keep, logging.max_mb), and with logging.sample below 1 not all are kept.",
    )
