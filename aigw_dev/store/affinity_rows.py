"""Rows of `affinity` in state.db: which provider and key a file, batch, video or response belongs to."""

import sqlite3
from typing import Final

import msgspec

from aigw_dev.store.state_file import StateFile
from aigw_dev.store.write_behind import WriteBehind

MOST_ROWS: Final = 500_000
"""The newest that are kept; looked at as the rows are read at start-up."""
_COLUMNS: Final = "kind, id, provider, provider_kind, key_name, model, consumer, at"


class AffinityRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing and whose it is."""

    kind: str
    """`file`, `batch`, `video`, `response`, `upload`, `conversation`."""
    id: str
    provider: str
    provider_kind: str
    key_name: str
    model: str
    consumer: str
    at: float
    """UTC seconds."""


class AffinityRows:
    """The table. Writing never blocks; reading does: not on the event loop. Reading raises `StoreError`."""

    def __init__(self, file: StateFile, writer: WriteBehind) -> None:
        """`writer` writes to `file`."""
        self._file = file
        self._writer = writer

    def put(self, row: AffinityRow, *, is_seen_only: bool = False) -> None:
        """Keep a row in place of one of the same thing; `is_seen_only`: only where there is none."""
        verb = "IGNORE" if is_seen_only else "REPLACE"
        statement = f"INSERT OR {verb} INTO affinity({_COLUMNS}) VALUES(?,?,?,?,?,?,?,?)"
        values = tuple(
            value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for value in msgspec.structs.astuple(row)
        )

        def write(db: sqlite3.Connection) -> None:
            db.execute(statement, values)

        self._writer.put(write)

    def delete(self, kind: str, id_: str) -> None:
        """Forget a thing."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM affinity WHERE kind=? AND id=?", (kind, id_))

        self._writer.put(write)

    def find(self, kind: str, id_: str) -> AffinityRow | None:
        """The row of a thing, whatever still waits to be written."""
        self._writer.flush()
        with self._file.reading() as db:
            if db is None:
                return None
            statement = f"SELECT {_COLUMNS} FROM affinity WHERE kind=? AND id=?"  # noqa: S608  -- a constant
            row = db.execute(statement, (kind, id_)).fetchone()
        return _row(row) if row is not None else None

    def newest(self, limit: int) -> list[AffinityRow]:
        """The newest rows, the oldest of them first; older ones than `MOST_ROWS` are let go."""
        with self._file.reading() as db:
            if db is None:
                return []
            statement = f"SELECT {_COLUMNS} FROM affinity ORDER BY at DESC LIMIT ?"  # noqa: S608  -- a constant
            rows = db.execute(statement, (limit,)).fetchall()
        if len(rows) == limit:
            self._writer.put(_prune)
        return [_row(row) for row in reversed(rows)]


def _prune(db: sqlite3.Connection) -> None:
    limit = db.execute("SELECT at FROM affinity ORDER BY at DESC LIMIT 1 OFFSET ?", (MOST_ROWS,)).fetchone()
    if limit is not None:
        db.execute("DELETE FROM affinity WHERE at<=?", limit)


def _row(row: tuple[str, str, str, str, str, str, str, float]) -> AffinityRow:
    kind, id_, provider, provider_kind, key_name, model, consumer, at = row
    return AffinityRow(
        kind=kind,
        id=id_,
        provider=provider,
        provider_kind=provider_kind,
        key_name=key_name,
        model=model,
        consumer=consumer,
        at=at,
    )
