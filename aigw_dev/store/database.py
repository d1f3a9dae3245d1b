"""Opening SQLite files: permissions, pragmas, the lock of the one writer, and what is wrong with a file in words.

Rules of both files: 16 KiB pages, WAL, `synchronous=FULL`, mode 0600. One process writes and checkpoints; everybody
else opens read-only and never checkpoints (the WAL-reset fault of SQLite before 3.51.3 needs two of them). No mmap.
A transaction that writes begins with BEGIN IMMEDIATE: an upgrade from a read would fail at once when busy.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.core.errors import StoreError

PAGE_BYTES: Final = 16384
"""Two 2 KB rows do not share a 4 KiB page; see docs/decisions and reference measurements: 2.5x cheaper per row."""
WAL_BYTES: Final = 8 << 20
"""The write-ahead log is cut back to this after a checkpoint."""

BUSY_S: Final = 1.0
"""How long a statement waits for another process's lock before it fails as locked."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Which of our files it is."""

    name: str
    """As messages call it."""
    application_id: int
    """Stored in the file's header, so that a foreign file is never written."""


LOG: Final = Kind(name="log", application_id=0x61694C47)
STATE: Final = Kind(name="state", application_id=0x61695354)

_CODES: Final = {
    sqlite3.SQLITE_BUSY: "store_locked",
    sqlite3.SQLITE_LOCKED: "store_locked",
    sqlite3.SQLITE_FULL: "store_full",
    sqlite3.SQLITE_CORRUPT: "store_corrupt",
    sqlite3.SQLITE_NOTADB: "store_corrupt",
}
_WORDS: Final = {
    "store_locked": "{path} is locked by another process",
    "store_full": "the disk that holds {path} is full",
    "store_corrupt": "{path} is damaged or no SQLite database",
    "store_unavailable": "{path} cannot be used",
}

Migrate = Callable[[sqlite3.Connection, Path], None]
"""Brings the schema of an open, writable connection up to date; raises `StoreError` where it cannot."""


