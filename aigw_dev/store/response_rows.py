"""Rows of `stored_response` in state.db: responses kept for `previous_response_id`, compressed, bounded in size and age."""

import sqlite3
import zlib
from typing import Final

from aigw_dev.store.state_file import StateFile
from aigw_dev.store.write_behind import WriteBehind

KEEP_S: Final = 30 * 86_400.0
"""How long a response is kept."""
MOST_BYTES: Final = 512 << 20
"""What all bodies may take in the file, compressed."""
_PRUNE_EVERY_S: Final = 3600.0
_ROOM: Final = 0.95
"""How full it is after making room, so that not every write has to."""
_MIN_PACKED: Final = 512
_FREED_PAGES: Final = 1024


class ResponseRows:
    """The table. Writing never blocks; reading does: not on the event loop. Reading raises `StoreError`."""

    def __init__(self, file: StateFile, writer: WriteBehind, *, most_bytes: int = MOST_BYTES) -> None:
        """`writer` writes to `file`."""
        self._file = file
        self._writer = writer
        self._most_bytes = most_bytes
        self._pruned_at = 0.0
        self._unchecked_bytes = most_bytes  # the first write looks

    def put(self, id_: str, body: bytes, *, consumer: str, at: float) -> bool:
        """Keep a body; one of the same id is replaced. False where too much waits to be written."""
        packed: list[tuple[int, bytes]] = []

        def write(db: sqlite3.Connection) -> None:
            if not packed:  # in the writer's thread, once
                packed.append((1, zlib.compress(body, 1)) if len(body) >= _MIN_PACKED else (0, body))
            ((codec, content),) = packed
            statement = "INSERT OR REPLACE INTO stored_response(id, consumer, at, size, codec, body) VALUES(?,?,?,?,?,?)"
            db.execute(statement, (id_, consumer, at, len(content), codec, content))
            self._make_room(db, len(content), now_s=at)

        return self._writer.put(write, weight_bytes=len(body))

    def get(self, id_: str, *, since_s: float) -> tuple[bytes, str, float] | None:
        """Body, consumer and time of what is kept since then, whatever still waits to be written."""
        self._writer.flush()
        with self._file.reading() as db:
            if db is None:
                return None
            statement = "SELECT codec, body, consumer, at FROM stored_response WHERE id=? AND at>=?"
            row = db.execute(statement, (id_, since_s)).fetchone()
        if row is None:
            return None
        codec, body, consumer, at = row
        return (zlib.decompress(body) if codec else bytes(body)), consumer, at

    def delete(self, id_: str) -> None:
        """Let go of a body."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM stored_response WHERE id=?", (id_,))

        self._writer.put(write)

    def _make_room(self, db: sqlite3.Connection, size: int, *, now_s: float) -> None:
        if now_s >= self._pruned_at + _PRUNE_EVERY_S:
            self._pruned_at = now_s
            db.execute("DELETE FROM stored_response WHERE at<?", (now_s - KEEP_S,))
        self._unchecked_bytes += size
        step = self._most_bytes * (1 - _ROOM) / 2
        if self._unchecked_bytes <= step:
            return  # adding it up reads the whole index
        self._unchecked_bytes = 0
        (used,) = db.execute("SELECT coalesce(sum(size), 0) FROM stored_response").fetchone()
        if used <= self._most_bytes - step:
            return
        oldest: list[tuple[int]] = []
        for seq, kept in db.execute("SELECT seq, size FROM stored_response ORDER BY at"):
            oldest.append((seq,))
            used -= kept
            if used <= self._most_bytes * _ROOM:
                break
        db.executemany("DELETE FROM stored_response WHERE seq=?", oldest)
        db.execute(f"PRAGMA incremental_vacuum({_FREED_PAGES:d})").fetchall()
