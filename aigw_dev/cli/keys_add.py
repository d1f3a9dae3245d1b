"""`aigw-dev keys add|rotate|import`: how a key gets in. It comes from a prompt, a pipe or a variable, never from argv."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.key_owner import Owner, check_new_name, owner_of
from aigw_dev.cli.key_trial import Verdict, try_key
from aigw_dev.cli.place import Place
from aigw_dev.core import duration, harmless
from aigw_dev.core.credentials import KeyReference, check_key, clean_key, recognise_vendors
from aigw_dev.core.errors import Refusal, SecretError
from aigw_dev.core.providers import KINDS, kinds_for_variable

if TYPE_CHECKING:
    from aigw_dev.cli.key_import import Lying
    from aigw_dev.secrets.trust_db import KeyRecord
    from aigw_dev.secrets.vault import Vault

_MAX_CHARS: Final = 70_000
_STDIN_HINT: Final = "Pipe the key in with --stdin, or name a variable that holds it with --env VAR."


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """How a key is added."""

    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to call it (default PROVIDER-api-key).")] = None
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the key from standard input.")] = False
    env: Annotated[
        str | None, typer.Option(metavar="VAR", help="Use the key in this variable; nothing is copied.")
    ] = None
    encrypted_file: Annotated[
        bool, typer.Option("--encrypted-file", help="Keep it in the passphrase-encrypted file, not in the keyring.")
    ] = False
    no_check: Annotated[bool, typer.Option("--no-check", help="Store it without asking the provider.")] = False


def keys_add(
    context: Context,
    provider: Annotated[
        list[str] | None,
        typer.Argument(metavar="PROVIDER", help="A provider of the config, or a kind; without it the key says whose it is."),
    ] = None,
    options: AddOptions = AddOptions(),  # noqa: B008  -- frozen
) -> int:
    """Store a provider's key in the OS keyring.

    The key is asked for without echo, tried without spending, stored and read back. It goes to the provider's own
    address only; `keys allow` adds another.
    """
    place = Place(context)
    word = _one_word(provider)
    _check_options(options)
    owner = owner_of(place, word) if word else None
    if options.env is not None:
        return _add_variable(context, place, owner, options)
    if not options.stdin:
        asking.require_person("The key has to be typed in.", hint=_STDIN_HINT)
    vault = key_vault(place, is_encrypted=options.encrypted_file)
    where = storage(vault, is_encrypted=options.encrypted_file)
    if owner is not None:
        _free_name(place, owner, options.name)
    key = read_key(owner.name if owner is not None else "", is_stdin=options.stdin)
    owner = owner or owner_of(place, _whose(place, recognise_vendors(key)))
    name = _free_name(place, owner, options.name)
    verdict = _tried(place, owner, key, is_wanted=not options.no_check)
    record = vault.add(
        name,
        key,
        provider=owner.name,
        origins=[owner.resolved.base_url],
        place="encrypted" if options.encrypted_file else "keyring",
        is_person_asked=asking.is_person_there(),
    )
    announce(place, "keys", action="key.added", subject=record.name)
    return _stored(context, place, owner, record, verdict, where)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateOptions:
    """How a key is replaced."""

    grace: Annotated[
        str, typer.Option(metavar="TIME", help="How long the old key stays good to recognise callers by: 0, 30m, 24h, 7d.")
    ] = "24h"
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the new key from standard input.")] = False
    undo: Annotated[bool, typer.Option("--undo", help="Put the old key back while its grace lasts.")] = False
    no_check: Annotated[bool, typer.Option("--no-check", help="Put it in force without asking the provider.")] = False


def keys_rotate(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The key's name, see `keys list`.")],
    options: RotateOptions,
) -> int:
    """Replace a key by a new one, tried before it is in force.

    The old one stays for its grace; if the provider refuses the new one, nothing changes.
    """
    from aigw_dev.secrets import rotation

    place = Place(context)
    vault, record = place.vault, place.vault.need(name)
    vault.store_of(record.source)  # a variable's or a file's key is changed there, and says so
    if options.undo:
        found = rotation.undo(vault, name, is_person_asked=asking.is_person_there())
    else:
        grace_s = _grace(options.grace)
        if not options.stdin:
            asking.require_person("The new key has to be typed in.", hint="Pipe it in with --stdin.")
        vault.keyring.probe(is_person_asked=asking.is_person_there()) if record.source == "keyring" else None
        key = read_key(f"{name} (new)", is_stdin=options.stdin)
        owner = None if options.no_check or not record.provider else owner_of(place, record.provider)
        found = rotation.rotate(
            vault,
            name,
            value=key,
            test=(lambda secret: _objection(try_key(place, owner, secret.value))) if owner is not None else None,
            grace_s=grace_s,
            is_person_asked=asking.is_person_there(),
        )
    if isinstance(found, Refusal):
        raise CommandError(f"{found.message}.", code=found.code, exit_code=NOT_HELD)
    announce(place, "keys", action="key.rotated", subject=name)
    if context.is_json:
        output.print_json(record_json(found))
        return DONE
    old = f", the old one ({found.previous.fingerprint}) stays until {_clock(found.previous.until)}" if found.previous else ""
    output.say(harmless.line(f"{name} is {found.fingerprint} now{old}."))
    return DONE


def keys_import(
    context: Context,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="A .env file (default: ./.env).")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Import every key found.")] = False,
    encrypted_file: Annotated[
        bool, typer.Option("--encrypted-file", help="Keep them in the passphrase-encrypted file, not in the keyring.")
    ] = False,
    no_check: Annotated[bool, typer.Option("--no-check", help="Store them without asking the providers.")] = False,
) -> int:
    """Store keys found in variables and a .env file in the keyring.

    Lists what it found by provider and asks for each; the variables and the file stay as they are.
    """
    from aigw_dev.cli.key_import import find_keys

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
        announce(place, "keys", action="key.imported", subject=", ".join(row["name"] for row in rows if row["state"] == "stored"))
    if context.is_json:
        output.print_json(rows)
    else:
        for row in rows:
            output.say(harmless.line(f"{row['name']}: {row['state']} ({row['text']})"))
        if any(row["state"] == "stored" for row in rows):
            output.note(f"stored in {where}; take them out of your profile and .env now if nothing else reads them")
    return NOT_HELD if any(row["state"] == "refused" for row in rows) else DONE


# what `rotate`, `import` and `add` share


def key_vault(place: Place, *, is_encrypted: bool) -> "Vault":
    """The vault to write to; a new encrypted file's passphrase is asked for twice."""
    if not is_encrypted or place.vault.encrypted.has_file:
        return place.vault
    from aigw_dev.secrets.vault import Vault

    return Vault(place.home, env=place.env, ask_passphrase=_new_passphrase)


