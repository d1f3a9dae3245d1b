"""`disable` and `uninstall`: listed first, backed up, asked about; what is not ours stays."""

import stat
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.machine import GOOD, Machine, config_for, vendor

CONFIG = "version: 1\ngateway: {name: demo}\n"


def test_disable_lists_asks_and_removes_nothing_without_a_yes(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    done = machine.run("disable")
    assert (done.code, str(machine.config) in done.err) == (2, True)
    assert machine.config.exists()


def test_disable_stops_backs_up_and_removes_in_the_seeds_words(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    with machine.gateway():
        done = machine.run("disable", "--yes")
    assert done.code == 0, done.err
    assert done.out.startswith("AI Gateway disabled successfully.\n")
    backup = Path(done.out.splitlines()[1].removeprefix("Backup: "))
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with ZipFile(backup) as packed:
        assert packed.read("config/aigw-dev.yaml").decode() == CONFIG
        assert {"state/log.db", "state/state.db"} <= set(packed.namelist())
    assert not machine.config.exists()
    assert machine.run("status", "--all", "--json").json == []
    again = machine.run("disable", "--yes")
    assert (again.code, "no AI Gateway to disable" in again.err) == (2, True)


def test_keys_are_asked_about_apart(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o600)
    machine = Machine(
        tmp_path, "version: 1\nproviders:\n  mistral: {}\n", AIGW_DEV_PASSPHRASE_FILE=str(secret)
    )
    words = ["keys", "add", "mistral", "--stdin", "--encrypted-file", "--no-check"]
    assert machine.run(*words, given=GOOD).code == 0
    done = machine.type("disable", typed=[("Remove all of this?", "y"), ("Delete the keys", "n")])
    assert done.code == 0, done.err
    assert [row["name"] for row in machine.run("keys", "list", "--json").json["keys"]] == ["mistral-api-key"]
    machine.config.write_text("version: 1\nproviders:\n  mistral: {}\n", "utf-8")
    assert machine.run("disable", "--yes", "--keys", "--json").json["keys"] == ["mistral-api-key"]
    assert machine.run("keys", "list", "--json").json["keys"] == []


def test_uninstall_leaves_nothing_of_ours_and_everything_else(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    machine.own_config.parent.mkdir(parents=True)
    machine.own_config.write_text(CONFIG)
    with machine.gateway():
        (machine.home / "mine.txt").write_text("mine")
        assert machine.run("uninstall").code == 2
        assert (machine.home / "token").exists()
        done = machine.run("uninstall", "--yes")
    assert done.code == 0, done.err
    assert [entry.name for entry in machine.home.iterdir()] == ["mine.txt"]
    assert not machine.own_config.parent.exists()
    assert machine.config.exists(), "a project's config is the project's"
    assert Machine(tmp_path / "b").run("uninstall").out == "aigw-dev keeps nothing on this machine.\n"


@pytest.mark.keyring
def test_uninstall_takes_its_keys_out_of_the_keyring(tmp_path: Path) -> None:
    from aigw_dev.secrets.keyring import Keyring

    with vendor() as upstream:
        machine = Machine(tmp_path, config_for(upstream, keys="[gone-soon]"))
        named = ["--config", str(machine.config)]
        assert machine.run("keys", "add", "local", "--stdin", *named, given=GOOD).code == 0
    assert "gone-soon" in Keyring().read(["gone-soon"])
    done = machine.run("uninstall", "--yes")
    assert (done.code, "gone-soon in the OS keyring" in done.err) == (0, True)
    assert Keyring().read(["gone-soon"]) == {}