def store_error(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """The error in our words: locked, full, damaged, or plainly unavailable."""
    number = getattr(error, "sqlite_errorcode", None)
    code = _CODES.get(number & 0xFF, "store_unavailable") if isinstance(number, int) else "store_unavailable"
    return StoreError(f"{_WORDS[code].format(path=path)} ({error})", code=code)


def open_writable(path: Path, kind: Kind, *, newest: int, migrate: Migrate) -> sqlite3.Connection:
    """A connection that may write, its schema up to date; the file is made if absent.

    The connection is in autocommit mode and may be used from any one thread at a time. Raises `StoreError`; a file
    that is damaged, foreign or newer than `newest` has not been touched then, nor its write-ahead log.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(path)
        if path.stat().st_size > 0:
            _probe(path, kind, newest)
        db = _connect(path, "rw")
    except (sqlite3.Error, OSError) as error:
        raise store_error(error, path) from error
    try:
        _set_pragmas(db)
        migrate(db, path)
        if _number(db, "PRAGMA application_id") != kind.application_id:
            db.execute(f"PRAGMA application_id={kind.application_id:d}")
    except sqlite3.Error as error:
        db.close()
        raise store_error(error, path) from error
    except StoreError:
        db.close()
        raise
    return db


def open_readable(path: Path, kind: Kind, *, newest: int) -> sqlite3.Connection | None:
    """A connection that cannot write or checkpoint; None while the file is absent or still empty.

    `newest` is the highest schema version this program knows; a newer file is not read. Raises `StoreError`.
    """
    if not path.exists():
        return None
    try:
        db = _connect(path, "ro")
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    try:
        db.execute("PRAGMA query_only=1")
        version = _check(db, path, kind, newest)
    except sqlite3.Error as error:
        db.close()
        raise store_error(error, path) from error
    except StoreError:
        db.close()
        raise
    if version == 0:
        db.close()
        return None
    return db


def refuse_newer(version: int, newest: int, path: Path) -> None:
    """Raise `StoreError` where a later program made the schema: nothing is read, nothing written."""
    if version > newest:
        raise StoreError(
            f"{path} was written by a newer aigw-dev (schema {version}, this one knows {newest}); nothing is read or"
            " written",
            code="store_newer",
            hint="Update aigw-dev, or choose another --home.",
        )


def set_aside(path: Path, *, now_s: float) -> Path | None:
    """Rename a damaged database and its two companions to `*.corrupt-<time>`; the new path, None where that failed.

    Call only while holding the file's `WriterLock`, with every connection of this process closed.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_s))
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    count = 0
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{count}")
    try:
        path.rename(aside)
        for suffix in ("-wal", "-shm"):
            companion = path.with_name(path.name + suffix)
            if companion.exists():
                companion.rename(aside.with_name(aside.name + suffix))
    except OSError:
        # Windows refuses while somebody has it open: the caller tries again later.
        return None
    return aside


class WriterLock:
    """Held by the one process that writes a database, in a file beside it; freed by the system when it dies."""

    def __init__(self, path: Path) -> None:
        """`path` is the database; the lock is the file `<name>.lock` beside it."""
        self._path = path.with_name(path.name + ".lock")
        self._file: int | None = None

    def take(self) -> bool:
        """True once this object holds it; False where another process (or object) does. Raises OSError."""
        if self._file is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(file):
            os.close(file)
            return False
        self._file = file
        return True

    def take_or_raise(self) -> None:
        """Take it, or raise `StoreError` (`store_locked`)."""
        if not self.take():
            raise StoreError(
                f"another process writes {self._path.with_suffix('')}",
                code="store_locked",
                hint="Stop the other gateway of this config.",
            )

    def free(self) -> None:
        """Give it back; closing the file is enough on every system."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """One write transaction: committed at the end, rolled back by any error, which goes on."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # A full disk may have rolled back by itself; a second ROLLBACK would hide the first error.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def snapshot(db: sqlite3.Connection) -> Generator[None]:
    """One read transaction, so that several queries see the same moment. Keep it short: it holds back the WAL."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _probe(path: Path, kind: Kind, newest: int) -> None:
    """Look at a file read-only first: a writing connection would empty its write-ahead log when it closes."""
    db = _connect(path, "ro")
    try:
        _check(db, path, kind, newest)
    finally:
        db.close()


def _check(db: sqlite3.Connection, path: Path, kind: Kind, newest: int) -> int:
    """The schema's version, 0 for an empty file. `StoreError` where another program or a newer one made it."""
    tables = _number(db, "SELECT count(*) FROM sqlite_master")
    owner = _number(db, "PRAGMA application_id")
    version = _number(db, "PRAGMA user_version")
    # No stamp but tables and a version of ours: killed between the first migration and the stamp.
    if owner != kind.application_id and (owner != 0 or (tables > 0 and version == 0)):
        raise StoreError(
            f"{path} is a database of another program; it is left alone",
            hint="Move it away, or choose another --home.",
        )
    refuse_newer(version, newest, path)
    return version


def _make_private(path: Path) -> None:
    """Create the file for its owner alone. An existing one is not opened here: closing it would drop SQLite's locks."""
    if path.exists():
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _set_pragmas(db: sqlite3.Connection) -> None:
    # The first two hold only before the first table, and must come before WAL writes the header.
    db.execute(f"PRAGMA page_size={PAGE_BYTES:d}")
    db.execute("PRAGMA auto_vacuum=INCREMENTAL")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(f"PRAGMA journal_size_limit={WAL_BYTES:d}")
    db.execute(f"PRAGMA wal_autocheckpoint={WAL_BYTES // PAGE_BYTES // 2:d}")
    db.execute("PRAGMA foreign_keys=ON")
    db.execute("PRAGMA trusted_schema=OFF")
    db.execute("PRAGMA cell_size_check=ON")
    # Some builds overwrite every deleted row, which makes pruning slow; a purge asks for it.
    db.execute("PRAGMA secure_delete=FAST")
    # A batch touches right edges only: more pages in memory made no row cheaper (benchmarks/README.md).
    db.execute("PRAGMA cache_size=-4096")


def _number(db: sqlite3.Connection, statement: str) -> int:
    row: tuple[int] = db.execute(statement).fetchone()
    return row[0]


def _lock(file: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _lock_windows(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks (some network mounts): better a log than none.
        return True
    return True


def _lock_windows(file: int) -> bool:
    import importlib

    msvcrt = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
