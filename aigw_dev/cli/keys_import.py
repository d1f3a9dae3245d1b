"""`aigw-dev keys import`: keys that lie around in variables and a .env file, into the keyring, one question each."""

from pathlib import Path
from typing import Annotated, Any

import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD
from aigw_dev.cli.key_intake import key_vault, storage
from aigw_dev.cli.key_owner import owner_of
from aigw_dev.cli.key_trial import Verdict, try_key
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.secrets.found_keys import Lying, find_keys
from aigw_dev.secrets.vault import Vault


def keys_import(
    context: Context,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A .env file (default: ./.env).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Import every key found.")] = False,
    encrypted_file: Annotated[
        bool,
        typer.Option(
            "--encrypted-file", help="Keep them in the passphrase-encrypted file, not in the keyring."
        ),
    ] = False,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Store them without asking the providers.")
    ] = False,
) -> int:
    """Store keys found in variables and a .env file in the keyring.

    Lists what it found by provider and asks for each; the variables and the file stay as they are.
    """
    place = Place(context)
    found = find_keys(place.env, file or Path.cwd() / ".env")
    if not found:
        output.note("no usual variable (OPENAI_API_KEY ...) holds a key, here or in .env")
        if context.is_json:
            output.print_json([])
        return DONE
    _show_found(place, found)
    if not yes:
        asking.require_person("Each key is asked about.", hint="Give --yes to import them all.")
    vault = key_vault(place, is_encrypted=encrypted_file)
    where = storage(vault, is_encrypted=encrypted_file)
    rows: list[dict[str, Any]] = []
    for one in found:
        row = _import_one(place, vault, one, is_yes=yes, is_encrypted=encrypted_file, is_checked=not no_check)
        if row is not None:
            rows.append(row)
    if any(row["state"] == "stored" for row in rows):
        announce(
            place,
            "keys",
            action="key.imported",
            subject=", ".join(row["name"] for row in rows if row["state"] == "stored"),
        )
    if context.is_json:
        output.print_json(rows)
    else:
        for row in rows:
            output.say(harmless.line(f"{row['name']}: {row['state']} ({row['text']})"))
        if any(row["state"] == "stored" for row in rows):
            output.note(
                f"stored in {where}; take them out of your profile and .env now if nothing else reads them"
            )
    return NOT_HELD if any(row["state"] == "refused" for row in rows) else DONE


def _show_found(place: Place, found: list[Lying]) -> None:
    for one in found:
        mark = place.vault.mark(one.value)
        output.note(harmless.line(f"{' or '.join(one.kinds)}: {one.variable} in {one.place} ({mark})"))


def _import_one(
    place: Place, vault: Vault, one: Lying, *, is_yes: bool, is_encrypted: bool, is_checked: bool
) -> dict[str, Any] | None:
    """Store one found key; None where a person said no."""
    owner = owner_of(place, one.kinds[0])
    records = {record.name: record for record in vault.records()}
    mark = vault.mark(one.value)
    same = next(
        (
            record
            for record in records.values()
            if record.fingerprint == mark and record.source in {"keyring", "encrypted"}
        ),
        None,
    )
    row: dict[str, Any] = {"name": same.name if same else "", "provider": owner.name, "variable": one.variable, "place": one.place, "fingerprint": mark}  # fmt: skip
    if same is not None:
        return row | {"state": "kept", "text": "it is stored already"}
    if not asking.confirm(f"Store {one.variable} as a key of {owner.name}?", is_yes=is_yes):
        return None
    name = owner.default_name(records)
    numbered = (f"{name}-{number}" for number in range(2, 100))
    row["name"] = name if name not in records else next(each for each in numbered if each not in records)
    verdict = try_key(place, owner, one.value) if is_checked else Verdict(state="unknown", text="not tried")
    if verdict.state == "refused":
        return row | {"state": "refused", "text": verdict.text}
    vault.add(
        row["name"],
        one.value,
        provider=owner.name,
        origins=[owner.resolved.base_url],
        place="encrypted" if is_encrypted else "keyring",
        is_person_asked=asking.is_person_near(),
    )
    return row | {"state": "stored", "text": verdict.text}
