"""`init` (= `enable`): the first config, where it belongs, valid and trusted."""

from pathlib import Path

import pytest

from tests.cli.machine import Machine


@pytest.mark.parametrize("word", ["init", "enable"])
def test_the_file_is_written_at_the_repositorys_root_in_the_seeds_words(tmp_path: Path, word: str) -> None:
    machine = Machine(tmp_path, OPENAI_API_KEY="sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6")
    done = machine.run(word, "--name", "demo", "--notes", "for trying")
    assert done.code == 0, done.err
    assert done.out.startswith("AI Gateway enabled successfully.\n")
    assert "aigw-dev edit" in done.out
    text = machine.config.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=")
    assert "name: demo" in text
    assert "openai:" in text
    assert "Ab1Cd2" not in text
    assert machine.run("config", "check").code == 0
    assert "trust" not in machine.run("status").out


def test_a_config_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n# mine\n")
    done = machine.run("init", "--yes")
    assert (done.code, "aigw-dev edit" in done.err) == (2, True)
    assert machine.config.read_text("utf-8") == "version: 1\n# mine\n"


def test_outside_a_repository_it_goes_into_the_users_own_folder(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (machine.project / ".git").rmdir()
    assert machine.run("init", "--json").json["path"] == str(machine.own_config)
    assert machine.own_config.exists()
    assert machine.run("config", "path").out.strip() == str(machine.own_config)


def test_a_named_file_is_made_where_it_was_named(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    wanted = tmp_path / "deep" / "here.yaml"
    done = machine.run("init", "--config", str(wanted))
    assert done.code == 0, done.err
    assert wanted.exists()


def test_a_person_may_say_no(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.type("init", typed=[("Write ", "n")]).code == 2
    assert not machine.config.exists()
