"""Asking providers, without spending: do they answer, does the key count, which models do they list.

Not on the request path: these are calls of our own, made when a person asks.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Final

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.mask import MASKED
from aigw_dev.core.providers import check_url, models_url, read_models
from aigw_dev.server.call import Call, Reply
from aigw_dev.server.headers import Pairs
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.outbound import AUTH
from aigw_dev.server.snapshot import ReadyProvider, Snapshot

TIMEOUT_S: Final = 15.0
_BYTES: Final = 4 * 1024 * 1024


class Check(msgspec.Struct, kw_only=True):
    """What one provider answered."""

    name: str
    kind: str
    healthy: bool
    reason: str = ""
    """Why not, in a few words; or a doubt (`reachable, key not checked`)."""
    status: int = 0
    """The provider's status; 0 where none came."""
    duration_s: float = 0.0


class Listing(msgspec.Struct, kw_only=True):
    """What one provider lists."""

    name: str
    models: tuple[str, ...] = ()
    error: str = ""


async def check_all(
    snapshot: Snapshot, names: Iterable[str] = (), *, timeout_s: float = TIMEOUT_S
) -> list[Check]:
    """Ask every provider (or those of `names`), all at once; each may take `timeout_s` seconds."""
    wanted = set(names)
    chosen = [provider for name, provider in snapshot.providers.items() if not wanted or name in wanted]
    return list(await asyncio.gather(*(_check(snapshot, provider, timeout_s) for provider in chosen)))


async def list_all(
    snapshot: Snapshot, names: Iterable[str] = (), *, timeout_s: float = TIMEOUT_S
) -> list[Listing]:
    """Ask every usable provider (or those of `names`) for its models; each may take `timeout_s` seconds."""
    wanted = set(names)
    chosen = [
        provider
        for name, provider in snapshot.providers.items()
        if (not wanted or name in wanted) and not provider.resolved.kind.is_embedded
    ]
    return list(await asyncio.gather(*(_list(snapshot, provider, timeout_s) for provider in chosen)))


async def _check(snapshot: Snapshot, provider: ReadyProvider, timeout_s: float) -> Check:
    kind = provider.resolved.kind
    if kind.is_embedded:
        return Check(name=provider.name, kind=kind.name, healthy=True)
    url = check_url(provider.resolved)
    if url is None:
        return Check(
            name=provider.name,
            kind=kind.name,
            healthy=False,
            reason="it has nothing that can be asked for free",
        )
    began = time.monotonic()
    status, body, problem = await _ask(snapshot, provider, url, timeout_s)
    took = time.monotonic() - began
    if problem:
        return Check(
            name=provider.name, kind=kind.name, healthy=False, reason=problem, status=status, duration_s=took
        )
    is_well = 200 <= status < 300  # noqa: PLR2004  -- HTTP
    doubt = "reachable, key not checked" if is_well and kind.is_check_blind else ""
    said = DIALECTS[provider.resolved.dialect].error_text(body) or ""
    reason = doubt if is_well else f"{status} {said}".strip()
    return Check(
        name=provider.name, kind=kind.name, healthy=is_well, reason=reason, status=status, duration_s=took
    )


async def _list(snapshot: Snapshot, provider: ReadyProvider, timeout_s: float) -> Listing:
    url = models_url(provider.resolved)
    if url is None:
        return Listing(name=provider.name, error="it does not list its models")
    status, body, problem = await _ask(snapshot, provider, url, timeout_s)
    if problem:
        return Listing(name=provider.name, error=problem)
    if not 200 <= status < 300:  # noqa: PLR2004  -- HTTP
        said = DIALECTS[provider.resolved.dialect].error_text(body) or ""
        return Listing(name=provider.name, error=f"{status} {said}".strip())
    models = read_models(provider.resolved.kind, body)
    if models is None:
        return Listing(name=provider.name, error="its answer is no list of models")
    return Listing(name=provider.name, models=models)


async def _ask(
    snapshot: Snapshot, provider: ReadyProvider, url: str, timeout_s: float
) -> tuple[int, bytes, str]:
    """Status, body and, where there is no answer, why."""
    if provider.refusal is not None:
        return 0, b"", provider.refusal.message
    asked = await _headers(snapshot, provider)
    if isinstance(asked, Refusal):
        return 0, b"", asked.message
    headers, secret = asked
    call = Call(method="GET", url=url, headers=headers, proxy=provider.resolved.proxy)
    reply: Reply | None = None
    try:
        async with asyncio.timeout(timeout_s):
            reply = await provider.send(call)
            body = await reply.read(_BYTES)
            # Some providers repeat the key that they refuse; what they say is shown to people.
            return reply.status, body.replace(secret, MASKED.encode()) if secret else body, ""
    except UpstreamError as error:
        return 0, b"", error.message
    except TimeoutError:
        return 0, b"", f"no answer within {timeout_s:g} s"
    finally:
        if reply is not None:
            reply.cancel()


async def _headers(snapshot: Snapshot, provider: ReadyProvider) -> tuple[Pairs, bytes] | Refusal:
    """What is sent, and the key among it; no key is empty."""
    resolved = provider.resolved
    headers: Pairs = [(b"accept", b"application/json"), (b"accept-encoding", b"identity")]
    headers += [(name.encode(), value.encode()) for name, value in resolved.kind.check_headers]
    headers += provider.fixed_headers
    if resolved.auth == "none":
        return headers, b""
    key = await snapshot.keys.get(provider.name, None)
    if isinstance(key, ReadyKey):
        name, prefix = AUTH[resolved.auth]
        headers.append((name, prefix + key.value))
        return headers, key.value
    return key if resolved.is_key_required else (headers, b"")
