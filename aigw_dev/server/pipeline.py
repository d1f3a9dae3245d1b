"""The one straight function that a model call goes through, from a read request to a recorded exchange.

It reads top to bottom: read, route, attempt, deliver; then, whatever happened and also when the caller is gone,
settle: end, price, record. No `await` below the line in `finally`.
"""

import asyncio
import functools
import os
import time
from collections.abc import Callable
from typing import Final, Protocol

from aigw_dev.core import loose_json
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import ReplySummary, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Cost, Exchange
from aigw_dev.core.mask import mask_url
from aigw_dev.core.operations import RESPONSES
from aigw_dev.server import attempts, client_faults, counting, forms, kept_responses, realtime_calls, replies
from aigw_dev.server.accounts import account_reply, account_stream, completion
from aigw_dev.server.choosing import choose
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.ephemeral import masked
from aigw_dev.server.front import spoken
from aigw_dev.server.headers import Pairs, stored
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.job import Failure, Job
from aigw_dev.server.metering import listen_to_upload
from aigw_dev.server.relay import Listener, code_of
from aigw_dev.server.translation import Reading

CLIENT_LEFT: Final = 499
"""Status of an exchange whose caller left before it got one (nginx's convention)."""

_BEGINNING_BYTES: Final = 64 * 1024


class Recorder(Protocol):
    """Takes exchanges; never blocks (`store.LogWriter`)."""

    def open(self, exchange: Exchange) -> None:
        """This exchange has begun."""
        ...

    def put(self, exchange: Exchange, finish: Callable[[Exchange], None] | None = None) -> None:
        """Keep this exchange, which has ended; `finish` completes it in another thread."""
        ...


async def handle(
    inbound: Inbound, downstream: Downstream, recorder: Recorder, report: Callable[[BaseException], None]
) -> None:
    """Take one model call through the gateway; every exit leaves by the same door."""
    snapshot = inbound.snapshot
    exchange = begin(inbound)
    dialect = DIALECTS[exchange.dialect]
    listener = Listener(inbound.began_s, dialect.stream_reader())
    if snapshot.config.logging.record_response:
        downstream.kept = []
    recorder.open(exchange)
    try:
        failure = await _serve(inbound, exchange, downstream, listener)
        if failure is not None:
            await _deliver(failure, exchange, downstream, listener)
        if downstream.fault is not None:
            await downstream.fault.finish()
    except asyncio.CancelledError:
        exchange.marks.add("cancelled")
        if not downstream.is_gone:
            raise
    except Exception as error:  # noqa: BLE001  -- the one catch-all: a fault still gets an answer and a record
        report(error)
        exchange.error, exchange.error_text = "internal_error", type(error).__name__
        await _deliver(Failure(refusal=_FAULT), exchange, downstream, listener)
    finally:
        _end(exchange, inbound, downstream, listener)
        recorder.put(exchange, completion(inbound, downstream, listener))
        if inbound.bench_call is not None:
            heard = listener.reader.assembled() if listener.is_events else exchange.assembled
            inbound.bench_call.leave(heard, is_gone=downstream.is_gone)


async def _serve(
    inbound: Inbound, exchange: Exchange, downstream: Downstream, listener: Listener
) -> Failure | None:
    """Read, route, attempt; how it failed, where it did."""
    facts = _read(inbound, exchange)
    if isinstance(facts, Refusal):
        return Failure(refusal=facts)
    if inbound.join is not None:
        refusal = await inbound.join(inbound, exchange)
        if refusal is not None:
            return Failure(refusal=refusal)
    if inbound.faults is not None:
        struck = await client_faults.strike(inbound, exchange, downstream)
        if isinstance(struck, Refusal):
            return Failure(refusal=struck)
        if struck:
            return None
    if inbound.match.operation.resource:
        refusal = await _recall(inbound, exchange)
        if refusal is not None:
            return Failure(refusal=refusal)
        if await kept_responses.answered(inbound, exchange, downstream):
            return None
    targets = choose(inbound, exchange, facts.model)
    if isinstance(targets, Refusal):
        return Failure(refusal=targets)
    job = Job(
        inbound=inbound,
        exchange=exchange,
        downstream=downstream,
        listener=listener,
        reading=None if inbound.read is None else _reading(inbound, inbound.read),
        keep=_keeper(inbound, exchange) if inbound.match.operation is RESPONSES else None,
        wants_usage=facts.wants_usage,
        account=functools.partial(_account, inbound, exchange),
    )
    if inbound.match.operation.family == "count":
        return await counting.count(job, targets)
    if inbound.upload is not None:
        await listen_to_upload(inbound)
    return await attempts.run(job, targets)


