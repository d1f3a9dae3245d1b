"""`run --record DIR` and `run --replay DIR`: a gateway with fixtures for one test command of any language.

The command's exit code is ours where it is not 0. Else ours is 1 where a call missed, a recording was not asked for, a
shape has drifted or something could not be written.
"""

import contextlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import NOT_HELD, CommandError
from aigw_dev.cli.fixture_gateway import RecordingOptions, bench_of, bench_settings, told
from aigw_dev.core import harmless

if TYPE_CHECKING:
    from aigw_dev.cli.temporary import Own
    from aigw_dev.server.testbench.bench import Bench
    from aigw_dev.server.testbench.leftovers import Leftover
    from aigw_dev.server.testbench.trial import Trial

OFFLINE: Final = "replay"
"""The mode in which nobody is called."""
_READING: Final = frozenset({"replay", "auto", "drift"})
"""Modes in which fixtures are read."""
_CI: Final = "CI"
_NOT_SET: Final = frozenset({"", "0", "false", "no"})
_WRITING_S: Final = 600.0
_CREDENTIAL_REFUSALS: Final = frozenset({401, 403, 503})
"""Statuses of refusals that a replay does not repeat: it asks for no credential, key or trust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixtureOptions(RecordingOptions):
    """How the command's calls are recorded or replayed."""

    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Call providers and keep what they answer in DIR."),
    ] = None
    mode: Annotated[
        str,
        typer.Option(metavar="MODE", help="With --replay: replay, auto (record what is missing) or drift."),
    ] = ""
    report: Annotated[
        list[str] | None,
        typer.Option(metavar="FORM", help="junit, junit:FILE or github: what did not hold; repeatable."),
    ] = None
    allow_unused: Annotated[
        bool, typer.Option("--allow-unused", help="Recordings that nothing asked for are no failure.")
    ] = False
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="Call providers also where CI=true.")
    ] = False
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Keep what was recorded also where the command fails.")
    ] = False
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="With --record: delete recordings of requests of no test that were not recorded again.",
        ),
    ] = False

    @property
    def is_asked(self) -> bool:
        """Whether fixtures are recorded or replayed at all."""
        return self.record is not None or self.replay is not None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that did not hold."""

    kind: str
    """`miss`, `exhausted`, `no_fixture`, `route_changed`, `limit`, `drift`, `unused`, `unreadable`, `not_written`, `not_recorded`."""
    test: str
    path: str
    """The fixture's file."""
    text: str
    """For people, several lines."""
    call: int | None = None
    """Which of the test's calls, from 0."""


class OneTest(msgspec.Struct, kw_only=True):
    """What one test did."""

    name: str
    calls: int
    duration_s: float
    """How long its calls took, added up."""


class Outcome(msgspec.Struct, kw_only=True):
    """What a command made of its fixtures."""

    mode: str
    dir: str
    exit_code: int
    """Ours: the command's own where it is not 0."""
    calls: int
    tests: list[OneTest]
    problems: list[Problem]
    written: list[str]
    unused_allowed: int = 0
    """Recordings that nothing asked for, where that is no failure."""
    dropped: int = 0
    """Calls whose recording was not kept because the command failed."""

    stale: list[str] = []
    """Files of requests that belong to no test and were not recorded again."""
    is_pruned: bool = False
    """Whether they are deleted."""

    def count(self, *kinds: str) -> int:
        """How many problems are of these kinds."""
        return sum(one.kind in kinds for one in self.problems)


