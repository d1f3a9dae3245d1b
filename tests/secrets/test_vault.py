from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev.core.credentials import KeyReference
from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.vault import Vault
from tests.secrets.keyrings import Clock, MemoryKeyring

CANARY = "sk-proj-Canary7Value9Never3Shown"
OTHER = "sk-proj-Second5Value2Never8Shown"
OPENAI = "https://api.openai.com"


def refusal_of(call: Callable[[], object]) -> SecretError:
    with pytest.raises(SecretError) as caught:
        call()
    assert CANARY not in f"{caught.value} {caught.value.hint}"
    return caught.value


def add(
    vault: Vault, name: str = "openai-api-key", value: str = CANARY, *, is_replacing: bool = False
) -> None:
    vault.add(name, value, provider="openai", origins=[OPENAI], is_replacing=is_replacing)


# adding


def test_a_key_is_kept_in_the_keyring_under_its_name_and_recorded_without_its_value(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    record = vault.add(
        "openai-api-key",
        f' export OPENAI_API_KEY="{CANARY}"\n',
        provider="openai",
        origins=[f"{OPENAI}/v1", "http://127.0.0.1:9/v1"],
    )
    assert memory.items == {"openai-api-key": CANARY}
    assert record.origins == (OPENAI, "http://127.0.0.1:9")
    assert (record.source, record.place, record.added_at, record.last_used_at) == (
        "keyring",
        "openai-api-key",
        clock.at,
        None,
    )
    assert record.fingerprint.endswith("…hown")
    assert vault.records() == [record]
    assert CANARY not in repr(record)


def test_no_file_of_the_home_holds_the_key(vault: Vault) -> None:
    add(vault)
    vault.add("in-the-file", OTHER, provider="openai", origins=[OPENAI], place="encrypted")
    files = [entry for entry in vault.home.path.rglob("*") if entry.is_file()]
    assert {"trust.db", "keys.enc"} <= {entry.name for entry in files}
    for entry in files:
        content = entry.read_bytes()
        assert CANARY.encode() not in content
        assert OTHER.encode() not in content


def test_a_name_that_is_taken_is_refused_before_the_keyring_is_asked(
    vault: Vault, memory: MemoryKeyring
) -> None:
    add(vault)
    calls = list(memory.calls)
    error = refusal_of(lambda: add(vault, value=OTHER))
    assert error.code == "key_exists"
    assert "keys rotate openai-api-key" in error.hint
    assert memory.calls == calls
    add(vault, value=OTHER, is_replacing=True)
    assert memory.items == {"openai-api-key": OTHER}


@pytest.mark.parametrize(
    ("name", "value", "origins"),
    [
        ("Bad Name", CANARY, [OPENAI]),
        (CANARY, CANARY, [OPENAI]),
        ("a", "", [OPENAI]),
        ("a", "aigwdev-token", [OPENAI]),
        ("a", f"{CANARY} {CANARY}", [OPENAI]),
        ("a", CANARY, []),
        ("a", CANARY, ["api.openai.com"]),
        ("a", CANARY, [OPENAI, "https://user@host"]),
    ],
)
def test_what_is_not_usable_is_refused_and_nothing_is_stored(
    vault: Vault, memory: MemoryKeyring, name: str, value: str, origins: list[str]
) -> None:
    assert (
        refusal_of(lambda: vault.add(name, value, provider="openai", origins=origins)).code == "key_invalid"
    )
    assert memory.items == {}
    assert vault.records() == []


def test_without_a_keyring_nothing_is_recorded_and_nothing_falls_back(
    vault: Vault, memory: MemoryKeyring
) -> None:
    memory.trouble = SecretError("no keyring", code="keyring_unavailable")
    assert refusal_of(lambda: add(vault)).code == "keyring_unavailable"
    assert vault.records() == []
    assert not (vault.home.path / "keys.enc").exists()


def test_a_key_of_a_variable_is_recorded_and_never_copied(
    vault: Vault, memory: MemoryKeyring, env: dict[str, str]
) -> None:
    env["TEAM_KEY"] = CANARY
    record = vault.add_reference("team", KeyReference("env", "TEAM_KEY"), provider="openai", origins=[OPENAI])
    assert (record.source, record.place) == ("env", "TEAM_KEY")
    assert record.fingerprint == vault.mark(CANARY)
    assert memory.calls == []
    env["TEAM_KEY"] = OTHER
    found = vault.read([record]).found["team"]
    assert (found.name, found.value, found.source) == ("team", OTHER, "env")
    assert not vault.matches(record, found)


def test_a_variable_may_be_recorded_before_it_is_set(vault: Vault) -> None:
    record = vault.add_reference("team", KeyReference("env", "TEAM_KEY"), provider="openai", origins=[OPENAI])
    assert record.fingerprint == ""
    assert vault.read([record]).found == {}


def test_a_key_file_is_recorded_by_its_absolute_path(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(CANARY)
    (tmp_path / "key").chmod(0o600)
    record = vault.add_reference(
        "mounted", KeyReference("file", "key"), provider="openai", origins=[OPENAI], base=tmp_path
    )
    assert record.place == str(tmp_path / "key")
    assert vault.read([record]).found["mounted"].value == CANARY
    vault.remove("mounted")
    assert (tmp_path / "key").exists()


def test_a_key_does_not_refer_to_another_key(vault: Vault) -> None:
    error = refusal_of(
        lambda: vault.add_reference("a", KeyReference("name", "b"), provider="openai", origins=[OPENAI])
    )
    assert error.code == "key_invalid"


# origins


def test_a_key_is_allowed_to_one_more_origin_and_back(vault: Vault) -> None:
    add(vault)
    assert vault.allow("openai-api-key", "https://PROXY.example/v1").origins == (
        OPENAI,
        "https://proxy.example",
    )
    assert vault.disallow("openai-api-key", "https://proxy.example")
    assert not vault.disallow("openai-api-key", "https://proxy.example")
    assert refusal_of(lambda: vault.allow("openai-api-key", "nonsense")).code == "key_invalid"


def test_a_key_that_another_program_stored_is_recorded_when_it_is_allowed(
    vault: Vault, memory: MemoryKeyring
) -> None:
    memory.items["by-hand"] = CANARY
    record = vault.allow("by-hand", OPENAI)
    assert record.origins == (OPENAI,)
    assert vault.read(vault.records()).found["by-hand"].value == CANARY


@pytest.mark.parametrize("name", ["missing", CANARY])
def test_a_key_that_is_nowhere_cannot_be_allowed_or_found(vault: Vault, name: str) -> None:
    code = "key_missing" if name == "missing" else "key_invalid"
    assert refusal_of(lambda: vault.allow(name, OPENAI)).code == code
    assert refusal_of(lambda: vault.need(name)).code == "key_missing"
    assert refusal_of(lambda: vault.disallow(name, OPENAI)).code == "key_missing"


# reading and removing


def test_many_keys_are_read_with_one_call_and_one_opening(vault: Vault, memory: MemoryKeyring) -> None:
    for name in ("a", "b", "c"):
        add(vault, name)
    vault.add("d", OTHER, provider="openai", origins=[OPENAI], place="encrypted")
    memory.calls.clear()
    values = vault.read(vault.records())
    assert {name: secret.value for name, secret in values.found.items()} == {
        "a": CANARY,
        "b": CANARY,
        "c": CANARY,
        "d": OTHER,
    }
    assert values.found["d"].source == "encrypted"
    assert memory.calls == ["read a,b,c"]


def test_a_locked_keyring_fails_only_the_keys_that_are_in_it(
    vault: Vault, memory: MemoryKeyring, env: dict[str, str]
) -> None:
    add(vault, "in-keyring")
    vault.add("in-file", OTHER, provider="openai", origins=[OPENAI], place="encrypted")
    env["TEAM_KEY"] = CANARY
    vault.add_reference("in-env", KeyReference("env", "TEAM_KEY"), provider="openai", origins=[OPENAI])
    memory.lock()
    values = vault.read(vault.records())
    assert set(values.found) == {"in-file", "in-env"}
    assert values.errors["in-keyring"].code == "keyring_locked"


def test_a_variable_that_became_unusable_is_an_error_of_its_own(vault: Vault, env: dict[str, str]) -> None:
    env["TEAM_KEY"] = CANARY
    record = vault.add_reference("team", KeyReference("env", "TEAM_KEY"), provider="openai", origins=[OPENAI])
    env["TEAM_KEY"] = "aigwdev-token"
    assert vault.read([record]).errors["team"].code == "key_unreadable"


def test_a_removed_key_is_gone_from_keyring_and_record(vault: Vault, memory: MemoryKeyring) -> None:
    add(vault)
    vault.remove("openai-api-key")
    assert memory.items == {}
    assert vault.records() == []


def test_a_key_whose_keyring_is_locked_stays_unless_only_the_record_is_meant(
    vault: Vault, memory: MemoryKeyring
) -> None:
    add(vault)
    memory.lock()
    assert refusal_of(lambda: vault.remove("openai-api-key")).code == "keyring_locked"
    assert len(vault.records()) == 1
    vault.remove("openai-api-key", is_record_only=True)
    assert vault.records() == []


def test_last_use_is_noted_for_many_keys_at_once(vault: Vault, clock: Clock) -> None:
    add(vault, "a")
    add(vault, "b")
    vault.touch({"a": clock.at + 5})
    assert [record.last_used_at for record in vault.records()] == [clock.at + 5, None]


def test_a_value_that_another_program_changed_is_noticed(vault: Vault, memory: MemoryKeyring) -> None:
    add(vault)
    record = vault.need("openai-api-key")
    assert vault.matches(record, vault.read([record]).found["openai-api-key"])
    memory.items["openai-api-key"] = OTHER
    assert not vault.matches(record, Secret("openai-api-key", OTHER, "keyring"))
