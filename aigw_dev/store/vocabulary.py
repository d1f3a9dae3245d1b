"""Numbers back to texts: the reader's side of `interning.py`."""

import sqlite3
from typing import NamedTuple, cast

from aigw_dev.store.interning import DIM_COLUMNS


class Dim(NamedTuple):
    """Who, where and what: a row of `dim`. See `core.exchange.Exchange` for the fields."""

    gateway: str
    provider: str
    kind: str
    base_url: str
    original_model: str
    request_model: str
    response_model: str
    route: str
    consumer: str
    run: str
    operation: str
    key_name: str
    tier: str
    """Size of images (`1K`) or resolution of a video (`720p`); empty where there was none or nobody said."""


class Vocabulary:
    """The reader's side of interning: numbers back to texts. Grows as needed; one per connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.dims: dict[int, Dim] = {}
        self.names: dict[int, str] = {}
        self._targets: dict[int, tuple[str, ...]] = {}

    def refresh(self) -> None:
        """Read what was added since."""
        after = max(self.dims, default=0)
        columns = ", ".join(DIM_COLUMNS)
        for row in self._db.execute(f"SELECT id, {columns} FROM dim WHERE id>?", (after,)):  # noqa: S608 -- constants
            self.dims[row[0]] = Dim(*row[1:])
        after = max(self.names, default=0)
        for number, text in self._db.execute("SELECT id, text FROM name WHERE id>?", (after,)):
            self.names[number] = text

    def dim(self, number: int) -> Dim:
        """The dim of a row."""
        if number not in self.dims:
            self.refresh()
        return self.dims[number]

    def name(self, number: int) -> str:
        """The text of a name; empty for 0."""
        if not number:
            return ""
        if number not in self.names:
            self.refresh()
        return self.names[number]

    def target(self, number: int) -> tuple[str, ...]:
        """Provider, kind, base_url, request_model, key_name and node of an attempt."""
        known = self._targets.get(number)
        if known is None:
            statement = (
                "SELECT provider, kind, base_url, request_model, key_name, node FROM target WHERE id=?"
            )
            known = cast("tuple[str, ...]", self._db.execute(statement, (number,)).fetchone())
            self._targets[number] = known
        return known

    def shared(self, number: int) -> str:
        """A shared text; empty for 0."""
        if not number:
            return ""
        row: tuple[str] | None = self._db.execute("SELECT text FROM shared WHERE id=?", (number,)).fetchone()
        return row[0] if row else ""
