"""Whom an upstream call is made for."""

from aigw_dev.core.exchange import Attempt, Exchange
from aigw_dev.server.inbound import Inbound


class Trail:
    """On whose behalf a call is made: what stands at the provider's edge (recording, replay, faults) asks for it."""

    __slots__ = ("attempt", "dialect", "exchange", "inbound", "is_asked", "is_step", "operation")

    def __init__(
        self,
        inbound: Inbound,
        exchange: Exchange,
        attempt: Attempt,
        *,
        dialect: str,
        operation: str,
        is_step: bool = False,
    ) -> None:
        """`dialect` is what the provider is spoken to in; `operation` the call's name there.

        `is_step`: one of several calls in a vendor's own form (an adapter's).
        """
        self.is_step = is_step
        self.is_asked = False
        """Faults have been asked whether they strike this attempt."""
        self.inbound = inbound
        self.exchange = exchange
        self.attempt = attempt
        self.dialect = dialect
        self.operation = operation
