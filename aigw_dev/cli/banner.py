"""What `aigw-dev up` says when it answers: config and why, providers and keys, routes, log, how to use and stop it."""

from typing import TYPE_CHECKING

from aigw_dev import __version__
from aigw_dev.cli import output
from aigw_dev.core import harmless
from aigw_dev.server import reports

if TYPE_CHECKING:
    from aigw_dev.server.gateway import Gateway


def banner(gateway: "Gateway", url: str) -> list[str]:
    """The lines, for stderr."""
    snapshot, config = gateway.snapshot, gateway.in_force
    lines = [f"aigw-dev {__version__}  {harmless.line(snapshot.gateway)}  {url}/v1"]
    lines.append(_row("config", gateway.source.found.why))
    lines += [_row("", text) for text in gateway.source.found.skipped]
    lines += [_row("", problem.text()) for problem in gateway.reading.problems]
    rows = reports.provider_rows(
        config, chosen=snapshot.keys.chosen(), untrusted=gateway.live.untrusted, lists=snapshot.lists
    )
    label = "providers"
    for row in rows:
        lines.append(_row(label, _provider(row, is_settled=snapshot.keys.is_settled)))
        label = ""
    label = "routes"
    for name, route in snapshot.routes.items():
        claims = f" as {', '.join(route.config.models)}" if route.config.models else ""
        lines.append(_row(label, f"dynamic/{name}{claims}"))
        label = ""
    if gateway.reading.held_back:
        lines.append(
            _row("trust", "held back until `aigw-dev trust`: " + "; ".join(gateway.reading.held_back))
        )
    lines += [_row("note", text) for text in gateway.notices]
    aside = [gateway.state.health().set_aside, gateway.recorder.writer.health().set_aside]
    lines += [
        _row("note", f"a damaged database was kept as {path}; a new one begins") for path in aside if path
    ]
    lines.append(_row("log", _log(gateway)))
    lines.append(
        _row("use", f'export OPENAI_BASE_URL={url}/v1  ·  aigw-dev run -- CMD  ·  eval "$(aigw-dev env)"')
    )
    stop = "ctrl-C" + (
        "  ·  keys: l last exchange, c copy base URL, p pause bodies, q stop" if output.is_terminal() else ""
    )
    lines.append(_row("stop", stop))
    return lines


def _row(label: str, text: str) -> str:
    return f"  {label:<10}{harmless.line(text)}"


def _provider(row: dict[str, object], *, is_settled: bool) -> str:
    name, source = row["name"], row["key_source"]
    if row["usable"]:
        none = "the caller's own key or login" if source == "the caller's own" else "no key needed"
        key = f"key {row['key']} ({source})" if row["key"] else none
        return f"{name}  {key}"
    if not is_settled and source == "none":
        return f"{name}  key: asking the keyring"
    return f"{name}  off: {row['why']}"


def _log(gateway: "Gateway") -> str:
    logging = gateway.in_force.logging
    kept = [
        word
        for word, is_on in (("request", logging.record_request), ("response", logging.record_response))
        if is_on
    ]
    bodies = f"{' and '.join(kept)} bodies are recorded" if kept else "no bodies are recorded"
    days = logging.keep_s / 86_400
    health = gateway.recorder.writer.health()
    trouble = f"; NOT WRITTEN: {health.reason}" if health.state == "degraded" else ""
    return f"{gateway.folder / 'log.db'}: {bodies}, keys masked, kept {days:g} d up to {logging.max_mb} MB{trouble}"
