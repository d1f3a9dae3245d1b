"""The bench: which tests there are, where their fixtures lie, and what is said of them at the end."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.core.errors import GatewayError, Refusal
from aigw_dev.core.exchange import Assembled, Exchange
from aigw_dev.core.recording import miss as misses
from aigw_dev.core.recording.fixture import SESSION, Blob, Fixture, FixtureError, Interaction, Response
from aigw_dev.core.recording.ignore import compile_rules
from aigw_dev.core.recording.matching import Taken
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.naming import name_of_test
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.testbench import report, saving
from aigw_dev.server.testbench.requests import of_caller
from aigw_dev.server.testbench.stubbed import in_dialect
from aigw_dev.server.testbench.trial import BenchCall, Trial
from aigw_dev.server.testbench.trial_options import Found, Mode, TrialOptions
from aigw_dev.server.trail import Trail

KEPT_TRIALS: Final = 1000
"""Tests that are kept where nobody says when they end."""


class BenchSettings(msgspec.Struct, kw_only=True, frozen=True):
    """What a gateway that records or replays is started with."""

    root: Path
    """The folder of fixtures."""
    mode: Mode
    pace: float = 0.0
    ignore: tuple[str, ...] = ()
    repeat: str = ""
    record_raw: bool = False
    is_told: bool = False
    """A runner tells when a test begins and ends (the pytest plugin): nothing is written before that."""
    writes_at_end: bool = False
    """Nothing is written before `end_all` (`run --record`)."""
    command: tuple[str, ...] = ()
    """The test command that `run` started, for what a miss says to type."""


class Bench:
    """Used from the gateway's loop."""

    def __init__(self, settings: BenchSettings) -> None:
        """Reads nothing yet."""
        self.settings: Final = settings
        self.mode: Final = settings.mode
        self.library: Final = Library(settings.root)
        self.trials: Final[dict[str, Trial]] = {}
        self.clean: Callable[[bytes], bytes] = lambda body: body
        """Masks secrets; set by the gateway."""
        self.secrets: Callable[[], list[str]] = list
        """Every secret that must not be written; set by the gateway."""
        self.tell: Callable[[str], None] = _silent
        """Says something to the person at the terminal; set by the gateway."""
        self.announce: Callable[[str], object] = str
        """Tells a runner that something was found in a test (its name), before the test's caller is answered."""
        self.shared: Final[dict[str, list[Interaction]]] = {}
        """What was recorded in this session for fixtures that several tests name, by file."""
        self._told: Final[set[str]] = set()
        """Tests that were announced and not asked about since."""
        self._waiting: Final[list[Callable[[], Awaitable[None]]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._opening: dict[str, asyncio.Task[Trial]] = {}
        self._saving: Final = asyncio.Lock()

    @property
    def is_endless(self) -> bool:
        """Nobody runs tests here: a gateway that stays, so what it keeps of old calls is bounded."""
        return not self.settings.is_told and not self.settings.command

    @property
    def is_told(self) -> bool:
        """A runner says when tests begin and end."""
        return self.settings.is_told

    def settle_in(
        self, *, mask: Callable[[bytes], bytes], secrets: Callable[[], list[str]], tell: Callable[[str], None]
    ) -> None:
        """The gateway that this bench stands in: how it masks, what it must not write, how it tells a person."""
        self.clean, self.secrets, self.tell = mask, secrets, tell

    # tests

    async def begin_trial(self, name: str, options: TrialOptions | None = None) -> Trial:
        """The test `name` from its beginning: what was known of it is forgotten. Raises `FixtureError`."""
        before = self.trials.get(name)
        if before is not None:
            before.gates.open_all()
        wanted = options or self._usual()
        if self.settings.is_told and name != SESSION:
            # A runner has one test at a time, which waits for this: a thread would cost more than the small file does.
            trial = self._open(name, wanted)
        else:
            trial = await asyncio.to_thread(self._open, name, wanted)
        trial.on_found = self._found
        self.trials[name] = trial
        if self.is_endless and len(self.trials) > KEPT_TRIALS:
            idle = (one for one, held in self.trials.items() if one != name and held.is_idle)
            oldest = next(idle, None)
            if oldest is not None:
                del self.trials[oldest]
        return trial

    def _found(self, test: str) -> None:
        """Say once that there is news; a runner that does not listen must not hold anybody up."""
        if test not in self._told:
            self._told.add(test)
            self.announce(test)

    async def trial(self, name: str) -> Trial:
        """The test that a call names; one nobody announced begins with its first call."""
        found = self.trials.get(name)
        if found is not None and (not found.has_ended or self.settings.is_told):
            return found
        opening = self._opening.get(name)
        if opening is None:  # calls that come together begin it once
            opening = self._opening[name] = asyncio.ensure_future(self.begin_trial(name))
            opening.add_done_callback(lambda _: self._opening.pop(name, None))
        return await asyncio.shield(opening)

    def _usual(self) -> TrialOptions:
        settings = self.settings
        repeat: Any = settings.repeat
        return TrialOptions(
            mode=settings.mode,
            ignore=settings.ignore,
            pace=settings.pace,
            repeat=repeat,
            record_raw=settings.record_raw,
        )

    def _open(self, name: str, options: TrialOptions) -> Trial:
        """Read what a test needs. Blocking."""
        file = options.fixture or name_of_test(name)
        is_read = options.mode in {"replay", "auto", "drift"}
        fixture = self.library.read(file) if is_read and self.library.has(file) else None
        if fixture is not None and fixture.expires and fixture.expires < report.moment(time.time()):
            self.tell(f"{file}.aigw.json has expired ({fixture.expires}): record it again")
        trial = Trial(name, options, file=file, fixture=fixture)
        trial.is_endless = self.is_endless
        trial.is_of_nobody = name == SESSION and not self.settings.is_told and not options.fixture
        if name == SESSION and is_read and not options.fixture:
            trial.others = self._others(file)
        if is_read:
            trial.prepare()
        else:
            compile_rules(options.ignore)
        return trial

    def _others(self, own: str) -> list[tuple[str, Fixture]]:
        """What the session answers from: what was recorded outside tests first, for a test's own recordings are its own."""
        held: list[tuple[str, Fixture]] = []
        for name in self.library.names():
            if name == own:
                continue
            try:
                held.append((name, self.library.read(name)))
            except FixtureError as error:  # the others can be replayed all the same
                self.tell(f"not replayed: {error}")
        return sorted(held, key=lambda pair: bool(pair[1].test))

    # calls

    def joining(self, test: str) -> Callable[[Inbound, Exchange], Awaitable[Refusal | None]]:
        """What makes a call one of `test`'s: `Inbound.join`."""

        async def join(inbound: Inbound, exchange: Exchange) -> Refusal | None:
            return await self.begin_call(inbound, exchange, test)

        return join

    async def begin_call(self, inbound: Inbound, exchange: Exchange, test: str) -> Refusal | None:
        """A call has arrived; why it goes no further, where it does not."""
        try:
            trial = await self.trial(test)
        except (FixtureError, GatewayError, OSError) as error:
            text = error.message if isinstance(error, (FixtureError, GatewayError)) else str(error)
            return Refusal(code="fixture_miss", message=f"the fixture of {test!r} cannot be used: {text}")
        if trial.has_ended:
            return self._too_late(trial)
        request = of_caller(inbound, self.clean)
        call = inbound.bench_call = trial.begin(inbound, exchange, request)
        call.leave = functools.partial(self.end_call, call)
        if trial.options.mode == "auto":  # whether it needs a key depends on it
            call.found = trial.pool.take(request)
        return trial.refusal()

    def _too_late(self, trial: Trial) -> Refusal:
        """A call of a test that its runner has ended: a thread or process that outlived it."""
        text = (
            f"aigw: a call of {trial.name!r} came after the test had ended. Nothing was sent to a provider."
        )
        trial.note(Found(kind="late", text=text, call=len(trial.calls)))
        return Refusal(code="fixture_miss", message=text)

    def end_call(self, call: BenchCall, heard: Assembled | None, *, is_gone: bool) -> None:
        """The exchange has ended and is priced; never waits."""
        trial = call.trial
        call.settle(heard, is_gone=is_gone)
        trial.ended(call)
        if trial.options.mode == "drift":
            self._later(functools.partial(self._compare, trial, call))
        if trial.records and not self.settings.is_told and not self.settings.writes_at_end:
            self._later(functools.partial(self.save, trial))

    def miss(self, trial: Trial, call: BenchCall, upstream: str) -> Refusal:
        """What is said where nothing recorded answers; noted for the report."""
        kind, text, detail = report.why_missed(
            trial, call, upstream, mend=self.mend(trial), root=self.settings.root
        )
        trial.note(Found(kind=kind, text=text, call=call.number, detail=detail))
        self.tell(f"miss  {trial.name}: {text.partition(chr(10))[0].removeprefix('aigw: ')}")
        if call.found is None or isinstance(call.found, Taken):
            call.ended_by = "miss"
        return Refusal(code="fixture_miss", message=text)

    def mend(self, trial: Trial) -> misses.Mend:
        """What to type to mend what a test misses."""
        if self.settings.is_told:
            return misses.pytest_mend(trial.name)
        return misses.command_mend(str(self.settings.root), self.settings.command)

    # what is written

    def _later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this beside the calls, one after another: no call waits for a disk."""
        self._waiting.append(work)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._work(), name="write-fixtures")

    async def _work(self) -> None:
        while self._waiting:
            await self._waiting.pop(0)()

    async def flush(self) -> None:
        """Everything that was put off is done: what was recorded is written."""
        while self._writer is not None and not self._writer.done():
            await asyncio.shield(self._writer)

    async def _compare(self, trial: Trial, call: BenchCall) -> None:
        await asyncio.to_thread(report.compare, trial, call)
        call.forget()

    async def save(self, trial: Trial) -> None:
        """Write what a test recorded so far. Its trouble is told in the report, never to a call."""
        async with self._saving:
            await saving.save(self, trial)

    async def end_trial(self, name: str, *, passed: bool) -> Trial | None:
        """The test has ended: its recording is written where it passed and holds every call; else nothing is."""
        trial = self.trials.get(name)
        if trial is None:
            return None
        trial.gates.open_all()
        trial.passed = passed
        await report.settled(trial)
        await self.flush()
        if trial.records and not trial.has_ended:
            trial.trouble = trial.trouble or saving.gap_in(trial)
            if not trial.trouble:
                await self.save(trial)
        trial.has_ended = True
        for call in trial.calls:
            call.forget()
        return trial

    def let_go(self) -> None:
        """The gateway stops: nothing stays held."""
        for trial in self.trials.values():
            trial.gates.open_all()

    def heard(self, test: str) -> None:
        """A runner has asked about a test: what is found from now on is news again."""
        self._told.discard(test)

    async def end_all(self, *, passed: bool) -> None:
        """Every test has ended, whoever told of it or not: what was recorded is written where they passed."""
        for name in list(self.trials):
            await self.end_trial(name, passed=passed)

    # bytes

    def read_blob(self, blob: Blob) -> bytes:
        """The bytes a fixture refers to. Raises `FixtureError`."""
        return self.library.blob(blob)

    def playable(self, response: Response, trail: Trail) -> Response:
        """A recorded reply as this provider says it."""
        return in_dialect(response, trail)


def _silent(text: str) -> None:
    """Until a gateway says how people are told."""
