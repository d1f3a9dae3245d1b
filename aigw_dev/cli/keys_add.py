"""`aigw-dev keys add`: how a key gets in. It comes from a prompt, a pipe or a variable, never from argv."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.key_intake import key_vault, read_key, record_json, storage
from aigw_dev.cli.key_owner import Owner, check_new_name, owner_of
from aigw_dev.cli.key_trial import Verdict, try_key
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.core.credentials import KeyReference, recognise_vendors
from aigw_dev.core.errors import SecretError
from aigw_dev.core.providers import KINDS, kinds_for_variable

if TYPE_CHECKING:
    from aigw_dev.secrets.trust_db import KeyRecord

_STDIN_HINT: Final = "Pipe the key in with --stdin, or name a variable that holds it with --env VAR."


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """How a key is added."""

    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call it (default PROVIDER-api-key).")
    ] = None
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the key from standard input.")] = False
    env: Annotated[
        str | None, typer.Option(metavar="VAR", help="Use the key in this variable; nothing is copied.")
    ] = None
    encrypted_file: Annotated[
        bool,
        typer.Option(
            "--encrypted-file", help="Keep it in the passphrase-encrypted file, not in the keyring."
        ),
    ] = False
    no_check: Annotated[bool, typer.Option("--no-check", help="Store it without asking the provider.")] = (
        False
    )


def keys_add(
    context: Context,
    provider: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROVIDER",
            help="A provider of the config, or a kind; without it the key says whose it is.",
        ),
    ] = None,
    options: AddOptions = AddOptions(),
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
    owner = owner or owner_of(place, _whose(recognise_vendors(key)))
    name = _free_name(place, owner, options.name)
    verdict = _tried(place, owner, key, is_wanted=not options.no_check)
    record = vault.add(
        name,
        key,
        provider=owner.name,
        origins=[owner.resolved.base_url],
        place="encrypted" if options.encrypted_file else "keyring",
        is_person_asked=asking.is_person_near(),
    )
    announce(place, "keys", action="key.added", subject=record.name)
    return _stored(context, place, owner, record, verdict=verdict, where=where)


def _one_word(words: list[str] | None) -> str:
    if words and len(words) > 1:
        raise CommandError(
            "`keys add` takes one provider.", hint="Run it once for each key; the key itself is asked for."
        )
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


def _whose(kinds: tuple[str, ...]) -> str:
    """The provider that a key's beginning names; a person chooses between several."""
    known = [kind for kind in kinds if kind in KINDS]
    if len(known) == 1:
        return known[0]
    question = (
        f"This key could be one of {', '.join(known)}." if known else "Nothing in this key says whose it is."
    )
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
    if not asking.confirm(
        f"{question} Send it to {owner.resolved.origin}?", hint="--no-check stores it without sending it."
    ):
        raise asking.refused()


def _stored(
    context: Context, place: Place, owner: Owner, record: "KeyRecord", *, verdict: Verdict, where: str
) -> int:
    if context.is_json:
        output.print_json(record_json(record) | {"stored_in": where, "check": verdict.as_json()})
        return DONE
    trial = {"good": "tried: ", "unknown": "warning: not tried: ", "refused": ""}[verdict.state]
    output.say(
        harmless.line(
            f"{record.name} ({record.fingerprint}) is in {where}, read back, for {', '.join(record.origins)}."
        )
    )
    output.note(harmless.line(f"{trial}{verdict.text}"))
    config = place.reading.config
    if config is None or owner.name not in config.providers:
        if place.source.path is not None:
            output.note(
                f"the config has no provider {owner.name} yet: add `{owner.name}: {{}}` under providers (`aigw-dev edit`)"
            )
    elif owner.wanted and record.name not in owner.wanted:
        output.note(
            f"providers.{owner.name}.keys in the config does not name {record.name}: it is used once it does"
        )
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
    owner = owner or owner_of(place, _whose(kinds))
    name = _free_name(place, owner, options.name)
    if held is None:
        verdict = Verdict(state="unknown", text=f"{variable} is not set here; set it where the gateway runs")
    else:
        verdict = _tried(place, owner, held.value, is_wanted=not options.no_check)
    record = place.vault.add_reference(
        name, KeyReference("env", variable), provider=owner.name, origins=[owner.resolved.base_url]
    )
    announce(place, "keys", action="key.added", subject=record.name)
    return _stored(context, place, owner, record, verdict=verdict, where=f"the variable {variable}")
