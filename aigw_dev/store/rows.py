"""An exchange becomes rows: what is written of it, in which shape. The way back is `records.py`.

Runs in the writer thread, after the exchange's end (or, for an `open` row, on fields that no longer change).
The shape of `content.detail` is `Detail`; bodies are compressed only where it pays and nobody waits.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Attempt, Exchange
from aigw_dev.core.rollup import is_priceable
from aigw_dev.core.units import Units
from aigw_dev.store.interning import Interning, Mask
from aigw_dev.store.packing import CUT_FROM_BYTES, pack, pack_timing, pieces

ENDED: Final = 0
OPEN: Final = 1
INTERRUPTED: Final = 2

# Stored for ever: new words get new numbers at the end, whatever their place in `core`. The view `exchanges` spells
# the same ones out; a test compares all three.
MARK_BITS: Final = {
    "throttled": 1,
    "intercepted": 2,
    "fallback": 4,
    "retried": 8,
    "cached": 16,
    "cancelled": 32,
    "broken": 64,
}
OUTCOME_NUMBERS: Final = {"ok": 0, "failed": 1, "throttled": 2, "intercepted": 3, "cancelled": 4}
COST_NUMBERS: Final[dict[str, int]] = {
    "exact": 0,
    "upper_bound": 1,
    "partial": 2,
    "estimated": 3,
    "free": 4,
    "unknown": 5,
    "reported": 6,
}
REASONS: Final = ("first", "retry", "fallback")

REQUEST_BIT: Final = 1
RESPONSE_BIT: Final = 2
REPLY_BIT: Final = 4
TIMING_BIT: Final = 8

IN_PIECES: Final = 4
"""A body's bit shifted by this says that it is in pieces."""

# Headers that differ with every request are kept apart, so that the rest is the same text each time and stored once.
_VARYING: Final = frozenset(
    {
        "traceparent",
        "tracestate",
        "idempotency-key",
        "content-length",
        "x-request-id",
        "x-ai-route-metadata",
        "x-stainless-retry-count",
    }
)

# sqlite3 binds exact int, float, str and bytearray five times faster than None, bool and bytes (they go through its
# adapters): rows hold only those, and the INSERT turns the stand-ins below into NULL.
Scalar = str | int | float | bytearray
Row = tuple[Scalar, ...]
Pairs = list[tuple[str, str]]

NO_NUMBER: Final = -1
"""Stands for NULL in numbers, which are never negative."""

EXCHANGE_SQL: Final = (
    "INTO exchange VALUES(?,?,?,?,?,?,nullif(?,-1),nullif(?,-1),?,?,?,?,nullif(?,-1),nullif(?,-1),nullif(?,-1),"
    "nullif(?,-1),nullif(?,-1),nullif(?,-1),nullif(?,-1),nullif(?,-1),?,?,?,?,?,?,?,?,?,?,nullif(?,x''))"
)
CONTENT_SQL: Final = "INTO content VALUES(?,?,?,nullif(?,''),nullif(?,''),nullif(?,''),nullif(?,''))"
"""An empty body that was recorded is the blob x'', which no text equals."""
PIECE_SQL: Final = "INTO piece VALUES(?,?)"

EMPTY: Final = msgspec.Raw(b"")


AttemptRow = tuple[int | list[str], int, int, int | None, int | None, int | None, str, str, float | None, str]
"""target, reason, started_us, first_byte_us, ended_us, status, error, error_text, retry_after_s, upstream_request_id:
the view `attempts` spells them out."""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """How the request came: the same for most requests of one program."""

    method: str
    path: str
    dialect: str
    headers: Pairs
    """Without those that differ every time."""


