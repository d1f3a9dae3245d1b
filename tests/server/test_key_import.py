"""Keys that lie around are found, and stored when asked to; their values never show."""

from pathlib import Path

from aigw_dev.secrets.home import Home
from aigw_dev.secrets.vault import Vault
from aigw_dev.server.key_import import found_keys, import_keys
from tests.server.admin.test_keys import env

KEY = "sk-proj-0123456789abcdefghijklmnop"


def vault_of(folder: Path, **variables: str) -> Vault:
    given = env(folder) | variables
    return Vault(Home(folder / "home", env=given), env=given)


def test_a_key_is_stored_once_under_a_free_name_for_its_vendor(tmp_path: Path) -> None:
    vault = vault_of(tmp_path, OPENAI_API_KEY=KEY)
    vault.add(
        "openai-api-key", KEY + "x", provider="openai", origins=["https://api.openai.com"], place="encrypted"
    )
    assert [(row["variable"], row["is_stored"]) for row in found_keys(vault, None)] == [
        ("OPENAI_API_KEY", False)
    ]
    stored = import_keys(vault, None, ["OPENAI_API_KEY"], place="encrypted")
    assert [(row["name"], row["state"]) for row in stored] == [("openai-api-key-2", "stored")]
    assert vault.need("openai-api-key-2").origins == ("https://api.openai.com",)
    assert found_keys(vault, None)[0]["is_stored"]
    assert import_keys(vault, None, ["OPENAI_API_KEY"], place="encrypted")[0]["state"] == "kept"
    assert KEY not in str(stored)


def test_what_has_no_address_or_no_key_is_refused_with_the_reason(tmp_path: Path) -> None:
    vault = vault_of(tmp_path, AZURE_OPENAI_API_KEY=KEY)
    rows = import_keys(vault, None, ["AZURE_OPENAI_API_KEY", "NONE"], place="encrypted")
    assert [row["state"] for row in rows] == ["refused", "refused"]
    assert "no address" in rows[0]["text"]
    assert vault.records() == []


def test_without_a_place_to_keep_it_the_key_is_refused(tmp_path: Path) -> None:
    vault = Vault(Home(tmp_path / "home", env={}), env={"OPENAI_API_KEY": KEY})
    (row,) = import_keys(vault, tmp_path, ["OPENAI_API_KEY"], place="encrypted")
    assert (row["state"], bool(row["text"])) == ("refused", True)
