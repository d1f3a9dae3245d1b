"""Replacing a key by a new one: tried before it is in force, the old one kept for its grace.

The item `NAME` always holds the key in force, so that a crash at any point leaves either the old or the new one.
The others (a candidate under test, a previous key in its grace) are items `NAME@n`, noted in trust.db before they
are written: `sweep` finds and deletes what a crash left.
"""

import contextlib
from collections.abc import Callable
from typing import Final

from aigw_dev.core.credentials import check_key, clean_key
from aigw_dev.core.errors import Refusal, SecretError
from aigw_dev.secrets.keyring import slot_name
from aigw_dev.secrets.secret import Secret, Source
from aigw_dev.secrets.trust_db import KeyRecord, Slot
from aigw_dev.secrets.vault import Vault

DEFAULT_GRACE_S: Final = 86_400.0
_TEST_LIMIT_S: Final = 3600.0
"""A candidate older than this was left by a crash."""

KeyTest = Callable[[Secret], str | None]
"""Tries a key without spending (the provider's model list) and says why it is not good, or None. May block."""


def rotate(
    vault: Vault,
    name: str,
    *,
    value: str,
    test: KeyTest | None = None,
    grace_s: float = DEFAULT_GRACE_S,
    is_person_asked: bool = True,
) -> KeyRecord | Refusal:
    """Put `value` in the place of the key `name` if `test` finds it good; the old key stays for `grace_s` seconds.

    A `Refusal` (`key_invalid`) leaves the old key in force. Its origins stay. Blocking; raises `SecretError` like
    `Vault`. A key of a variable or file cannot be rotated here.
    """
    record = vault.need(name)
    store = vault.store_of(record.source)
    key = clean_key(value)
    if problem := check_key(key):
        return Refusal(code="key_invalid", message=f"{name} was not rotated: {problem}")
    mark = vault.mark(key)
    if mark == record.fingerprint:
        return Refusal(
            code="key_invalid", message=f"{name} was not rotated: this is the key that is in force already"
        )
    sweep(vault)
    candidate = vault.db.open_slot(
        name, role="candidate", fingerprint=mark, until=vault.now() + _TEST_LIMIT_S
    )
    try:
        store.write(slot_name(name, candidate.number), key, is_person_asked=is_person_asked)
        if test is not None and (problem := test(Secret(name, key, record.source))):
            return Refusal(
                code="key_invalid", message=f"{name} was not rotated, the old key stays in force: {problem}"
            )
        _keep_previous(vault, record, grace_s=grace_s, is_person_asked=is_person_asked)
        store.write(name, key, is_person_asked=is_person_asked)
        vault.db.set_fingerprint(name, mark, vault.now())
    finally:
        with contextlib.suppress(SecretError):  # its note stays: `sweep` deletes it later
            _delete_slot(vault, record, candidate)
    return vault.need(name)


def undo(vault: Vault, name: str, *, is_person_asked: bool = True) -> KeyRecord | Refusal:
    """Put the previous key back into force while its grace lasts; the newer one becomes the previous."""
    record = vault.need(name)
    store = vault.store_of(record.source)
    previous = record.previous
    if previous is None or previous.until <= vault.now():
        return Refusal(
            code="key_missing",
            message=f"{name} has no previous key: its grace is over, or it was never rotated",
        )
    item = slot_name(name, previous.number)
    old = store.read([item], is_person_asked=is_person_asked).get(item)
    if old is None:
        return Refusal(code="key_missing", message=f"the previous key of {name} is not in its place any more")
    _keep_previous(vault, record, grace_s=previous.until - vault.now(), is_person_asked=is_person_asked)
    store.write(name, old.value, is_person_asked=is_person_asked)
    vault.db.set_fingerprint(name, previous.fingerprint, vault.now())
    _delete_slot(vault, record, previous)
    return vault.need(name)


def sweep(vault: Vault) -> list[str]:
    """Delete previous keys whose grace is over and candidates that a crash left; the items deleted, by name.

    Raises no keyring dialog. What cannot be deleted now stays noted for the next time.
    """
    now = vault.now()
    swept: list[str] = []
    silent: set[Source] = set()
    records = {record.name: record for record in vault.records()}
    for slot in vault.db.slots():
        record = records.get(slot.name)
        if slot.until > now or record is None or record.source in silent:
            continue
        try:
            _delete_slot(vault, record, slot)
        except SecretError:
            silent.add(record.source)  # its next item would wait as long in vain
            continue
        swept.append(slot_name(slot.name, slot.number))
    return swept


def _keep_previous(vault: Vault, record: KeyRecord, *, grace_s: float, is_person_asked: bool) -> None:
    """Copy the key in force into a slot of its own."""
    if grace_s <= 0:
        return
    store = vault.store_of(record.source)
    old = store.read([record.name], is_person_asked=is_person_asked).get(record.name)
    if old is None:
        return
    slot = vault.db.open_slot(
        record.name, role="previous", fingerprint=record.fingerprint, until=vault.now() + grace_s
    )
    store.write(slot_name(record.name, slot.number), old.value, is_person_asked=is_person_asked)


def _delete_slot(vault: Vault, record: KeyRecord, slot: Slot) -> None:
    vault.store_of(record.source).delete([slot_name(slot.name, slot.number)], is_person_asked=False)
    vault.db.close_slot(slot)
