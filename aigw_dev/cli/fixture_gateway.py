"""Gateways that record or replay: `up --record DIR`, `up --replay DIR`, `replay DIR`, and the one a test runner starts."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.secrets.home import Home

if TYPE_CHECKING:
    from aigw_dev.server.gateway import Gateway
    from aigw_dev.server.run import Settings
    from aigw_dev.server.testbench.bench import Bench

_KEPT_VARIABLES: Final = ("AIGW_DEV_TOKEN", "AIGW_DEV_ADMIN_TOKEN")
MODES: Final = ("replay", "auto", "record", "live", "drift")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOptions:
    """What every command that records or replays is told."""

    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Keep what goes through as fixtures in DIR."),
    ] = None
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="DIR", help="Answer from the fixtures in DIR; call nobody."),
    ] = None
    mode: Annotated[
        str,
        typer.Option(metavar="MODE", help="replay, auto (record what is missing), record, live or drift."),
    ] = ""
    timing: Annotated[
        str,
        typer.Option(metavar="PACE", help="Replay pauses: instant, recorded, or x10 (ten times as fast)."),
    ] = "instant"
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="A request field that does not count; repeatable."),
    ] = None
    repeat: Annotated[
        str,
        typer.Option(metavar="HOW", help="After the last answer of a request: last or cycle; else a miss."),
    ] = ""
    record_raw: Annotated[bool, typer.Option("--record-raw", help="Keep streams byte for byte.")] = False
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="FAULT", help="Make something break, e.g. 'http.429;times=2'; repeatable."),
    ] = None

    @property
    def folder(self) -> Path | None:
        """The folder of fixtures, where there is one."""
        return self.record or self.replay


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions(RecordingOptions):
    """How a gateway records or replays fixtures."""

    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help="End with the process that holds our standard input.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstOptions:
    """Where fixtures' requests are sent instead of being answered."""

    against: Annotated[
        str,
        typer.Option(
            "--against", metavar="URL", help="Send the fixtures' requests to this base URL and compare."
        ),
    ] = ""
    key: Annotated[
        str,
        typer.Option(
            "--key", metavar="NAME", help="The key to send there: a name, env:VARIABLE or file:PATH."
        ),
    ] = ""
    only: Annotated[
        str, typer.Option("--only", metavar="GLOB", help="Of these fixtures only, e.g. 'chat/*'.")
    ] = ""


def bench_of(
    options: RecordingOptions,
    *,
    command: tuple[str, ...] = (),
    writes_at_end: bool = False,
    is_told: bool = False,
) -> "Bench | None":
    """The bench that the options ask for; None where they ask for none. Raises `CommandError`."""
    folder = options.folder
    if folder is None:
        if options.mode or options.record_raw:
            raise CommandError("--mode and --record-raw want --record DIR or --replay DIR.")
        return None
    if options.record is not None and options.replay is not None:
        raise CommandError(
            "--record and --replay exclude each other.",
            hint="--replay DIR --mode auto records what is missing.",
        )
    if folder.exists() and not folder.is_dir():
        raise CommandError(
            f"{folder}: this is a file, and fixtures lie in a folder.",
            hint=f"Name its folder: {folder.parent}" if folder.name.endswith(".json") else "Name a folder.",
        )
    mode = options.mode or ("record" if options.record is not None else "replay")
    if mode not in MODES:
        raise CommandError(f"--mode {mode}: no such mode.", hint=f"One of {', '.join(MODES)}.")
    if options.repeat not in {"", "last", "cycle"}:
        raise CommandError(f"--repeat {options.repeat}: neither last nor cycle.")
    if mode == "replay" and not folder.is_dir() and not is_told:
        raise CommandError(
            f"{folder}: no such folder of fixtures.",
            code="fixture_invalid",
            hint=f"`aigw-dev up --record {folder}` makes one.",
        )
    from aigw_dev.core.recording.fixture import FixtureError
    from aigw_dev.core.recording.ignore import compile_rules
    from aigw_dev.server.testbench.bench import Bench, BenchSettings
    from aigw_dev.server.testbench.pace import pace_of

    try:
        pace = pace_of(options.timing)
        compile_rules(tuple(options.ignore or ()))
    except (ValueError, FixtureError) as error:
        raise CommandError(str(error)) from error
    return Bench(
        BenchSettings(
            root=folder,
            mode=mode,  # pyright: ignore[reportArgumentType]  -- checked above
            pace=pace,
            ignore=tuple(options.ignore or ()),
            repeat=options.repeat,
            record_raw=options.record_raw,
            is_told=is_told,
            command=command,
            writes_at_end=writes_at_end,
        )
    )


