import contextlib

import pytest

from aigw_dev.core.credentials import KeyReference
from aigw_dev.core.errors import Refusal, SecretError
from aigw_dev.secrets.rotation import DEFAULT_GRACE_S, rotate, sweep, undo
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.trust_db import KeyRecord
from aigw_dev.secrets.vault import Vault
from tests.secrets.keyrings import Clock, MemoryKeyring, nothing_fails

OLD = "sk-proj-Old4Value7Never1Shown"
NEW = "sk-proj-New8Value3Never6Shown"
NEWER = "sk-proj-Newer2Value5Never9Shown"
OPENAI = "https://api.openai.com"


@pytest.fixture
def vault(vault: Vault) -> Vault:
    vault.add("a", OLD, provider="openai", origins=[OPENAI])
    vault.allow("a", "https://proxy.example")
    return vault


def answered_401(secret: Secret) -> str:
    return "the provider answered 401"


def rotated(outcome: KeyRecord | Refusal) -> KeyRecord:
    assert isinstance(outcome, KeyRecord), outcome
    return outcome


def test_a_rotation_puts_the_new_key_in_force_and_keeps_the_old_for_its_grace(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    record = rotated(rotate(vault, "a", value=f"'{NEW}'\n", grace_s=60))
    assert memory.items == {"a": NEW, "a@2": OLD}
    assert record.fingerprint == vault.mark(NEW)
    assert record.rotated_at == clock.at
    assert record.origins == (OPENAI, "https://proxy.example")
    assert record.previous is not None
    assert (record.previous.until, record.previous.fingerprint) == (clock.at + 60, vault.mark(OLD))


def test_the_new_key_is_tested_while_the_old_one_is_still_in_force(
    vault: Vault, memory: MemoryKeyring
) -> None:
    seen: list[tuple[str, str]] = []

    def test(secret: Secret) -> None:
        seen.append((secret.value, memory.items["a"]))

    rotated(rotate(vault, "a", value=NEW, test=test))
    assert seen == [(NEW, OLD)]


def test_a_key_that_fails_its_test_changes_nothing_and_is_not_kept(
    vault: Vault, memory: MemoryKeyring
) -> None:
    before = vault.need("a")
    outcome = rotate(vault, "a", value=NEW, test=answered_401)
    assert isinstance(outcome, Refusal)
    assert outcome.code == "key_invalid"
    assert "401" in outcome.message
    assert "old key stays in force" in outcome.message
    assert memory.items == {"a": OLD}
    assert vault.need("a") == before
    assert vault.db.slots() == []


def test_a_test_that_breaks_leaves_the_old_key_in_force(vault: Vault, memory: MemoryKeyring) -> None:
    def broken(secret: Secret) -> str | None:
        raise ConnectionError("no network")

    with pytest.raises(ConnectionError):
        rotate(vault, "a", value=NEW, test=broken)
    assert memory.items == {"a": OLD}
    assert vault.db.slots() == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [("", "empty"), ("aigwdev-token", "token of the gateway"), (OLD, "in force already")],
)
def test_what_cannot_replace_the_key_is_refused(
    vault: Vault, memory: MemoryKeyring, value: str, problem: str
) -> None:
    outcome = rotate(vault, "a", value=value)
    assert isinstance(outcome, Refusal)
    assert problem in outcome.message
    assert memory.items == {"a": OLD}


def test_without_grace_the_old_key_is_gone_at_once(vault: Vault, memory: MemoryKeyring) -> None:
    assert rotated(rotate(vault, "a", value=NEW, grace_s=0)).previous is None
    assert memory.items == {"a": NEW}


