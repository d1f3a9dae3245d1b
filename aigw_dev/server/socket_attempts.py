"""Opens a socket at one of a request's targets: keys, order and fallback as for any call (`core.routing.retry`).

Nothing has been accepted from the caller yet, so every failure can still be answered over HTTP or tried elsewhere; the
open socket is the commit point.
"""

import asyncio
import functools
import random
import time
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.exchange import Attempt, Exchange
from aigw_dev.core.operations import RESPONSES, Match
from aigw_dev.core.providers import Place, ResolvedProvider, main_place, raw_url
from aigw_dev.core.providers.address import full_url, is_versioned
from aigw_dev.core.routing import retry
from aigw_dev.core.routing.flow import Target
from aigw_dev.server import socket_faults
from aigw_dev.server.call import Call, RefusedCallError
from aigw_dev.server.delivery import request_id
from aigw_dev.server.headers import Pairs, downward, upward, value_of
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.job import Failure, begin_attempt
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.outbound import authorize, masked, passed_credential, secrets_of
from aigw_dev.server.snapshot import ReadyProvider
from aigw_dev.server.socket_answer import Declined, Opened
from aigw_dev.server.socket_upstream import open_socket
from aigw_dev.server.spending import usable
from aigw_dev.server.trail import Trail

ANSWER_S: Final = 30.0
"""How long a provider may take to answer the handshake, where no first-packet timeout is set."""
_NAMES: Final = frozenset({"model", "deployment"})
"""Where a query names the model; Azure's says `deployment`."""


class SocketJob(msgspec.Struct, kw_only=True):
    """One socket on its way to a provider."""

    inbound: Inbound
    exchange: Exchange
    subprotocols: tuple[bytes, ...] = ()
    failures: dict[int, Failure] = msgspec.field(default_factory=dict[int, Failure])
    """By attempt: how it failed."""


async def run(job: SocketJob, targets: Sequence[Target]) -> Opened | Failure:
    """Try until a provider has opened the socket or nothing is left; then the failure to pass on."""
    plan = retry.plan(targets, jitter=random.random)
    step = next(plan)
    opened: Opened | None = None
    try:
        while True:
            if isinstance(step, retry.Wait):
                await asyncio.sleep(step.seconds)
                outcome = retry.WAITED
            else:
                opened, outcome = await _attempt(job, step)
            step = plan.send(outcome)
    except StopIteration as end:
        verdict: retry.Verdict = end.value
        return opened if opened is not None else job.failures[verdict.number]


async def _attempt(job: SocketJob, step: retry.Try) -> tuple[Opened | None, retry.Outcome]:
    """One handshake, from choosing its key to the provider's answer."""
    target, exchange = step.target, job.exchange
    provider = job.inbound.snapshot.providers[target.provider]
    attempt = begin_attempt(job.inbound, exchange, step)
    try:
        key = provider.refusal or _lacking(job, provider) or await usable(job.inbound, provider, target)
        if isinstance(key, Refusal):
            return None, _refused(job, attempt, key)
        if key is not None:
            attempt.key_name = exchange.key_name = key.name
        return await _open(job, attempt, provider, target, key=key)
    except UpstreamError as error:
        return None, _broken(job, attempt, error)
    except RefusedCallError as refused:
        return None, _refused(job, attempt, refused.refusal)
    except asyncio.CancelledError:
        attempt.error = "cancelled"
        raise
    finally:
        attempt.ended_s = time.monotonic() - job.inbound.began_s


def _lacking(job: SocketJob, provider: ReadyProvider) -> Refusal | None:
    operation, kind = job.inbound.match.operation, provider.resolved.kind
    if operation is RESPONSES and not kind.has_response_sockets:
        return Refusal(
            code="upgrade_required",
            message=f"{provider.name} ({kind.title}) has no WebSocket for responses; POST /v1{operation.path} over HTTP instead",
            status=426,
        )
    if provider.connect is None or operation.name in kind.lacks:
        return Refusal(
            code="operation_not_supported",
            message=f"{provider.name} ({kind.title}) does not do {operation.name}; name a provider that does",
        )
    return None


