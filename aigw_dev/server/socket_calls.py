"""A WebSocket call from its checked request to its recorded end: one exchange for each socket.

Reads top to bottom like `pipeline.handle`: route, open at a provider, accept, relay; then, whatever happened, settle.
"""

import asyncio
import time
from collections.abc import Callable, Container
from typing import Final
from urllib.parse import unquote

from aigw_dev.core import paths
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.operations import RAW, RESPONSES, Match
from aigw_dev.core.recording.socket_reader import SocketReader
from aigw_dev.core.routing import address
from aigw_dev.core.transcript import Transcript
from aigw_dev.server import pipeline, replies, socket_attempts
from aigw_dev.server.accounts import price
from aigw_dev.server.choosing import choose, query_of
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.headers import Pairs, downward
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.job import Failure
from aigw_dev.server.pipeline import CLIENT_LEFT, Recorder
from aigw_dev.server.socket_answer import Opened
from aigw_dev.server.socket_attempts import SocketJob
from aigw_dev.server.socket_frames import GONE
from aigw_dev.server.socket_protocol import CallerSocket
from aigw_dev.server.socket_relay import QUIET_CODES, Ear, Ending, relay
from aigw_dev.server.socket_responses import ResponseModels

_SWITCHED: Final = 101
_AT_HOME: Final = (("/ws/google.ai.generativelanguage.", "gemini-generate-content"),)
"""Sockets that SDKs open at the root of their base URL: path, and the dialect whose home provider has them."""
_FAULT: Final = Refusal(code="internal_error", message="the gateway has a fault; its log says more")
_STOPPING: Final = Refusal(code="shutting_down", message="the gateway is stopping; try again when it is up")


def find(path: str, providers: Container[str], table: address.AddressTable) -> Match | Refusal:
    """What a WebSocket at `path` (raw, without query) means, or why there is none."""
    for candidate in (paths.find("GET", path), paths.find_below("GET", path, providers)):
        if isinstance(candidate, Match) and (candidate.operation.is_socket or candidate.operation is RAW):
            return candidate
    for candidate in (paths.find("POST", path), paths.find_below("POST", path, providers)):
        if isinstance(candidate, Match) and candidate.operation is RESPONSES:
            return candidate
    for prefix, dialect in _AT_HOME:
        home = address.home_of(table, dialect) if path.startswith(prefix) else None
        if home is not None and not any(step in {".", ".."} for step in unquote(path).split("/")):
            return Match(operation=RAW, provider=home, rest=path)
    return Refusal(
        code="path_not_found",
        message=f"there is no WebSocket at {path[:200]}; there is /v1/realtime, and /PROVIDER/... passes any through",
    )


async def handle(
    inbound: Inbound,
    caller: CallerSocket,
    recorder: Recorder,
    report: Callable[[BaseException], None],
    *,
    subprotocols: tuple[bytes, ...],
) -> None:
    """Take one WebSocket through the gateway; every exit leaves by the same door."""
    exchange = pipeline.begin(inbound)
    exchange.is_stream = True
    job = SocketJob(inbound=inbound, exchange=exchange, subprotocols=subprotocols)
    is_recorded = inbound.snapshot.config.logging.record_response
    ear = Ear(
        began_s=inbound.began_s,
        transcript=Transcript() if is_recorded else None,
        reader=SocketReader() if inbound.join is not None else None,
    )
    opened: Opened | None = None
    recorder.open(exchange)
    try:
        answer = await _open(job)
        if isinstance(answer, Opened):
            opened = answer
            _took(exchange, await _relay(job, opened, caller, ear))
        else:
            await _refuse(answer, exchange, caller)
    except asyncio.CancelledError:
        exchange.marks.add("cancelled")
        if not caller.link.is_gone:
            if exchange.status == 0:
                await _refuse(Failure(refusal=_STOPPING), exchange, caller)
            elif opened is not None:
                opened.frames.abort()  # nobody will wait for its end
            raise
    except Exception as error:  # noqa: BLE001  -- the root of a socket: a fault still gets an answer and a record
        report(error)
        exchange.error, exchange.error_text = "internal_error", type(error).__name__
        if caller.frames is not None:
            caller.frames.close(1011, "the gateway has a fault")
        else:
            await _refuse(Failure(refusal=_FAULT), exchange, caller)
    finally:
        if opened is not None and opened.frames.closed is None:
            opened.frames.close(1001)
        _end(exchange, inbound, ear)
        if inbound.bench_call is not None:
            heard = None if ear.reader is None else ear.reader.assembled()
            inbound.bench_call.leave(heard, is_gone="cancelled" in exchange.marks)
        recorder.put(exchange)
    if opened is not None:
        await opened.frames.ended()