def _reading(inbound: Inbound, body: RequestBody) -> Reading:
    version, asked = inbound.head.anthropic_version, inbound.asked
    reading = Reading(match=inbound.match, body=body, version=version.decode("latin-1") if version else "")
    if asked is not None:
        reading.fields = asked.fields
    return reading


def _keeper(inbound: Inbound, exchange: Exchange) -> Callable[[bytes], None] | None:
    """What keeps a translated response for `previous_response_id`; None for every other operation."""
    body = inbound.read
    if inbound.match.operation is not RESPONSES or body is None:
        return None
    asked = inbound.asked or body
    previous = loose_json.text(loose_json.load(asked.text("previous_response_id")))
    keeper = inbound.identity.keeper
    return lambda reply: inbound.things.keep(body, reply, exchange, previous=previous, consumer=keeper)


async def _recall(inbound: Inbound, exchange: Exchange) -> Refusal | None:
    """Find out whose the thing is that the request is about, and what it leans on that is kept here."""
    body = inbound.read
    if body is None and inbound.body and inbound.match.operation.family == "resource":
        found = read_body(inbound.body)
        body = None if isinstance(found, Refusal) else found
    if body is not None and inbound.match.operation is RESPONSES:
        expanded = await inbound.things.expanded(body, inbound.identity.keeper)
        if isinstance(expanded, Refusal):
            return expanded
        inbound.asked, inbound.read, body = body, expanded, expanded
    owner = await inbound.things.owner(inbound.match, body, exchange.consumer)
    if isinstance(owner, Refusal):
        return owner
    inbound.owner = owner
    return None


def _account(
    inbound: Inbound, exchange: Exchange, reply: bytes, summary: ReplySummary | None = None
) -> Pairs:
    """Price a whole reply, and remember what it made."""
    if inbound.match.operation.family == "count":
        exchange.cost = Cost(status="free", nanousd=0, reason="counting tokens costs nothing")
        return [replies.cost_header(exchange.cost)]
    operation = inbound.match.operation
    is_kept_here = operation is RESPONSES and summary is not None  # a translated response
    if operation.resource and not is_kept_here:
        inbound.things.remember(exchange, inbound.match, reply)
    if operation.family == "model" and operation.name in realtime_calls.SECRETS:
        inbound.things.ephemeral.remember(reply, exchange.provider, now_s=time.time())
    return account_reply(inbound, exchange, reply, summary)


_FAULT: Final = Refusal(code="internal_error", message="the gateway has a fault; its log says more")


def begin(inbound: Inbound) -> Exchange:
    """The record of a request that has just been read."""
    head, identity, logging = inbound.head, inbound.identity, inbound.snapshot.config.logging
    operation = inbound.match.operation
    return Exchange(
        id=os.urandom(8).hex(),
        gateway=inbound.snapshot.gateway,
        started_at=inbound.started_at,
        method=inbound.method,
        path=_path(inbound),
        operation=operation.name,
        dialect=spoken(head, operation),
        client=head.user_agent.decode("latin-1"),
        consumer=identity.consumer,
        run=identity.run,
        session=head.session.decode("latin-1"),
        trace_id=_trace_id(head.traceparent),
        request_bytes=len(inbound.body) if inbound.upload is None else inbound.upload.size,
        request_body=(inbound.body if inbound.upload is None else inbound.upload.describe())
        if logging.record_request
        else None,
        request_headers=stored(inbound.headers) if logging.record_request else [],
        deployment=inbound.snapshot.digest,
    )


def _path(inbound: Inbound) -> str:
    """The path as it was asked for, with its query as far as it is no secret."""
    if not inbound.query:
        return inbound.path
    return mask_url(f"{inbound.path}?{inbound.query.decode('latin-1')}")


def _read(inbound: Inbound, exchange: Exchange) -> RequestFacts | Refusal:
    """What the gateway reads of the request, checked."""
    match = inbound.match
    operation = match.operation
    if operation.family in {"resource", "raw"}:
        return RequestFacts(model="")
    if operation.family == "model" and realtime_calls.is_realtime(operation):
        return _read_realtime(inbound, exchange)
    if inbound.upload is not None:
        facts = forms.read_form(inbound.upload.fields, operation)
    else:
        body = read_body(inbound.body)
        if isinstance(body, Refusal):
            return body
        inbound.read = body
        facts = DIALECTS[exchange.dialect].read_request(
            body, path_model=match.path_model, is_stream=match.is_stream
        )
        if isinstance(facts, Refusal) and facts.code == "model_missing" and operation.has_optional_model:
            facts = RequestFacts(model="")
    if isinstance(facts, Refusal):
        return facts
    exchange.original_model = facts.model
    exchange.is_stream = facts.is_stream
    exchange.session = exchange.session or facts.session
    return facts


