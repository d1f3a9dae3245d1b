"""`aigw-dev run -- CMD`: a program with a credential of its own, pointed at the gateway, and what it did there.

With `--record` or `--replay` the gateway is one of its own that keeps or gives out fixtures: `run_fixtures`.
"""

import contextlib
import shlex
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import typer

from aigw_dev.cli import child, output, run_fixtures, tools, tools_run, variables
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.pairs import read_metadata
from aigw_dev.cli.place import Place
from aigw_dev.cli.run_fixtures import FixtureOptions, Outcome, Session
from aigw_dev.cli.temporary import Reached, reach
from aigw_dev.cli.tools_served import aim_of, listed_models
from aigw_dev.core import harmless
from aigw_dev.core.errors import GatewayError

_NAME_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_LONGEST_NAME: Final = 64
_FAILED: Final = 400
_IS_WINDOWS: Final = sys.platform == "win32"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run it."""

    name: Annotated[
        str, typer.Option(metavar="N", help="The run's name in logs and stats; made up if absent.")
    ] = ""
    metadata: Annotated[
        list[str] | None,
        typer.Option(metavar="K=V", help="For routes, on every call that sends no metadata; repeatable."),
    ] = None
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Start a gateway for this command even where one runs.")
    ] = False
    keep_log: Annotated[
        bool, typer.Option("--keep-log", help="Keep the log of a gateway started for this command.")
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing of our own.")] = False


class Totals(msgspec.Struct, kw_only=True):
    """What a run did."""

    run: str
    exit_code: int
    duration_s: float
    calls: int = 0
    errors: int = 0
    """Calls that were answered with an error, or broke off."""
    input_tokens: int = 0
    output_tokens: int = 0
    is_estimated: bool = False
    """Some tokens are our own count."""
    cost_nanousd: int = 0
    unpriced: int = 0
    """Calls whose price is not known."""
    temporary: bool = False
    fixtures: Outcome | msgspec.UnsetType = msgspec.UNSET
    """What became of the fixtures, where there are any."""


def run(
    context: Context,
    command: Annotated[list[str], typer.Argument(metavar="CMD...", help="The program and its arguments.")],
    options: RunOptions,
    fixtures: FixtureOptions,
) -> int:
    """Run a program with its calls going through the gateway.

    It gets a credential of its own and the variables that SDKs read; claude, codex, gemini, aider and opencode also get
    their own flags. Its exit code is ours. Where no gateway runs, one is started for it. Write -- before CMD.
    With --replay DIR its calls are answered from fixtures, and a call that misses or a recording that nothing asked
    for is exit 1; --record DIR makes them. Tests put their name into the address: $AIGW_DEV_URL/t/NAME/openai/v1.
    """
    name = _checked(options.name)
    metadata = {key: _text(value) for key, value in read_metadata(options.metadata or ()).items()}
    forms = _forms(options, fixtures)
    place = Place(context)
    with _reached(place, command, options, fixtures) as (gateway, session):
        issued = gateway.issue(name, metadata)
        began, began_s = time.time(), time.monotonic()
        try:
            aim = _aim(place, gateway, command, token=issued["token"], session=session)
            with _prepared(place, command, aim) as ready:
                if not options.quiet:
                    _say_start(gateway, issued["name"], ready, session)
                output.flush()
                code = child.run(ready.command, variables.applied(ready.changes, context.environ))
        finally:
            _revoke(gateway, issued["id"])
        totals = Totals(
            run=issued["name"],
            exit_code=code,
            duration_s=time.monotonic() - began_s,
            temporary=gateway.is_temporary and not options.keep_log,
        )
        if session is not None:
            totals.fixtures = session.conclude(code)
            totals.exit_code = totals.fixtures.exit_code
        _report(gateway, totals, since=began, context=context, is_quiet=options.quiet)
    if totals.fixtures:
        from aigw_dev.cli import run_report

        run_fixtures.say(totals.fixtures, is_quiet=options.quiet)
        run_report.write(totals.fixtures, forms, is_quiet=options.quiet)
    return totals.exit_code


def add_up(totals: Totals, entries: Sequence[dict[str, Any]]) -> Totals:
    """The totals with these exchanges added."""
    for one in entries:
        totals.calls += 1
        totals.errors += bool(one["error"]) or one["status"] >= _FAILED
        totals.input_tokens += one["input_tokens"] or 0
        totals.output_tokens += one["output_tokens"] or 0
        totals.is_estimated = totals.is_estimated or bool(one["usage_estimated"])
        totals.cost_nanousd += one["cost_nanousd"] or 0
        totals.unpriced += one["cost_status"] == "unknown"
    return totals


def _checked(name: str) -> str:
    """The name, if a filter can ask for it."""
    if len(name) <= _LONGEST_NAME and set(name) <= _NAME_CHARS:
        return name
    raise CommandError(
        f"--name {harmless.line(name[:80])}: not a name for a run.",
        hint=f"Letters, digits, `.`, `_` and `-`, at most {_LONGEST_NAME}.",
    )


def _forms(options: RunOptions, fixtures: FixtureOptions) -> tuple[str, ...]:
    """The reports to write, if the options go together."""
    from aigw_dev.cli import run_report

    if fixtures.is_asked and options.keep_log:
        raise CommandError("--keep-log does not go with --record or --replay: their gateway leaves nothing.")
    if not fixtures.is_asked and fixtures != FixtureOptions():
        raise CommandError(
            "Options of fixtures want --record DIR or --replay DIR.",
            hint="`aigw-dev run --replay DIR -- CMD`",
        )
    return run_report.checked(fixtures.report or ())


@contextlib.contextmanager
def _reached(
    place: Place, command: Sequence[str], options: RunOptions, fixtures: FixtureOptions
) -> Generator[tuple[Reached, Session | None]]:
    """The gateway that the command calls; with a bench where it records or replays."""
    if not fixtures.is_asked:
        with reach(place, is_own=options.temporary, is_log_kept=options.keep_log) as gateway:
            yield gateway, None
        return
    with run_fixtures.opened(place.context, fixtures, command) as session:
        yield session.own, session


def _text(value: object) -> str:
    """A metadata value as conditions compare it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _aim(
    place: Place, gateway: Reached, command: list[str], *, token: str, session: Session | None
) -> variables.Aim:
    """What the command is pointed at: what the config serves, and what a tool that we know by name needs in any case.

    With fixtures they are every dialect, and a replay asks no config of this user.
    """
    if session is not None and session.is_offline:
        return variables.Aim(url=gateway.url, token=token)
    aim = aim_of(place, url=gateway.url, token=token)
    tool = tools.of_program(command[0])
    if session is not None:
        return msgspec.structs.replace(aim, dialects=tuple(variables.DIALECTS))
    if tool is None:
        return aim
    wanted = tuple(name for name in variables.DIALECTS if name in {*aim.dialects, *tool.dialects})
    return msgspec.structs.replace(aim, dialects=wanted)