class Session:
    """A gateway with fixtures while a command runs."""

    def __init__(self, own: "Own", bench: "Bench", options: FixtureOptions) -> None:
        """It answers."""
        self.own: Final = own
        self.bench: Final = bench
        self._options: Final = options

    @property
    def is_offline(self) -> bool:
        """Nobody is called, and nothing of this user is read."""
        return self.bench.mode == OFFLINE

    def conclude(self, code: int) -> Outcome:
        """The command has ended with `code`: write what it recorded, and say what did not hold."""
        from aigw_dev.server.testbench.leftovers import leftovers, stale_requests

        bench, options = self.bench, self._options
        left = leftovers(bench) if bench.mode in _READING else []  # before more is written
        if bench.mode == "drift":
            left = [one for one in left if one.kind != "unused"]  # nobody was to be asked for everything
        is_kept = code == 0 or options.keep_failed
        self.own.call(bench.end_all(passed=is_kept), within_s=_WRITING_S)
        trials = list(bench.trials.values())
        problems = [*_of_trials(bench, trials), *_of_leftovers(left, is_allowed=options.allow_unused)]
        live = sum(one.source == "live" for trial in trials if trial.records for one in trial.calls)
        written = [path for one in trials if one.written for path in one.written.split(", ")]
        # a run that recorded nothing tells of nothing that it is stale
        is_telling = bench.mode == "record" and code == 0 and not problems and bool(written)
        stale = stale_requests(bench, written) if is_telling else []
        if options.prune:
            _delete(bench, stale)
        return Outcome(
            stale=[str(bench.library.path_of(name)) for name in stale],
            is_pruned=options.prune,
            mode=bench.mode,
            dir=str(bench.settings.root),
            exit_code=code or (NOT_HELD if problems else 0),
            calls=sum(len(one.calls) for one in trials),
            tests=[_row(one) for one in trials],
            problems=problems,
            written=written,
            unused_allowed=sum(one.kind == "unused" for one in left) if options.allow_unused else 0,
            dropped=0 if is_kept else live,
        )


@contextlib.contextmanager
def opened(context: Context, options: FixtureOptions, command: Sequence[str]) -> Generator[Session]:
    """A gateway of this command's own that records or replays. Raises `CommandError`."""
    from aigw_dev.cli import fault_options
    from aigw_dev.cli.temporary import ended_by_signals, started

    if options.prune and options.record is None:
        raise CommandError(
            "--prune goes with --record DIR: it deletes what was not recorded again.",
            hint="`aigw-dev run --record DIR --prune -- CMD`",
        )
    fault_options.check(options.fault or ())
    bench = bench_of(options, command=tuple(command), writes_at_end=True)
    assert bench is not None  # noqa: S101  -- a folder was named
    _check_network(bench.mode, context.environ, is_allowed=options.allow_network)
    with (
        ended_by_signals(),
        bench_settings(context, bench, port=0) as settings,
        started(settings) as own,
    ):
        for spec in options.fault or ():
            own.faults().add(spec)
        yield Session(own, bench, options)


def say_start(session: Session) -> None:
    """What a person is told before the command runs."""
    what, _, per_test = told(session.bench, session.own.url)  # the variables are listed in any case
    output.note(harmless.line(f"  {what.removeprefix('aigw-dev').strip()}"))
    output.note(harmless.line(per_test))
    for row in session.own.faults().rows():
        output.note(f"  {'fault':<10}{harmless.line(str(row['spec']))} (at the {row['edge']}'s edge)")


def say(outcome: Outcome, *, is_quiet: bool) -> None:
    """Print what did not hold, and (unless `is_quiet`) what was written and the sums."""
    for one in outcome.problems:
        output.note()
        head = f"drift {one.test}: " if one.kind == "drift" else ""
        output.note(harmless.block(f"{head}{one.text}"))
    if is_quiet:
        return
    if outcome.problems:
        output.note()
    for path in outcome.written:
        output.note(f"written  {harmless.line(path)}")
    for path in outcome.stale:
        output.note(f"{'deleted' if outcome.is_pruned else 'stale'}  {harmless.line(path)}")
    if outcome.stale and not outcome.is_pruned:
        output.note("  of no test, and not asked for in this run: --prune deletes them")
    output.note(harmless.line(summed_up(outcome)))
    if outcome.mode == "record" and not outcome.calls:
        output.note("0 calls came through: does the program read OPENAI_BASE_URL?")


