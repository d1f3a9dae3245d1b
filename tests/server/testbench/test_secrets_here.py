"""Which secrets are kept out of fixtures."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.trust_db import KeyRecord
from aigw_dev.secrets.vault import KeyValues
from aigw_dev.server.testbench.secrets_here import Keeper, SecretsHere

RECORD = KeyRecord(
    name="k", provider="openai", source="keyring", place="k", origins=(), fingerprint="f1", added_at=1.0
)


class FakeVault:
    """Keys that may be unreadable."""

    def __init__(self, *records: KeyRecord) -> None:
        self.kept = list(records)
        self.reads = 0
        self.value = "value-of-the-key"
        self.trouble: SecretError | None = None

    def records(self) -> list[KeyRecord]:
        return self.kept

    def read(self, records: Iterable[KeyRecord], *, timeout_s: float) -> KeyValues:
        del timeout_s
        self.reads += 1
        names = [one.name for one in records]
        if self.trouble is not None:
            return KeyValues(errors=dict.fromkeys(names, self.trouble))
        return KeyValues(found={name: Secret(name, self.value, "keyring") for name in names})


def asking(folder: Path, vault: FakeVault) -> SecretsHere:
    fake: Any = SimpleNamespace(vault=vault, home=Home(folder, env={}), snapshot=SimpleNamespace(keys={}))
    return SecretsHere(cast("Keeper", fake), {"MY_API_KEY": "value-of-a-variable"})


def test_a_keyring_that_cannot_be_read_is_told_and_asked_again(tmp_path: Path) -> None:
    vault = FakeVault(RECORD)
    vault.trouble = SecretError("the keyring is locked")
    ask = asking(tmp_path, vault)
    with pytest.raises(SecretError, match="locked"):
        ask()
    vault.trouble = None
    assert {"value-of-the-key", "value-of-a-variable"} <= set(ask())


def test_without_keys_of_ours_no_keyring_is_needed(tmp_path: Path) -> None:
    vault = FakeVault()
    vault.trouble = SecretError("there is no keyring")
    assert "value-of-a-variable" in asking(tmp_path, vault)()


def test_the_keyring_is_asked_anew_only_when_a_key_changed(tmp_path: Path) -> None:
    vault = FakeVault(RECORD)
    ask = asking(tmp_path, vault)
    ask()
    ask()
    assert vault.reads == 1
    vault.kept, vault.value = [msgspec.structs.replace(RECORD, fingerprint="f2")], "another-value-of-it"
    assert "another-value-of-it" in ask()
