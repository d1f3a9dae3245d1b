"""`trust`: everything held back is shown, and what is recorded is what was shown."""

from pathlib import Path

from tests.cli.machine import Machine

CONFIG = """version: 1
gateway: {identity_verification: false}
providers:
  far: {kind: openai-compatible, base_url: "http://127.0.0.1:9/v1", keys: ["env:SOME"], headers: {x-a: b}}
"""


def test_without_a_terminal_it_shows_everything_and_records_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    done = machine.run("trust")
    assert done.code == 2
    for setting in ("gateway.identity_verification = false", "far.base_url", "far.keys", "far.headers"):
        assert setting in done.err
    assert machine.run("trust", "--list", "--json").json == []


def test_a_person_says_yes_and_a_changed_setting_is_held_back_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    assert machine.type("trust", typed=[("Trust these settings?", "n")]).code == 2
    assert machine.type("trust", typed=[("Trust these settings?", "y")]).code == 0
    assert machine.run("trust").out.endswith("is trusted already.\n")
    machine.config.write_text(CONFIG.replace("x-a: b", "x-a: c"), "utf-8")
    done = machine.run("trust")
    assert (done.code, "changed since you trusted it" in done.err) == (2, True)


def test_trust_is_listed_and_revoked(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    assert machine.run("trust", "--yes", "--json").json["state"] == "trusted"
    assert [row["path"] for row in machine.run("trust", "--list", "--json").json] == [str(machine.config)]
    assert machine.run("trust", "--revoke").code == 0
    assert machine.run("trust", "--revoke").code == 2
    assert machine.run("trust", "--list", "--json").json == []


def test_a_running_gateway_is_told(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG, SOME="x-Ab1Cd2Ef3Gh4Ij5Kl6")
    with machine.gateway():
        assert machine.run("status", "--json").json["config"]["held_back"]
        assert machine.run("trust", "--yes").code == 0
        assert machine.run("status", "--json").json["config"]["held_back"] == []


def test_a_named_or_harmless_config_needs_none(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    assert "needs no trust" in machine.run("trust", "--config", str(machine.config)).out
    machine.config.write_text("version: 1\n", "utf-8")
    assert "nothing that needs trust" in machine.run("trust").out
