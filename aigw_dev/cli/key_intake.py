"""How a key's value gets in: from a prompt without echo or a pipe, into a place that is known to work."""

import sys
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aigw_dev.cli import asking
from aigw_dev.cli.exits import CommandError
from aigw_dev.core.credentials import check_key, clean_key
from aigw_dev.secrets.vault import Vault

if TYPE_CHECKING:
    from aigw_dev.cli.place import Place
    from aigw_dev.secrets.trust_db import KeyRecord

_MAX_CHARS: Final = 70_000


def key_vault(place: "Place", *, is_encrypted: bool) -> Vault:
    """The vault to write to; a new encrypted file's passphrase is asked for twice."""
    if not is_encrypted or place.vault.encrypted.has_file:
        return place.vault
    return Vault(place.home, env=place.env, ask_passphrase=_new_passphrase)


def storage(vault: Vault, *, is_encrypted: bool) -> str:
    """Where keys will be kept, for people, once that place is known to work; no keyring is an error with alternatives."""
    if is_encrypted:
        return f"the encrypted file {vault.encrypted.path}"
    backend = vault.keyring.probe(is_person_asked=asking.is_person_near())
    return f"the OS keyring ({backend.removeprefix('keyring.backends.')}, service aigw-dev)"


def read_key(label: str, *, is_stdin: bool) -> str:
    """The key a person pastes or pipes, cleaned; what cannot be one is exit 2."""
    text = (
        sys.stdin.read(_MAX_CHARS) if is_stdin else asking.hidden(f"Key of {label}: " if label else "Key: ")
    )
    key = clean_key(text)
    problem = check_key(key)
    if problem is not None:
        raise CommandError(
            f"Nothing was stored: {problem}.", code="key_invalid", hint="Copy the whole key again."
        )
    return key


def record_json(record: "KeyRecord") -> dict[str, Any]:
    """A key for `--json`; never its value."""
    return msgspec.to_builtins(record)


def _new_passphrase() -> str | None:
    asking.require_person(
        "The encrypted key file gets a passphrase.",
        hint="Set AIGW_DEV_PASSPHRASE_FILE to a file (0600) that holds it.",
    )
    first = asking.hidden("New passphrase of the encrypted key file (8 characters or more): ")
    if first != asking.hidden("The same again: "):
        raise CommandError("The two passphrases differ.", hint="Nothing was stored; try again.")
    return first
