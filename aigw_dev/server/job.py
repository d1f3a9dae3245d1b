"""One request on its way through the attempts: what every step of it shares."""

import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import Dialect, ReplyError, ReplySummary
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Attempt, Exchange
from aigw_dev.core.routing import retry
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.headers import Pairs
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.relay import Listener
from aigw_dev.server.translation import Reading


class Failure(msgspec.Struct, kw_only=True):
    """How the last attempt failed: what the caller gets when nothing else is left to try."""

    refusal: Refusal | None = None
    """Our own words."""
    status: int = 0
    headers: Pairs = []
    body: bytes = b""
    """The provider's own words, where it sent any."""
    said: ReplyError | None = None
    """What those words mean, where they are in another dialect than the caller's."""


class Account(Protocol):
    """Prices a whole reply; gives the headers that say so."""

    def __call__(self, reply: bytes, summary: ReplySummary | None = None) -> Pairs:
        """`summary` is given where the reply was translated, and so was read already."""
        ...


class Job(msgspec.Struct, kw_only=True):
    """One request on its way through the attempts."""

    inbound: Inbound
    exchange: Exchange
    downstream: Downstream
    listener: Listener
    account: Account
    reading: Reading | None = None
    """The caller's JSON body; None for an upload or a call without a body."""
    keep: Callable[[bytes], None] | None = None
    """Keeps a translated Responses object, for `previous_response_id`."""
    wants_usage: bool = False
    """The caller asked for usage in its stream."""
    failures: dict[int, Failure] = msgspec.field(default_factory=dict[int, Failure])
    """By attempt: how it failed."""


def dialect_of(exchange: Exchange) -> Dialect:
    """The caller's dialect."""
    return DIALECTS[exchange.dialect]


def begin_attempt(inbound: Inbound, exchange: Exchange, step: retry.Try) -> Attempt:
    """The record of a call that is about to be made; the exchange names its target from now on."""
    target = step.target
    provider = inbound.snapshot.providers[target.provider]
    attempt = Attempt(
        number=len(exchange.attempts) + 1,
        provider=provider.name,
        kind=provider.resolved.kind.name,
        base_url=provider.resolved.base_url,
        request_model=target.model,
        reason=step.reason,
        node=target.node,
        started_s=time.monotonic() - inbound.began_s,
    )
    exchange.attempts.append(attempt)
    exchange.ledger = b""  # what an earlier attempt's translation lost is not lost in this one
    if attempt.reason != "first":
        exchange.marks.add("retried" if attempt.reason == "retry" else "fallback")
    exchange.provider, exchange.request_model, exchange.key_name = provider.name, target.model, ""
    return attempt
