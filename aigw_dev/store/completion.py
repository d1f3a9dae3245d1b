"""What can come next in a filter: the language's fields, and the values that a field has in this log."""

from collections.abc import Iterable
from typing import Final

from aigw_dev.core.exchange import COST_STATUSES, MARKS
from aigw_dev.core.rollup import OUTCOMES
from aigw_dev.store.filters import DIM_FIELDS, FIELDS, NAME_FIELDS
from aigw_dev.store.reader import LogReader, Session

MOST_WORDS: Final = 50
_LOOKED_AT: Final = 5_000
"""Of the newest rows, for what is no part of the vocabulary by field."""

_FIXED: Final[dict[str, tuple[str, ...]]] = {
    "mark": MARKS,
    "outcome": OUTCOMES,
    "state": ("ended", "open", "interrupted"),
    "stream": ("yes", "no"),
    "cost": COST_STATUSES,
    "status": ("200", "4xx", "5xx", ">=400", "429", "500"),
    "since": ("5m", "15m", "1h", "24h", "7d"),
    "until": ("5m", "15m", "1h", "24h", "7d"),
    "ms": (">1000", ">5000"),
    "ttft": (">500", ">2000"),
    "attempts": (">1",),
}


def words(reader: LogReader, field: str, prefix: str = "") -> list[str]:
    """Values of a filter's field that contain `prefix`, those that begin with it first; fields where `field` is empty.

    At most `MOST_WORDS`; an unknown field has none.
    """
    if not field:
        return _fitting(FIELDS, prefix)
    if field in _FIXED:
        return _fitting(_FIXED[field], prefix)
    with reader.session() as session:
        return [] if session is None else _fitting(_values(session, field), prefix)


def _values(session: Session, field: str) -> Iterable[str]:
    if field in DIM_FIELDS:
        session.vocabulary.refresh()
        columns = DIM_FIELDS[field]
        return {str(getattr(dim, name)) for dim in session.vocabulary.dims.values() for name in columns}
    if field in NAME_FIELDS:
        sql = f"SELECT DISTINCT {field} FROM (SELECT {field} FROM exchange ORDER BY seq DESC LIMIT ?)"  # noqa: S608 -- constants
        rows = session.db.execute(sql, (_LOOKED_AT,)).fetchall()
        return {session.vocabulary.name(row[0]) for row in rows}
    if field == "session":
        sql = "SELECT DISTINCT session FROM (SELECT session FROM exchange ORDER BY seq DESC LIMIT ?)"
        return {row[0] for row in session.db.execute(sql, (_LOOKED_AT,)).fetchall()}
    return ()


def _fitting(values: Iterable[str], prefix: str) -> list[str]:
    """Those that fit, by how well and then as they came (a table) or by the alphabet (a set)."""
    low = prefix.casefold()
    ordered = sorted(values) if isinstance(values, set) else list(values)
    found = [value for value in ordered if value and low in value.casefold()]
    found.sort(key=lambda value: not value.casefold().startswith(low))
    return found[:MOST_WORDS]
