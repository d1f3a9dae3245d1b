"""What is left when every test has run: recordings that nothing asked for, and files that nothing can be read from."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from aigw_dev.core.recording import miss as misses
from aigw_dev.core.recording.fixture import SESSION, Fixture, FixtureError
from aigw_dev.server.testbench.report import path_of

if TYPE_CHECKING:
    from aigw_dev.server.testbench.bench import Bench
    from aigw_dev.server.testbench.trial import Trial


class Leftover(msgspec.Struct, frozen=True, kw_only=True):
    """One of them."""

    kind: Literal["unused", "unreadable"]
    test: str
    """Whose it is; `session` for what was recorded outside tests."""
    path: str
    """The fixture's file."""
    number: int | None = None
    """The interaction's place in it, from 0; None = the whole file."""
    text: str
    """For people, several lines."""


def leftovers(bench: "Bench") -> list[Leftover]:
    """Over every file of the library: an interaction counts as used when any test, or a call outside tests, used it.

    Blocking: reads every file. To be asked before anything new is written.
    """
    used, trials = _used(bench), {one.file: one for one in bench.trials.values()}
    found: list[Leftover] = []
    for name in bench.library.names():
        path = path_of(bench.settings.root, name)
        try:
            fixture = bench.library.read(name)
        except FixtureError as error:
            found.append(Leftover(kind="unreadable", test=SESSION, path=path, text=f"aigw: {path}: {error}"))
            continue
        spare = [at for at in range(len(fixture.interactions)) if (name, at) not in used]
        if spare:
            found += _unused(bench, name, fixture, spare, trials.get(name))
    return found


def stale_requests(bench: "Bench", written: Sequence[str]) -> list[str]:
    """Names of fixtures of single requests, made outside tests, that are not among the `written` paths.

    Blocking: reads every file. What several tests share by name is none of them; what cannot be read is passed over.
    """
    fresh = {Path(path).resolve() for path in written}
    found: list[str] = []
    for name in bench.library.names():
        if bench.library.path_of(name).resolve() in fresh:
            continue
        try:
            fixture = bench.library.read(name)
        except FixtureError:
            continue
        if not fixture.test and _is_of_request(name, fixture):
            found.append(name)
    return found


def _is_of_request(name: str, fixture: Fixture) -> bool:
    """Whether the gateway named the file after the one request that it holds (see `saving`)."""
    ops = {one.request.op for one in fixture.interactions}
    return len(ops) == 1 and "/" not in name and name.startswith(f"{ops.pop()}-")


def _used(bench: "Bench") -> set[tuple[str, int]]:
    """File and place of every interaction that answered a call."""
    used: set[tuple[str, int]] = set()
    for trial in bench.trials.values():
        if not trial.answers_from_fixture:
            continue
        held = {(file, at) for file, fixture in trial.held() for at in range(len(fixture.interactions))}
        used |= held - {(file, at) for file, at, _ in trial.pool.unused()}
    return used


def _unused(
    bench: "Bench", name: str, fixture: Fixture, spare: list[int], trial: "Trial | None"
) -> list[Leftover]:
    path = path_of(bench.settings.root, name)
    mend = misses.command_mend(str(bench.settings.root), bench.settings.command)
    if trial is None and fixture.test:
        text = misses.explain_orphan(fixture_path=path, test=fixture.test, mend=mend)
        return [Leftover(kind="unused", test=fixture.test, path=path, text=text)]
    if trial is None:  # of no test: recording again writes other files, and this one stays
        mend = msgspec.structs.replace(mend, record=mend.stale)
    asked = trial or bench.trials.get(SESSION)
    return [
        Leftover(
            kind="unused",
            test=trial.name if trial is not None else SESSION,
            path=path,
            number=at,
            text=misses.explain_unused(
                fixture.interactions[at],
                number=at,
                total=len(fixture.interactions),
                fixture_path=path,
                nearest=asked.pool.nearest_to(name, at) if asked is not None else None,
                mend=mend,
            ),
        )
        for at in spare
    ]