class Detail(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`content.detail`: everything about an exchange that nothing searches or sums."""

    head: msgspec.Raw = EMPTY
    """A `Head`, where it is not shared."""
    decision: msgspec.Raw = EMPTY
    """The decision, where it is not shared."""
    attempts: list[
        tuple[int | list[str], int, int, int | None, int | None, int | None, str, str, float | None, str]
    ] = msgspec.field(default_factory=list)
    """(target, reason, started_us, first_byte_us, ended_us, status, error, error_text, retry_after_s,
    upstream_request_id): the view `attempts` spells them out."""
    headers: Pairs = []
    """Request headers that differ every time."""
    response_headers: Pairs = []
    usage: msgspec.Raw = EMPTY
    """The provider's own usage object."""
    ledger: msgspec.Raw = EMPTY
    violations: list[str] = []
    reported_nanousd: int | None = None
    """What the provider itself says that the call cost."""
    units: Units | None = None
    """What was used beside tokens."""
    error_text: str = ""
    cost_reason: str = ""
    trace_id: str = ""
    """Only where it is not 32 hex digits."""
    models: tuple[str, str, str] | None = None
    """Original, request and response model, where the table of dims was full."""
    replay_of: str = ""
    """The exchange that this one sent again."""


class Draft:
    """What of an exchange is on its way into `content`: texts by the bit of their column, 0 for the detail."""

    __slots__ = ("exchange", "is_ended", "seq", "shared", "texts")

    def __init__(self, exchange: Exchange, seq: int, *, is_ended: bool) -> None:
        self.exchange = exchange
        self.seq = seq
        self.is_ended = is_ended
        self.shared: tuple[int, int] = (0, 0)
        """Numbers of head and decision in `shared`."""
        self.texts: list[tuple[int, bytes]] = []


class Encoder:
    """Turns exchanges into rows of `exchange` and `content`. One per open database; writer thread only."""

    def __init__(self, words: Interning, mask: Mask) -> None:
        self._words = words
        self._mask = mask
        self._json = msgspec.json.Encoder()
        self._sessions: dict[str, str] = {}

    def exchange_row(
        self, exchange: Exchange, seq: int, *, dim: int, state: int, end: str, shared: tuple[int, int]
    ) -> Row:
        """The row for `EXCHANGE_SQL`; `end` is its outcome, `shared` that of its draft."""
        usage = exchange.usage
        cost = exchange.cost
        amount = cost.nanousd
        is_ended = state == ENDED
        marks = 0
        if is_ended and exchange.marks:
            for mark in exchange.marks:
                marks |= MARK_BITS[mark]
        return (
            seq,
            exchange.id,
            state,
            dim,
            1 if exchange.is_stream else 0,
            exchange.started_at,
            exchange.duration_s if is_ended else NO_NUMBER,
            NO_NUMBER if exchange.ttft_s is None else exchange.ttft_s,
            exchange.status,
            OUTCOME_NUMBERS[end],
            marks,
            len(exchange.attempts),
            *(
                (
                    usage.input,
                    usage.output,
                    usage.cached_input,
                    usage.cache_write,
                    usage.reasoning,
                    1 if usage.estimated else 0,
                )
                if usage is not None
                else _NO_USAGE
            ),
            NO_NUMBER if amount is None else amount,
            COST_NUMBERS[cost.status]
            if amount is not None or (is_ended and is_priceable(exchange))
            else NO_NUMBER,
            exchange.request_bytes,
            exchange.response_bytes,
            *self._words.names(
                exchange.error, exchange.finish, exchange.client, exchange.deployment, cost.price_id
            ),
            *shared,
            self._session(exchange.session),
            _trace_bytes(exchange.trace_id),
        )

    def draft(self, exchange: Exchange, seq: int, *, logging: Logging, is_ended: bool) -> Draft:
        """What is to be kept of the exchange beside its row, not masked yet. One that still runs has no bodies."""
        draft = Draft(exchange, seq, is_ended=is_ended)
        detail, draft.shared = self._detail(exchange)
        draft.texts.append((0, detail))
        if not is_ended:
            return draft
        if logging.record_request and exchange.request_body is not None:
            draft.texts.append((REQUEST_BIT, exchange.request_body))
        if not logging.record_response:
            return draft
        if exchange.response_body is not None:
            draft.texts.append((RESPONSE_BIT, exchange.response_body))
        # What was not streamed is put together again from its body when somebody reads it.
        if exchange.assembled is not None and (exchange.is_stream or exchange.response_body is None):
            draft.texts.append((REPLY_BIT, self._json.encode(exchange.assembled)))
        return draft

    def mask(self, drafts: Sequence[Draft]) -> None:
        """Hide secrets in all of them. One look at everything together: nearly always there is nothing to hide."""
        joined = b"\n".join([text for draft in drafts for _, text in draft.texts])
        if self._mask(joined) == joined:
            return
        for draft in drafts:
            draft.texts = [(bit, self._mask(text)) for bit, text in draft.texts]

    def content_rows(self, draft: Draft, *, is_busy: bool) -> tuple[Row, list[Row]]:
        """The row for `CONTENT_SQL`, and rows for `PIECE_SQL`. With `is_busy` nothing is compressed."""
        codec = 0
        detail = ""
        stored: dict[int, str | bytearray] = {}
        cut: list[Row] = []
        for bit, text in draft.texts:
            if not bit:
                detail = text.decode("utf-8", "replace")
                continue
            packed, is_small = pack(text, is_busy=is_busy)
            if is_small:
                codec |= bit
            if len(packed) > CUT_FROM_BYTES:
                codec |= bit << IN_PIECES
                cut += pieces(draft.seq, bit, packed)
            else:
                stored[bit] = packed
        timing: str | bytearray = ""
        if draft.is_ended and draft.exchange.timing is not None:
            timing, is_small = pack_timing(draft.exchange.timing, is_busy=is_busy)
            codec |= TIMING_BIT if is_small else 0
        get = stored.get
        return (
            draft.seq,
            codec,
            detail,
            get(REQUEST_BIT, ""),
            get(RESPONSE_BIT, ""),
            get(REPLY_BIT, ""),
            timing,
        ), cut

    def _detail(self, exchange: Exchange) -> tuple[bytes, tuple[int, int]]:
        """`content.detail`, and the numbers of what is shared. Fields that stay empty are left out."""
        headers = exchange.request_headers
        steady = [pair for pair in headers if pair[0] not in _VARYING]
        encode = self._json.encode
        head = encode(Head(exchange.method, exchange.path, exchange.dialect, steady))
        words = self._words
        head_number = words.share(head)
        decision_number = 0
        detail = Detail(
            attempts=[self._attempt(attempt) for attempt in exchange.attempts],
            response_headers=exchange.response_headers,
            error_text=exchange.error_text,
            cost_reason=exchange.cost.reason,
            violations=exchange.violations,
            units=exchange.units,
            replay_of=exchange.replay_of,
        )
        if not head_number:
            detail.head = msgspec.Raw(head)
        if exchange.decision:
            decision_number = words.share(exchange.decision)
            if not decision_number:
                detail.decision = msgspec.Raw(exchange.decision)
        if len(steady) != len(headers):
            detail.headers = [pair for pair in headers if pair[0] in _VARYING]
        usage = exchange.usage
        if usage is not None:
            if not usage.estimated and bytes(usage.raw) != b"null":
                detail.usage = usage.raw
            detail.reported_nanousd = usage.reported_nanousd
        if exchange.ledger:
            detail.ledger = msgspec.Raw(exchange.ledger)
        if len(exchange.trace_id) != _TRACE_DIGITS:
            detail.trace_id = exchange.trace_id
        if words.is_capped():
            detail.models = (exchange.original_model, exchange.request_model, exchange.response_model)
        return encode(detail), (head_number, decision_number)

    def _attempt(self, attempt: Attempt) -> AttemptRow:
        first_byte_s, ended_s = attempt.first_byte_s, attempt.ended_s
        return (
            self._words.target(attempt),
            REASONS.index(attempt.reason),
            int(attempt.started_s * 1e6),
            None if first_byte_s is None else int(first_byte_s * 1e6),
            None if ended_s is None else int(ended_s * 1e6),
            attempt.status,
            attempt.error,
            attempt.error_text,
            attempt.retry_after_s,
            attempt.upstream_request_id,
        )

    def _session(self, text: str) -> str:
        """A session's name, masked; the newest ones are remembered."""
        if not text:
            return ""
        known = self._sessions.get(text)
        if known is None:
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.clear()
            known = self._mask(text.encode("utf-8", "replace")).decode("utf-8", "replace")
            self._sessions[text] = known
        return known


_NO_USAGE: Final = (NO_NUMBER,) * 6
_TRACE_DIGITS: Final = 32
_MOST_SESSIONS: Final = 1_000


def _trace_bytes(trace_id: str) -> bytearray:
    if len(trace_id) != _TRACE_DIGITS:
        return bytearray()
    try:
        return bytearray.fromhex(trace_id)
    except ValueError:
        return bytearray()
