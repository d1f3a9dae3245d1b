"""`aigw-dev run -- CMD`: a program with a credential of its own, pointed at the gateway, and what it did there."""

import contextlib
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import typer

from aigw_dev.cli import child, output, tools, tools_run, variables
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.pairs import read_metadata
from aigw_dev.cli.place import Place
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


def run(
    context: Context,
    command: Annotated[list[str], typer.Argument(metavar="CMD...", help="The program and its arguments.")],
    options: RunOptions,
) -> int:
    """Run a program with its calls going through the gateway.

    It gets a credential of its own and the variables that SDKs read; claude, codex, gemini, aider and opencode also get
    their own flags. Its exit code is ours. Where no gateway runs, one is started for it. Write -- before CMD.
    """
    name = _checked(options.name)
    metadata = {key: _text(value) for key, value in read_metadata(options.metadata or ()).items()}
    place = Place(context)
    with reach(place, is_own=options.temporary, is_log_kept=options.keep_log) as gateway:
        issued = gateway.issue(name, metadata)
        began, began_s = time.time(), time.monotonic()
        try:
            with _prepared(place, gateway, command, token=issued["token"]) as ready:
                if not options.quiet:
                    _say_start(gateway, issued["name"], ready)
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
        _report(gateway, totals, since=began, context=context, is_quiet=options.quiet)
    return code


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


def _text(value: object) -> str:
    """A metadata value as conditions compare it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _prepared(
    place: Place, gateway: Reached, command: list[str], *, token: str
) -> contextlib.AbstractContextManager[tools_run.Prepared]:
    """The command and its environment: what the config serves, and what a tool that we know by name needs in any case."""
    tool = tools.of_program(command[0])
    aim = aim_of(place, url=gateway.url, token=token)
    if tool is not None:
        wanted = tuple(name for name in variables.DIALECTS if name in {*aim.dialects, *tool.dialects})
        aim = msgspec.structs.replace(aim, dialects=wanted)
    environ = place.context.environ
    changes = variables.for_run(aim, environ, is_windows=_IS_WINDOWS)
    return tools_run.prepared(
        tool,
        command,
        aim=aim,
        changes=changes,
        environ=variables.applied(changes, environ),
        models=lambda: listed_models(aim),
    )


def _say_start(gateway: Reached, name: str, ready: tools_run.Prepared) -> None:
    own = " (started for this command)" if gateway.is_temporary else ""
    output.note(f"aigw-dev run {harmless.line(name)}  ·  gateway {gateway.url}{own}")
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
