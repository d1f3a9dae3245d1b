"""Drives the retry plan against upstream: one attempt after another until one commits or all have failed.

What to try next is decided in `core.routing.retry`; here it is only done. Nothing is tried again once a byte has
reached the caller.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.exchange import Attempt, Exchange
from aigw_dev.core.providers import upstream_url
from aigw_dev.core.retry_after import wait_s
from aigw_dev.core.routing import retry
from aigw_dev.core.routing.flow import Target
from aigw_dev.core.streams.sse import Event
from aigw_dev.server import replies
from aigw_dev.server.call import Call, Reply
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.headers import Pairs, downward, upward, value_of
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.relay import Listener, read_whole, relay_bytes, relay_events
from aigw_dev.server.snapshot import ReadyProvider
from aigw_dev.server.watchdog import Watchdog
from aigw_dev.server.who import may_spend

ERROR_BYTES: Final = 1024 * 1024
"""How much of a provider's error body is read and passed on."""
AUTH: Final = {
    "bearer": (b"authorization", b"Bearer "),
    "api-key": (b"api-key", b""),
    "x-api-key": (b"x-api-key", b""),
    "x-goog-api-key": (b"x-goog-api-key", b""),
}


class Failure(msgspec.Struct, kw_only=True):
    """How the last attempt failed: what the caller gets when nothing else is left to try."""

    refusal: Refusal | None = None
    """Our own words."""
    status: int = 0
    headers: Pairs = []
    body: bytes = b""
    """The provider's own words, where it sent any."""


class Job(msgspec.Struct, kw_only=True):
    """One request on its way through the attempts."""

    inbound: Inbound
    exchange: Exchange
    downstream: Downstream
    listener: Listener
    request: RequestBody
    """The caller's JSON body, read one level deep."""
    account: Callable[[bytes], Pairs]
    """Prices a whole reply; gives the headers that say so."""
    wants_usage: bool = False
    """The caller asked for usage in its stream."""
    is_hidden: Callable[[Event], bool] | None = None
    """Which events only the gateway asked for."""
    failures: dict[int, Failure] = msgspec.field(default_factory=dict[int, Failure])
    """By attempt: how it failed."""


async def run(job: Job, targets: Sequence[Target]) -> Failure | None:
    """Try until one reply has gone to the caller (None) or nothing is left (the failure to pass on)."""
    plan = retry.plan(targets, jitter=random.random)
    step = next(plan)
    while True:
        if isinstance(step, retry.Wait):
            await asyncio.sleep(step.seconds)
            outcome = retry.WAITED
        else:
            outcome = await _attempt(job, step)
        try:
            step = plan.send(outcome)
        except StopIteration as end:
            verdict: retry.Verdict = end.value
            return job.failures.get(verdict.number)


async def _attempt(job: Job, step: retry.Try) -> retry.Outcome:
    """One upstream call, from choosing its key to the last byte relayed."""
    target, exchange = step.target, job.exchange
    provider = job.inbound.snapshot.providers[target.provider]
    attempt = Attempt(
        number=len(exchange.attempts) + 1,
        provider=provider.name,
        kind=provider.resolved.kind.name,
        base_url=provider.resolved.base_url,
        request_model=target.model,
        reason=step.reason,
        node=target.node,
        started_s=time.monotonic() - job.inbound.began_s,
    )
    exchange.attempts.append(attempt)
    if attempt.reason != "first":
        exchange.marks.add("retried" if attempt.reason == "retry" else "fallback")
    exchange.provider, exchange.request_model, exchange.key_name = provider.name, target.model, ""
    try:
        ready = await _usable(job, provider, target)
        if isinstance(ready, Refusal):
            return _refused(job, attempt, ready)
        if ready is not None:
            attempt.key_name = exchange.key_name = ready.name
        return await _call(job, attempt, provider, target, key=ready)
    except UpstreamError as error:
        return _broken(job, attempt, error)
    except asyncio.CancelledError:
        attempt.error = "cancelled"
        raise
    finally:
        attempt.ended_s = time.monotonic() - job.inbound.began_s


