"""Homes and vaults for the tests of this room."""

from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from aigw_dev.secrets.encrypted import EncryptedFile
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.sources import Passphrase
from aigw_dev.secrets.vault import Vault
from tests.secrets.keyrings import Clock, MemoryKeyring, Service, own_secret_service

CHEAP_SCRYPT: Final = 2**14


@pytest.fixture
def service() -> Generator[Service]:
    """A Secret Service of this test only: to be locked, frozen or killed."""
    with own_secret_service() as started:
        yield started


@pytest.fixture
def clock() -> Clock:
    """The vault's clock."""
    return Clock()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A state directory that does not exist yet, with no token set by a variable."""
    return Home(tmp_path / "state", env={})


@pytest.fixture
def memory() -> MemoryKeyring:
    """A keyring in memory."""
    return MemoryKeyring()


@pytest.fixture
def env() -> dict[str, str]:
    """The variables that vault and resolver see; a test adds to them."""
    return {}


@pytest.fixture
def vault(home: Home, memory: MemoryKeyring, env: dict[str, str], clock: Clock) -> Vault:
    """A vault on the memory keyring, with a cheap encrypted file whose passphrase is known."""
    passphrase = Passphrase(env, lambda: "correct horse battery")
    encrypted = EncryptedFile(home.path / "keys.enc", passphrase, cost=CHEAP_SCRYPT)
    return Vault(home, env=env, keyring=memory, encrypted=encrypted, now=clock)
