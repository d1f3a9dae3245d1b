"""Drives the retry plan against upstream: one attempt after another until one commits or all have failed.

What to try next is decided in `core.routing.retry`; here it is only done. Nothing is tried again once a byte has
reached the caller.
"""

import asyncio
import math
import random
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.codec import provider_codec
from aigw_dev.core.dialects.protocol import ReplyError, ReplySummary
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.exchange import Attempt
from aigw_dev.core.providers import adapter
from aigw_dev.core.retry_after import wait_s
from aigw_dev.core.routing import retry
from aigw_dev.core.routing.flow import Target
from aigw_dev.server import adapted, delivery, outbound, replies
from aigw_dev.server.call import RefusedCallError, Reply
from aigw_dev.server.headers import Pairs, downward, value_of
from aigw_dev.server.job import Failure, Job, begin_attempt
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.outbound import Plan
from aigw_dev.server.relay import FailedReply, code_of, read_whole
from aigw_dev.server.snapshot import ReadyProvider
from aigw_dev.server.spending import usable
from aigw_dev.server.trail import Trail
from aigw_dev.server.watchdog import Watchdog

ERROR_BYTES: Final = 1024 * 1024
"""How much of a provider's error body is read and passed on."""


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
    attempt = begin_attempt(job.inbound, exchange, step)
    try:
        ready = await usable(job.inbound, provider, target)
        if isinstance(ready, Refusal):
            member = job.inbound.bench_call
            if member is None or not member.is_answered_here:
                return _refused(job, attempt, ready)
            ready = None
        if ready is not None:
            attempt.key_name = exchange.key_name = ready.name
        return await _call(job, attempt, provider, target, key=ready)
    except UpstreamError as error:
        return _broken(job, attempt, error)
    except RefusedCallError as refused:
        return _refused(job, attempt, refused.refusal)
    except asyncio.CancelledError:
        attempt.error = "cancelled"
        raise
    finally:
        attempt.ended_s = time.monotonic() - job.inbound.began_s


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
    start = _adapter(provider, inbound.match.operation.name) if resolved.kind.adapters else None
    if start is not None:
        return await _adapt(job, attempt, provider, target, key=key, start=start, watchdog=watchdog)
    planned = outbound.plan(
        inbound, job.exchange, provider, target, reading=job.reading, wants_usage=job.wants_usage
    )
    if isinstance(planned, Refusal):
        return _refused(job, attempt, planned)
    with watchdog:
        call = outbound.call(inbound, provider, target, planned, key)
        dialect, operation = outbound.spoken_in(planned, job.exchange)
        call.trail = Trail(inbound, job.exchange, attempt, dialect=dialect, operation=operation)
        reply = await provider.send(call)
        try:
            attempt.status = reply.status
            delivery.require_acceptable(reply)
            if reply.status >= 400:  # noqa: PLR2004  -- HTTP
                return await _failed(job, attempt, reply, watchdog, planned)
            await delivery.relay(job, attempt, reply, watchdog, planned)
        except FailedReply as failed:
            reply.cancel()
            return _failed_within(job, attempt, failed, reply, planned)
        except BaseException:
            reply.cancel()
            raise
    return retry.Outcome(status=reply.status, is_committed=True)


def _adapter(provider: ReadyProvider, operation: str) -> adapter.Start | None:
    """How this provider does an operation in a form of its own; None where it does not."""
    kind = provider.resolved.kind
    module = next((module for name, module in kind.adapters if name == operation), None)
    return None if module is None else adapter.find(module, operation)


async def _adapt(
    job: Job,
    attempt: Attempt,
    provider: ReadyProvider,
    target: Target,
    *,
    key: ReadyKey | None,
    start: adapter.Start,
    watchdog: Watchdog,
) -> retry.Outcome:
    """An operation that the provider offers in a form of its own."""
    heard = adapted.Heard()

    def arrive(is_arriving: bool) -> None:  # noqa: FBT001  -- an `Arrive`
        # Neither our own pauses nor the wait for an answer's head are time in which a reply stands still.
        watchdog.is_caller_slow = not is_arriving
        watchdog.touch()

    with watchdog:
        given = await adapted.run(
            start,
            job.inbound,
            job.exchange,
            provider,
            target=target,
            key=key,
            arrive=arrive,
            heard=heard,
        )
    attempt.upstream_request_id = delivery.request_id(heard.headers)
    if isinstance(given, Refusal):
        return _refused(job, attempt, given, is_sent=heard.is_sent)
    attempt.status = given.status
    if given.is_error:
        body = outbound.masked(outbound.secrets_of(key), given.body)
        return _failed_there(job, attempt, given, body, heard.headers)
    job.listener.begin(is_events=False)
    job.listener.commit(time.monotonic())
    attempt.first_byte_s = job.listener.first_s
    headers = [*heard.headers, (b"content-type", given.content_type.encode("latin-1", "replace"))]
    headers += delivery.own_headers(job, headers, None)
    if heard.translation:
        headers.append((b"x-aigw-translation", heard.translation))
    summary = ReplySummary(usage=given.usage) if given.usage is not None else None
    await job.downstream.answer(given.status, [*headers, *job.account(given.body, summary)], given.body)
    return retry.Outcome(status=given.status, is_committed=True)