async def _usable(job: Job, provider: ReadyProvider, target: Target) -> ReadyKey | Refusal | None:
    """The key to call this target with, None where it takes none, or why it cannot be called."""
    snapshot, resolved = job.inbound.snapshot, provider.resolved
    if provider.refusal is not None:
        return provider.refusal
    if resolved.auth == "none":
        return None
    is_allowed = may_spend(job.inbound.identity, provider.name)
    if resolved.is_key_required and not is_allowed:
        return _needs_token(provider.name)
    key = await snapshot.keys.get(provider.name, target.key)
    if isinstance(key, ReadyKey):
        return key if is_allowed else _needs_token(provider.name)
    return key if resolved.is_key_required or target.key else None


def _needs_token(provider: str) -> Refusal:
    return Refusal(
        code="gateway_token_required",
        message=f"this call would spend your {provider} key and nobody said who calls; run "
        '`aigw-dev run -- CMD` or `eval "$(aigw-dev env)"`. Nothing was sent.',
    )


async def _call(
    job: Job, attempt: Attempt, provider: ReadyProvider, target: Target, *, key: ReadyKey | None
) -> retry.Outcome:
    inbound, resolved = job.inbound, provider.resolved
    is_stream = job.exchange.is_stream
    watchdog = Watchdog(
        total_s=_seconds(target.timeout_ms, resolved.stream_timeout_ms if is_stream else resolved.timeout_ms),
        first_packet_s=_seconds(target.first_packet_timeout_ms, resolved.first_packet_timeout_ms)
        if is_stream
        else None,
        idle_s=_seconds(target.idle_timeout_ms, resolved.idle_timeout_ms),
    )
    operation = inbound.match.operation
    dialect = DIALECTS[operation.dialect]
    request = job.request
    job.is_hidden = None
    if is_stream and resolved.injects_usage and not job.wants_usage:
        request, job.is_hidden = dialect.ask_usage(request), dialect.hides_usage
    call = Call(
        method="POST",
        url=upstream_url(resolved, operation.path, model=target.model, query=inbound.query.decode("latin-1")),
        headers=_headers_up(inbound, provider, key),
        body=dialect.rename_model(request, target.model, target.params),
        connect_timeout_s=_seconds(target.connect_timeout_ms, resolved.connect_timeout_ms) or 0.0,
        proxy=resolved.proxy,
    )
    with watchdog:
        reply = await provider.send(call)
        try:
            attempt.status = reply.status
            _require_acceptable(reply)
            if reply.status >= 400:  # noqa: PLR2004  -- HTTP
                return await _failed(job, attempt, reply, watchdog)
            await _relay(job, attempt, reply, watchdog)
        except BaseException:
            reply.cancel()
            raise
    return retry.Outcome(status=reply.status, is_committed=True)


async def _relay(job: Job, attempt: Attempt, reply: Reply, watchdog: Watchdog) -> None:
    """Send a good reply to the caller, listening; after the commit point every end is final."""
    exchange, downstream, listener = job.exchange, job.downstream, job.listener
    dialect = DIALECTS[exchange.dialect]
    theirs = downward(reply.headers)
    attempt.upstream_request_id = _request_id(theirs)
    is_events = value_of(reply.headers, b"content-type").lower().startswith(b"text/event-stream")
    listener.begin(is_events=is_events)

    async def commit() -> None:
        attempt.first_byte_s = listener.first_s
        headers = [
            *theirs,
            *replies.own_headers(exchange, dialect, theirs),
            replies.timing_header(exchange, listener.first_s or 0.0),
        ]
        if is_events:
            headers.append((b"cache-control", b"no-cache"))
        await downstream.start(reply.status, headers)

    if is_events:
        await relay_events(
            reply, downstream, listener=listener, watchdog=watchdog, commit=commit, is_hidden=job.is_hidden
        )
        return
    chunks = reply.chunks()
    held, is_whole = await read_whole(chunks, watchdog)
    if not is_whole:
        await relay_bytes(chunks, downstream, listener=listener, watchdog=watchdog, commit=commit, held=held)
        return
    listener.commit(time.monotonic())
    attempt.first_byte_s = listener.first_s
    body = held[0] if len(held) == 1 else b"".join(held)
    ours = [
        *replies.own_headers(exchange, dialect, theirs),
        replies.timing_header(exchange, listener.first_s or 0.0),
    ]
    await downstream.answer(reply.status, [*theirs, *ours, *job.account(body)], body)


