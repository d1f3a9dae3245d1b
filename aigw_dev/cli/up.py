"""`aigw-dev up`: serve this config until stopped."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aigw_dev.cli import fault_options, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixture_gateway import AgainstOptions, BenchOptions
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.secrets.running import RunningInfo, claim, last_port, read_running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigw_dev.server.gateway import Gateway
    from aigw_dev.server.listen import PortTakenError
    from aigw_dev.server.run import Ready, Receipt, Settings
    from aigw_dev.server.testbench.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """How to start."""

    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen on this port; 0 picks a free one.")
    ] = None
    host: Annotated[str | None, typer.Option(help="Listen on this address (default 127.0.0.1).")] = None
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when it answers; `aigw-dev down` stops it.")
    ] = False
    tui: Annotated[
        bool, typer.Option("--tui", help="Open the terminal screens; the gateway ends with them.")
    ] = False
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Imitated providers and generated traffic, without any key or network."),
    ] = False


def up(context: Context, options: UpOptions, fixtures: BenchOptions) -> int:
    """Start the gateway.

    Serves one OpenAI-compatible endpoint in front of every provider until ctrl-C. The last line on stdout,
    `ready URL`, is printed when it answers.
    """
    faults = fixtures.fault or ()
    if fixtures.folder is not None or fixtures.mode or fixtures.record_raw:
        return serve_fixtures(context, options, fixtures)
    if faults:
        _check_faults(context, options, faults)
    if options.demo:
        from aigw_dev.cli.demo import foreground

        with foreground(context, is_detached=options.detach or options.tui) as (own, then):
            ready = fault_options.with_faults(faults, then)
            return serve(own, replace(options, port=options.port or 0), then=ready)
    if options.tui:
        from aigw_dev.cli.tui import over_up

        return over_up(context, port=options.port, host=options.host)
    return serve(context, options, then=fault_options.with_faults(faults))


def _check_faults(context: Context, options: UpOptions, faults: "Sequence[str]") -> None:
    """Refuse what cannot put them in force."""
    fault_options.check(faults)
    if options.detach or options.tui:
        raise CommandError("--fault goes with a gateway in the foreground, not with --detach or --tui.")
    running = None if options.demo else Place(context).running()
    if running is not None:
        raise CommandError(
            f"This config is served already, at {running.url}, without this fault.",
            hint="`aigw-dev down` first, or POST /admin/v1/faults to the gateway that runs.",
        )


def replay(
    context: Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of fixtures.")],
    options: UpOptions,
    fixtures: BenchOptions,
    against: AgainstOptions,
) -> int:
    """Answer from recorded fixtures, without any provider.

    Routes, limits, retries and fallback are live; no key, keyring or user config is read, and nothing is sent anywhere.
    With --against URL nothing is served: the fixtures' requests are sent there, and what is answered differently is
    printed.
    """
    if against.against:
        from aigw_dev.cli.against import replay_against

        return replay_against(context, folder, against)
    if against.key or against.only:
        raise CommandError("--key and --only want --against URL.")
    return serve_fixtures(context, options, replace(fixtures, replay=folder))


def serve_fixtures(context: Context, options: UpOptions, fixtures: BenchOptions) -> int:
    """Serve with a bench: the config's own gateway where it records, else a temporary one."""
    from aigw_dev.cli import fixture_gateway
    from aigw_dev.server.run import run_loop

    fault_options.check(fixtures.fault or ())
    bench = fixture_gateway.bench_of(fixtures, is_told=fixtures.until_stdin_closes)
    assert bench is not None  # noqa: S101  -- without a folder it is refused
    _check_fixtures_run(options)
    if options.detach and bench.mode == "replay":
        from aigw_dev.cli.detached import start_replay

        url, pid = start_replay(context, bench.settings.root, _replay_words(options, fixtures))
        output.note(f"replaying in process {pid}; end it with: kill {pid}")
        _say_ready(context, url, pid=pid)
        return DONE
    if fixtures.record is not None and not fixtures.until_stdin_closes:
        return _serve_recording(context, options, fixtures, bench)
    from aigw_dev.server.listen import PortTakenError

    with fixture_gateway.bench_settings(context, bench, port=options.port) as settings:
        try:
            receipt = run_loop(
                settings,
                lambda gateway, url: _fixtures_ready(context, gateway, url, fixtures=fixtures, bench=bench),
            )
        except PortTakenError as error:
            raise _named_owner(Place(context), error) from error
    if not fixtures.until_stdin_closes:
        _print_receipt(receipt)
        fixture_gateway.say_report(bench)
    return DONE


