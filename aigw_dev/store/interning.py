"""Texts that repeat are stored once: the writer's side, which gives every text its number.

Used only by the writer thread, inside its transaction. After a rollback call `reload`: numbers given since are void.
What is stored passed the mask; the caches are keyed by the text as it came, and live in memory only.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

from aigw_dev.core.exchange import Attempt, Exchange

Mask = Callable[[bytes], bytes]
"""Hides secrets in UTF-8 text or JSON; JSON stays JSON."""

DIM_COLUMNS: Final = (
    "gateway",
    "provider",
    "kind",
    "base_url",
    "original_model",
    "request_model",
    "response_model",
    "route",
    "consumer",
    "run",
    "operation",
    "key_name",
    "tier",
)
"""What roll-ups and most filters go by."""

OTHER: Final = "(other)"
"""Stands for a text that came after the table was full: callers choose model names, and tables must not grow with them."""

_MOST_DIMS: Final = 10_000
_MOST_NAMES: Final = 10_000
_MOST_TARGETS: Final = 10_000
_MOST_SHARED: Final = 2_000
_REMEMBERED: Final = 512
"""Texts seen once that wait for a second time before they are shared."""
_SHARED_BYTES: Final = 16_384
_DAY_S: Final = 86_400


class Interning:
    """Numbers for texts, given on first sight and kept in the database."""

    def __init__(self, db: sqlite3.Connection, mask: Mask) -> None:
        self._db = db
        self._mask = mask
        self.today = 0
        """UTC day number, for the age of shared texts; set by the writer with every batch."""
        self.reload()

    def reload(self) -> None:
        """Forget every number and read those that are committed."""
        self._dims = _load(self._db, f"SELECT id, {', '.join(DIM_COLUMNS)} FROM dim")  # noqa: S608 -- constants
        self._targets = _load(
            self._db, "SELECT id, provider, kind, base_url, request_model, key_name, node FROM target"
        )
        names: list[tuple[int, str]] = self._db.execute("SELECT id, text FROM name").fetchall()
        self._names: dict[str, int] = {"": 0, **{text: number for number, text in names}}
        self._next_dim = max(self._dims.values(), default=0) + 1
        self._next_target = max(self._targets.values(), default=0) + 1
        self._next_name = max(self._names.values(), default=0) + 1
        newest: tuple[int | None] = self._db.execute("SELECT max(id) FROM shared").fetchone()
        self._next_shared = (newest[0] or 0) + 1
        self._shared: dict[bytes, tuple[int, int]] = {}
        self._seen_once: dict[bytes, None] = {}

    def dim(self, exchange: Exchange) -> int:
        """The number of the exchange's who, where and what. `is_capped` tells when it had to say `(other)`."""
        attempts = exchange.attempts
        kind, base_url = (attempts[-1].kind, attempts[-1].base_url) if attempts else ("", "")
        key = (
            exchange.gateway,
            exchange.provider,
            kind,
            base_url,
            exchange.original_model,
            exchange.request_model,
            exchange.response_model,
            exchange.route,
            exchange.consumer,
            exchange.run,
            exchange.operation,
            exchange.key_name,
            exchange.units.tier if exchange.units is not None else "",
        )
        return self._dims.get(key) or self._new_dim(key)

    def is_capped(self) -> bool:
        """True once dims are no longer told apart by model; rows then carry their models in their detail."""
        return self._next_dim > _MOST_DIMS

    def name(self, text: str) -> int:
        """The number of a short text; 0 for the empty one."""
        if not text:
            return 0
        return self._names.get(text) or self._new_name(text)

    def names(self, *texts: str) -> list[int]:
        """The numbers of several short texts."""
        known = self._names
        try:
            return [known[text] for text in texts]
        except KeyError:
            return [self.name(text) for text in texts]

    def target(self, attempt: Attempt) -> int | list[str]:
        """The number of where an attempt went, or the texts themselves once the table is full."""
        key = (
            attempt.provider,
            attempt.kind,
            attempt.base_url,
            attempt.request_model,
            attempt.key_name,
            attempt.node,
        )
        number = self._targets.get(key)
        if number is not None:
            return number
        if self._next_target > _MOST_TARGETS:
            return list(key)
        number, self._next_target = self._next_target, self._next_target + 1
        self._db.execute("INSERT INTO target VALUES(?,?,?,?,?,?,?)", (number, *self._masked(key)))
        self._targets[key] = number
        return number

    def share(self, text: bytes) -> int:
        """The number of a text that was seen before; 0 for a first sight (or a long one): it goes with its row."""
        known = self._shared.get(text)
        if known is not None:
            number, day = known
            if day != self.today:
                self._db.execute("UPDATE shared SET used_day=? WHERE id=?", (self.today, number))
                self._shared[text] = (number, self.today)
            return number
        if text not in self._seen_once:
            self._remember(text)
            return 0
        if len(self._shared) >= _MOST_SHARED:
            return 0
        number, self._next_shared = self._next_shared, self._next_shared + 1
        masked = self._mask(text).decode("utf-8", "replace")
        self._db.execute("INSERT INTO shared VALUES(?,?,?)", (number, self.today, masked))
        self._shared[text] = (number, self.today)
        del self._seen_once[text]
        return number

    def forget_shared(self, keep_s: float) -> None:
        """Delete shared texts that no row younger than `keep_s` can use, from the table and from memory."""
        oldest = self.today - int(keep_s // _DAY_S) - 2
        self._db.execute("DELETE FROM shared WHERE used_day<?", (oldest,))
        self._shared = {text: known for text, known in self._shared.items() if known[1] >= oldest}

    def sweep_shared(self) -> None:
        """Delete shared texts that no row uses: after a purge, so that what was purged is gone. Reads every row."""
        self._db.execute(
            "DELETE FROM shared WHERE id NOT IN (SELECT head FROM exchange UNION SELECT decision FROM exchange)"
        )
        kept: list[tuple[int]] = self._db.execute("SELECT id FROM shared").fetchall()
        numbers = {row[0] for row in kept}
        self._shared = {text: known for text, known in self._shared.items() if known[0] in numbers}

    def _new_dim(self, key: tuple[str, ...]) -> int:
        if self._next_dim > _MOST_DIMS:
            # Models first, then everything: callers choose them freely. Gateway and consumer stay.
            key = (*key[:4], OTHER, OTHER, OTHER, *key[7:])
            known = self._dims.get(key)
            if known is not None:
                return known
        if self._next_dim > _MOST_DIMS + 1000:
            key = (key[0], *(OTHER for _ in key[1:]))
            known = self._dims.get(key)
            if known is not None:
                return known
        number, self._next_dim = self._next_dim, self._next_dim + 1
        self._db.execute("INSERT INTO dim VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (number, *self._masked(key)))
        self._dims[key] = number
        return number

    def _new_name(self, text: str) -> int:
        if self._next_name > _MOST_NAMES and text != OTHER:
            return self._names.get(OTHER) or self._new_name(OTHER)
        number, self._next_name = self._next_name, self._next_name + 1
        self._db.execute("INSERT INTO name VALUES(?,?)", (number, *self._masked((text,))))
        self._names[text] = number
        return number

    def _remember(self, text: bytes) -> None:
        if len(text) > _SHARED_BYTES:
            return
        if len(self._seen_once) >= _REMEMBERED:
            del self._seen_once[next(iter(self._seen_once))]
        self._seen_once[text] = None

    def _masked(self, texts: tuple[str, ...]) -> list[str]:
        return [
            self._mask(text.encode("utf-8", "replace")).decode("utf-8", "replace") if text else ""
            for text in texts
        ]


def _load(db: sqlite3.Connection, statement: str) -> dict[tuple[str, ...], int]:
    rows: list[tuple[int, *tuple[str, ...]]] = db.execute(statement).fetchall()
    return {tuple(row[1:]): row[0] for row in rows}