def test_the_old_key_is_deleted_when_its_grace_is_over_and_not_before(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    rotated(rotate(vault, "a", value=NEW))
    clock.at += DEFAULT_GRACE_S - 1
    assert sweep(vault) == []
    clock.at += 1
    assert sweep(vault) == ["a@2"]
    assert memory.items == {"a": NEW}
    assert vault.db.slots() == []
    assert sweep(vault) == []


def test_a_sweep_that_finds_the_keyring_locked_tries_again_later(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    rotated(rotate(vault, "a", value=NEW, grace_s=1))
    clock.at += 2
    memory.lock()
    assert sweep(vault) == []
    memory.trouble = None
    assert sweep(vault) == ["a@2"]


def test_a_locked_keyring_does_not_keep_the_encrypted_file_from_being_swept(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    vault.add("z", OLD, provider="openai", origins=[OPENAI], place="encrypted")
    for name in ("a", "z"):
        rotated(rotate(vault, name, value=NEW, grace_s=1))
    clock.at += 2
    memory.lock()
    assert sweep(vault) == ["z@2"]


def test_two_rotations_keep_each_old_key_for_its_own_grace(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    rotated(rotate(vault, "a", value=NEW, grace_s=100))
    clock.at += 50
    record = rotated(rotate(vault, "a", value=NEWER, grace_s=100))
    assert sorted(memory.items.values()) == sorted([NEWER, NEW, OLD])
    assert record.previous is not None
    assert record.previous.fingerprint == vault.mark(NEW)
    clock.at += 60
    sweep(vault)
    assert sorted(memory.items.values()) == sorted([NEWER, NEW])


def test_a_rotation_is_undone_within_the_grace_and_can_be_redone(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    rotated(rotate(vault, "a", value=NEW, grace_s=100))
    clock.at += 40
    record = rotated(undo(vault, "a"))
    assert memory.items["a"] == OLD
    assert record.fingerprint == vault.mark(OLD)
    assert record.previous is not None
    assert record.previous.until == clock.at + 60
    assert rotated(undo(vault, "a")).fingerprint == vault.mark(NEW)
    assert memory.items["a"] == NEW
    assert len(memory.items) == 2


def test_there_is_nothing_to_undo_without_a_rotation_or_after_the_grace(
    vault: Vault, memory: MemoryKeyring, clock: Clock
) -> None:
    assert isinstance(undo(vault, "a"), Refusal)
    rotated(rotate(vault, "a", value=NEW, grace_s=10))
    clock.at += 10
    assert isinstance(undo(vault, "a"), Refusal)
    clock.at -= 5
    del memory.items["a@2"]
    outcome = undo(vault, "a")
    assert isinstance(outcome, Refusal)
    assert "not in its place" in outcome.message
    assert memory.items == {"a": NEW}


def test_removing_a_key_removes_what_its_rotations_kept(vault: Vault, memory: MemoryKeyring) -> None:
    rotated(rotate(vault, "a", value=NEW))
    vault.remove("a")
    assert memory.items == {}
    assert vault.db.slots() == []


def test_a_key_in_the_encrypted_file_is_rotated_there(vault: Vault, memory: MemoryKeyring) -> None:
    vault.add("b", OLD, provider="openai", origins=[OPENAI], place="encrypted")
    rotated(rotate(vault, "b", value=NEW))
    assert vault.read([vault.need("b")]).found["b"].value == NEW
    assert "b" not in memory.items


def test_a_key_of_a_variable_is_changed_where_it_is_set(vault: Vault, env: dict[str, str]) -> None:
    vault.add_reference("c", KeyReference("env", "TEAM_KEY"), provider="openai", origins=[OPENAI])
    with pytest.raises(SecretError) as caught:
        rotate(vault, "c", value=NEW)
    assert caught.value.code == "key_invalid"
    assert "change it there" in caught.value.hint


class Crash(BaseException):
    """The process dies here: nothing after it runs, not even cleaning up."""


@pytest.mark.parametrize("step", range(8))
def test_a_crash_at_any_keyring_call_leaves_the_old_or_the_new_key_and_no_orphan(
    vault: Vault, memory: MemoryKeyring, clock: Clock, step: int
) -> None:
    left = step

    def fail(operation: str, name: str) -> None:
        nonlocal left
        if left <= 0:
            raise Crash  # from here on every call fails, so that `finally` cleans nothing up either
        left -= 1

    memory.fail_before = fail
    with contextlib.suppress(Crash):
        rotate(vault, "a", value=NEW, grace_s=10)
    memory.fail_before = nothing_fails
    in_force = vault.read([vault.need("a")]).found["a"].value
    assert in_force in {OLD, NEW}
    assert in_force == NEW or memory.items["a"] == OLD
    clock.at += 4000
    sweep(vault)
    assert list(memory.items) == ["a"]
    assert vault.db.slots() == []


@pytest.mark.parametrize("step", range(8))
def test_a_keyring_that_locks_during_a_rotation_loses_no_key(
    vault: Vault, memory: MemoryKeyring, clock: Clock, step: int
) -> None:
    left = step
    locked = SecretError("locked", code="keyring_locked")

    def fail(operation: str, name: str) -> None:
        nonlocal left
        if left <= 0:
            raise locked
        left -= 1

    memory.fail_before = fail
    with contextlib.suppress(SecretError):
        rotate(vault, "a", value=NEW, grace_s=10)
    memory.fail_before = nothing_fails
    assert memory.items["a"] in {OLD, NEW}
    clock.at += 4000
    sweep(vault)
    assert list(memory.items) == ["a"]
