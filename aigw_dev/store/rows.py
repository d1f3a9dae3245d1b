"""An exchange becomes rows: what is written of it, in which shape. The way back is `records.py`.

Runs in the writer thread, after the exchange's end (or, for an `open` row, on fields that no longer change).
The shape of `content.detail` is `Detail`; bodies are compressed only where it pays and nobody waits.
"""

import operator
import sys
import zlib
from array import array
from typing import Final

import msgspec

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import COST_STATUSES, MARKS, Exchange, StreamTiming
from aigw_dev.core.rollup import OUTCOMES, is_priceable
from aigw_dev.store.interning import Interning, Mask

ENDED: Final = 0
OPEN: Final = 1
INTERRUPTED: Final = 2

MARK_BITS: Final = {name: 1 << place for place, name in enumerate(MARKS)}
OUTCOME_NUMBERS: Final = {name: number for number, name in enumerate(OUTCOMES)}
COST_NUMBERS: Final = {name: number for number, name in enumerate(COST_STATUSES)}
REASONS: Final = ("first", "retry", "fallback")

REQUEST_BIT: Final = 1
RESPONSE_BIT: Final = 2
REPLY_BIT: Final = 4
TIMING_BIT: Final = 8

COMPRESS_FROM_BYTES: Final = 1024
"""Below this, zlib costs more time than its bytes are worth."""

# Headers that differ with every request are kept apart, so that the rest is the same text each time and stored once.
_VARYING: Final = frozenset(
    {"traceparent", "tracestate", "idempotency-key", "content-length", "x-request-id"}
)

Scalar = str | int | float | bytes | None
Row = tuple[Scalar, ...]
Pairs = list[tuple[str, str]]

EMPTY: Final = msgspec.Raw(b"")


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
    headers: Pairs = msgspec.field(default_factory=list[tuple[str, str]])
    """Request headers that differ every time."""
    response_headers: Pairs = msgspec.field(default_factory=list[tuple[str, str]])
    usage: msgspec.Raw = EMPTY
    """The provider's own usage object."""
    ledger: msgspec.Raw = EMPTY
    error_text: str = ""
    cost_reason: str = ""
    trace_id: str = ""
    """Only where it is not 32 hex digits."""
    models: tuple[str, str, str] | None = None
    """Original, request and response model, where the table of dims was full."""


