"""trust.db: what is known about keys (never a key), the origins they are bound to, and the configs that are trusted.

All SQL of the secrets room is here. Every call opens the file, does one transaction and closes it: calls are rare,
several processes share the file, and a rollback journal needs no care between them (no WAL: SQLite before 3.51.3
can corrupt one that two processes checkpoint). A file that is not there reads as empty and is made at the first write.
"""

import contextlib
import os
import sqlite3
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.private_files import make_private_directory, make_private_file
from aigw_dev.secrets.secret import Source

APPLICATION_ID: Final = 0x61677464
SCHEMA: Final = 100
"""Hundreds are the major version: a file of a newer major one is refused, a newer minor one only has more columns."""
_BUSY_S: Final = 5.0
_SALT_BYTES: Final = 16

_CREATE: Final = """
CREATE TABLE salt (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL);
CREATE TABLE keys (
    name TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    added_at REAL NOT NULL,
    last_used_at REAL,
    rotated_at REAL,
    last_slot INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE key_origins (
    name TEXT NOT NULL REFERENCES keys (name) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    allowed_at REAL NOT NULL,
    PRIMARY KEY (name, origin)
);
CREATE TABLE key_slots (
    name TEXT NOT NULL REFERENCES keys (name) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    role TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (name, number)
);
CREATE TABLE trusted (path TEXT PRIMARY KEY, hash TEXT NOT NULL, recorded_at REAL NOT NULL);
"""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A value kept beside the one in force, in the item `NAME@number`."""

    name: str
    number: int
    role: Literal["candidate", "previous"]
    """`candidate`: being tested by a rotation; `previous`: replaced, kept for its grace."""
    fingerprint: str
    until: float
    """UTC seconds; from then on it may be deleted."""


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one key."""

    name: str
    provider: str
    """The provider or kind it was added for."""
    source: Source
    place: str
    """The keyring item's name, the variable, or the path, as `source` has it."""
    origins: tuple[str, ...]
    """Where it may be sent, in the order allowed."""
    fingerprint: str
    """See `core.credentials.fingerprint`; empty where the value was not there when it was added."""
    added_at: float
    """UTC seconds since 1970, as are all times here."""
    last_used_at: float | None = None
    rotated_at: float | None = None
    previous: Slot | None = None
    """The value before the last rotation, while its grace lasts."""


class TrustedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One config whose sensitive settings a person has seen and accepted."""

    path: str
    hash: str
    """Of the sensitive settings as they were accepted."""
    recorded_at: float


class TrustDb:
    """The file. Any trouble with it is a `SecretError` of code `trust_unavailable` that names the file."""

    def __init__(self, path: Path) -> None:
        """Touches nothing yet."""
        self.path: Final = path

    # keys

    def find_salt(self) -> bytes | None:
        """The salt of this home if it was made already; writes nothing."""
        with self._read() as db:
            row = None if db is None else db.execute("SELECT bytes FROM salt").fetchone()
            return bytes(row[0]) if row else None

    def salt(self) -> bytes:
        """16 random bytes of this home, made at the first call: fingerprints of two homes cannot be compared."""
        if kept := self.find_salt():
            return kept
        with self._write() as db:
            db.execute("INSERT OR IGNORE INTO salt (id, bytes) VALUES (1, ?)", (os.urandom(_SALT_BYTES),))
            return bytes(db.execute("SELECT bytes FROM salt").fetchone()[0])

    def records(self) -> list[KeyRecord]:
        """Every key, by name."""
        with self._read() as db:
            if db is None:
                return []
            origins: dict[str, list[str]] = {}
            for name, origin in db.execute("SELECT name, origin FROM key_origins ORDER BY allowed_at, rowid"):
                origins.setdefault(name, []).append(origin)
            previous = {slot.name: slot for slot in _slots(db) if slot.role == "previous"}
            rows = db.execute(
                "SELECT name, provider, source, place, fingerprint, added_at, last_used_at, rotated_at FROM keys ORDER BY name"
            )
            return [_record(row, tuple(origins.get(row[0], ())), previous.get(row[0])) for row in rows]

    def record(self, name: str) -> KeyRecord | None:
        """One key, or None."""
        return next((record for record in self.records() if record.name == name), None)

    def put_record(self, record: KeyRecord) -> None:
        """Store a key's record with its origins, replacing one of that name (its slots stay)."""
        with self._write() as db:
            db.execute(
                "INSERT INTO keys (name, provider, source, place, fingerprint, added_at) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET provider = excluded.provider, source = excluded.source, place = excluded.place, "
                "fingerprint = excluded.fingerprint, added_at = excluded.added_at, last_used_at = NULL, rotated_at = NULL",
                (
                    record.name,
                    record.provider,
                    record.source,
                    record.place,
                    record.fingerprint,
                    record.added_at,
                ),
            )
            db.execute("DELETE FROM key_origins WHERE name = ?", (record.name,))
            db.executemany(
                "INSERT OR IGNORE INTO key_origins (name, origin, allowed_at) VALUES (?, ?, ?)",
                [(record.name, origin, record.added_at) for origin in record.origins],
            )

    def drop_record(self, name: str) -> bool:
        """Forget a key with its origins and slots; whether it was known."""
        with self._write() as db:
            return db.execute("DELETE FROM keys WHERE name = ?", (name,)).rowcount > 0

    def allow(self, name: str, origin: str, at: float) -> bool:
        """Let a key go to one more origin; whether the key is known."""
        with self._write() as db:
            if db.execute("SELECT 1 FROM keys WHERE name = ?", (name,)).fetchone() is None:
                return False
            db.execute(
                "INSERT OR IGNORE INTO key_origins (name, origin, allowed_at) VALUES (?, ?, ?)",
                (name, origin, at),
            )
            return True

    def disallow(self, name: str, origin: str) -> bool:
        """Take an origin from a key; whether it had it."""
        with self._write() as db:
            return (
                db.execute("DELETE FROM key_origins WHERE name = ? AND origin = ?", (name, origin)).rowcount
                > 0
            )

    def touch(self, used_at: Mapping[str, float]) -> None:
        """Note when keys were last used, all in one transaction; unknown names are skipped."""
        if not used_at:
            return
        with self._write() as db:
            db.executemany(
                "UPDATE keys SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE name = ?",
                [(at, name) for name, at in used_at.items()],
            )

    # slots

    def open_slot(
        self, name: str, *, role: Literal["candidate", "previous"], fingerprint: str, until: float
    ) -> Slot:
        """Number a new slot before its item is written, so that a crash leaves no item that nobody knows."""
        with self._write() as db:
            db.execute("UPDATE keys SET last_slot = last_slot + 1 WHERE name = ?", (name,))
            number = int(db.execute("SELECT last_slot FROM keys WHERE name = ?", (name,)).fetchone()[0])
            db.execute(
                "INSERT INTO key_slots (name, number, role, fingerprint, until) VALUES (?, ?, ?, ?, ?)",
                (name, number, role, fingerprint, until),
            )
        return Slot(name=name, number=number, role=role, fingerprint=fingerprint, until=until)

    def slots(self, name: str | None = None) -> list[Slot]:
        """The slots of one key or of all, oldest first."""
        with self._read() as db:
            return [] if db is None else [slot for slot in _slots(db) if name in {None, slot.name}]

    def close_slot(self, slot: Slot) -> None:
        """Forget a slot, after its item is gone."""
        with self._write() as db:
            db.execute("DELETE FROM key_slots WHERE name = ? AND number = ?", (slot.name, slot.number))

    def set_fingerprint(self, name: str, fingerprint: str, at: float) -> None:
        """The key in force was replaced at `at`."""
        with self._write() as db:
            db.execute(
                "UPDATE keys SET fingerprint = ?, rotated_at = ? WHERE name = ?", (fingerprint, at, name)
            )

    # trust

    def put_trusted(self, path: str, content_hash: str, at: float) -> None:
        """Remember a config's accepted hash, replacing an older one."""
        with self._write() as db:
            db.execute(
                "INSERT OR REPLACE INTO trusted (path, hash, recorded_at) VALUES (?, ?, ?)",
                (path, content_hash, at),
            )

    def trusted(self) -> list[TrustedConfig]:
        """Every trusted config, by path."""
        with self._read() as db:
            rows = (
                []
                if db is None
                else db.execute("SELECT path, hash, recorded_at FROM trusted ORDER BY path").fetchall()
            )
            return [
                TrustedConfig(path=path, hash=content_hash, recorded_at=at) for path, content_hash, at in rows
            ]

    def drop_trusted(self, path: str) -> bool:
        """Forget a config; whether it was trusted."""
        with self._write() as db:
            return db.execute("DELETE FROM trusted WHERE path = ?", (path,)).rowcount > 0

    # the file

    @contextlib.contextmanager
    def _read(self) -> Generator[sqlite3.Connection | None]:
        if not self.path.exists():
            yield None
            return
        with self._open() as db:
            yield db if _is_made(db) else None

    @contextlib.contextmanager
    def _write(self) -> Generator[sqlite3.Connection]:
        try:
            make_private_directory(self.path.parent)
            make_private_file(self.path)
        except OSError as error:
            raise self._trouble(error) from error
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            if not _is_made(db):
                for statement in _CREATE.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {SCHEMA}")
            yield db
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
        except sqlite3.Error as error:
            raise self._trouble(error) from error
        try:
            db.execute("PRAGMA trusted_schema = off")
            db.execute("PRAGMA foreign_keys = on")
            db.execute("PRAGMA synchronous = extra")
            self._check_version(db)
            yield db
        except sqlite3.Error as error:
            raise self._trouble(error) from error
        finally:
            db.close()  # an open transaction is rolled back

    def _check_version(self, db: sqlite3.Connection) -> None:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        identity = int(db.execute("PRAGMA application_id").fetchone()[0])
        if identity not in {0, APPLICATION_ID} or (identity == 0 and version != 0):
            raise SecretError(
                f"{self.path} is a database of another program",
                code="trust_unavailable",
                hint="choose another folder with --home",
            )
        if version // 100 > SCHEMA // 100:
            raise SecretError(
                f"{self.path} was written by a newer aigw-dev",
                code="trust_unavailable",
                hint="update aigw-dev, or choose another folder with --home",
            )

    def _trouble(self, error: Exception) -> SecretError:
        is_busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
        hint = (
            "another process is writing it: try again"
            if is_busy
            else "if it is damaged, move it away: keys stay in the keyring and are recorded again by `aigw-dev keys allow NAME ORIGIN`, configs by `aigw-dev trust`"
        )
        return SecretError(f"{self.path} cannot be used: {error}", code="trust_unavailable", hint=hint)


def _is_made(db: sqlite3.Connection) -> bool:
    return int(db.execute("PRAGMA user_version").fetchone()[0]) != 0


def _slots(db: sqlite3.Connection) -> list[Slot]:
    rows = db.execute("SELECT name, number, role, fingerprint, until FROM key_slots ORDER BY name, number")
    return [
        Slot(name=name, number=number, role=role, fingerprint=mark, until=until)
        for name, number, role, mark, until in rows
    ]


def _record(
    row: tuple[str, str, Source, str, str, float, float | None, float | None],
    origins: tuple[str, ...],
    previous: Slot | None,
) -> KeyRecord:
    name, provider, source, place, mark, added_at, last_used_at, rotated_at = row
    return KeyRecord(
        name=name,
        provider=provider,
        source=source,
        place=place,
        origins=origins,
        fingerprint=mark,
        added_at=added_at,
        last_used_at=last_used_at,
        rotated_at=rotated_at,
        previous=previous,
    )
