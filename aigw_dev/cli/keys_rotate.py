"""`aigw-dev keys rotate`: a new key in the place of an old one, tried first."""

import time
from dataclasses import dataclass
from typing import Annotated

import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.key_intake import read_key, record_json, storage
from aigw_dev.cli.key_owner import owner_of
from aigw_dev.cli.key_trial import Verdict, try_key
from aigw_dev.cli.place import Place
from aigw_dev.core import duration, harmless
from aigw_dev.core.errors import Refusal
from aigw_dev.secrets import rotation
from aigw_dev.secrets.rotation import KeyTest
from aigw_dev.secrets.trust_db import KeyRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateOptions:
    """How a key is replaced."""

    grace: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="How long the old key stays good to recognise callers by: 0, 30m, 24h, 7d."
        ),
    ] = "24h"
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the new key from standard input.")] = False
    undo: Annotated[bool, typer.Option("--undo", help="Put the old key back while its grace lasts.")] = False
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Put it in force without asking the provider.")
    ] = False


def keys_rotate(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The key's name, see `keys list`.")],
    options: RotateOptions,
) -> int:
    """Replace a key by a new one, tried before it is in force.

    The old one stays for its grace; if the provider refuses the new one, nothing changes.
    """
    place = Place(context)
    vault, record = place.vault, place.vault.need(name)
    vault.store_of(record.source)  # a variable's or a file's key is changed there, and says so
    if options.undo:
        found = rotation.undo(vault, name, is_person_asked=asking.is_person_near())
    else:
        grace_s = _grace(options.grace)
        if not options.stdin:
            asking.require_person("The new key has to be typed in.", hint="Pipe it in with --stdin.")
        storage(vault, is_encrypted=record.source == "encrypted")
        key = read_key(f"{name} (new)", is_stdin=options.stdin)
        found = rotation.rotate(
            vault,
            name,
            value=key,
            test=None if options.no_check else _trial(place, record),
            grace_s=grace_s,
            is_person_asked=asking.is_person_near(),
        )
    if isinstance(found, Refusal):
        raise CommandError(f"{found.message}.", code=found.code, exit_code=NOT_HELD)
    announce(place, "keys", action="key.rotated", subject=name)
    if context.is_json:
        output.print_json(record_json(found))
        return DONE
    old = (
        f", the old one ({found.previous.fingerprint}) stays until {_clock(found.previous.until)}"
        if found.previous
        else ""
    )
    output.say(harmless.line(f"{name} is {found.fingerprint} now{old}."))
    return DONE


def _trial(place: Place, record: KeyRecord) -> KeyTest | None:
    """How the new key is tried: with its provider, and only where the old one may be sent."""
    if not record.provider:
        return None
    owner = owner_of(place, record.provider)
    if owner.resolved.origin not in record.origins:
        output.note(f"warning: the new key is not tried: it may not be sent to {owner.resolved.origin}")
        return None
    return lambda secret: _objection(try_key(place, owner, secret.value))


def _objection(verdict: Verdict) -> str | None:
    if verdict.state == "unknown":
        output.note(harmless.line(f"warning: the new key could not be tried: {verdict.text}"))
    return verdict.text if verdict.state == "refused" else None


def _grace(text: str) -> float:
    if text.strip() == "0":
        return 0.0
    found = duration.parse(text.strip())
    if found is None:
        raise CommandError(
            f"--grace {harmless.line(text[:40])} is no time.", hint="Write 30m, 24h, 7d, or 0."
        )
    return float(found)


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