async def _open(job: SocketJob) -> Opened | Failure:
    inbound, exchange = job.inbound, job.exchange
    query = query_of(inbound)
    exchange.original_model = inbound.match.path_model or query.get("model") or query.get("deployment", "")
    inbound.owner = inbound.owner or inbound.things.call_owner(query.get("call_id", ""))
    if inbound.join is not None:
        refusal = await inbound.join(inbound, exchange)
        if refusal is not None:
            return Failure(refusal=refusal)
    targets = choose(inbound, exchange, exchange.original_model)
    if isinstance(targets, Refusal):
        return Failure(refusal=targets)
    return await socket_attempts.run(job, targets)


async def _relay(job: SocketJob, opened: Opened, caller: CallerSocket, ear: Ear) -> Ending:
    """Accept, and pass messages both ways to the end."""
    exchange, match = job.exchange, job.inbound.match
    theirs = [pair for pair in downward(opened.headers) if pair[0] != b"content-type"]
    headers: Pairs = [*theirs, *replies.own_headers(exchange, DIALECTS[exchange.dialect], theirs)]
    if opened.subprotocol:
        headers.append((b"sec-websocket-protocol", opened.subprotocol))
    sieve = None
    if match.operation is RESPONSES and not match.provider:
        sieve = ResponseModels(job.inbound.snapshot.addresses, exchange.provider, exchange)
    exchange.status = _SWITCHED
    return await relay(caller.accept(headers), opened.frames, ear, sieve)


async def _refuse(failure: Failure, exchange: Exchange, caller: CallerSocket) -> None:
    """Answer over HTTP in the caller's dialect, with the provider's own words where it had any."""
    dialect = DIALECTS[exchange.dialect]
    downstream = Downstream(caller.answer)
    refusal = failure.refusal
    if refusal is not None:
        exchange.error = exchange.error or refusal.code
        exchange.error_text = exchange.error_text or refusal.message
        exchange.status = replies.status_of(refusal)
        headers = [*replies.refusal_headers(refusal), *replies.own_headers(exchange, dialect, [])]
        await downstream.answer(exchange.status, headers, replies.refusal_body(refusal, dialect, exchange.id))
        return
    exchange.error, exchange.status = "upstream_status", failure.status
    exchange.error_text = dialect.error_text(failure.body) or f"status {failure.status} without a text"
    headers = [*failure.headers, *replies.own_headers(exchange, dialect, failure.headers)]
    body = failure.body
    if not dialect.is_error_body(body):
        headers = [pair for pair in headers if pair[0] != b"content-type"]
        headers.append((b"content-type", replies.JSON))
        body = dialect.encode_error(failure.status, exchange.error, exchange.error_text, exchange.id)
    await downstream.answer(failure.status, headers, body)


def _took(exchange: Exchange, ending: Ending) -> None:
    """How the socket ended, for the record."""
    code, reason = ending.closed.code, ending.closed.reason
    exchange.finish = str(code)
    if code in QUIET_CODES or exchange.error:  # a replay has said what it missed
        return
    said = f"closed with {code}" + (f": {reason}" if reason else "")
    if ending.side == "client":
        if code == GONE:
            exchange.marks.add("cancelled")
        elif ending.closed.is_ours:
            exchange.error, exchange.error_text = "invalid_request", f"the caller's socket was {said}"
        return
    exchange.marks.add("broken")
    exchange.error = "upstream_reset" if code == GONE else "upstream_in_band"
    if ending.closed.is_ours and code != GONE:
        exchange.error = "upstream_protocol"
    exchange.error_text = f"the provider's socket {'was ' if ending.closed.is_ours else ''}{said}"


def _end(exchange: Exchange, inbound: Inbound, ear: Ear) -> None:
    """The facts of the end, from what was heard."""
    heard = ear.observer
    exchange.duration_s = time.monotonic() - inbound.began_s
    exchange.status = exchange.status or CLIENT_LEFT
    exchange.ttft_s = ear.first_s
    exchange.request_bytes, exchange.response_bytes = ear.client_bytes, ear.server_bytes
    exchange.response_model = heard.model
    if not exchange.request_model and heard.model:
        exchange.request_model = heard.model.removeprefix("models/")
        exchange.original_model = exchange.original_model or exchange.request_model
        exchange.attempts[-1].request_model = exchange.request_model
    if heard.error_code and not exchange.error and not heard.answers:
        exchange.error, exchange.error_text = "upstream_in_band", f"{heard.error_code}: {heard.error_text}"
    exchange.usage = heard.usage
    if exchange.status == _SWITCHED:
        exchange.cost = price(exchange, inbound.snapshot)
        if ear.transcript is not None:
            exchange.response_body = ear.transcript.lines()
