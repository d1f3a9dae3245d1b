"""`aigw-dev doctor`: one table of everything that commonly goes wrong, with how to mend it."""

from collections.abc import Callable, Iterator
from typing import Final

from aigw_dev.cli import findings, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD
from aigw_dev.cli.findings import Finding
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.core.errors import GatewayError

_CHECKS: Final[tuple[Callable[[Place], Finding], ...]] = (
    findings.program,
    findings.sqlite,
    findings.home,
    findings.file_system,
    findings.config,
    findings.keyring,
    findings.port,
    findings.log,
    findings.prices,
    findings.environment,
)
_STYLES: Final = {"ok": "green", "note": "cyan", "warn": "yellow", "FAIL": "red"}


def doctor(context: Context) -> int:
    """Check this machine, the config, the keys and the log.

    Exits 1 where a check fails. Nothing is changed and no provider is asked; `aigw-dev check` asks them.
    """
    place = Place(context)
    rows = [*(_looked(look, place) for look in _CHECKS), *_of_providers(place)]
    if context.is_json:
        output.print_json(rows)
    else:
        wide = max(len(row.check) for row in rows)
        for row in rows:
            lines = harmless.block(row.text).splitlines() or [""]
            output.say(
                f"{output.styled(f'{row.state:<4}', _STYLES[row.state])}  {row.check:<{wide}}  {lines[0]}"
            )
            for line in lines[1:]:
                output.say(f"{'':{wide + 6}}  {line.strip()}")
    return NOT_HELD if any(row.state == "FAIL" for row in rows) else DONE


def _looked(look: Callable[[Place], Finding], place: Place) -> Finding:
    """One finding; what cannot be looked at is a failure of its own and ends nothing."""
    try:
        return look(place)
    except (GatewayError, OSError) as error:
        return Finding(check=look.__name__, state="FAIL", text=str(error))


def _of_providers(place: Place) -> Iterator[Finding]:
    """Providers that cannot be used, and keys of which another one is in force."""
    from aigw_dev.cli.keys import key_rows
    from aigw_dev.cli.providers import provider_rows

    if place.reading.config is None:
        return
    try:
        rows, (_, notes) = provider_rows(place), key_rows(place)
    except GatewayError as error:
        yield Finding(check="providers", state="FAIL", text=error.message)
        return
    for row in rows:
        if not row["usable"]:
            yield Finding(check="providers", state="warn", text=f"{row['name']} is off: {row['why']}")
    if all(row["usable"] for row in rows):
        yield Finding(check="providers", state="ok", text=", ".join(row["name"] for row in rows))
    for text in notes:
        yield Finding(check="keys", state="note", text=text)
