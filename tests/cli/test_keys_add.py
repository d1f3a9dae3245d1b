"""`keys add`: a key gets in by prompt, pipe or variable, is tried first, and is never taken from argv."""

from pathlib import Path

import pytest

from tests.cli.machine import BAD, GOOD, Machine, config_for, vendor
from tests.scripted import refusing_port


def test_a_key_in_argv_is_refused_without_being_repeated(tmp_path: Path) -> None:
    machine = Machine(tmp_path, SHELL="/bin/bash")
    for words in (["openai", GOOD], [GOOD], ["openai", f"--name={GOOD}"]):
        done = machine.run("keys", "add", *words)
        assert done.code == 2
        assert "history -d" in done.err
        assert GOOD[3:] not in done.out + done.err


def test_without_a_terminal_and_without_stdin_it_is_a_usage_error(tmp_path: Path) -> None:
    done = Machine(tmp_path).run("keys", "add", "openai")
    assert done.code == 2
    assert "--stdin" in done.err


def test_without_a_keyring_it_refuses_and_names_the_alternatives(tmp_path: Path) -> None:
    env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    done = Machine(tmp_path, **env).run("keys", "add", "openai", "--stdin", given=GOOD)
    assert done.code == 2
    assert "env:NAME" in done.err
    assert "--encrypted-file" in done.err


def test_a_variable_is_recorded_and_not_copied(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = Machine(tmp_path, config_for(upstream), TEAM_KEY=GOOD)
        named = ["--config", str(machine.config)]
        done = machine.run("keys", "add", "local", "--env", "TEAM_KEY", "--json", *named)
    assert done.code == 0, done.err
    assert (done.json["source"], done.json["place"], done.json["check"]["state"]) == (
        "env",
        "TEAM_KEY",
        "good",
    )
    kept = b"".join(file.read_bytes() for file in machine.home.rglob("*") if file.is_file())
    assert GOOD.encode() not in kept


def test_the_encrypted_file_takes_a_key_where_there_is_no_keyring(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o600)
    with vendor() as upstream:
        machine = Machine(tmp_path, config_for(upstream), AIGW_DEV_PASSPHRASE_FILE=str(secret))
        named = ["--config", str(machine.config)]
        done = machine.run(
            "keys", "add", "local", "--stdin", "--encrypted-file", *named, given=f' "{GOOD}" \n'
        )
        assert done.code == 0, done.err
        assert "keys.enc" in done.out
        assert machine.run("keys", "check", "local-key", *named).code == 0
    assert upstream.requests[-1].header(b"authorization") == f"Bearer {GOOD}".encode()
    assert GOOD.encode() not in (machine.home / "keys.enc").read_bytes()


def test_a_refused_key_is_not_stored_and_not_shown(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = Machine(tmp_path, config_for(upstream), TEAM_KEY=BAD)
        named = ["--config", str(machine.config)]
        done = machine.run("keys", "add", "local", "--env", "TEAM_KEY", *named)
        assert done.code == 1
        assert "401" in done.err
        assert BAD not in done.out + done.err
        assert machine.run("keys", "list", "--json", *named).json["keys"] == []


def test_an_unreachable_provider_stores_with_a_warning(tmp_path: Path) -> None:
    with refusing_port() as port:
        text = f"version: 1\nproviders:\n  local: {{kind: vllm, base_url: 'http://127.0.0.1:{port}/v1', keys: [k]}}\n"
        machine = Machine(tmp_path, text, TEAM_KEY=GOOD)
        done = machine.run("keys", "add", "local", "--env", "TEAM_KEY", "--config", str(machine.config))
    assert done.code == 0, done.err
    assert "warning: not tried" in done.err
    assert done.out.startswith("k (")


def test_a_name_that_is_taken_is_refused_before_the_key_is_read(tmp_path: Path) -> None:
    machine = Machine(tmp_path, MISTRAL_TEAM="x")
    assert machine.run("keys", "add", "mistral", "--env", "UNSET_HERE").code == 0
    again = machine.run("keys", "add", "mistral", "--env", "UNSET_HERE")
    assert again.code == 2
    assert "keys rotate mistral-api-key" in again.err


def test_an_untrusted_address_gets_no_key(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = Machine(tmp_path, config_for(upstream), TEAM_KEY=GOOD)
        done = machine.run("keys", "add", "local", "--env", "TEAM_KEY")
        assert (done.code, len(upstream.requests)) == (2, 0)
        assert "aigw-dev trust" in done.err


def test_a_key_of_another_vendor_is_not_sent_to_this_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path, GROQ_LIKE="gsk_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8")
    done = machine.run("keys", "add", "mistral", "--env", "GROQ_LIKE")
    assert done.code == 2
    assert "looks like a key of groq" in done.err


def test_a_key_that_several_vendors_could_have_given_needs_the_name(tmp_path: Path) -> None:
    done = Machine(tmp_path, SOME="sk-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8").run("keys", "add", "--env", "SOME")
    assert done.code == 2
    assert "openai, deepseek, qwen, moonshot" in done.err


def test_a_person_is_asked_whose_an_ambiguous_key_is(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o600)
    machine = Machine(tmp_path, AIGW_DEV_PASSPHRASE_FILE=str(secret))
    words = ["keys", "add", "--encrypted-file", "--no-check", "--json"]
    done = machine.type(*words, typed=[("Key:", "sk-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8"), ("Provider:", "qwen")])
    assert done.code == 0, done.err
    assert (done.json["name"], done.json["provider"]) == ("qwen-api-key", "qwen")
    known = machine.type(*words, typed=[("Key:", "gsk_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8")])
    assert known.json["provider"] == "groq"


def test_the_name_of_the_provider_is_checked_against_near_ones(tmp_path: Path) -> None:
    done = Machine(tmp_path).run("keys", "add", "opnai", "--env", "X")
    assert done.code == 2
    assert "Did you mean openai" in done.err


@pytest.mark.keyring
def test_a_typed_key_is_not_echoed_and_goes_into_the_keyring(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = Machine(tmp_path, config_for(upstream))
        named = ["--config", str(machine.config)]
        done = machine.type("keys", "add", "local", *named, typed=[("Key of local:", f"  '{GOOD}' ")])
        assert done.code == 0, done.err
        assert GOOD not in done.out + done.err
        assert "the OS keyring (SecretService" in done.out
        listed = machine.run("keys", "list", "--json", *named).json["keys"]
        assert [(row["name"], row["origins"], row["used_by"]) for row in listed] == [
            ("local-key", [upstream.url], ["local"])
        ]
        assert machine.run("keys", "remove", "local-key", "--yes", *named).code == 0


@pytest.mark.keyring
def test_a_running_gateway_uses_a_key_at_once(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = Machine(
            tmp_path, config_for(upstream), AIGW_DEV_CONFIG=str(tmp_path / "project/aigw-dev.yaml")
        )
        with machine.gateway():
            assert "NO(" in machine.run("check", "local").out
            assert machine.run("keys", "add", "local", "--stdin", given=GOOD).code == 0
            done = machine.run("check", "local")
            assert (done.code, done.out.split()[-1]) == (0, "YES")
            assert machine.run("keys", "remove", "local-key", "--yes").code == 0
            assert machine.run("check", "local").code == 1
