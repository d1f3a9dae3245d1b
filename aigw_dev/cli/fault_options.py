"""`--fault` of `up` and `replay`: checked before anything starts, in force from the first call on, and said so."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aigw_dev.cli import output
from aigw_dev.cli.exits import CommandError
from aigw_dev.core import harmless

if TYPE_CHECKING:
    from aigw_dev.server.gateway import Gateway
    from aigw_dev.server.run import Ready


_HINT: Final = "Write one, such as --fault 'http.429;times=2', or leave it out."


def check(specs: Sequence[str]) -> None:
    """Raises `CommandError` for the first that is no fault, or cannot be done."""
    if not specs:
        return
    from aigw_dev.core.recording.faults.spec import FaultError, parse_faults

    for spec in specs:
        try:
            found = parse_faults(spec)
        except FaultError as error:
            raise CommandError(
                f"--fault {spec}: {error.message}", code=error.code, hint=error.hint
            ) from error
        if not found:
            raise CommandError(f"--fault {spec!r} names no fault.", code=FaultError.code, hint=_HINT)


def put_in_force(gateway: "Gateway", specs: Sequence[str]) -> None:
    """Put them in force and say which, on stderr."""
    for spec in specs:
        gateway.faults.add(spec)
    label = "faults"
    for row in gateway.faults.rows() if specs else ():
        output.note(f"  {label:<10}{harmless.line(str(row['spec']))} (at the {row['edge']}'s edge)")
        label = ""


def with_faults(specs: Sequence[str], then: "Ready | None" = None) -> "Ready | None":
    """What is done when the gateway answers: faults in force, then `then`."""
    if not specs:
        return then

    async def ready(gateway: "Gateway", url: str) -> None:
        put_in_force(gateway, specs)
        if then is not None:
            await then(gateway, url)

    return ready