def _check_fixtures_run(options: UpOptions) -> None:
    """Refuse flags of `up` that mean nothing here."""
    if options.tui or options.demo:
        raise CommandError("--record and --replay do not go with --tui or --demo.")
    from aigw_dev.core import web_address

    if options.host is not None and not web_address.is_loopback(options.host):
        raise CommandError(
            f"A gateway that replays wants no token, so it serves this machine only, not {options.host}.",
            hint="Leave --host out; a container reaches it as host.docker.internal through a published port.",
        )


def _replay_words(options: UpOptions, fixtures: BenchOptions) -> list[str]:
    """The options again, for a process of its own."""
    words = ["--timing", fixtures.timing, *(["--repeat", fixtures.repeat] if fixtures.repeat else [])]
    words += ["--port", str(options.port)] if options.port is not None else []
    for name, values in (("--ignore", fixtures.ignore), ("--fault", fixtures.fault)):
        for value in values or ():
            words += [name, value]
    return words


def _serve_recording(context: Context, options: UpOptions, fixtures: BenchOptions, bench: "Bench") -> int:
    """The config's own gateway, keeping what goes through."""
    from aigw_dev.cli import fixture_gateway

    running = Place(context).running()
    if running is not None:
        raise CommandError(
            f"This config is served already, at {running.url}, without recording.",
            hint="`aigw-dev down` first; or `aigw-dev run --record DIR -- CMD`, which starts one of its own.",
        )
    if options.detach:
        raise CommandError("--record goes with a gateway in the foreground, not with --detach.")

    async def say(gateway: "Gateway", url: str) -> None:
        for line in fixture_gateway.told(bench, url):
            output.note(harmless.line(line))
        fault_options.put_in_force(gateway, fixtures.fault or ())

    done = serve(context, options, then=say, bench=bench)
    fixture_gateway.say_report(bench)
    return done


async def _fixtures_ready(
    context: Context, gateway: "Gateway", url: str, *, fixtures: BenchOptions, bench: "Bench"
) -> None:
    from aigw_dev.cli import fixture_gateway

    gateway.on_change = lambda text: output.note(harmless.line(text))
    for line in fixture_gateway.told(bench, url):
        output.note(harmless.line(line))
    fault_options.put_in_force(gateway, fixtures.fault or ())
    if fixtures.until_stdin_closes:
        bench.announce = _announce
        fixture_gateway.end_with_stdin(gateway)
    _say_ready(context, url, announces=fixtures.until_stdin_closes)


def _announce(test: str) -> None:
    """To the runner that started us, on the pipe that it reads."""
    output.print_json_line({"event": "found", "test": test})
    output.flush()


