"""The keys of one home: their records in trust.db, their values in the keyring or the encrypted file.

Values go in and out as `Secret`s; records, lists and errors never hold one. Every method may block on the keyring
(see `aigw_dev.secrets.keyring` for deadlines) and raises `SecretError`.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from aigw_dev.core.credentials import KeyReference, check_key, check_name, clean_key, fingerprint, origin_of
from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.encrypted import EncryptedFile
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.keyring import Keyring, slot_name
from aigw_dev.secrets.secret import Secret, Source
from aigw_dev.secrets.sources import Passphrase, PassphrasePrompt, read_key_file, read_variable
from aigw_dev.secrets.stores import EncryptedStore, KeyringStore, Store
from aigw_dev.secrets.trust_db import KeyRecord, Slot, TrustDb

Place = Literal["keyring", "encrypted"]
"""Where a value that is handed to us can be kept."""

_ENCRYPTED_NAME: Final = "keys.enc"


_BACKEND: Final = "PYTHON_KEYRING_BACKEND"
"""Names the keyring's backend (keyring's own variable)."""


class Vault:
    """Add, list, allow, read and remove keys. Rotation is in `aigw_dev.secrets.rotation`."""

    def __init__(
        self,
        home: Home,
        *,
        env: Mapping[str, str] | None = None,
        ask_passphrase: PassphrasePrompt | None = None,
        keyring: Keyring | None = None,
        encrypted: EncryptedFile | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Touches nothing yet. `ask_passphrase` asks a person; the rest are seams with the usual defaults."""
        self.home: Final = home
        self.env: Final = os.environ if env is None else env
        self.keyring: Final = keyring or Keyring(
            lock_path=home.path / "keyring.lock", env=_keyring_env(self.env)
        )
        self.encrypted: Final = encrypted or EncryptedFile(
            home.path / _ENCRYPTED_NAME, Passphrase(self.env, ask_passphrase)
        )
        self.db: Final = TrustDb(home.path / "trust.db")
        self.now: Final = now

    def records(self) -> list[KeyRecord]:
        """What is known about every key, by name; asks no keyring."""
        return self.db.records()

    def find(self, name: str) -> KeyRecord | None:
        """What is known about one key, or None."""
        return self.db.record(name)

    def need(self, name: str) -> KeyRecord:
        """What is known about one key; unknown is `key_missing`."""
        if record := self.find(name):
            return record
        raise SecretError(
            f"there is no key named {_shown(name)}",
            code="key_missing",
            hint="see `aigw-dev keys list`; add it with `aigw-dev keys add PROVIDER`",
        )

    def add(
        self,
        name: str,
        value: str,
        *,
        provider: str,
        origins: Sequence[str],
        place: Place = "keyring",
        is_replacing: bool = False,
        is_person_asked: bool = True,
    ) -> KeyRecord:
        """Clean, check and store a key that may be sent to these origins only, and read it back.

        `key_invalid`: the name, key or an origin; `key_exists`: the name is taken and `is_replacing` is False.
        """
        key = clean_key(value)
        _require(check_key(key))
        record = self._new_record(
            name,
            provider=provider,
            source=place,
            place=name,
            origins=origins,
            key=key,
            is_replacing=is_replacing,
        )
        self.store_of(place).write(name, key, is_person_asked=is_person_asked)
        self.db.put_record(record)
        return self.need(name)

    def add_reference(
        self,
        name: str,
        reference: KeyReference,
        *,
        provider: str,
        origins: Sequence[str],
        base: Path | None = None,
        is_replacing: bool = False,
    ) -> KeyRecord:
        """Record a key that stays where it is: a variable or a file (made absolute from `base`). Nothing is copied."""
        if reference.source == "name":
            raise SecretError(
                "a key cannot refer to another key", code="key_invalid", hint="give env:VARIABLE or file:PATH"
            )
        place = reference.target
        if reference.source == "file":
            place = str((base or Path.cwd()).absolute() / Path(place).expanduser())
        now_there = self._read_in_place(reference.source, place)
        key = now_there.value if now_there else ""
        record = self._new_record(
            name,
            provider=provider,
            source=reference.source,
            place=place,
            origins=origins,
            key=key,
            is_replacing=is_replacing,
        )
        self.db.put_record(record)
        return self.need(name)

    def allow(self, name: str, origin: str, *, is_person_asked: bool = True) -> KeyRecord:
        """Let a key also be sent to `origin` (a URL's origin counts).

        A key that another program put into the keyring under service `aigw-dev` is recorded by this.
        """
        allowed = _checked_origins([origin])[0]
        if self.db.allow(name, allowed, self.now()):
            return self.need(name)
        _require(check_name(name))
        found = self.keyring.read([name], is_person_asked=is_person_asked).get(name)
        if found is None:
            return self.need(name)
        record = self._new_record(
            name,
            provider="",
            source="keyring",
            place=name,
            origins=[allowed],
            key=found.value,
            is_replacing=False,
        )
        self.db.put_record(record)
        return record

    def disallow(self, name: str, origin: str) -> bool:
        """Take an origin from a key; whether it had it."""
        self.need(name)
        return self.db.disallow(name, _checked_origins([origin])[0])

    def remove(self, name: str, *, is_record_only: bool = False, is_person_asked: bool = True) -> None:
        """Delete a key with everything a rotation kept of it, then its record.

        `is_record_only` leaves the keyring alone: for a keyring that is gone. A variable or file is never touched.
        """
        record = self.need(name)
        if not is_record_only and record.source in {"keyring", "encrypted"}:
            items = [name, *(slot_name(slot.name, slot.number) for slot in self.db.slots(name))]
            self.store_of(record.source).delete(items, is_person_asked=is_person_asked)
        self.db.drop_record(name)

    def read(
        self,
        records: Iterable[KeyRecord],
        *,
        slots: Iterable[Slot] = (),
        is_person_asked: bool = False,
        timeout_s: float | None = None,
    ) -> "KeyValues":
        """The values of many keys: one keyring call and one opening of the encrypted file at most."""
        values = KeyValues()
        items: dict[Source, dict[str, str]] = {}
        sources: dict[str, Source] = {}
        for record in records:
            sources[record.name] = record.source
            if record.source in {"env", "file"}:
                self._read_into(values, record)
            else:
                items.setdefault(record.source, {})[record.name] = record.name
        for slot in slots:
            source = sources.get(slot.name, "env")
            if source in {"keyring", "encrypted"}:
                items[source][slot_name(slot.name, slot.number)] = slot.name
        for source, wanted in items.items():
            try:
                found = self.store_of(source).read(
                    wanted, is_person_asked=is_person_asked, timeout_s=timeout_s
                )
            except SecretError as error:
                values.errors.update(dict.fromkeys(wanted.values(), error))
                continue
            values.previous.extend(
                found[item] for item, name in wanted.items() if item != name and item in found
            )
            values.found.update(
                {name: found[item] for item, name in wanted.items() if item == name and item in found}
            )
        return values

    def mark(self, key: str) -> str:
        """The fingerprint of a key in this home."""
        return fingerprint(self.db.salt(), key)

    def matches(self, record: KeyRecord, secret: Secret) -> bool:
        """Whether the value is the one that was recorded; False = another program or the variable changed it."""
        return record.fingerprint == self.mark(secret.value)

    def touch(self, used_at: Mapping[str, float]) -> None:
        """Note when keys were last used (UTC seconds by name); collect and call rarely, never per request."""
        self.db.touch(used_at)

    def store_of(self, source: Source) -> Store:
        """Where values of this source are written."""
        if source == "keyring":
            return KeyringStore(self.keyring)
        if source == "encrypted":
            return EncryptedStore(self.encrypted, self.home)
        raise SecretError(
            "this key comes from a variable or a file", code="key_invalid", hint="change it there"
        )

    def _new_record(
        self,
        name: str,
        *,
        provider: str,
        source: Source,
        place: str,
        origins: Sequence[str],
        key: str,
        is_replacing: bool,
    ) -> KeyRecord:
        _require(check_name(name))
        bound = _checked_origins(origins)
        self.home.ready()
        if not is_replacing and self.find(name) is not None:
            raise SecretError(
                f"there is a key named {name} already",
                code="key_exists",
                hint=f"`aigw-dev keys rotate {name}` replaces it; --name chooses another name",
            )
        mark = self.mark(key) if key else ""
        return KeyRecord(
            name=name,
            provider=provider,
            source=source,
            place=place,
            origins=bound,
            fingerprint=mark,
            added_at=self.now(),
        )

    def _read_in_place(self, source: Source, place: str) -> Secret | None:
        return read_variable(place, self.env) if source == "env" else read_key_file(place, base=Path())

    def _read_into(self, values: "KeyValues", record: KeyRecord) -> None:
        try:
            secret = self._read_in_place(record.source, record.place)
        except SecretError as error:
            values.errors[record.name] = error
            return
        if secret is not None:
            values.found[record.name] = Secret(record.name, secret.value, record.source)


