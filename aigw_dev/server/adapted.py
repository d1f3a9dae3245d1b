"""Drives an adapter: asks the provider what it wants asked, waits where it wants to wait, gives back what it returns."""

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from aigw_dev.core import web_address
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.providers import Place, adapter, main_place
from aigw_dev.core.routing.flow import Target
from aigw_dev.server import outbound
from aigw_dev.server.call import Call
from aigw_dev.server.delivery import require_acceptable
from aigw_dev.server.headers import Pairs, downward, value_of
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.snapshot import ReadyProvider
from aigw_dev.server.trail import Trail

NATIVE: Final = "native"
"""The place of a provider's own API among `Kind.ports`."""
MAX_STEPS: Final = 1_000
"""More steps than this is an adapter that does not end."""


Arrive = Callable[[bool], None]
"""Told with every piece of an answer's body (True), and when it has ended (False): only between them is a provider idle."""


class Heard(msgspec.Struct, kw_only=True):
    """What an adapter's run leaves beside its result."""

    headers: Pairs = []
    """The provider's last ones, as far as the caller gets them."""
    is_sent: bool = False
    """Something reached the provider."""
    translation: bytes = b""
    """`x-aigw-translation`, where something was lost; empty else."""


async def run(
    start: adapter.Start,
    inbound: Inbound,
    exchange: Exchange,
    provider: ReadyProvider,
    *,
    target: Target,
    key: ReadyKey | None,
    arrive: Arrive,
    heard: Heard,
) -> adapter.Given | Refusal:
    """The adapter's result. Raises `UpstreamError` where a call ended without a reply.

    `heard` is filled on the way.
    """
    ledger = Ledger(exchange.operation, provider.resolved.kind.name)
    asked = adapter.Asked(
        operation=exchange.operation,
        model=target.model,
        body=None if inbound.upload is not None else inbound.read,
        fields=inbound.upload.fields if inbound.upload is not None else {},
        files=await inbound.upload.small_files() if inbound.upload is not None else {},
        resource_id=inbound.match.resource_id,
        method=inbound.method,
        ledger=ledger,
        id_seed=f"{exchange.id}{exchange.trace_id}"[:32],
        created=int(exchange.started_at),
    )
    place = provider.resolved.places.get(NATIVE) or main_place(provider.resolved)
    shown = outbound.passed_credential(inbound) if provider.resolved.is_passthrough else []
    running = start(asked)
    answer: adapter.Answer | None = None
    trail = Trail(
        inbound,
        exchange,
        exchange.attempts[-1],
        dialect=place.dialect,
        operation=exchange.operation,
        is_step=True,
    )
    try:
        for _ in range(MAX_STEPS):
            step = running.send(answer)
            match step:
                case adapter.Pause():
                    await asyncio.sleep(step.seconds)
                    answer = None
                case adapter.Ask():
                    answer = await _ask(step, provider, place, key, shown=shown, arrive=arrive, trail=trail)
                    heard.is_sent, heard.headers = True, _downward(answer)
                case adapter.Fetch():
                    answer = await fetch(step, provider, arrive, trail=trail)
    except StopIteration as end:
        result: adapter.Given | Refusal = end.value
        return result
    finally:
        running.close()
        if ledger.entries:
            exchange.ledger = ledger.encode()
            heard.translation = ledger.header().encode("ascii")
    raise UpstreamError("the provider's answers lead nowhere", code="upstream_protocol")


def _downward(answer: adapter.Answer) -> Pairs:
    """The provider's headers for the caller, but for what describes a body that the caller does not get."""
    pairs = ((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items())
    return [pair for pair in downward(pairs) if pair[0] != b"content-type"]


async def _ask(
    step: adapter.Ask,
    provider: ReadyProvider,
    place: Place,
    key: ReadyKey | None,
    *,
    shown: Pairs,
    arrive: Arrive,
    trail: Trail,
) -> adapter.Answer:
    headers: Pairs = [(b"accept-encoding", b"identity"), *provider.fixed_headers]
    headers += [(name.encode(), value.encode()) for name, value in step.headers]
    headers += shown
    call = Call(
        method=step.method,
        url=place.api_base + step.path,
        headers=headers,
        body=step.body or None,
        connect_timeout_s=provider.resolved.connect_timeout_ms / 1000,
        proxy=provider.resolved.proxy,
        trail=trail,
    )
    outbound.authorize(call, provider, place, key)
    return await _answer(call, provider, step.limit_bytes, arrive)


async def fetch(
    step: adapter.Fetch,
    provider: ReadyProvider,
    arrive: Arrive = lambda _: None,
    *,
    trail: Trail | None = None,
) -> adapter.Answer:
    """Read a result from the storage that the provider names: https, no key, no private network, no redirect.

    A provider on this machine may name this machine.
    """
    parts = urlsplit(step.url)
    host = parts.hostname or ""
    is_own = provider.resolved.is_local and web_address.is_loopback(host)
    if not is_own and (parts.scheme != "https" or web_address.is_private(host)):
        raise UpstreamError(
            f"the provider names a result at {parts.scheme}://{host}, which is not a public https address",
            code="upstream_protocol",
        )
    call = Call(
        method="GET",
        url=step.url,
        headers=[(b"accept-encoding", b"identity")],
        connect_timeout_s=provider.resolved.connect_timeout_ms / 1000,
        proxy=provider.resolved.proxy,
        trail=trail,
    )
    return await _answer(call, provider, step.limit_bytes, arrive)


async def _answer(call: Call, provider: ReadyProvider, limit: int, arrive: Arrive) -> adapter.Answer:
    reply = await provider.send(call)
    try:
        require_acceptable(reply)
        arrive(True)
        pieces: list[bytes] = []
        size = 0
        async for piece in reply.chunks():
            arrive(True)
            size += len(piece)
            if size > limit:
                raise UpstreamError(
                    f"the provider's answer is larger than {limit} bytes", code="upstream_protocol"
                )
            pieces.append(piece)
        body = b"".join(pieces)
    finally:
        arrive(False)
        reply.cancel()
    kind = value_of(reply.headers, b"content-type").decode("latin-1")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
    return adapter.Answer(status=reply.status, content_type=kind, body=body, headers=headers)
