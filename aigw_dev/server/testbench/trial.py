"""One test while it runs: its fixture, its calls in order, what it missed, and what is written at its end."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal, Protocol

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Assembled, Exchange
from aigw_dev.core.recording.drift import ShapeChange
from aigw_dev.core.recording.fixture import Attempt, Blob, Fixture, Interaction, Request
from aigw_dev.core.recording.matching import Miss, Pool, Taken
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.testbench.capture import Captured
from aigw_dev.server.testbench.gates import Gates
from aigw_dev.server.testbench.stubs import Stubs
from aigw_dev.server.testbench.trial_options import Found, TrialOptions

KEPT_CALLS: Final = 500
"""Calls that are kept of a test that nobody ends."""
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
        self.is_saved = False
        self.ended_by: Literal["", "eof", "client", "error", "miss"] = ""
        self.began_s = time.monotonic()
        self.leave: Leave = self.settle
        """Called once when the exchange has ended and is priced."""
        self.lines = ""
        """The request as lines for a snapshot, once somebody asked."""
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

    @property
    def is_answered_here(self) -> bool:
        """A stub or a recording answers it: no key is needed."""
        return self.trial.stubs.has_more or isinstance(self.found, Taken)

    def forget(self) -> None:
        """It stands in a recording now: its bytes are not needed any more."""
        self.is_saved = True
        self.files.clear()
        for one in self.captured:
            one.pieces.clear()

    def settle(self, heard: Assembled | None, *, is_gone: bool) -> None:
        """The exchange has ended; `is_gone`: because its caller left."""
        self.has_ended = True
        self.assembled = heard
        if self.exchange.error == "fixture_miss":
            self.ended_by = "miss"
        elif is_gone:
            self.ended_by = "client"
        else:
            self.ended_by = "error" if self.exchange.error else "eof"

    def chosen(self) -> str:
        """Who answered, as `provider/model`."""
        exchange = self.exchange
        return f"{exchange.provider}/{exchange.request_model}".strip("/") if exchange.attempts else ""


class Trial:
    """Used from the loop only."""

    def __init__(self, name: str, options: TrialOptions, *, file: str, fixture: Fixture | None) -> None:
        """`file` is the fixture's name in the library; `fixture` what it holds, None where there is none yet."""
        self.name: Final = name
        self.options: Final = options
        self.file: Final = file
        self.fixture: Final = fixture
        self.others: list[tuple[str, Fixture]] = []
        """The session's test answers from every file of the library."""
        self.calls: list[BenchCall] = []
        self.found: list[Found] = []
        self.drifts: dict[int, list[ShapeChange]] = {}
        self.stubs: Final = Stubs()
        self.gates: Final = Gates()
        self.began_at: Final = time.time()
        self.has_ended = False
        self.is_endless = False
        """No runner says when it ends: the newest calls are kept, not all."""
        self.passed: bool | None = None
        self.written = ""
        self.trouble = ""
        """Why nothing was written."""
        self.cost_nanousd = 0
        self.on_found: Callable[[str], object] = str
        """Called with the test's name whenever something is found."""
        self.count = 0
        """Calls so far; of a test that never ends only the newest are kept in `calls`."""
        self.recorded: list[tuple[int, Interaction]] = []
        """What was recorded so far, by the number of its call."""
        self.blobs: dict[str, tuple[Blob, bytes]] = {}
        """Bytes that recordings refer to."""
        self.files: set[str] = set()
        """Files of requests that were written in this session, where they belong to no test."""
        self.is_of_nobody = False
        """Its calls belong to no test: each request is a file of its own."""
        self._pool: Pool | None = None
        self._ended: Final = asyncio.Event()

    @property
    def pool(self) -> Pool:
        """What can be replayed here."""
        if self._pool is None:
            self._pool = Pool(self.held(), ignore=self.options.ignore, repeat=self.options.repeat)
        return self._pool

    def prepare(self) -> None:
        """Make ready what can be replayed. Raises `FixtureError` for a rule that is none. Blocking for large fixtures."""
        _ = self.pool

    def held(self) -> list[tuple[str, Fixture]]:
        """The fixtures it answers from, by name."""
        own = [(self.file, self.fixture)] if self.fixture is not None else []
        return [*own, *self.others]

    @property
    def is_idle(self) -> bool:
        """Every call has ended, and what was to be written is."""
        return all(one.has_ended and (one.is_saved or not one.captured) for one in self.calls)

    @property
    def answers_from_fixture(self) -> bool:
        """Whether recordings are looked for first."""
        return self.options.mode in {"replay", "auto", "drift"}

    @property
    def remembers(self) -> bool:
        """Whether what passes the edge is needed afterwards."""
        return self.records or self.options.mode == "drift"

    @property
    def records(self) -> bool:
        """Whether live calls are kept."""
        return self.options.mode in {"record", "auto"}

    def begin(self, inbound: Inbound, exchange: Exchange, request: Request) -> BenchCall:
        """A call of this test has arrived."""
        call = BenchCall(self, self.count, inbound, exchange, request)
        self.count += 1
        self.calls.append(call)
        if self.is_endless and len(self.calls) > KEPT_CALLS:
            ended = next(
                (one for one in self.calls if one.has_ended and (one.is_saved or not one.captured)), None
            )
            if ended is not None:
                self.calls.remove(ended)
        return call

    def note(self, found: Found) -> None:
        """Something did not hold; whoever watches the test hears of it before its caller does."""
        self.found.append(found)
        if self.is_endless and len(self.found) > KEPT_CALLS:
            del self.found[0]
        self.on_found(self.name)

    def refusal(self) -> Refusal | None:
        """Why no further call is let through: the test has had as many, or as dear ones, as it may."""
        options = self.options
        if options.max_calls is not None and self.count > options.max_calls:
            return self._limit(f"the test {self.name!r} may make {options.max_calls} calls (max_calls)")
        limit = options.max_cost_nanousd
        if limit is not None and self.cost_nanousd > limit:
            return self._limit(
                f"the test {self.name!r} has cost {self.cost_nanousd / 1e9:.6f} USD and may cost {limit / 1e9:.6f} (max_cost)"
            )
        return None

    def _limit(self, message: str) -> Refusal:
        self.note(Found(kind="limit", text=message, call=self.count - 1))
        return Refusal(code="test_limit", message=f"{message}. Nothing was sent.")

    def ended(self, call: BenchCall) -> None:
        """A call has ended and is priced."""
        self.cost_nanousd += call.exchange.cost.nanousd or 0
        self._ended.set()

    async def wait_until(self, holds: Callable[[], bool], *, within_s: float) -> bool:
        """Wait until `holds`, which is looked at whenever a call has ended; whether it does."""
        try:
            async with asyncio.timeout(within_s):
                while not holds():
                    self._ended.clear()
                    await self._ended.wait()
        except TimeoutError:
            return False
        return True

    def unused(self) -> list[tuple[str, int, Interaction]]:
        """Interactions that nothing asked for: file, number, the interaction. Only where recordings are replayed."""
        if self.options.mode not in {"replay", "auto"}:
            return []
        return self.pool.unused()

    def misses(self) -> list[Found]:
        """What makes the test fail whatever the app did with the answer."""
        return [one for one in self.found if one.kind != "drift"]
