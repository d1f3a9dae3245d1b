"""What happens to an exchange once it has ended: counted, its key marked as used, handed to the log's writer.

Everything here is synchronous and takes constant time, because it runs while the caller's request is being ended.
"""

import time
from collections.abc import Callable
from typing import Final

from aigw_dev.core.exchange import Exchange
from aigw_dev.server.metrics import Metrics
from aigw_dev.store.writer import LogWriter


class Recorder:
    """The pipeline's recorder. Used from the event loop only."""

    def __init__(self, writer: LogWriter) -> None:
        """`writer` owns log.db."""
        self.writer: Final = writer
        self.metrics: Final = Metrics()
        self.used_keys: dict[str, float] = {}
        """Keys used since this was last emptied, with the UTC second of their last use."""
        self.running: Final[dict[str, Exchange]] = {}
        """Exchanges that have begun and not ended, by id."""
        self.ended = 0
        """How many exchanges have ended since the start."""
        self.slowest: tuple[float, str] = (0.0, "")
        """Seconds and id of the slowest exchange so far."""
        self.cost_nanousd = 0
        self.fallbacks = 0
        self.last_id = ""

    def open(self, exchange: Exchange) -> None:
        """This exchange has begun."""
        self.running[exchange.id] = exchange
        self.writer.open(exchange)

    def put(self, exchange: Exchange, finish: Callable[[Exchange], None] | None = None) -> None:
        """This exchange has ended and does not change any more, but by `finish` in the writer's thread."""
        self.running.pop(exchange.id, None)
        self.ended += 1
        self.last_id = exchange.id
        if exchange.duration_s > self.slowest[0]:
            self.slowest = (exchange.duration_s, exchange.id)
        self.cost_nanousd += exchange.cost.nanousd or 0
        self.fallbacks += "fallback" in exchange.marks
        for attempt in exchange.attempts:
            if attempt.key_name:
                self.used_keys[attempt.key_name] = time.time()
        self.metrics.observe(exchange)
        self.writer.put(exchange, finish)

    def take_used_keys(self) -> dict[str, float]:
        """The keys used since the last call."""
        used, self.used_keys = self.used_keys, {}
        return used
