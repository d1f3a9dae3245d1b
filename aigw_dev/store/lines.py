"""What a line of a list shows beside its row: first words, the way through the route, what the provider answered.

Reads a little of `content` per line, never the bodies of a row that the full-text index knows: for the lines in sight.
"""

import functools
import sqlite3
from typing import Any, Final

import msgspec

from aigw_dev.core.routing.trace import path_in_short
from aigw_dev.store.fulltext import searchable
from aigw_dev.store.records import Entry
from aigw_dev.store.vocabulary import Vocabulary
from aigw_dev.store.words import newest_piece, preview

_PREVIEW_CHARS: Final = 600
_PREVIEW_BYTES: Final = 1 << 20
_STATUS: Final = 5
"""Where the status stands in an attempt's row (`rows.AttemptRow`)."""


class _Glance(msgspec.Struct):
    """The little of `rows.Detail` that a line shows."""

    attempts: list[tuple[Any, ...]] = []
    decision: msgspec.Raw = msgspec.Raw(b"")
    replay_of: str = ""


def complete(db: sqlite3.Connection, vocabulary: Vocabulary, entries: list[Entry]) -> None:
    """Add what is not in the row itself: previews, `path`, `upstream_status`, `replay_of`. Inside a read transaction."""
    sql = "SELECT c.detail, e.decision FROM exchange e JOIN content c ON c.seq=e.seq WHERE e.seq=?"
    for line in entries:
        _preview(db, line)
        row: tuple[str, int] | None = db.execute(sql, (line.seq,)).fetchone()
        if row is None:
            continue
        glance = _glance(row[0])
        line.replay_of = glance.replay_of
        line.upstream_status = glance.attempts[-1][_STATUS] if glance.attempts else None
        if line.route:
            line.path = _path(vocabulary.shared(row[1]) or bytes(glance.decision).decode())


def _preview(db: sqlite3.Connection, line: Entry) -> None:
    sql = "SELECT substr(request, 1, ?), substr(response, 1, ?) FROM text WHERE seq=?"
    texts: tuple[str, str] | None = db.execute(sql, (_PREVIEW_CHARS, _PREVIEW_CHARS, line.seq)).fetchone()
    if texts is None and line.request_bytes + line.response_bytes <= _PREVIEW_BYTES:
        # Not indexed yet: read it from the bodies.
        texts = searchable(db, line.seq)
    if texts is not None:
        line.request_preview, line.response_preview = (preview(newest_piece(text)) for text in texts)


def _glance(text: str) -> _Glance:
    try:
        return msgspec.json.decode(text, type=_Glance)
    except msgspec.MsgspecError:
        return _Glance()


@functools.lru_cache(maxsize=512)  # a route has few ways through it
def _path(decision: str) -> str:
    return path_in_short(decision) if decision else ""
