"""One request on its way through the attempts: what every step of it shares."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import Dialect, ReplyError, ReplySummary
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
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
