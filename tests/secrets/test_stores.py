import pytest

from aigw_dev.secrets.encrypted import EncryptedFile
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.sources import Passphrase
from aigw_dev.secrets.stores import EncryptedStore, KeyringStore, Store
from tests.secrets.keyrings import MemoryKeyring


def encrypted_store(home: Home) -> EncryptedStore:
    passphrase = Passphrase({}, lambda: "correct horse battery")
    return EncryptedStore(EncryptedFile(home.path / "keys.enc", passphrase, cost=2**14), home)


@pytest.mark.parametrize("place", ["keyring", "encrypted"])
def test_both_places_keep_replace_and_delete_values_alike(
    place: str, memory: MemoryKeyring, home: Home
) -> None:
    store: Store = KeyringStore(memory) if place == "keyring" else encrypted_store(home)
    store.write("a", "1", is_person_asked=False)
    store.write("b", "2", is_person_asked=False)
    store.write("a", "3", is_person_asked=False)
    found = store.read(["a", "b", "missing"], is_person_asked=False)
    assert {name: (secret.value, secret.source) for name, secret in found.items()} == {
        "a": ("3", place),
        "b": ("2", place),
    }
    store.delete(["a", "missing"], is_person_asked=False)
    assert set(store.read(["a", "b"], is_person_asked=False)) == {"b"}


def test_the_encrypted_file_gets_a_private_home_at_its_first_key(home: Home) -> None:
    store = encrypted_store(home)
    assert not home.path.exists()
    store.write("a", "1", is_person_asked=False)
    assert (home.path / "CACHEDIR.TAG").exists()