def _read_realtime(inbound: Inbound, exchange: Exchange) -> RequestFacts | Refusal:
    if inbound.upload is None:
        body = read_body(inbound.body)
        if isinstance(body, Refusal):
            return body
        inbound.read = body
    exchange.original_model = realtime_calls.model_of(inbound)
    return RequestFacts(model=exchange.original_model)


async def _deliver(failure: Failure, exchange: Exchange, downstream: Downstream, listener: Listener) -> None:
    """Tell the caller how it failed: with a status before the first byte, in band after it."""
    dialect = DIALECTS[exchange.dialect]
    refusal = failure.refusal
    if refusal is None:
        exchange.error = exchange.error or "upstream_status"
        said = failure.said
        text = said.message if said is not None else dialect.error_text(failure.body)
        exchange.error_text = text or f"status {failure.status} without a text"
        headers = [*failure.headers, *replies.own_headers(exchange, dialect, failure.headers)]
        body = failure.body
        if said is not None or not dialect.is_error_body(body):
            headers = [pair for pair in headers if pair[0] != b"content-type"]
            headers.append((b"content-type", replies.JSON))
            code = (said.code if said is not None else "") or "upstream_status"
            body = dialect.encode_error(failure.status, code, exchange.error_text, exchange.id)
        await downstream.answer(failure.status, headers, body)
        return
    exchange.error = exchange.error or refusal.code
    exchange.error_text = exchange.error_text or refusal.message
    if not downstream.is_started:
        headers = [*replies.refusal_headers(refusal), *replies.own_headers(exchange, dialect, [])]
        body = replies.refusal_body(refusal, dialect, exchange.id)
        await downstream.answer(replies.status_of(refusal), headers, body)
        return
    exchange.marks.add("broken")
    if listener.is_events and not downstream.is_ended:
        status = replies.status_of(refusal)
        if downstream.last_words is not None:
            message = f"{refusal.message.rstrip()} see: aigw-dev logs show {exchange.id}"
            await downstream.end(downstream.last_words(status, refusal.code, message))
            return
        await downstream.end(dialect.encode_stream_error(status, refusal.code, refusal.message, exchange.id))
    # Anything else that was cut off ends without its terminator: the server closes the connection, the caller sees it.


def _end(exchange: Exchange, inbound: Inbound, downstream: Downstream, listener: Listener) -> None:
    """The facts of the end, from what was heard."""
    exchange.duration_s = time.monotonic() - inbound.began_s
    exchange.ttft_s = listener.first_s
    exchange.status = downstream.status or CLIENT_LEFT
    exchange.response_bytes = downstream.sent_bytes
    if inbound.snapshot.config.logging.record_response:
        exchange.response_headers = stored(downstream.headers)
    if downstream.kept is not None:
        exchange.response_body = _kept(downstream.kept, downstream, inbound)
    if not listener.is_events:
        return
    exchange.timing = listener.timing
    if inbound.match.operation is RESPONSES and listener.dialect == exchange.dialect and listener.raw:
        inbound.things.remember_stream(exchange, beginning(listener.raw))
    account_stream(exchange, inbound.snapshot, listener)
    error = listener.reader.error
    if error is not None and not exchange.error:
        exchange.marks.add("broken")
        exchange.error, exchange.error_text = code_of(error), error.message


def beginning(pieces: list[bytes]) -> bytes:
    """The first 64 KiB of a stream: its first event may come behind comments, and in several reads."""
    found = b""
    for piece in pieces:
        if len(found) >= _BEGINNING_BYTES:
            break
        found += piece
    return found[:_BEGINNING_BYTES]


def _kept(pieces: list[bytes], downstream: Downstream, inbound: Inbound) -> bytes:
    """What the log keeps of the reply's body: of a binary one its size and hash, of a secret nothing."""
    if downstream.binary is not None:
        return downstream.binary.note().encode()
    body = b"".join(pieces)
    return masked(body) if inbound.match.operation.name in realtime_calls.SECRETS else body


def _trace_id(traceparent: bytes) -> str:
    """The trace the caller is in (W3C trace context), else a new one."""
    parts = traceparent.split(b"-") if traceparent else ()
    if len(parts) >= 4 and len(parts[1]) == 32 and parts[1].strip(b"0"):  # noqa: PLR2004  -- the standard's form
        try:
            int(parts[1], 16)
        except ValueError:
            return os.urandom(16).hex()
        return parts[1].decode().lower()
    return os.urandom(16).hex()