def summed_up(outcome: Outcome) -> str:
    """The last line of a report."""
    parts = [f"{_count(outcome.calls, 'call')} in {_count(len(outcome.tests), 'test')}"]
    unused = outcome.count("unused")
    drifted, unwritten = outcome.count("drift"), outcome.count("not_written")
    unrecorded = outcome.count("not_recorded")
    missed = len(outcome.problems) - unused - drifted - unwritten - unrecorded
    if outcome.mode in {"replay", "auto"}:
        allowed = f"{outcome.unused_allowed} unused (allowed)" if outcome.unused_allowed else ""
        parts += [f"{missed} missed", allowed or f"{unused} unused"]
    elif missed:
        parts.append(f"{missed} failed")
    if outcome.mode == "drift":
        parts.append(f"{drifted} drifted")
    if outcome.mode in {"record", "auto"}:
        parts.append(f"{_count(len(outcome.written), 'file')} written")
    if unrecorded:
        parts.append(f"{_count(unrecorded, 'call')} refused")
    if unwritten:
        parts.append(f"{unwritten} not written")
    if outcome.dropped:
        parts.append(
            f"{_count(outcome.dropped, 'recorded call')} not kept: the command failed (--keep-failed keeps them)"
        )
    return f"fixtures {outcome.dir}: {' · '.join(parts)}"


def _check_network(mode: str, environ: Mapping[str, str], *, is_allowed: bool) -> None:
    """In CI nobody is called by mistake: a test that needs a provider there would fail or spend."""
    if mode == OFFLINE or is_allowed or environ.get(_CI, "").strip().lower() in _NOT_SET:
        return
    raise CommandError(
        f"CI is set, and --{'record' if mode == 'record' else f'mode {mode}'} would call providers.",
        hint="Replay there: `aigw-dev run --replay DIR -- CMD`. If you mean it: --allow-network.",
    )


def _of_trials(bench: "Bench", trials: Sequence["Trial"]) -> list[Problem]:
    """What did not hold while tests ran, and what could not be written after them."""
    from aigw_dev.server.testbench.report import path_of

    problems: list[Problem] = []
    for trial in trials:
        path = path_of(bench.settings.root, trial.file)
        problems += [
            Problem(kind=one.kind, test=trial.name, path=path, text=one.text, call=one.call)
            for one in trial.found
        ]
        problems += [
            Problem(kind="not_recorded", test=trial.name, path=path, text=text, call=number)
            for number, text in _refused(trial)
        ]
        if trial.trouble:
            problems.append(Problem(kind="not_written", test=trial.name, path=path, text=trial.trouble))
    return problems


def _refused(trial: "Trial") -> list[tuple[int, str]]:
    """Calls that the gateway refused for want of a credential or key: a replay would let them pass, and miss."""
    if not trial.records:
        return []
    return [
        (
            one.number,
            f"aigw: call #{one.number + 1} of {trial.name} was refused and is not recorded: {one.exchange.error_text}",
        )
        for one in trial.calls
        if not one.captured and not one.source and one.exchange.status in _CREDENTIAL_REFUSALS
    ]


def _delete(bench: "Bench", names: Sequence[str]) -> None:
    from aigw_dev.core.recording.fixture import FixtureError

    try:
        for name in names:
            bench.library.delete(name)
    except FixtureError as error:
        raise CommandError(str(error)) from error


def _of_leftovers(left: Sequence["Leftover"], *, is_allowed: bool) -> list[Problem]:
    return [
        Problem(kind=one.kind, test=one.test, path=one.path, text=one.text)
        for one in left
        if one.kind != "unused" or not is_allowed
    ]


def _row(trial: "Trial") -> OneTest:
    duration_s = sum(one.exchange.duration_s or 0.0 for one in trial.calls)
    return OneTest(name=trial.name, calls=len(trial.calls), duration_s=duration_s)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