def _failed_there(
    job: Job, attempt: Attempt, given: adapter.Given, body: bytes, theirs: Pairs
) -> retry.Outcome:
    """An adapter's provider said no: its words, without what it was shown (`body`), and how long to wait."""
    dialect = DIALECTS[job.exchange.dialect]
    attempt.error, attempt.error_text = "upstream_status", dialect.error_text(body) or "the provider failed"
    attempt.retry_after_s = _retry_after_s(theirs)
    said = None if dialect.is_error_body(body) else ReplyError(message=attempt.error_text)
    headers: Pairs = [*theirs, (b"content-type", replies.JSON)]
    job.failures[attempt.number] = Failure(status=given.status, headers=headers, body=body, said=said)
    return retry.Outcome(status=given.status, error=attempt.error, retry_after_s=attempt.retry_after_s)


def _retry_after_s(headers: Pairs) -> float | None:
    return wait_s(value_of(headers, b"retry-after-ms"), value_of(headers, b"retry-after"), now_at=time.time())


async def _failed(
    job: Job, attempt: Attempt, reply: Reply, watchdog: Watchdog, planned: Plan
) -> retry.Outcome:
    """An error status: read what the provider says, for the plan, the log and perhaps the caller."""
    dialect = DIALECTS[job.exchange.dialect]
    said: ReplyError | None = None
    try:
        pieces, is_whole = await read_whole(reply.chunks(), watchdog, limit=ERROR_BYTES)
        body = outbound.without_secrets(planned, b"".join(pieces)[:ERROR_BYTES])
        if not is_whole:
            reply.cancel()
    except UpstreamError:
        body = b""  # the status stands, its text was cut off
    theirs = downward(reply.headers)
    attempt.upstream_request_id = delivery.request_id(theirs)
    attempt.error = "upstream_status"
    attempt.error_text = dialect.error_text(body) or ""
    if planned.translation is not None:
        said = provider_codec(planned.translation.dialect).read_error(reply.status, body)
        attempt.error_text = said.message
        theirs = [pair for pair in theirs if pair[0] != b"content-type"]
    attempt.retry_after_s = _retry_after_s(reply.headers)
    if attempt.retry_after_s is None:
        attempt.retry_after_s = dialect.retry_delay_s(body)
        if attempt.retry_after_s is not None:
            theirs.append((b"retry-after", b"%d" % math.ceil(attempt.retry_after_s)))
    job.failures[attempt.number] = Failure(status=reply.status, headers=theirs, body=body, said=said)
    return retry.Outcome(status=reply.status, error=attempt.error, retry_after_s=attempt.retry_after_s)


def _failed_within(
    job: Job, attempt: Attempt, failed: FailedReply, reply: Reply, planned: Plan
) -> retry.Outcome:
    """Status 200, and then an error before anything was sent: a failed attempt like any other."""
    said_of_it = outbound.without_secrets(planned, failed.error.message.encode("utf-8", "replace")).decode()
    error = msgspec.structs.replace(failed.error, message=said_of_it)
    attempt.error, attempt.error_text = code_of(error), error.message
    theirs = [pair for pair in downward(reply.headers) if pair[0] != b"content-type"]
    body = outbound.without_secrets(planned, failed.body)
    if body:
        theirs.append((b"content-type", replies.JSON))
    said = None if body else error
    job.failures[attempt.number] = Failure(status=failed.status, headers=theirs, body=body, said=said)
    return retry.Outcome(status=failed.status, error="upstream_status")


def _refused(job: Job, attempt: Attempt, refusal: Refusal, *, is_sent: bool = False) -> retry.Outcome:
    """A target that cannot be called at all: no key, not trusted, not allowed to this caller.

    `is_sent`: an adapter's provider was asked, and its answer was of no use.
    """
    attempt.error, attempt.error_text = refusal.code, refusal.message
    job.failures[attempt.number] = Failure(refusal=refusal)
    return retry.Outcome(error=refusal.code, is_sent=is_sent)


def _broken(job: Job, attempt: Attempt, error: UpstreamError) -> retry.Outcome:
    """The call ended without a whole reply."""
    attempt.error, attempt.error_text = error.code, error.message
    message = f"{attempt.provider}/{attempt.request_model}: {error.message}"
    job.failures[attempt.number] = Failure(refusal=Refusal(code=error.code, message=message))
    return retry.Outcome(error=error.code, is_sent=error.is_sent, is_committed=job.downstream.is_started)


def _seconds(asked_ms: int | None, usual_ms: int | None) -> float | None:
    """The target's own setting, else the provider's; None switches it off."""
    chosen = usual_ms if asked_ms is None else asked_ms
    return chosen / 1000 if chosen else None
