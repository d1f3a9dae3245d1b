"""The connection of state.db: opened when first used, kept while it works, replaced when the file was damaged."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Literal

import msgspec

from aigw_dev.core.errors import StoreError
from aigw_dev.store import database
from aigw_dev.store.migrations import STATE_VERSION, migrate_state


class StateHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How state.db is doing, as of the last call."""

    state: Literal["unopened", "ok", "degraded"]
    code: str = ""
    reason: str = ""
    set_aside: str = ""
    """Where a damaged file was moved to; empty for nowhere."""


def open_state(path: Path) -> sqlite3.Connection:
    """A writable state.db, its schema up to date. Raises `StoreError`."""
    return database.open_writable(path, database.STATE, newest=STATE_VERSION, migrate=migrate_state)


class StateFile:
    """One state.db for any number of threads, one at a time."""

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        """`clock` gives UTC seconds; it names damaged files."""
        self.path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._health = StateHealth(state="unopened")
        self._set_aside = ""

    def health(self) -> StateHealth:
        """How the file was at the last call."""
        return msgspec.structs.replace(self._health, set_aside=self._set_aside)

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        with self._lock:
            self._close()

    def move(self, path: Path, act: Callable[[], None]) -> None:
        """Let go of the file, call `act`, which moves it to `path`, and go on there; others wait meanwhile.

        Raises what `act` raises; the file stays in use where it was then.
        """
        with self._lock:
            self._close()
            act()
            self.path = path

    @contextlib.contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """A transaction, durable at its end; inside another one, part of that."""
        with self._lock, self._guarded():
            db = self._opened()
            if db.in_transaction:
                # Inside `together`: the outermost call commits.
                yield db
                return
            with database.transaction(db):
                yield db

    @contextlib.contextmanager
    def reading(self) -> Generator[sqlite3.Connection | None]:
        """A connection to read with; None while there is no file."""
        with self._lock, self._guarded():
            yield None if self._db is None and not self.path.exists() else self._opened()

    @contextlib.contextmanager
    def _guarded(self) -> Generator[None]:
        """Database errors leave as `StoreError`, and the connection is forgotten."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise self._failed(database.store_error(error, self.path)) from error

    def _opened(self) -> sqlite3.Connection:
        if self._db is not None:
            return self._db
        try:
            self._db = open_state(self.path)
        except StoreError as error:
            self._failed(error)
            if error.code != "store_corrupt" or self.path.exists():
                raise
            self._db = open_state(self.path)
        self._health = StateHealth(state="ok")
        return self._db

    def _failed(self, error: StoreError) -> StoreError:
        self._close()
        self._health = StateHealth(state="degraded", code=error.code, reason=error.message)
        if error.code == "store_corrupt":
            self._move_aside()
        return error

    def _move_aside(self) -> None:
        lock = database.WriterLock(self.path)
        with contextlib.suppress(OSError):
            if lock.take():
                aside = database.set_aside(self.path, now_s=self._clock())
                self._set_aside = str(aside) if aside is not None else self._set_aside
        lock.free()

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