class Encoder:
    """Turns exchanges into rows of `exchange` and `content`. One per open database; writer thread only."""

    def __init__(self, words: Interning, mask: Mask) -> None:
        self._words = words
        self._mask = mask
        self._json = msgspec.json.Encoder()

    def exchange_row(
        self, exchange: Exchange, seq: int, *, dim: int, state: int, end: str, shared: tuple[int | None, ...]
    ) -> Row:
        """The searchable row; `end` is its outcome, `shared` what `content_row` returned beside its row."""
        words = self._words
        usage = exchange.usage
        cost = exchange.cost
        marks = 0
        is_ended = state == ENDED
        if is_ended:
            for mark in exchange.marks:
                marks |= MARK_BITS[mark]
        return (
            seq,
            exchange.id,
            state,
            dim,
            exchange.is_stream,
            exchange.started_at,
            exchange.duration_s if is_ended else None,
            exchange.ttft_s,
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
                    usage.estimated,
                )
                if usage is not None
                else _NO_USAGE
            ),
            cost.nanousd,
            COST_NUMBERS[cost.status]
            if is_ended and (cost.nanousd is not None or is_priceable(exchange))
            else None,
            exchange.request_bytes,
            exchange.response_bytes,
            words.name(exchange.error),
            words.name(exchange.finish),
            words.name(exchange.client),
            words.name(exchange.deployment),
            words.name(cost.price_id),
            *shared,
            self._text(exchange.session) if exchange.session else None,
            _trace_bytes(exchange.trace_id),
        )

    def content_row(
        self, exchange: Exchange, seq: int, *, logging: Logging, is_busy: bool, is_ended: bool
    ) -> tuple[Row, tuple[int | None, int | None]]:
        """The row of bodies and detail, and the numbers of the texts that went to `shared` (head, decision).

        With `is_busy` nothing is compressed. A row that is not ended has no bodies yet.
        """
        detail, shared = self._detail(exchange)
        codec = 0
        request = response = reply = timing = None
        if is_ended:
            if logging.record_request and exchange.request_body is not None:
                request, bit = self._packed(exchange.request_body, REQUEST_BIT, is_busy=is_busy)
                codec |= bit
            if logging.record_response:
                if exchange.response_body is not None:
                    response, bit = self._packed(exchange.response_body, RESPONSE_BIT, is_busy=is_busy)
                    codec |= bit
                if exchange.assembled is not None:
                    reply, bit = self._packed(
                        self._json.encode(exchange.assembled), REPLY_BIT, is_busy=is_busy
                    )
                    codec |= bit
            if exchange.timing is not None:
                timing = timing_bytes(exchange.timing)
                if not is_busy and len(timing) >= COMPRESS_FROM_BYTES:
                    timing = zlib.compress(timing, 1)
                    codec |= TIMING_BIT
        return (seq, codec, detail, request, response, reply, timing), shared

    def _detail(self, exchange: Exchange) -> tuple[str, tuple[int | None, int | None]]:
        varying: Pairs = []
        steady: Pairs = []
        for pair in exchange.request_headers:
            (varying if pair[0] in _VARYING else steady).append(pair)
        head = self._json.encode(Head(exchange.method, exchange.path, exchange.dialect, steady))
        words = self._words
        head_number = words.share(head)
        decision = exchange.decision
        decision_number = words.share(decision) if decision else None
        usage = exchange.usage
        trace_id = exchange.trace_id
        detail = Detail(
            head=EMPTY if head_number else msgspec.Raw(head),
            decision=EMPTY if decision_number else msgspec.Raw(decision),
            attempts=[
                (
                    words.target(attempt),
                    REASONS.index(attempt.reason),
                    round(attempt.started_s * 1e6),
                    _us(attempt.first_byte_s),
                    _us(attempt.ended_s),
                    attempt.status,
                    attempt.error,
                    attempt.error_text,
                    attempt.retry_after_s,
                    attempt.upstream_request_id,
                )
                for attempt in list(exchange.attempts)
            ],
            headers=varying,
            response_headers=exchange.response_headers,
            usage=usage.raw if usage is not None and bytes(usage.raw) != b"null" else EMPTY,
            ledger=msgspec.Raw(exchange.ledger) if exchange.ledger else EMPTY,
            error_text=exchange.error_text,
            cost_reason=exchange.cost.reason,
            trace_id="" if _trace_bytes(trace_id) else trace_id,
            models=(
                (exchange.original_model, exchange.request_model, exchange.response_model)
                if words.is_capped()
                else None
            ),
        )
        return self._mask(self._json.encode(detail)).decode("utf-8", "replace"), (
            head_number,
            decision_number,
        )

    def _packed(self, body: bytes, bit: int, *, is_busy: bool) -> tuple[bytes, int]:
        body = self._mask(body)
        if is_busy or len(body) < COMPRESS_FROM_BYTES:
            return body, 0
        small = zlib.compress(body, 1)
        return (small, bit) if len(small) * 10 < len(body) * 9 else (body, 0)

    def _text(self, text: str) -> str:
        return self._mask(text.encode("utf-8", "replace")).decode("utf-8", "replace")


EXCHANGE_COLUMNS: Final = 31
CONTENT_COLUMNS: Final = 7


def timing_bytes(timing: StreamTiming) -> bytes:
    """Stream timing in little-endian 32-bit numbers: gaps between pieces in microseconds, then their sizes.

    Gaps and sizes past 32 bits (71 minutes, 4 GiB) are stored as the largest number.
    """
    at_us = timing.at_us
    if not at_us:
        return b""
    gaps = [at_us[0], *map(operator.sub, at_us[1:], at_us)]
    try:
        numbers = array("I", gaps)
        numbers.extend(timing.size_bytes)
    except OverflowError:
        numbers = array("I", [min(max(number, 0), _LARGEST) for number in (*gaps, *timing.size_bytes)])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


_LARGEST: Final = 0xFFFF_FFFF
_NO_USAGE: Final = (None,) * 6
_TRACE_DIGITS: Final = 32


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _trace_bytes(trace_id: str) -> bytes | None:
    if len(trace_id) != _TRACE_DIGITS:
        return None
    try:
        return bytes.fromhex(trace_id)
    except ValueError:
        return None
