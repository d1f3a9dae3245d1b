"""Rows become exchanges again: what lists show (`Entry`), what `logs show` and replay get (`Record`), what is exported."""

import base64
import sqlite3
from typing import Any, Final

import msgspec

from aigw_dev.core.exchange import (
    MARKS,
    Assembled,
    Attempt,
    Cost,
    Exchange,
    Usage,
)
from aigw_dev.store.packing import Stored, joined, unpack, unpack_timing
from aigw_dev.store.raw_rows import RawRow
from aigw_dev.store.rows import (
    COST_NUMBERS,
    ENDED,
    IN_PIECES,
    MARK_BITS,
    OUTCOME_NUMBERS,
    REASONS,
    REPLY_BIT,
    REQUEST_BIT,
    RESPONSE_BIT,
    TIMING_BIT,
    Detail,
    Head,
    Pairs,
)
from aigw_dev.store.vocabulary import Vocabulary

_ERROR_STATUS: Final = 400
STATES: Final = ("ended", "open", "interrupted")
_OUTCOMES: Final = {number: name for name, number in OUTCOME_NUMBERS.items()}
_COST_STATUSES: Final[dict[int, Any]] = {number: name for name, number in COST_NUMBERS.items()}


class Entry(msgspec.Struct, kw_only=True):
    """One line of a list. Names and units are those of `Exchange`."""

    seq: int
    """Its place in the log; rises with every exchange, is never given twice."""
    id: str
    state: str
    """`ended`, `open` (still running) or `interrupted` (its gateway died)."""
    started_at: float
    duration_s: float | None
    """None while it runs, and for ever where it was interrupted."""
    ttft_s: float | None
    status: int
    outcome: str
    """A member of `core.rollup.OUTCOMES`; means nothing before it ended."""
    marks: list[str]
    is_stream: bool
    gateway: str
    consumer: str
    run: str
    session: str
    operation: str
    original_model: str
    request_model: str
    response_model: str
    provider: str
    key_name: str
    route: str
    attempts: int
    input_tokens: int | None
    output_tokens: int | None
    cached_input_tokens: int | None
    usage_estimated: bool
    cost_nanousd: int | None
    cost_status: str | None
    """None where there is nothing to price (a refusal, a provider's error, still running)."""
    error: str
    finish: str
    client: str
    request_bytes: int
    response_bytes: int
    request_preview: str = ""
    """The newest message of the request on one line; empty where bodies are not kept or previews were not asked for."""
    response_preview: str = ""
    upstream_status: int | None = None
    """What the provider of the last attempt answered; None where none did. This and the next two only with previews."""
    path: str = ""
    """The way through the route, a mark per node: `F·F·T`, a split's branch by its number from 1."""
    replay_of: str = ""
    """The id of the exchange that this one sent again; empty for what a caller sent."""


class Record(msgspec.Struct, kw_only=True):
    """One exchange, whole."""

    seq: int
    state: str
    outcome: str
    cost_status: str | None
    """As in `Entry`."""
    exchange: Exchange
    """As the gateway had it, but that secrets are masked and what the switches left out is None."""


def entry(row: RawRow, vocabulary: Vocabulary) -> Entry:
    """A line of a list."""
    dim = vocabulary.dim(row.dim)
    return Entry(
        seq=row.seq,
        id=row.id,
        state=STATES[row.state],
        started_at=row.started_at,
        duration_s=row.duration_s,
        ttft_s=row.ttft_s,
        status=row.status,
        outcome=_OUTCOMES[row.outcome],
        marks=marks(row.marks),
        is_stream=bool(row.is_stream),
        gateway=dim.gateway,
        consumer=dim.consumer,
        run=dim.run,
        session=row.session,
        operation=dim.operation,
        original_model=dim.original_model,
        request_model=dim.request_model,
        response_model=dim.response_model,
        provider=dim.provider,
        key_name=dim.key_name,
        route=dim.route,
        attempts=row.attempts,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
        usage_estimated=bool(row.usage_estimated),
        cost_nanousd=row.cost_nanousd,
        cost_status=_cost_status(row),
        error=vocabulary.name(row.error),
        finish=vocabulary.name(row.finish),
        client=vocabulary.name(row.client),
        request_bytes=row.request_bytes,
        response_bytes=row.response_bytes,
    )


