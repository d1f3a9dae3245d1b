"""`aigw-dev status` and `aigw-dev down`: what runs, and ending it."""

import time
from typing import Annotated, Any

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.money import usd
from aigw_dev.cli.place import URL_VARIABLE, Place
from aigw_dev.cli.stopping import stop
from aigw_dev.core import harmless
from aigw_dev.secrets.running import RunningInfo, last_port, list_running


def status(
    context: Context,
    every: Annotated[bool, typer.Option("--all", help="Every gateway that runs, of any config.")] = False,
    line: Annotated[
        bool, typer.Option("--line", help="One short line, for a prompt or a status bar.")
    ] = False,
) -> int:
    """Say whether the gateway runs, where, and how it does."""
    place = Place(context)
    if every:
        return _status_all(context, place)
    client = place.client()
    if client is None:
        return _not_running(context, place, is_line=line)
    with client:
        told = client.status()
    if context.is_json:
        output.print_json({"is_running": True} | told)
    elif line:
        output.say(
            harmless.line(
                f"{told['name']} {told['url']} {told['ended']} calls {usd(told['cost_nanousd'])}{_alarm(told)}"
            )
        )
    else:
        for label, text in _lines(told):
            output.say(f"{label:<10}{harmless.line(text)}")
    return DONE


def down(
    context: Context,
    every: Annotated[bool, typer.Option("--all", help="Stop every gateway that runs.")] = False,
) -> int:
    """Stop the gateway: running calls end first, then it goes."""
    place = Place(context)
    running = list_running(place.home) if every else _own(place)
    for one in running:
        output.note(f"stopping {harmless.line(one.name)} at {one.url}")
        stop(place, one)
    if context.is_json:
        output.print_json({"stopped": [one.url for one in running]})
    elif running:
        output.say("\n".join(f"stopped {one.url}" for one in running))
    else:
        output.say("no gateway runs")
    return DONE


def _own(place: Place) -> list[RunningInfo]:
    """The gateway of this config; none while others run is an error that names them."""
    url = place.env.get(URL_VARIABLE, "").strip().rstrip("/")
    if url:
        found = [one for one in list_running(place.home) if one.url == url]
        if found:
            return found
        with place.need_client() as client:
            client.stop()
        return []
    running = place.running()
    if running is not None:
        return [running]
    if list_running(place.home):
        place.need_client().close()
    return []


def _not_running(context: Context, place: Place, *, is_line: bool) -> int:
    """None runs: what the files say; where others run, exit 2 naming them."""
    others = list_running(place.home)
    if others and not is_line:
        place.need_client().close()
    reading, folder = place.reading, place.folder
    name = place.source.name(reading.config)
    log = folder / "log.db" if folder is not None else None
    told: dict[str, Any] = {
        "is_running": False,
        "name": name,
        "config": {"path": str(place.source.path or ""), "why": place.source.found.why, "problems": [problem.text() for problem in reading.problems]},
        "last_port": last_port(folder) if folder is not None else None,
        "log_bytes": log.stat().st_size if log is not None and log.exists() else 0,
    }  # fmt: skip
    if context.is_json:
        output.print_json(told)
    elif is_line:
        output.say(harmless.line(f"{name} down"))
    else:
        output.say(harmless.line(f"{name} does not run; `aigw-dev up` starts it"))
        output.say(harmless.line(f"config    {place.source.found.why}"))
        for problem in reading.problems:
            output.say(harmless.block(f"          {problem.text()}"))
        if told["log_bytes"]:
            output.say(harmless.line(f"log       {log} ({told['log_bytes'] / 1e6:.1f} MB)"))
    return DONE


def _status_all(context: Context, place: Place) -> int:
    running = list_running(place.home)
    if context.is_json:
        output.print_json(running)
        return DONE
    if not running:
        output.say("no gateway runs")
        return DONE
    now = time.time()
    output.table(
        ["NAME", "URL", "PID", "UP", "CONFIG"],
        [
            [
                one.name,
                one.url,
                str(one.pid),
                _span(now - one.started_at),
                one.config_path or "built-in default",
            ]
            for one in running
        ],
        right=frozenset({"PID"}),
    )
    return DONE


def _lines(told: dict[str, Any]) -> list[tuple[str, str]]:
    if "config" not in told:
        raise CommandError("What answers there is no aigw-dev gateway.", hint="Check AIGW_DEV_URL.")
    config, log, state = told["config"], told["log"], told["state"]
    newest = "" if config["is_newest"] else ", the file differs and is not in force"
    lines = [
        (
            "gateway",
            f"{told['name']} {told['version']} at {told['url']}/v1, up {_span(told['uptime_s'])}, process {told['pid']}",
        ),
        ("notes", told["notes"]),
        ("config", f"{config['why']} Generation {config['generation']}{newest}."),
        *(("", text) for text in config["problems"]),
        (
            "trust",
            f"held back until `aigw-dev trust`: {'; '.join(config['held_back'])}"
            if config["held_back"]
            else "",
        ),
        ("calls", f"{told['ended']} ended, {told['running']} running, {usd(told['cost_nanousd'])}"),
        ("refused", ", ".join(f"{count} {code}" for code, count in told["turned_away"].items())),
        (
            "log",
            f"{told['logging']['path']}: {log['state']}{': ' + log['reason'] if log.get('reason') else ''}",
        ),
        (
            "state",
            f"{state['state']}: {state.get('reason', '')}" if state.get("state") not in {"ok", None} else "",
        ),
        ("bodies", "paused" if told["logging"]["paused"] else ""),
        *(("note", text) for text in told["notices"]),
        ("", "draining" if told["is_draining"] else ""),
    ]
    return [(label, text) for label, text in lines if text]


def _alarm(told: dict[str, Any]) -> str:
    words = ["log not written"] if told["log"]["state"] == "degraded" else []
    words += [] if told["config"]["is_newest"] else ["config not in force"]
    words += ["untrusted"] if told["config"]["held_back"] else []
    return f" ! {', '.join(words)}" if words else ""


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