async def _open(
    job: SocketJob, attempt: Attempt, provider: ReadyProvider, target: Target, *, key: ReadyKey | None
) -> tuple[Opened | None, retry.Outcome]:
    resolved = provider.resolved
    assert provider.connect is not None  # noqa: S101  -- `_lacking` looked
    connect_ms = (
        resolved.connect_timeout_ms if target.connect_timeout_ms is None else target.connect_timeout_ms
    )
    idle_ms = resolved.idle_timeout_ms if target.idle_timeout_ms is None else target.idle_timeout_ms
    first_ms = target.first_packet_timeout_ms or resolved.first_packet_timeout_ms
    call = Call(
        method="GET",
        url=socket_url(job.inbound.match, job.inbound.query.decode("latin-1"), resolved, target.model),
        headers=_headers_up(job.inbound, provider),
        connect_timeout_s=connect_ms / 1000 if connect_ms else 0.0,
        proxy=resolved.proxy,
        trail=Trail(
            job.inbound,
            job.exchange,
            attempt,
            dialect=job.exchange.dialect,
            operation=job.inbound.match.operation.name,
        ),
    )
    authorize(call, provider, socket_place(job.inbound.match, resolved), key)
    dial = functools.partial(
        open_socket,
        provider.connect,
        call,
        subprotocols=job.subprotocols,
        answer_s=first_ms / 1000 if first_ms else ANSWER_S,
        idle_s=idle_ms / 1000 if idle_ms else 0.0,
    )
    # Outside recording: what is kept is what the provider says.
    struck = None if job.inbound.faults is None else await socket_faults.declined(call.trail)
    if struck is not None:
        return None, _declined(job, attempt, struck)
    answer = await (dial() if provider.through is None else provider.through(call, dial))
    if isinstance(answer, Declined):
        answer.body = masked(secrets_of(key), answer.body)
        return None, _declined(job, attempt, answer)
    attempt.status = 101
    attempt.first_byte_s = time.monotonic() - job.inbound.began_s
    attempt.upstream_request_id = request_id(answer.headers)
    return answer, retry.Outcome(status=101, is_committed=True)


def socket_place(match: Match, provider: ResolvedProvider) -> Place:
    """Whose way of showing a key a socket follows: what is passed through is the vendor's own, so its own dialect's."""
    native = provider.places.get(provider.kind.native_dialect) if match.operation.family == "raw" else None
    return native if native is not None else main_place(provider)


def socket_url(match: Match, query: str, provider: ResolvedProvider, model: str) -> str:
    """Where the socket is opened (as http or https): the caller's query, with the provider's name for the model in it."""
    operation = match.operation
    if operation.family == "raw":
        return raw_url(provider, match.rest, query=query)[0]  # as over HTTP: below the base URL's own path
    fields = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in _NAMES]
    if model and operation is not RESPONSES:
        has_deployments = provider.kind.deployment_path and not is_versioned(provider.kind, provider.api_base)
        fields.insert(0, ("deployment" if has_deployments else "model", model))
    return full_url(provider.kind, provider.api_base, operation.path, query=urlencode(fields))


def _headers_up(inbound: Inbound, provider: ReadyProvider) -> Pairs:
    headers = [pair for pair in upward(inbound.headers, provider.forward) if pair[0] != b"content-type"]
    if provider.fixed_headers:
        fixed = {name for name, _ in provider.fixed_headers}
        headers = [pair for pair in headers if pair[0] not in fixed]
        headers.extend(provider.fixed_headers)
    if provider.resolved.is_passthrough:
        headers += passed_credential(inbound)
    return headers


def _declined(job: SocketJob, attempt: Attempt, answer: Declined) -> retry.Outcome:
    """The provider said no over HTTP: its status and words are the caller's, if nothing else opens."""
    attempt.status = answer.status
    if answer.status < 400:  # noqa: PLR2004  -- HTTP
        place = value_of(answer.headers, b"location").decode("latin-1").partition("?")[0]
        is_redirect = answer.status >= 300  # noqa: PLR2004  -- HTTP
        raise UpstreamError(
            f"the provider redirects to {place or 'nowhere'}; redirects are never followed, set base_url instead"
            if is_redirect
            else f"the provider answered {answer.status} instead of opening a WebSocket",
            code="upstream_redirect" if is_redirect else "upstream_protocol",
        )
    theirs = downward(answer.headers)
    attempt.upstream_request_id = request_id(theirs)
    attempt.error = "upstream_status"
    attempt.error_text = DIALECTS[job.exchange.dialect].error_text(answer.body) or ""
    job.failures[attempt.number] = Failure(status=answer.status, headers=theirs, body=answer.body)
    return retry.Outcome(status=answer.status, error=attempt.error)


def _refused(job: SocketJob, attempt: Attempt, refusal: Refusal) -> retry.Outcome:
    attempt.error, attempt.error_text = refusal.code, refusal.message
    job.failures[attempt.number] = Failure(refusal=refusal)
    return retry.Outcome(error=refusal.code, is_sent=False)


def _broken(job: SocketJob, attempt: Attempt, error: UpstreamError) -> retry.Outcome:
    attempt.error, attempt.error_text = error.code, error.message
    message = f"{attempt.provider}/{attempt.request_model}: {error.message}"
    job.failures[attempt.number] = Failure(refusal=Refusal(code=error.code, message=message))
    return retry.Outcome(error=error.code, is_sent=error.is_sent)