class KeyValues(msgspec.Struct):
    """What `Vault.read` found. A name in neither is not there any more."""

    found: dict[str, Secret] = {}
    """By key name."""
    errors: dict[str, SecretError] = {}
    """By key name: why its place could not be asked."""
    previous: list[Secret] = []
    """Values in their grace."""


def _checked_origins(origins: Sequence[str]) -> tuple[str, ...]:
    """The origins of these URLs, each once; none at all or one that has none is `key_invalid`."""
    found: dict[str, None] = {}
    for text in origins:
        origin = origin_of(text)
        if origin is None:
            raise SecretError(
                "this is not the address of a provider",
                code="key_invalid",
                hint="give scheme and host, like https://api.openai.com",
            )
        found[origin] = None
    if not found:
        raise SecretError(
            "a key needs an origin that it may be sent to",
            code="key_invalid",
            hint="give scheme and host, like https://api.openai.com",
        )
    return tuple(found)


def _require(problem: str | None) -> None:
    if problem is not None:
        raise SecretError(problem, code="key_invalid", hint="copy it again, or choose another name")


def _shown(name: str) -> str:
    """A name fit for a message: text that is no valid name may be a key given by mistake."""
    return name if check_name(name) is None else "like that"


def _keyring_env(env: Mapping[str, str]) -> dict[str, str] | None:
    """The keyring's child has this process's variables; None says so. Another backend named in `env` counts."""
    named = env.get(_BACKEND)
    return None if named is None or env is os.environ else {**os.environ, _BACKEND: named}