async def _failed(job: Job, attempt: Attempt, reply: Reply, watchdog: Watchdog) -> retry.Outcome:
    """An error status: read what the provider says, for the plan, the log and perhaps the caller."""
    dialect = DIALECTS[job.exchange.dialect]
    try:
        pieces, is_whole = await read_whole(reply.chunks(), watchdog, limit=ERROR_BYTES)
        body = b"".join(pieces)[:ERROR_BYTES]
        if not is_whole:
            reply.cancel()
    except UpstreamError:
        body = b""  # the status stands, its text was cut off
    theirs = downward(reply.headers)
    attempt.upstream_request_id = _request_id(theirs)
    attempt.error = "upstream_status"
    attempt.error_text = dialect.error_text(body) or ""
    attempt.retry_after_s = wait_s(
        value_of(reply.headers, b"retry-after-ms"),
        value_of(reply.headers, b"retry-after"),
        now_at=time.time(),
    )
    if attempt.retry_after_s is None:
        attempt.retry_after_s = dialect.retry_delay_s(body)
        if attempt.retry_after_s is not None:
            theirs.append((b"retry-after", b"%d" % math.ceil(attempt.retry_after_s)))
    job.failures[attempt.number] = Failure(status=reply.status, headers=theirs, body=body)
    return retry.Outcome(status=reply.status, error=attempt.error, retry_after_s=attempt.retry_after_s)


def _refused(job: Job, attempt: Attempt, refusal: Refusal) -> retry.Outcome:
    """A target that cannot be called at all: no key, not trusted, not allowed to this caller."""
    attempt.error, attempt.error_text = refusal.code, refusal.message
    job.failures[attempt.number] = Failure(refusal=refusal)
    return retry.Outcome(error=refusal.code, is_sent=False)


def _broken(job: Job, attempt: Attempt, error: UpstreamError) -> retry.Outcome:
    """The call ended without a whole reply."""
    attempt.error, attempt.error_text = error.code, error.message
    message = f"{attempt.provider}/{attempt.request_model}: {error.message}"
    job.failures[attempt.number] = Failure(refusal=Refusal(code=error.code, message=message))
    return retry.Outcome(error=error.code, is_sent=error.is_sent, is_committed=job.downstream.is_started)


def _require_acceptable(reply: Reply) -> None:
    """Refuse a reply that cannot be relayed whatever it says: a redirect, or an encoding we did not ask for."""
    if 300 <= reply.status < 400:  # noqa: PLR2004  -- HTTP
        place = value_of(reply.headers, b"location").decode("latin-1").partition("?")[0]
        raise UpstreamError(
            f"the provider redirects to {place or 'nowhere'}; redirects are never followed, set base_url instead",
            code="upstream_redirect",
        )
    encoding = value_of(reply.headers, b"content-encoding").strip().lower()
    if encoding not in {b"", b"identity"}:
        raise UpstreamError(
            f"the provider sent a reply encoded as {encoding.decode('latin-1')} although it was asked for none",
            code="upstream_encoded",
        )


def _headers_up(inbound: Inbound, provider: ReadyProvider, key: ReadyKey | None) -> Pairs:
    headers = upward(inbound.headers, provider.forward)
    headers.append((b"accept-encoding", b"identity"))
    if provider.fixed_headers:
        fixed = {name for name, _ in provider.fixed_headers}
        headers = [pair for pair in headers if pair[0] not in fixed]
        headers.extend(provider.fixed_headers)
    if key is not None:
        name, prefix = AUTH[provider.resolved.auth]
        headers.append((name, prefix + key.value))
    return headers


def _request_id(headers: Pairs) -> str:
    for name in (b"x-request-id", b"request-id", b"apim-request-id", b"x-amzn-requestid"):
        if found := value_of(headers, name):
            return found.decode("latin-1")
    return ""


def _seconds(asked_ms: int | None, usual_ms: int | None) -> float | None:
    """The target's own setting, else the provider's; None switches it off."""
    chosen = usual_ms if asked_ms is None else asked_ms
    return chosen / 1000 if chosen else None