@contextlib.contextmanager
def bench_settings(context: Context, bench: "Bench", *, port: int | None) -> Generator["Settings"]:
    """What a temporary gateway with this bench is started with; its folder is gone afterwards.

    A replay reads neither this user's config nor keys.
    """
    from aigw_dev.server.run import Settings

    with tempfile.TemporaryDirectory(prefix="aigw-dev-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        if bench.mode == "replay":
            source, home, env = _hermetic(context, bench, folder)
        else:
            place = Place(context)
            source, home, env = place.source, place.home, place.env
        reading = source.read()
        if reading.config is None:
            raise CommandError("\n".join(one.text() for one in reading.problems), code="config_invalid")
        yield Settings(
            source=source,
            reading=reading,
            home=home,
            folder=folder,
            env=env,
            claim=None,
            host="127.0.0.1",
            port=port,
            bench=bench,
        )


def _hermetic(
    context: Context, bench: "Bench", folder: Path
) -> "tuple[ReplaySource, Home, Mapping[str, str]]":
    from aigw_dev.server.testbench.hermetic import ReplaySource, find_config

    env = {name: context.environ[name] for name in _KEPT_VARIABLES if context.environ.get(name)}
    home = Home(folder / "home", env=env)
    found = find_config(explicit=context.named_config(), env={}, cwd=Path.cwd())
    is_quiet = bench.settings.is_told
    return ReplaySource(found, home=home, library=bench.library, is_quiet=is_quiet), home, env


def told(bench: "Bench", url: str) -> list[str]:
    """What is said when it answers."""
    settings = bench.settings
    count = len(bench.library.names()) if settings.mode != "record" else 0
    what = {
        "replay": f"replaying {count} fixtures from {settings.root}; nothing is sent to any provider",
        "auto": f"replaying {count} fixtures from {settings.root} and recording what is missing",
        "record": f"recording into {settings.root}",
        "live": f"calling providers; fixtures in {settings.root} are left alone",
        "drift": f"calling providers and comparing with {count} fixtures from {settings.root}; nothing is written",
    }[settings.mode]
    return [
        f"aigw-dev  {what}",
        f"  use       OPENAI_BASE_URL={url}/v1  ANTHROPIC_BASE_URL={url}  (any key)",
        f"  per test  {url}/t/TEST/openai/v1 · {url}/t/TEST/anthropic · {url}/t/TEST/gemini",
    ]


def end_with_stdin(gateway: "Gateway") -> None:
    """Stop when standard input ends: who started us has gone."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(gateway.stop.set)

    import threading

    threading.Thread(target=wait, name="stdin", daemon=True).start()


def say_report(bench: "Bench") -> bool:
    """At the end: what was missed, unused, written. Whether all held."""
    from aigw_dev.server.testbench.report import unused_rows

    is_well = True
    for trial in bench.trials.values():
        for one in trial.misses():
            is_well = False
            output.note(harmless.block(one.text))
        for row in unused_rows(trial, root=bench.settings.root, mend=bench.mend(trial)):
            is_well = False
            output.note(harmless.block(str(row["text"])))
        for one in trial.found:
            if one.kind == "drift":
                output.note(harmless.block(f"drift {trial.name}: {one.text}"))
        if trial.trouble:
            is_well = False
            output.note(harmless.block(trial.trouble))
        if trial.written:
            output.note(f"written {harmless.line(trial.written)}")
    return is_well


if TYPE_CHECKING:
    from aigw_dev.server.testbench.hermetic import ReplaySource