def record(db: sqlite3.Connection, row: RawRow, vocabulary: Vocabulary) -> Record:
    """The exchange with its bodies. A detail that cannot be read back is left empty, never an error."""
    kept = content(db, row.seq)
    detail = _detail(kept.detail)
    head = _head(vocabulary.shared(row.head) or bytes(detail.head).decode())
    dim = vocabulary.dim(row.dim)
    models = detail.models or (dim.original_model, dim.request_model, dim.response_model)
    exchange = Exchange(
        id=row.id,
        gateway=dim.gateway,
        started_at=row.started_at,
        method=head.method,
        path=head.path,
        operation=dim.operation,
        dialect=head.dialect,
        client=vocabulary.name(row.client),
        consumer=dim.consumer,
        run=dim.run,
        session=row.session,
        trace_id=row.trace_id.hex() if row.trace_id else detail.trace_id,
        is_stream=bool(row.is_stream),
        original_model=models[0],
        request_model=models[1],
        response_model=models[2],
        provider=dim.provider,
        key_name=dim.key_name,
        route=dim.route,
        decision=(vocabulary.shared(row.decision) or bytes(detail.decision).decode()).encode(),
        attempts=_attempts(detail, vocabulary),
        status=row.status,
        error=vocabulary.name(row.error),
        error_text=detail.error_text,
        marks=set(marks(row.marks)),
        usage=_usage(row, detail),
        units=detail.units,
        cost=_cost(row, detail, vocabulary),
        ttft_s=row.ttft_s,
        duration_s=row.duration_s or 0.0,
        finish=vocabulary.name(row.finish),
        request_bytes=row.request_bytes,
        response_bytes=row.response_bytes,
        request_body=kept.request,
        response_body=kept.response,
        request_headers=[*head.headers, *detail.headers],
        response_headers=detail.response_headers,
        timing=unpack_timing(kept.timing),
        assembled=assembled(kept.reply) or _derived(row, head.dialect, kept.response),
        ledger=bytes(detail.ledger),
        violations=detail.violations,
        deployment=vocabulary.name(row.deployment),
        replay_of=detail.replay_of,
    )
    return Record(
        seq=row.seq,
        state=STATES[row.state],
        outcome=_OUTCOMES[row.outcome],
        cost_status=_cost_status(row),
        exchange=exchange,
    )


def as_json(found: Record) -> dict[str, Any]:
    """The record as one JSON-able object, names as in `Exchange`: what `--json` and `logs export` print.

    Bodies are text; one that is not UTF-8 is `..._body_base64` instead. Decision and ledger are objects or null.
    """
    exchange = found.exchange
    fields: dict[str, Any] = msgspec.to_builtins(exchange, builtin_types=(bytes,), enc_hook=bytes)
    fields |= {
        "seq": found.seq,
        "state": found.state,
        "outcome": found.outcome,
        "cost_status": found.cost_status,
    }
    fields["ended_at"] = exchange.started_at + exchange.duration_s if found.state == STATES[ENDED] else None
    fields["marks"] = [mark for mark in MARKS if mark in exchange.marks]
    fields["decision"] = _decoded(exchange.decision)
    fields["ledger"] = _decoded(exchange.ledger)
    if exchange.usage is not None:
        fields["usage"]["raw"] = _decoded(bytes(exchange.usage.raw))
    for name in ("request_body", "response_body"):
        body: bytes | None = fields[name]
        if body is None:
            continue
        try:
            fields[name] = body.decode()
        except UnicodeDecodeError:
            fields[name] = None
            fields[f"{name}_base64"] = base64.b64encode(body).decode()
    return fields


def marks(bits: int) -> list[str]:
    """The marks in a stored number, in the order of `MARKS`."""
    return [mark for mark, bit in MARK_BITS.items() if bits & bit] if bits else []


ContentRow = tuple[int, str, Stored, Stored, Stored, Stored]

_CONTENT: Final = "SELECT codec, detail, request, response, reply, timing FROM content WHERE seq=?"
_NO_CONTENT: Final[ContentRow] = (0, "{}", None, None, None, None)


