"""`aigw-dev keys list|check|remove|allow`: which keys there are, and what may be done with them. Never a value."""

import time
from typing import Annotated, Any

import msgspec
import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.key_owner import owner_of
from aigw_dev.cli.key_trial import try_key
from aigw_dev.cli.money import ago
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.secrets.trust_db import KeyRecord
from aigw_dev.secrets.vault import KeyValues

_NAME = Annotated[str, typer.Argument(metavar="NAME", help="The key's name, see `keys list`.")]


def keys_list(context: Context) -> int:
    """List the keys: name, provider, origin, fingerprint, last use.

    Where two places hold different keys for a provider, stderr says which one is in force.
    """
    rows, notes = key_rows(Place(context))
    if context.is_json:
        output.print_json({"keys": rows, "notices": notes})
        return DONE
    if not rows:
        output.note("there are no keys; `aigw-dev keys add PROVIDER` stores one")
    now = time.time()
    if rows:
        output.table(
            ["NAME", "PROVIDER", "SOURCE", "ORIGIN", "FINGERPRINT", "ADDED", "LAST USED", "USED BY"],
            [_cells(row, now=now) for row in rows],
        )
    for text in notes:
        output.note(harmless.line(text))
    return DONE


def key_rows(place: Place) -> tuple[list[dict[str, Any]], list[str]]:
    """Every key, and which one is in force where several differ."""
    client = place.client()
    if client is not None:
        with client:
            return client.keys(), client.status()["notices"]
    from aigw_dev.cli.local import with_snapshot
    from aigw_dev.server import reports
    from aigw_dev.server.snapshot import Snapshot

    async def rows(snapshot: Snapshot) -> tuple[list[dict[str, Any]], list[str]]:
        chosen = snapshot.keys.chosen()
        bare = {secret.name: secret.value for one in chosen.values() for secret in one.secrets}
        mark = {name: place.vault.mark(value) for name, value in bare.items()}
        listed = reports.key_rows(place.vault.records(), snapshot.config, chosen=chosen, mark=mark)
        return listed, [note for one in chosen.values() for note in one.notes]

    return with_snapshot(place, rows)


def keys_check(
    context: Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A key; without one, all that are recorded.")
    ] = None,
) -> int:
    """Try keys with their providers, without spending.

    Exits 1 where a provider refuses one, or where a key is not in its place any more.
    """
    place = Place(context)
    records = [place.vault.need(name)] if name else place.vault.records()
    values = place.vault.read(records, is_person_asked=asking.is_person_near())
    rows = [_checked(place, record, values) for record in records]
    if context.is_json:
        output.print_json(rows)
    elif not rows:
        output.note("no key is recorded; `aigw-dev check` asks the providers with the keys in force")
    else:
        output.table(
            ["NAME", "PROVIDER", "FINGERPRINT", "GOOD"],
            [
                [row["name"], row["provider"] or "-", row["fingerprint"] or "-", _goodness(row)]
                for row in rows
            ],
        )
    return NOT_HELD if any(row["state"] in {"refused", "missing"} for row in rows) else DONE


def keys_remove(
    context: Context,
    name: _NAME,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    record_only: Annotated[
        bool,
        typer.Option(
            "--record-only", help="Forget it and leave the keyring alone: for a keyring that is gone."
        ),
    ] = False,
) -> int:
    """Delete a key from its place, with what a rotation kept of it.

    A variable or a file is never touched: only its record goes.
    """
    place = Place(context)
    record = place.vault.need(name)
    what = {"keyring": "from the OS keyring", "encrypted": "from the encrypted file"}.get(
        "" if record_only else record.source, "from the records only"
    )
    if not asking.confirm(
        harmless.line(f"Delete {name} ({record.fingerprint or 'no value'}) {what}?"), is_yes=yes
    ):
        raise asking.refused()
    place.vault.remove(name, is_record_only=record_only, is_person_asked=asking.is_person_near())
    announce(place, "keys", action="key.removed", subject=name)
    if context.is_json:
        output.print_json({"removed": name, "source": record.source})
        return DONE
    output.say(f"{name} was deleted {what}.")
    config = place.reading.config
    naming = [
        one for one, provider in (config.providers if config else {}).items() if name in (provider.keys or ())
    ]
    if naming:
        output.note(f"the config still names it: providers.{naming[0]}.keys")
    return DONE


def keys_allow(
    context: Context,
    name: _NAME,
    origin: Annotated[
        str, typer.Argument(metavar="ORIGIN", help="Scheme, host and port: https://proxy.example.com.")
    ],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the origin away again.")] = False,
) -> int:
    """Let a key be sent to another address as well.

    A key that another program put into the keyring under service aigw-dev is recorded by this.
    """
    place = Place(context)
    if revoke:
        if not place.vault.disallow(name, origin):
            raise CommandError(
                f"{name} was not allowed there.", hint="`aigw-dev keys list` shows its origins."
            )
        record = place.vault.need(name)
    else:
        record = place.vault.allow(name, origin, is_person_asked=asking.is_person_near())
    announce(place, "keys", action="key.disallowed" if revoke else "key.allowed", subject=f"{name} {origin}")
    if context.is_json:
        output.print_json(msgspec.to_builtins(record))
        return DONE
    output.say(harmless.line(f"{name} may be sent to {', '.join(record.origins) or 'no address'}."))
    return DONE


def _cells(row: dict[str, Any], *, now: float) -> list[str]:
    return [
        row["name"],
        row["provider"] or "-",
        row["source"],
        ", ".join(row["origins"]) or "-",
        row["fingerprint"] or "-",
        "-" if row["added_at"] is None else ago(row["added_at"], now=now),
        "-" if row["added_at"] is None else ago(row["last_used_at"], now=now),
        ", ".join(row["used_by"]) or "-",
    ]


def _checked(place: Place, record: KeyRecord, values: KeyValues) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": record.name,
        "provider": record.provider,
        "fingerprint": record.fingerprint,
    }
    if error := values.errors.get(record.name):
        return row | {"state": "missing", "text": error.message, "status": 0}
    secret = values.found.get(record.name)
    if secret is None:
        return row | {"state": "missing", "text": f"the {record.source} has no value for it", "status": 0}
    if not record.provider:
        return row | {"state": "unknown", "text": "it belongs to no provider", "status": 0}
    owner = owner_of(place, record.provider)
    if owner.resolved.origin not in record.origins:
        return row | {
            "state": "unknown",
            "text": f"it may not be sent to {owner.resolved.origin}",
            "status": 0,
        }
    changed = "" if place.vault.matches(record, secret) else "; it is not the key that was added"
    verdict = try_key(place, owner, secret.value)
    return row | verdict.as_json() | {"text": f"{verdict.text}{changed}"}


def _goodness(row: dict[str, Any]) -> str:
    words = {"good": "YES", "unknown": f"not known ({row['text']})"}
    return words.get(row["state"], f"NO({row['text']})")