def storage(vault: "Vault", *, is_encrypted: bool) -> str:
    """Where keys will be kept, for people, once that place is known to work; no keyring is an error with alternatives."""
    if is_encrypted:
        return f"the encrypted file {vault.encrypted.path}"
    backend = vault.keyring.probe(is_person_asked=asking.is_person_there())
    return f"the OS keyring ({backend.removeprefix('keyring.backends.')}, service aigw-dev)"


def read_key(label: str, *, is_stdin: bool) -> str:
    """The key a person pastes or pipes, cleaned; what cannot be one is exit 2."""
    text = sys.stdin.read(_MAX_CHARS) if is_stdin else asking.hidden(f"Key of {label}: " if label else "Key: ")
    key = clean_key(text)
    problem = check_key(key)
    if problem is not None:
        raise CommandError(f"Nothing was stored: {problem}.", code="key_invalid", hint="Copy the whole key again.")
    return key


def record_json(record: "KeyRecord") -> dict[str, Any]:
    """A key for `--json`; never its value."""
    import msgspec

    return msgspec.to_builtins(record)


def _one_word(words: list[str] | None) -> str:
    if words and len(words) > 1:
        raise CommandError("`keys add` takes one provider.", hint="Run it once for each key; the key itself is asked for.")
    return words[0] if words else ""


def _check_options(options: AddOptions) -> None:
    if options.env is not None and (options.stdin or options.encrypted_file):
        raise CommandError("--env uses a variable as it is.", hint="Leave out --stdin and --encrypted-file.")
    if options.name is not None:
        check_new_name(options.name)


def _free_name(place: Place, owner: Owner, name: str | None) -> str:
    """The name for the new key; one that is taken is exit 2 before anybody types."""
    taken = {record.name: record for record in place.vault.records()}
    chosen = check_new_name(name or owner.default_name(taken))
    if chosen in taken:
        raise SecretError(
            f"there is a key named {chosen} already",
            code="key_exists",
            hint=f"`aigw-dev keys rotate {chosen}` replaces it; --name chooses another name",
        )
    return chosen


def _whose(place: Place, kinds: tuple[str, ...]) -> str:
    """The provider that a key's beginning names; a person chooses between several."""
    known = [kind for kind in kinds if kind in KINDS]
    if len(known) == 1:
        return known[0]
    question = f"This key could be one of {', '.join(known)}." if known else "Nothing in this key says whose it is."
    asking.require_person(question, hint="Name the provider: `aigw-dev keys add PROVIDER --stdin`.")
    chosen = asking.ask(f"{question} Provider: ")
    if not chosen:
        raise asking.refused()
    return chosen