def _prepared(
    place: Place, command: list[str], aim: variables.Aim
) -> contextlib.AbstractContextManager[tools_run.Prepared]:
    """The command and its environment."""
    environ = place.context.environ
    changes = variables.for_run(aim, environ, is_windows=_IS_WINDOWS)
    return tools_run.prepared(
        tools.of_program(command[0]),
        command,
        aim=aim,
        changes=changes,
        environ=variables.applied(changes, environ),
        models=lambda: listed_models(aim),
    )


def _say_start(gateway: Reached, name: str, ready: tools_run.Prepared, session: Session | None) -> None:
    own = " (started for this command)" if gateway.is_temporary else ""
    output.note(f"aigw-dev run {harmless.line(name)}  ·  gateway {gateway.url}{own}")
    if session is not None:
        run_fixtures.say_start(session)
    hidden = variables.SECRET | tools.SECRET | tools_run.LONG
    listed = "  ".join(
        key if key in hidden else f"{key}={harmless.line(value)}" for key, value in ready.changes.set.items()
    )
    output.note(f"  set    {listed}")
    if ready.changes.unset:
        output.note(f"  unset  {'  '.join(ready.changes.unset)}")
    if ready.flags:
        output.note(f"  added  {harmless.line(shlex.join(ready.flags))}")
    if ready.note:
        output.note(f"  note   {harmless.line(ready.note)}")


def _revoke(gateway: Reached, identifier: str) -> None:
    """End the credential; where the gateway has gone before us there is nothing left to end."""
    with contextlib.suppress(GatewayError):
        gateway.revoke(identifier)


def _report(gateway: Reached, totals: Totals, *, since: float, context: Context, is_quiet: bool) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))
    try:
        found = gateway.entries(f"run:{totals.run} since:{moment}")
        add_up(totals, [one for one in found if one["started_at"] >= since])
    except GatewayError as error:
        if not is_quiet:
            output.note(f"what the run did cannot be read: {harmless.line(error.message)}")
        return
    if context.is_json:
        output.print_json_line(totals)
    elif not is_quiet:
        output.note(_line(totals))


def _line(totals: Totals) -> str:
    from aigw_dev.cli.money import usd

    doubt = "~" if totals.is_estimated else ""
    cost = usd(totals.cost_nanousd)
    if totals.unpriced:
        cost = f"{cost} + {totals.unpriced} calls of unknown price"
    return (
        f"run {harmless.line(totals.run)}: {totals.calls} calls, "
        f"{doubt}{totals.input_tokens} + {totals.output_tokens} tokens, {cost}, {totals.errors} errors"
        f"  ·  {totals.duration_s:.1f} s, exit {totals.exit_code}"
    )
