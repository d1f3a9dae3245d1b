"""The full-text index: filled by the writer thread when it has nothing else to do, a few rows at a time.

`mark.indexed` is the seq up to which rows were taken; rows that ended after it had passed them wait in `unindexed`.
A search reads the newest rows that are not indexed yet one by one, so that what just happened is found.
"""

import sqlite3

from aigw_dev.store.database import transaction
from aigw_dev.store.records import assembled, content
from aigw_dev.store.rows import OPEN
from aigw_dev.store.words import body_text, reply_text, request_text


def has_index(db: sqlite3.Connection) -> bool:
    """Whether this SQLite could make the index."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name='text_index'").fetchone() is not None


def indexed(db: sqlite3.Connection) -> int:
    """The seq up to which rows were taken into the index."""
    row: tuple[int] | None = db.execute("SELECT value FROM mark WHERE name='indexed'").fetchone()
    return row[0] if row else 0


def index_some(db: sqlite3.Connection, most: int) -> int:
    """Take up to `most` rows into the index, late ones first; how many there were. One transaction."""
    waiting: list[int] = [
        row[0] for row in db.execute("SELECT seq FROM unindexed ORDER BY seq LIMIT ?", (most,))
    ]
    mark = indexed(db)
    rows = db.execute(
        "SELECT seq, state FROM exchange WHERE seq>? ORDER BY seq LIMIT ?", (mark, most - len(waiting))
    )
    new: list[tuple[int, int]] = rows.fetchall()
    if not waiting and not new:
        return 0
    # Rows still open are passed over: they come back through `unindexed` when they end.
    wanted = [*waiting, *(seq for seq, state in new if state != OPEN)]
    texts = [(seq, *texts) for seq in wanted if any(texts := searchable(db, seq))]
    with transaction(db):
        db.executemany("INSERT OR REPLACE INTO text VALUES(?,?,?)", texts)
        db.executemany("INSERT INTO text_index(rowid, request, response) VALUES(?,?,?)", texts)
        db.executemany("DELETE FROM unindexed WHERE seq=?", [(seq,) for seq in waiting])
        if new:
            db.execute("INSERT OR REPLACE INTO mark VALUES('indexed', ?)", (new[-1][0],))
    return len(waiting) + len(new)


def unindexed(db: sqlite3.Connection, most: int) -> list[int]:
    """The newest rows that are not in the index, newest first."""
    waiting = db.execute("SELECT seq FROM unindexed ORDER BY seq DESC LIMIT ?", (most,)).fetchall()
    new = db.execute(
        "SELECT seq FROM exchange WHERE seq>? ORDER BY seq DESC LIMIT ?", (indexed(db), most - len(waiting))
    ).fetchall()
    return sorted((row[0] for row in (*waiting, *new)), reverse=True)


def searchable(db: sqlite3.Connection, seq: int) -> tuple[str, str]:
    """The words of a row's request and reply, from what was kept of them."""
    kept = content(db, seq)
    words = request_text(kept.request or b"")
    message = assembled(kept.reply)
    return words, reply_text(message) if message is not None else body_text(kept.response or b"")


def remove(db: sqlite3.Connection, seqs: list[int]) -> None:
    """Take rows out of the index and its texts. Inside the caller's transaction, before the rows go."""
    keys = [(seq,) for seq in seqs]
    if has_index(db):
        db.executemany(
            "INSERT INTO text_index(text_index, rowid, request, response)"
            " SELECT 'delete', seq, request, response FROM text WHERE seq=?",
            keys,
        )
    db.executemany("DELETE FROM text WHERE seq=?", keys)
    db.executemany("DELETE FROM unindexed WHERE seq=?", keys)
