"""One test while it runs: its fixture, its calls in order, what it missed, and what is written at its end."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.recording.drift import ShapeChange
from aigw_dev.core.recording.fixture import Fixture, Interaction, Request
from aigw_dev.core.recording.matching import Pool
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.testbench.bench_call import BenchCall
from aigw_dev.server.testbench.gates import Gates
from aigw_dev.server.testbench.stubs import Stubs

Mode = Literal["replay", "auto", "record", "live", "drift"]
MODES: Final[tuple[Mode, ...]] = ("replay", "auto", "record", "live", "drift")
OFFLINE: Final = "replay"
"""The mode in which nothing is ever sent to a provider."""


class TrialOptions(msgspec.Struct, kw_only=True, frozen=True):
    """How a test is run."""

    mode: Mode
    fixture: str = ""
    """The fixture's name in the library; empty = the test's own."""
    ignore: tuple[str, ...] = ()
    repeat: Literal["", "last", "cycle"] = ""
    pace: float = 0.0
    """Multiplies recorded pauses: 0 = none, 1 = as recorded."""
    keep_failures: bool = False
    """Keep failed attempts whole, also where the interaction succeeded elsewhere."""
    record_raw: bool = False
    """Keep streams byte for byte."""
    max_cost_nanousd: int | None = None
    max_calls: int | None = None


class Found(msgspec.Struct, kw_only=True):
    """Something that did not hold, for the report: a miss, a changed route, a changed shape."""

    kind: str
    """`miss`, `exhausted`, `no_fixture`, `route_changed`, `drift`, `limit`."""
    text: str
    """For people, several lines."""
    call: int
    detail: dict[str, Any] = {}


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
        self.passed: bool | None = None
        self.written = ""
        self.rejected = ""
        self.trouble = ""
        """Why nothing was written."""
        self.cost_nanousd = 0
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
    def answers_from_fixture(self) -> bool:
        """Whether recordings are looked for first."""
        return self.options.mode in {"replay", "auto", "drift"}

    @property
    def records(self) -> bool:
        """Whether live calls are kept."""
        return self.options.mode in {"record", "auto"}

    def begin(self, inbound: Inbound, exchange: Exchange, request: Request) -> BenchCall:
        """A call of this test has arrived."""
        call = BenchCall(self, len(self.calls), inbound, exchange, request)
        self.calls.append(call)
        return call

    def refusal(self) -> Refusal | None:
        """Why no further call is let through: the test has had as many, or as dear ones, as it may."""
        options = self.options
        if options.max_calls is not None and len(self.calls) > options.max_calls:
            return self._limit(f"the test {self.name!r} may make {options.max_calls} calls (max_calls)")
        limit = options.max_cost_nanousd
        if limit is not None and self.cost_nanousd > limit:
            return self._limit(
                f"the test {self.name!r} has cost {self.cost_nanousd / 1e9:.6f} USD and may cost {limit / 1e9:.6f} (max_cost)"
            )
        return None

    def _limit(self, message: str) -> Refusal:
        self.found.append(Found(kind="limit", text=message, call=len(self.calls) - 1))
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
