"""One call of a test: what was asked, which recording answers it, what went up, and how it ended."""

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, Protocol

from aigw_dev.core.exchange import Assembled, Exchange
from aigw_dev.core.recording.fixture import Attempt, Request
from aigw_dev.core.recording.matching import Miss, Taken
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.testbench.capture import Captured
from aigw_dev.server.testbench.plain import plain_request

if TYPE_CHECKING:
    from aigw_dev.server.testbench.trial import Trial

Source = Literal["", "fixture", "live", "stub"]


class Leave(Protocol):
    """What is told that a call has ended."""

    def __call__(self, heard: Assembled | None, *, is_gone: bool) -> None:
        """`heard` is the answer put together; `is_gone`: the caller left."""
        ...


class BenchCall:
    """From the request's arrival to its settled end. Used from the loop; read by the writer once it has ended."""

    def __init__(
        self, trial: "Trial", number: int, inbound: Inbound, exchange: Exchange, request: Request
    ) -> None:
        """`number` counts the test's calls from 0, in the order of arrival."""
        self.trial = trial
        self.number = number
        self.inbound = inbound
        self.exchange = exchange
        self.request = request
        self.found: Taken | Miss | None = None
        """What the fixture has for it; None where none was asked."""
        self.source: Source = ""
        self.captured: list[Captured] = []
        self.files: list[tuple[str, bytes]] = []
        """What of an upload a recording keeps: media type, bytes."""
        self.assembled: Assembled | None = None
        self.has_ended = False
        self.ended_by: Literal["", "eof", "client", "error", "miss"] = ""
        self.began_s = time.monotonic()
        self.leave: Leave = self.settle
        """Called once when the exchange has ended and is priced."""
        self._lines = ""
        self._used: Counter[str] = Counter()
        """How many recorded attempts were given out, by upstream."""

    def next_attempt(self, upstream: str) -> Attempt | None:
        """The recorded attempt at `upstream` whose turn it is; None where there is none (left).

        A hand-written one that names a provider alone stands for each of its models.
        """
        if not isinstance(self.found, Taken):
            return None
        names = {upstream, upstream.partition("/")[0]}
        there = [one for one in self.found.interaction.attempts if one.upstream in names]
        at = self._used[upstream]
        if at >= len(there):
            return None
        self._used[upstream] += 1
        return there[at]

    def settle(self, heard: Assembled | None, *, is_gone: bool) -> None:
        """The exchange has ended; `is_gone`: because its caller left."""
        self.has_ended = True
        self.assembled = heard
        if isinstance(self.found, Miss) and self.exchange.error == "fixture_miss":
            self.ended_by = "miss"
        elif is_gone:
            self.ended_by = "client"
        else:
            self.ended_by = "error" if self.exchange.error else "eof"

    def row(self) -> dict[str, Any]:
        """The call as the admin API and the pytest plugin give it."""
        exchange, assembled = self.exchange, self.assembled or Assembled()
        usage = exchange.usage
        nanousd = exchange.cost.nanousd
        return {
            "number": self.number,
            "op": exchange.operation,
            "model": exchange.original_model,
            "status": exchange.status,
            "stream": exchange.is_stream,
            "state": "ended" if self.has_ended else "open",
            "ended_by": self.ended_by or None,
            "error": exchange.error,
            "error_text": exchange.error_text,
            "request": plain_request(self.request),
            "context": self._context(),
            "request_headers": dict(self.request.headers),
            "response_text": assembled.text,
            "reasoning": assembled.reasoning,
            "refusal": assembled.refusal,
            "tool_calls": [[call.name, call.arguments] for call in assembled.tool_calls],
            "finish": exchange.finish,
            "usage": None
            if usage is None
            else {
                "input_tokens": usage.input,
                "output_tokens": usage.output,
                "total_tokens": usage.input + usage.output,
                "cached_tokens": usage.cached_input,
                "reasoning_tokens": usage.reasoning,
                "estimated": usage.estimated,
            },
            "cost_usd": None if nanousd is None else dollars(nanousd),
            "cost_status": exchange.cost.status,
            "route": {"asked": exchange.original_model, "rule": exchange.route, "chosen": self.chosen()},
            "attempts": [
                {
                    "upstream": f"{one.provider}/{one.request_model}".removesuffix("/"),
                    "status": one.status,
                    "error": one.error,
                    "node": one.node,
                    "why": one.reason,
                }
                for one in exchange.attempts
            ],
            "exchange": exchange.id,
            "interaction": self.found.number if isinstance(self.found, Taken) else None,
            "from": self.source,
            "started_s": self.began_s,
            "duration_s": exchange.duration_s,
            "ttft_s": exchange.ttft_s,
        }

    def chosen(self) -> str:
        """Who answered, as `provider/model`."""
        exchange = self.exchange
        return f"{exchange.provider}/{exchange.request_model}".removesuffix("/") if exchange.attempts else ""

    def _context(self) -> str:
        """The request as lines for a snapshot, made once."""
        if not self._lines:
            from aigw_dev.core.recording.context_lines import context_lines

            self._lines = context_lines(self.request)
        return self._lines


def dollars(nanousd: int) -> str:
    """An amount as decimal text, every digit of it."""
    whole, nano = divmod(nanousd, 1_000_000_000)
    return f"{whole}.{nano:09d}".rstrip("0").rstrip(".") if nano else str(whole)