def serve(
    context: Context,
    options: UpOptions,
    *,
    then: "Ready | None" = None,
    bench: "Bench | None" = None,
) -> int:
    """Serve the context's config; `then` is called when the gateway answers, before that is said."""
    place = Place(context)
    reading = place.reading
    if reading.config is None:
        raise CommandError("\n".join(problem.text() for problem in reading.problems), code="config_invalid")
    name = place.source.name(reading.config)
    folder = place.home.gateway_dir(place.source.path, name)
    running = read_running(folder, wait_s=0.0)
    if running is not None:
        return _already(context, running, options)
    if options.detach:
        from aigw_dev.cli.detached import start_detached

        return _already(
            context, start_detached(context, folder, port=options.port, host=options.host), UpOptions()
        )
    held = claim(folder)
    if held is None:
        running = read_running(folder, wait_s=5.0)
        if running is None:
            raise CommandError(
                f"Another process holds {folder} and does not answer.", hint="`aigw-dev status --all`"
            )
        return _already(context, running, options)
    with held:
        from aigw_dev.secrets.hardening import forbid_core_dumps
        from aigw_dev.server.listen import PortTakenError
        from aigw_dev.server.run import Settings, run_loop

        forbid_core_dumps()
        gateway = reading.config.gateway
        settings = Settings(
            source=place.source,
            reading=reading,
            home=place.home,
            folder=folder,
            env=place.env,
            claim=held,
            host=options.host or gateway.host,
            port=options.port if options.port is not None else gateway.port,
            last_port=last_port(folder),
            bench=bench,
        )
        _check_host(settings, is_verified=gateway.identity_verification)
        try:
            receipt = run_loop(settings, lambda gateway, url: _ready(context, gateway, url, settings, then))
        except PortTakenError as error:
            raise _named_owner(place, error) from error
        _print_receipt(receipt)
    return DONE


def _named_owner(place: Place, error: "PortTakenError") -> CommandError:
    """The same refusal with who has the port, where that is known."""
    from aigw_dev.cli.port_owner import owner_of
    from aigw_dev.secrets.running import list_running

    owner = owner_of(error.port, list_running(place.home))
    message = error.message.replace("another process", owner) if owner else error.message
    return CommandError(message, hint=error.hint, code=error.code)


async def _ready(
    context: Context, gateway: "Gateway", url: str, settings: "Settings", then: "Ready | None"
) -> None:
    """Say everything a person wants to know, then the line that programs wait for."""
    from aigw_dev.cli.banner import banner
    from aigw_dev.cli.single_keys import listen
    from aigw_dev.server.run import USUAL_PORT

    gateway.on_change = lambda text: output.note(harmless.line(text))
    for line in banner(gateway, url):
        output.note(line)
    if then is not None:
        await then(gateway, url)
    wanted = settings.last_port or USUAL_PORT
    if settings.port is None and gateway.port != wanted:
        output.note(f"  {'port':<10}{wanted} is in use by another process, so this is {gateway.port}")
    _say_ready(context, url)
    if output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr):
        listen(gateway, url)


def _say_ready(context: Context, url: str, *, pid: int | None = None, announces: bool = False) -> None:
    """The line that programs wait for; `pid` where another process serves.

    `announces`: lines follow, one whenever something was found in a test.
    """
    if context.is_json:
        import os

        more = {"announces": True} if announces else {}
        output.print_json_line({"event": "ready", "url": url, "pid": pid or os.getpid(), **more})
    else:
        output.say(f"ready {url}")
    output.flush()


def _already(context: Context, running: RunningInfo, options: UpOptions) -> int:
    """`up` for a config already served prints its ready line."""
    if options.port not in {None, 0, running.port}:
        output.note(f"already serving on port {running.port}; `aigw-dev down` first to change the port")
    if context.is_json:
        output.print_json_line({"event": "ready", "url": running.url, "pid": running.pid})
    else:
        output.say(f"ready {running.url}")
    return DONE


def _check_host(settings: "Settings", *, is_verified: bool) -> None:
    from aigw_dev.core import web_address

    if not is_verified and not web_address.is_loopback(settings.host):
        raise CommandError(
            f"Without identity verification the gateway serves this machine only, not {settings.host}.",
            hint="Set gateway.identity_verification: true, or listen on 127.0.0.1.",
        )


def _print_receipt(receipt: "Receipt") -> None:
    from aigw_dev.cli.money import usd

    slowest = f", slowest {receipt.slowest_s:.1f} s ({receipt.slowest_id[:8]})" if receipt.slowest_id else ""
    dropped = f", {receipt.dropped_rows} rows not kept" if receipt.dropped_rows else ""
    output.note(
        f"stopped after {receipt.uptime_s:.0f} s: {receipt.calls} calls, {usd(receipt.cost_nanousd)}, "
        f"{receipt.fallbacks} fallbacks{slowest}, log {receipt.log_bytes / 1e6:.1f} MB{dropped}"
    )
