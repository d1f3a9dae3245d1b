from pathlib import Path

import msgspec
import pytest

from aigw_dev.core.credentials import KeyReference
from aigw_dev.core.errors import CODES, Refusal, SecretError
from aigw_dev.secrets.resolve import Chosen, ProviderKeys, Resolver
from aigw_dev.secrets.rotation import rotate
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.vault import Vault
from tests.secrets.keyrings import Clock, MemoryKeyring

CANARY = "sk-proj-Canary7Value9Never3Shown"
OTHER = "sk-proj-Second5Value2Never8Shown"
OPENAI = "https://api.openai.com"
EVIL = "https://evil.example"
PROVIDER = ProviderKeys(
    provider="openai",
    kind="openai",
    origin=f"{OPENAI}/v1",
    default_origin=f"{OPENAI}/v1",
    key_name="openai-api-key",
    env=("OPENAI_API_KEY", "OPENAI_KEY"),
)


@pytest.fixture
def resolver(vault: Vault, tmp_path: Path) -> Resolver:
    return Resolver(vault, base=tmp_path)


def add(
    vault: Vault,
    name: str = "openai-api-key",
    value: str = CANARY,
    *,
    provider: str = "openai",
    origin: str = OPENAI,
) -> None:
    vault.add(name, value, provider=provider, origins=[origin])


def choose(resolver: Resolver, wanted: ProviderKeys = PROVIDER, **changes: object) -> Chosen:
    chosen = resolver.for_providers([msgspec.structs.replace(wanted, **changes)])[0]
    assert CANARY not in repr(chosen)
    for refusal in chosen.refusals:
        assert refusal.code in CODES
    return chosen


def values(chosen: Chosen) -> list[str]:
    return [secret.value for secret in chosen.secrets]


def codes(chosen: Chosen) -> list[str]:
    return [refusal.code for refusal in chosen.refusals]


def secret_of(answer: Secret | Refusal) -> Secret:
    assert isinstance(answer, Secret), answer
    return answer


def code_of(answer: Secret | Refusal) -> str:
    assert isinstance(answer, Refusal), answer
    assert CANARY not in answer.message
    return answer.code


# one reference


def test_a_named_key_goes_to_the_origin_it_was_added_for(vault: Vault, resolver: Resolver) -> None:
    add(vault)
    got = secret_of(resolver.get("openai-api-key", origin=f"{OPENAI}:443/v1/chat"))
    assert (got.name, got.value, got.source) == ("openai-api-key", CANARY, "keyring")


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "http://api.openai.com",
        f"{OPENAI}:8443",
        "https://api.openai.com.evil.example",
        "http://127.0.0.1:1",
        "not a url",
        "https://api.openai.com@evil.example",
    ],
)
def test_a_named_key_goes_to_no_other_origin_and_is_not_even_read(
    vault: Vault, memory: MemoryKeyring, resolver: Resolver, origin: str
) -> None:
    add(vault)
    memory.calls.clear()
    assert code_of(resolver.get("openai-api-key", origin=origin)) == "key_origin_not_allowed"
    assert memory.calls == []


def test_an_allowed_origin_is_enough(vault: Vault, resolver: Resolver) -> None:
    add(vault)
    refusal = resolver.get("openai-api-key", origin=EVIL)
    assert isinstance(refusal, Refusal)
    assert f"keys allow openai-api-key {EVIL}" in refusal.message
    vault.allow("openai-api-key", EVIL)
    assert secret_of(resolver.get("openai-api-key", origin=EVIL)).value == CANARY


def test_a_key_that_nobody_recorded_is_missing_although_the_keyring_has_one(
    memory: MemoryKeyring, resolver: Resolver
) -> None:
    memory.items["by-hand"] = CANARY
    assert code_of(resolver.get("by-hand", origin=OPENAI)) == "key_missing"
    assert memory.calls == []


def test_a_recorded_key_that_is_not_in_the_keyring_any_more_is_missing(
    vault: Vault, memory: MemoryKeyring, resolver: Resolver
) -> None:
    add(vault)
    memory.items.clear()
    assert code_of(resolver.get("openai-api-key", origin=OPENAI)) == "key_missing"


