"""What went through a route: calls per node of the flow in force, and attempts per target, from the log's rows.

Decisions that are stored once for many rows are read once; of a row with a single attempt nothing but the row is read.
Newest first, in windows, within the time given: the answer says how far it came.
"""

import sqlite3
import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from aigw_dev.core.routing.nodes import CompiledRoute
from aigw_dev.core.routing.trace import Decision, read_decision
from aigw_dev.core.routing.traffic import way
from aigw_dev.store.filters import Filter, NameTest
from aigw_dev.store.query import BY_DIM, Query, prepare, statement
from aigw_dev.store.reader import LogReader, Session
from aigw_dev.store.rows import OUTCOME_NUMBERS, REASONS
from aigw_dev.store.vocabulary import Vocabulary

_WINDOW_ROWS: Final = 5_000
_LOOK_ROWS: Final = 256
"""Rows between two looks at the clock."""
_MOST_DECISIONS: Final = 2_000
"""Shared decisions remembered during one answer."""
_COLUMNS: Final = "e.seq, e.state, e.outcome, e.attempts, e.decision, e.status"
_NODE: Final = 5
"""Where the node stands in an attempt's target (`vocabulary.target`)."""


class TargetTraffic(msgspec.Struct, kw_only=True):
    """What was sent to one target."""

    attempts: int = 0
    errors: int = 0
    """Attempts that failed."""
    retries: int = 0
    fallbacks: int = 0
    """Attempts made because a target before it had failed."""


class Traffic(msgspec.Struct, kw_only=True):
    """What went through a route."""

    route: str
    calls: int = 0
    """Calls that ended."""
    errors: int = 0
    """Those that ended badly."""
    misfits: int = 0
    """Calls that another flow decided, or that were refused before one could: counted nowhere below."""
    nodes: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Calls that passed each node, by id."""
    node_errors: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Of those, the ones that ended badly."""
    targets: dict[str, TargetTraffic] = msgspec.field(default_factory=dict[str, TargetTraffic])
    """By the id of the target's node: `flow.then`, `flow.then.fallback.0`."""
    is_complete: bool = True
    """False when the time was up: it is about the newest calls only."""


class _Glance(msgspec.Struct):
    """The little of `rows.Detail` that is counted."""

    attempts: list[tuple[Any, ...]] = []
    decision: msgspec.Raw = msgspec.Raw(b"")


class _Seen(msgspec.Struct, frozen=True):
    """A decision, as far as it counts."""

    nodes: tuple[str, ...]
    target: str
    """The node of the first target."""


def traffic(reader: LogReader, route: CompiledRoute, within: Filter, *, budget_s: float = 0.5) -> Traffic:
    """The calls of `route` that pass `within` (an interval), newest first for about `budget_s`."""
    found = Traffic(route=route.name)
    wanted = msgspec.structs.replace(within, dims=(*within.dims, NameTest(("route",), (route.name,))))
    deadline = time.monotonic() + budget_s
    with reader.session() as session:
        if session is None:
            return found
        query = prepare(session.db, session.vocabulary, wanted)
        if query.is_empty:
            return found
        counting = _Counting(session, route, found)
        for number, row in enumerate(_rows(session, query)):
            if number % _LOOK_ROWS == 0 and number and time.monotonic() >= deadline:
                found.is_complete = False
                break
            counting.count(row)
    return found


_Row = tuple[int, int, int, int, int, int]


def _rows(session: Session, query: Query) -> Iterator[_Row]:
    """The route's rows, newest window first."""
    sql, parameters = statement(BY_DIM, _COLUMNS, query.clauses)
    dims = query.dims if query.dims is not None else tuple(session.vocabulary.dims)
    high = query.ceiling
    while high > query.floor:
        low = max(query.floor, high - _WINDOW_ROWS)
        for dim in dims:
            yield from session.db.execute(sql, (dim, high, low, *parameters, -1))
        high = low


class _Counting:
    """Adds rows up."""

    def __init__(self, session: Session, route: CompiledRoute, found: Traffic) -> None:
        self._db: sqlite3.Connection = session.db
        self._vocabulary: Vocabulary = session.vocabulary
        self._route = route
        self._found = found
        self._known: dict[int, _Seen | None] = {}

    def count(self, row: _Row) -> None:
        """One row."""
        seq, state, outcome, attempts, decision, _ = row
        if state == 1:
            return
        found = self._found
        is_bad = outcome != 0 or state != 0
        found.calls += 1
        found.errors += is_bad
        glance = None if decision and attempts == 1 else self._glance(seq)
        seen = self._seen(decision, glance)
        if seen is None:
            found.misfits += 1
            return
        for node in seen.nodes:
            found.nodes[node] = found.nodes.get(node, 0) + 1
            if is_bad:
                found.node_errors[node] = found.node_errors.get(node, 0) + 1
        if glance is None:
            self._attempt(seen.target, 0, is_bad=outcome == OUTCOME_NUMBERS["failed"])
            return
        for stored in glance.attempts:
            target: int | list[str] = stored[0]
            where = self._vocabulary.target(target) if isinstance(target, int) else target
            status: int | None = stored[5]
            is_good = status is not None and status < 400 and not stored[6]  # noqa: PLR2004 -- HTTP
            self._attempt(where[_NODE], stored[1], is_bad=not is_good)

    def _attempt(self, node: str, reason: int, *, is_bad: bool) -> None:
        one = self._found.targets.setdefault(node, TargetTraffic())
        one.attempts += 1
        one.errors += is_bad
        one.retries += REASONS[reason] == "retry"
        one.fallbacks += REASONS[reason] == "fallback"

    def _seen(self, number: int, glance: _Glance | None) -> _Seen | None:
        if not number:
            return self._fit(bytes(glance.decision) if glance is not None else b"")
        if number not in self._known:
            if len(self._known) >= _MOST_DECISIONS:
                self._known.clear()
            self._known[number] = self._fit(self._vocabulary.shared(number).encode())
        return self._known[number]

    def _fit(self, text: bytes) -> _Seen | None:
        try:
            decision: Decision = read_decision(text)
        except msgspec.DecodeError:
            return None
        nodes = way(self._route, decision)
        return None if nodes is None else _Seen(nodes, decision.targets[0].node)

    def _glance(self, seq: int) -> _Glance:
        row: tuple[str] | None = self._db.execute("SELECT detail FROM content WHERE seq=?", (seq,)).fetchone()
        try:
            return msgspec.json.decode(row[0], type=_Glance) if row is not None else _Glance()
        except msgspec.MsgspecError:
            return _Glance()