class Content(msgspec.Struct, frozen=True):
    """What `content` holds of one exchange, as it was before it was stored."""

    detail: str
    request: bytes | None
    response: bytes | None
    reply: bytes | None
    timing: bytes | None


def content(db: sqlite3.Connection, seq: int) -> Content:
    """The bodies and the detail of a row; empty where there are none."""
    row: ContentRow | None = db.execute(_CONTENT, (seq,)).fetchone()
    codec, detail, request, response, reply, timing = row or _NO_CONTENT
    bodies = zip(
        (REQUEST_BIT, RESPONSE_BIT, REPLY_BIT, TIMING_BIT), (request, response, reply, timing), strict=True
    )
    return Content(detail, *(_plain(db, seq, codec, bit, stored) for bit, stored in bodies))


def _plain(db: sqlite3.Connection, seq: int, codec: int, bit: int, stored: Stored) -> bytes | None:
    """A stored body as it was."""
    if codec & (bit << IN_PIECES):
        stored = joined(db, seq, bit)
    return unpack(stored, is_compressed=bool(codec & bit))


def assembled(reply: bytes | None) -> Assembled | None:
    """The reply as a person reads it; None where it was not kept."""
    if reply is None:
        return None
    try:
        return msgspec.json.decode(reply, type=Assembled)
    except msgspec.MsgspecError:
        return None


def _derived(row: RawRow, dialect: str, body: bytes | None) -> Assembled | None:
    """The message of a reply that came whole, read from its body as the gateway read it."""
    from aigw_dev.core.dialects import DIALECTS

    if not body or row.is_stream or row.status >= _ERROR_STATUS or dialect not in DIALECTS:
        return None
    return DIALECTS[dialect].reply_summary(body).assembled


def _cost_status(row: RawRow) -> str | None:
    return None if row.cost_status is None else _COST_STATUSES[row.cost_status]


def _detail(text: str) -> Detail:
    try:
        return msgspec.json.decode(text, type=Detail)
    except msgspec.MsgspecError:
        return Detail()


def _head(text: str) -> Head:
    try:
        return msgspec.json.decode(text, type=Head)
    except msgspec.MsgspecError:
        return Head("", "", "", Pairs())


def _attempts(detail: Detail, vocabulary: Vocabulary) -> list[Attempt]:
    attempts: list[Attempt] = []
    for number, stored in enumerate(detail.attempts, start=1):
        target, reason, started, first_byte, ended, status, error, text, retry_after, request_id = stored
        where = vocabulary.target(target) if isinstance(target, int) else target
        attempts.append(
            Attempt(
                number=number,
                provider=where[0],
                kind=where[1],
                base_url=where[2],
                request_model=where[3],
                key_name=where[4],
                node=where[5],
                reason=REASONS[reason],
                started_s=started / 1e6,
                first_byte_s=_seconds(first_byte),
                ended_s=_seconds(ended),
                status=status,
                error=error,
                error_text=text,
                retry_after_s=retry_after,
                upstream_request_id=request_id,
            )
        )
    return attempts


def _usage(row: RawRow, detail: Detail) -> Usage | None:
    if row.input_tokens is None:
        return None
    return Usage(
        input=row.input_tokens,
        output=row.output_tokens or 0,
        cached_input=row.cached_input_tokens or 0,
        cache_write=row.cache_write_tokens or 0,
        reasoning=row.reasoning_tokens or 0,
        estimated=bool(row.usage_estimated),
        reported_nanousd=detail.reported_nanousd,
        raw=detail.usage if bytes(detail.usage) else msgspec.Raw(b"null"),
    )


def _cost(row: RawRow, detail: Detail, vocabulary: Vocabulary) -> Cost:
    return Cost(
        status=_COST_STATUSES[row.cost_status] if row.cost_status is not None else "unknown",
        nanousd=row.cost_nanousd,
        price_id=vocabulary.name(row.price),
        reason=detail.cost_reason,
    )


def _decoded(text: bytes) -> Any:
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return text.decode("utf-8", "replace")


def _seconds(us: int | None) -> float | None:
    return None if us is None else us / 1e6