def test_variables_and_files_named_in_a_trusted_config_are_bound_by_it(
    vault: Vault, resolver: Resolver, env: dict[str, str], tmp_path: Path
) -> None:
    env["TEAM_KEY"] = CANARY
    (tmp_path / "key").write_text(f"{OTHER}\n")
    (tmp_path / "key").chmod(0o600)
    assert secret_of(resolver.get("env:TEAM_KEY", origin=EVIL)).value == CANARY
    assert secret_of(resolver.get("file:key", origin=EVIL)).value == OTHER


@pytest.mark.parametrize("ref", ["openai-api-key", "env:TEAM_KEY", "file:key"])
def test_an_untrusted_config_names_no_key_at_all(
    vault: Vault, memory: MemoryKeyring, resolver: Resolver, env: dict[str, str], ref: str
) -> None:
    add(vault)
    env["TEAM_KEY"] = CANARY
    memory.calls.clear()
    refusal = resolver.get(ref, origin=OPENAI, is_trusted_config=False)
    assert code_of(refusal) == "not_trusted"
    assert isinstance(refusal, Refusal)
    assert "aigw-dev trust" in refusal.message
    assert memory.calls == []


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("env:UNSET", "key_missing"),
        ("file:missing", "key_missing"),
        ("env:OWN_TOKEN", "key_unreadable"),
        ("file:wide", "key_unreadable"),
        ("cmd:op read", "key_invalid"),
        (CANARY, "key_invalid"),
    ],
)
def test_a_reference_that_leads_to_no_key_says_why(
    resolver: Resolver, env: dict[str, str], tmp_path: Path, ref: str, code: str
) -> None:
    env["OWN_TOKEN"] = "aigwdev-token"
    (tmp_path / "wide").write_text(CANARY)
    (tmp_path / "wide").chmod(0o644)
    assert code_of(resolver.get(ref, origin=OPENAI)) == code


@pytest.mark.parametrize("code", ["keyring_locked", "keyring_unavailable"])
def test_a_keyring_that_does_not_answer_is_the_refusal_with_its_hint(
    vault: Vault, memory: MemoryKeyring, resolver: Resolver, code: str
) -> None:
    add(vault)
    memory.trouble = SecretError("no answer", code=code, hint="use env:NAME")
    refusal = resolver.get("openai-api-key", origin=OPENAI)
    assert code_of(refusal) == code
    assert isinstance(refusal, Refusal)
    assert "use env:NAME" in refusal.message


def test_keys_in_the_encrypted_file_are_resolved_and_its_lock_is_told(
    vault: Vault, resolver: Resolver
) -> None:
    vault.add("sealed", CANARY, provider="openai", origins=[OPENAI], place="encrypted")
    assert secret_of(resolver.get("sealed", origin=OPENAI)).source == "encrypted"


# config, then keyring, then environment


def test_without_any_key_the_remedy_is_named(resolver: Resolver) -> None:
    chosen = choose(resolver)
    assert (chosen.source, chosen.secrets, codes(chosen)) == ("none", (), ["key_missing"])
    assert "aigw-dev keys add openai" in chosen.refusals[0].message


def test_the_usual_variable_is_used_where_there_is_nothing_else(
    resolver: Resolver, env: dict[str, str]
) -> None:
    env["OPENAI_KEY"] = OTHER
    assert values(choose(resolver)) == [OTHER]
    env["OPENAI_API_KEY"] = CANARY
    chosen = choose(resolver)
    assert (chosen.source, values(chosen), chosen.notes) == ("environment", [CANARY], ())
    assert chosen.secrets[0].name == "env:OPENAI_API_KEY"


def test_a_stored_key_wins_over_the_variable_and_the_difference_is_told(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault)
    env["OPENAI_API_KEY"] = OTHER
    chosen = choose(resolver)
    assert (chosen.source, values(chosen)) == ("keyring", [CANARY])
    assert chosen.notes == (
        "openai: key openai-api-key from the keyring is in force; OPENAI_API_KEY differs",
    )
    env["OPENAI_API_KEY"] = CANARY
    assert choose(resolver).notes == ()


def test_the_config_wins_over_stored_key_and_variable_and_both_differences_are_told(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault)
    env.update({"TEAM_KEY": OTHER, "OPENAI_API_KEY": f"{OTHER}2"})
    chosen = choose(resolver, keys=("env:TEAM_KEY",))
    assert (chosen.source, values(chosen)) == ("config", [OTHER])
    assert chosen.notes == (
        "openai: key env:TEAM_KEY from the config is in force; the stored key openai-api-key differs",
        "openai: key env:TEAM_KEY from the config is in force; OPENAI_API_KEY differs",
    )


