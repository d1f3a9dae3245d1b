"""Keys that lie around in variables and a .env file, found and taken into the keyring. Blocking; never shows a value.

A key found so is bound to its vendor's own address, whatever the config says of a provider of that name.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from aigw_dev.core.errors import SecretError
from aigw_dev.core.providers import KINDS
from aigw_dev.secrets.found_keys import Lying, find_keys
from aigw_dev.secrets.vault import Place, Vault

_MOST_NAMES = 100


def found_keys(vault: Vault, folder: Path | None) -> list[dict[str, Any]]:
    """What lies around in the gateway's environment and in `folder`'s .env, and whether it is stored already."""
    stored = _stored(vault)
    return [
        _row(vault, one) | {"is_stored": vault.mark(one.value) in stored} for one in _found(vault, folder)
    ]


def import_keys(
    vault: Vault, folder: Path | None, variables: Collection[str], *, place: Place = "keyring"
) -> list[dict[str, Any]]:
    """Store the keys in these variables: `state` is `stored`, `kept` (it is already) or `refused`, `text` says why."""
    wanted = [one for one in _found(vault, folder) if one.variable in variables]
    rows = [_row(vault, one) | _import(vault, one, place) for one in wanted]
    known = {row["variable"] for row in rows}
    rows += [
        {"variable": variable, "provider": "", "fingerprint": "", "place": "", "name": "", "state": "refused", "text": "no key stands in it"}
        for variable in variables
        if variable not in known
    ]  # fmt: skip
    return rows


def _found(vault: Vault, folder: Path | None) -> list[Lying]:
    return find_keys(vault.env, folder / ".env" if folder is not None else None)


def _row(vault: Vault, one: Lying) -> dict[str, Any]:
    return {
        "variable": one.variable,
        "provider": one.kinds[0],
        "fingerprint": vault.mark(one.value),
        "place": one.place,
    }


def _stored(vault: Vault) -> dict[str, str]:
    """Names of stored keys by fingerprint."""
    return {
        record.fingerprint: record.name
        for record in vault.records()
        if record.source in {"keyring", "encrypted"}
    }


def _import(vault: Vault, one: Lying, place: Place) -> dict[str, Any]:
    name = _stored(vault).get(vault.mark(one.value))
    if name is not None:
        return {"name": name, "state": "kept", "text": "it is stored already"}
    kind = KINDS[one.kinds[0]]
    if not kind.base_url:
        text = f"{kind.name} has no address of its own to bind it to: add the provider, then `keys add`"
        return {"name": "", "state": "refused", "text": text}
    name = _free_name(vault, kind.key_name)
    try:
        vault.add(name, one.value, provider=kind.name, origins=[kind.base_url], place=place)
    except SecretError as error:
        return {"name": name, "state": "refused", "text": error.message}
    return {"name": name, "state": "stored", "text": f"for {kind.base_url}"}


def _free_name(vault: Vault, name: str) -> str:
    taken = {record.name for record in vault.records()}
    numbered = (f"{name}-{number}" for number in range(2, _MOST_NAMES))
    return name if name not in taken else next((each for each in numbered if each not in taken), name)
