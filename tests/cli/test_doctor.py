"""`doctor`: one table; exit 1 where something fails."""

from pathlib import Path

from tests.cli.machine import Machine

CHECKS = [
    "python",
    "sqlite",
    "home",
    "disk",
    "config",
    "keyring",
    "gateway",
    "log",
    "prices",
    "environment",
    "providers",
]


def test_a_fresh_machine_is_well(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    rows = machine.run("doctor", "--json")
    assert [row["check"] for row in rows.json] == CHECKS
    assert rows.code == 0, rows.out
    assert not machine.home.exists(), "looking leaves no trace"


def test_a_bad_config_fails_and_says_where(tmp_path: Path) -> None:
    done = Machine(tmp_path, "version: 1\nnonsense: 1\n").run("doctor")
    assert done.code == 1
    assert "FAIL  config" in done.out
    assert "aigw-dev.yaml:2:1" in done.out


def test_untrusted_settings_and_providers_without_a_key_are_warnings(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\nproviders:\n  mistral: {headers: {x-a: b}}\n")
    done = machine.run("doctor")
    assert (done.code, "aigw-dev trust" in done.out, "mistral is off" in done.out) == (0, True, True)


def test_of_two_keys_the_one_in_force_is_named(tmp_path: Path) -> None:
    env = {"MISTRAL_API_KEY": "one-Ab1Cd2Ef3Gh4", "OTHER": "two-Ab1Cd2Ef3Gh4"}
    machine = Machine(tmp_path, "version: 1\nproviders:\n  mistral: {}\n", **env)
    assert machine.run("keys", "add", "mistral", "--env", "OTHER", "--no-check").code == 0
    assert "is in force; MISTRAL_API_KEY differs" in machine.run("doctor").out


def test_a_running_gateway_reports_its_own_log(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    with machine.gateway() as url:
        done = machine.run("doctor")
    assert (done.code, f"runs at {url}" in done.out, "exchanges since the start" in done.out) == (
        0,
        True,
        True,
    )