def test_several_named_keys_keep_the_configs_order_and_one_that_fails_does_not_stop_the_rest(
    vault: Vault, resolver: Resolver
) -> None:
    add(vault, "second")
    add(vault, "first", OTHER)
    chosen = choose(resolver, keys=("first", "missing", "second"))
    assert [secret.name for secret in chosen.secrets] == ["first", "second"]
    assert codes(chosen) == ["key_missing"]


def test_several_stored_keys_come_with_the_usual_name_first(
    vault: Vault, resolver: Resolver, clock: Clock
) -> None:
    add(vault, "spare")
    clock.at += 1
    add(vault, "another", OTHER)
    clock.at += 1
    add(vault, "openai-api-key", f"{OTHER}2")
    assert [secret.name for secret in choose(resolver).secrets] == ["openai-api-key", "spare", "another"]


def test_a_key_added_for_a_provider_by_name_is_preferred_to_its_kinds(
    vault: Vault, resolver: Resolver
) -> None:
    add(vault)
    assert values(choose(resolver, provider="openai-work")) == [CANARY]
    add(vault, "work", OTHER, provider="openai-work")
    assert values(choose(resolver, provider="openai-work")) == [OTHER]
    assert values(choose(resolver)) == [CANARY]


def test_a_locked_keyring_is_not_answered_by_another_key(
    vault: Vault, memory: MemoryKeyring, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault)
    env["OPENAI_API_KEY"] = OTHER
    memory.lock()
    chosen = choose(resolver)
    assert (values(chosen), codes(chosen)) == ([], ["keyring_locked"])