def _tried(place: Place, owner: Owner, key: str, *, is_wanted: bool) -> Verdict:
    """Try the key unless told not to; a refused one is exit 1 and is not stored."""
    if not is_wanted:
        return Verdict(state="unknown", text="not tried")
    _check_vendor(owner, key)
    verdict = try_key(place, owner, key)
    if verdict.state == "refused":
        raise CommandError(
            f"{owner.name} refused this key and it was not stored: {harmless.line(verdict.text)}",
            hint="Copy the whole key again; --no-check stores it all the same.",
            code="key_invalid",
            exit_code=NOT_HELD,
        )
    return verdict


def _check_vendor(owner: Owner, key: str) -> None:
    """A key that is plainly another vendor's is not sent to this one without a person's word."""
    kinds = recognise_vendors(key)
    kind = owner.resolved.kind
    if not kinds or kind.name in kinds or kind.needs_base_url or owner.resolved.is_overridden:
        return
    question = f"This looks like a key of {' or '.join(kinds)}, not of {kind.name}."
    if not asking.confirm(f"{question} Send it to {owner.resolved.origin}?", hint="--no-check stores it without sending it."):
        raise asking.refused()


def _objection(verdict: Verdict) -> str | None:
    if verdict.state == "unknown":
        output.note(harmless.line(f"warning: the new key could not be tried: {verdict.text}"))
    return verdict.text if verdict.state == "refused" else None


def _stored(
    context: Context, place: Place, owner: Owner, record: "KeyRecord", verdict: Verdict, where: str
) -> int:
    if context.is_json:
        output.print_json(record_json(record) | {"stored_in": where, "check": verdict.as_json()})
        return DONE
    trial = {"good": "tried: ", "unknown": "warning: not tried: ", "refused": ""}[verdict.state]
    output.say(harmless.line(f"{record.name} ({record.fingerprint}) is in {where}, read back, for {', '.join(record.origins)}."))
    output.note(harmless.line(f"{trial}{verdict.text}"))
    config = place.reading.config
    if config is None or owner.name not in config.providers:
        if place.source.path is not None:
            output.note(f"the config has no provider {owner.name} yet: add `{owner.name}: {{}}` under providers (`aigw-dev edit`)")
    elif owner.wanted and record.name not in owner.wanted:
        output.note(f"providers.{owner.name}.keys in the config does not name {record.name}: it is used once it does")
    return DONE


def _add_variable(context: Context, place: Place, owner: Owner | None, options: AddOptions) -> int:
    """Record a variable that stays where it is."""
    from aigw_dev.core.credentials import parse_reference
    from aigw_dev.secrets.sources import read_variable

    variable = options.env or ""
    reference = parse_reference(f"env:{variable}")
    if isinstance(reference, str) or reference.source != "env":
        raise CommandError(f"{reference}.", code="key_invalid")
    held = read_variable(variable, place.env)
    kinds = kinds_for_variable(variable) or (recognise_vendors(held.value) if held is not None else ())
    owner = owner or owner_of(place, _whose(place, kinds))
    name = _free_name(place, owner, options.name)
    if held is None:
        verdict = Verdict(state="unknown", text=f"{variable} is not set here; set it where the gateway runs")
    else:
        verdict = _tried(place, owner, held.value, is_wanted=not options.no_check)
    record = place.vault.add_reference(
        name, KeyReference("env", variable), provider=owner.name, origins=[owner.resolved.base_url]
    )
    announce(place, "keys", action="key.added", subject=record.name)
    return _stored(context, place, owner, record, verdict, f"the variable {variable}")


def _show_found(place: Place, found: "list[Lying]") -> None:
    for one in found:
        mark = place.vault.mark(one.value)
        output.note(harmless.line(f"{' or '.join(one.kinds)}: {one.variable} in {one.place} ({mark})"))


def _import_one(
    place: Place, vault: "Vault", one: "Lying", *, is_yes: bool, is_encrypted: bool, is_checked: bool
) -> dict[str, Any] | None:
    """Store one found key; None where a person said no."""
    owner = owner_of(place, one.kinds[0])
    records = {record.name: record for record in vault.records()}
    mark = vault.mark(one.value)
    same = next((record for record in records.values() if record.fingerprint == mark and record.source in {"keyring", "encrypted"}), None)
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
        is_person_asked=asking.is_person_there(),
    )
    return row | {"state": "stored", "text": verdict.text}


def _grace(text: str) -> float:
    if text.strip() == "0":
        return 0.0
    found = duration.parse(text.strip())
    if found is None:
        raise CommandError(f"--grace {harmless.line(text[:40])} is no time.", hint="Write 30m, 24h, 7d, or 0.")
    return float(found)


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _new_passphrase() -> str | None:
    asking.require_person("The encrypted key file gets a passphrase.", hint="Set AIGW_DEV_PASSPHRASE_FILE to a file (0600) that holds it.")
    first = asking.hidden("New passphrase of the encrypted key file (8 characters or more): ")
    if first != asking.hidden("The same again: "):
        raise CommandError("The two passphrases differ.", hint="Nothing was stored; try again.")
    return first