def test_our_own_token_in_the_usual_variable_counts_as_unset(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    env["OPENAI_API_KEY"] = "aigwdev-run-token"
    assert codes(choose(resolver)) == ["key_missing"]
    env["OPENAI_KEY"] = OTHER
    assert values(choose(resolver)) == [OTHER]
    add(vault)
    env["OPENAI_KEY"] = CANARY
    assert choose(resolver).notes == ()


def test_a_placeholder_in_the_usual_variable_is_told_and_not_sent(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    env["OPENAI_API_KEY"] = "your-api-key"
    chosen = choose(resolver)
    assert codes(chosen) == ["key_unreadable"]
    assert "OPENAI_API_KEY" in chosen.refusals[0].message
    add(vault)
    assert choose(resolver).notes == ()


# origins of a provider


def test_the_usual_variable_never_goes_to_an_overridden_base_url(
    resolver: Resolver, env: dict[str, str]
) -> None:
    env["OPENAI_API_KEY"] = CANARY
    chosen = choose(resolver, origin=f"{EVIL}/v1")
    assert (values(chosen), codes(chosen)) == ([], ["key_missing"])
    assert "OPENAI_API_KEY is set and not used" in chosen.refusals[0].message


def test_a_stored_key_never_goes_to_an_overridden_base_url(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault)
    env["OPENAI_API_KEY"] = CANARY
    chosen = choose(resolver, origin=EVIL)
    assert (values(chosen), codes(chosen)) == ([], ["key_origin_not_allowed"])


def test_a_stored_key_of_another_origin_leaves_the_usual_origin_to_the_variable(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault, origin="https://proxy.example")
    env["OPENAI_API_KEY"] = OTHER
    assert (values(choose(resolver)), values(choose(resolver, origin="https://proxy.example"))) == (
        [OTHER],
        [CANARY],
    )


def test_a_kind_without_an_origin_of_its_own_takes_the_variable_where_the_config_is_trusted(
    resolver: Resolver, env: dict[str, str]
) -> None:
    env["OPENAI_API_KEY"] = CANARY
    assert values(choose(resolver, default_origin="", origin="https://mine.openai.azure.example")) == [CANARY]
    refused = choose(
        resolver, default_origin="", origin="https://mine.openai.azure.example", is_trusted=False
    )
    assert codes(refused) == ["not_trusted"]


def test_an_untrusted_config_may_use_the_usual_provider_and_no_other(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault)
    assert values(choose(resolver, is_trusted=False)) == [CANARY]
    vault.allow("openai-api-key", EVIL)
    assert codes(choose(resolver, is_trusted=False, origin=EVIL)) == ["not_trusted"]
    assert values(choose(resolver, origin=EVIL)) == [CANARY]


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_local_server_needs_no_key_and_no_trust_and_gets_no_foreign_one(
    vault: Vault, resolver: Resolver, env: dict[str, str], is_trusted: bool
) -> None:
    add(vault)
    env["OPENAI_API_KEY"] = CANARY
    local = ProviderKeys(
        provider="local",
        kind="openai-compatible",
        origin="http://127.0.0.1:11434/v1",
        is_trusted=is_trusted,
        needs_key=False,
    )
    chosen = choose(resolver, local)
    assert (chosen.secrets, chosen.refusals, chosen.source) == ((), (), "none")


def test_a_base_url_without_a_safe_origin_gets_no_key(vault: Vault, resolver: Resolver) -> None:
    add(vault)
    assert codes(choose(resolver, origin="https://api.openai.com\\@evil.example")) == [
        "key_origin_not_allowed"
    ]


# many at once


def test_start_up_asks_the_keyring_once_for_all_providers(
    vault: Vault, memory: MemoryKeyring, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault)
    add(vault, "qwen-api-key", OTHER, provider="qwen", origin="https://dashscope.example")
    add(vault, "unused", "another-key-value", provider="xai", origin="https://x.example")
    qwen = ProviderKeys(
        provider="qwen",
        kind="qwen",
        origin="https://dashscope.example",
        default_origin="https://dashscope.example",
        key_name="qwen-api-key",
    )
    memory.calls.clear()
    chosen = resolver.for_providers([PROVIDER, qwen, msgspec.structs.replace(qwen, provider="twin")])
    assert [values(one) for one in chosen] == [[CANARY], [OTHER], [OTHER]]
    assert memory.calls == ["read openai-api-key,qwen-api-key"]


def test_nothing_recorded_means_no_keyring_call_at_all(
    memory: MemoryKeyring, resolver: Resolver, env: dict[str, str]
) -> None:
    env["OPENAI_API_KEY"] = CANARY
    choose(resolver)
    assert memory.calls == []


def test_a_stuck_keyring_leaves_the_other_providers_their_keys(
    vault: Vault, memory: MemoryKeyring, resolver: Resolver, env: dict[str, str]
) -> None:
    add(vault, "qwen-api-key", provider="qwen", origin="https://dashscope.example")
    env["OPENAI_API_KEY"] = OTHER
    memory.lock()
    qwen = ProviderKeys(
        provider="qwen", kind="qwen", origin="https://dashscope.example", key_name="qwen-api-key"
    )
    chosen = resolver.for_providers([qwen, PROVIDER])
    assert [codes(one) for one in chosen] == [["keyring_locked"], []]
    assert values(chosen[1]) == [OTHER]


def test_a_replaced_key_in_its_grace_is_known_and_not_sent(
    vault: Vault, resolver: Resolver, clock: Clock
) -> None:
    add(vault)
    rotate(vault, "openai-api-key", value=OTHER, grace_s=60)
    chosen = choose(resolver)
    assert values(chosen) == [OTHER]
    assert [secret.value for secret in chosen.previous] == [CANARY]
    clock.at += 60
    assert choose(resolver).previous == ()


def test_a_damaged_record_stops_stored_keys_and_not_the_others(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    vault.home.ready()
    (vault.home.path / "trust.db").write_bytes(b"not a database" * 100)
    env["TEAM_KEY"] = CANARY
    assert secret_of(resolver.get("env:TEAM_KEY", origin=OPENAI)).value == CANARY
    assert code_of(resolver.get("openai-api-key", origin=OPENAI)) == "trust_unavailable"
    assert codes(choose(resolver)) == ["trust_unavailable"]
    env["OPENAI_API_KEY"] = OTHER
    assert values(choose(resolver)) == [OTHER]


def test_a_recorded_reference_is_bound_to_its_origins_like_any_key(
    vault: Vault, resolver: Resolver, env: dict[str, str]
) -> None:
    env["TEAM_KEY"] = CANARY
    vault.add_reference("team", KeyReference("env", "TEAM_KEY"), provider="openai", origins=[OPENAI])
    assert values(choose(resolver)) == [CANARY]
    assert code_of(resolver.get("team", origin=EVIL)) == "key_origin_not_allowed"
    del env["TEAM_KEY"]
    refusal = choose(resolver).refusals[0]
    assert refusal.code == "key_missing"
    assert "the variable TEAM_KEY" in refusal.message
