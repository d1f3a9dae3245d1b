"""`config path|show|check|schema|apply`: seen and changed from the command line."""

import json
from pathlib import Path

from tests.cli.machine import Machine

PLAIN = "version: 1\n# kept\ngateway: {notes: one}\n"


def test_path_says_which_file_and_why(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    none = machine.run("config", "path")
    assert (none.code, none.out) == (0, "")
    assert str(machine.config) in none.err
    machine.config.write_text(PLAIN, "utf-8")
    done = machine.run("config", "path")
    assert done.out.strip() == str(machine.config)
    assert machine.run("config", "path", "--json").json["path"] == str(machine.config)


def test_show_names_where_each_setting_comes_from(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    (machine.project / "aigw-dev.local.yaml").write_text("gateway: {name: mine}\n")
    done = machine.run("config", "show")
    assert "  name: mine  # aigw-dev.local.yaml" in done.out
    assert "  notes: one  # aigw-dev.yaml" in done.out
    assert "  keep: 14d  # default" in done.out
    told = machine.run("config", "show", "--json").json
    assert told["effective"]["gateway"]["name"] == "mine"


def test_check_exits_2_on_an_error_and_says_where(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\ngatewai: {}\n")
    done = machine.run("config", "check")
    assert done.code == 2
    assert "aigw-dev.yaml:2:1" in done.out
    assert machine.run("config", "check", "--json").json[0]["line"] == 2
    machine.config.write_text(PLAIN, "utf-8")
    assert machine.run("config", "check").code == 0
    assert machine.run("config", "check", "-", given="version: 7\n").code == 2


def test_a_literal_key_is_refused_with_the_command_that_moves_it(tmp_path: Path) -> None:
    key = "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6"
    machine = Machine(tmp_path, f"version: 1\nproviders:\n  openai: {{keys: [{key}]}}\n")
    done = machine.run("config", "check")
    assert done.code == 2
    assert "aigw-dev keys add openai" in done.out
    assert key not in done.out + done.err


def test_schema_is_json_schema(tmp_path: Path) -> None:
    schema = json.loads(Machine(tmp_path).run("config", "schema").out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "openai" in json.dumps(schema)


def test_apply_shows_the_difference_asks_and_writes(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    new = tmp_path / "new.yaml"
    new.write_text(PLAIN.replace("one", "two"), "utf-8")
    assert machine.run("config", "apply", str(new)).code == 2
    assert machine.config.read_text("utf-8") == PLAIN
    done = machine.run("config", "apply", str(new), "--yes")
    assert (done.code, "+gateway: {notes: two}" in done.err) == (0, True)
    assert machine.config.read_text("utf-8") == new.read_text("utf-8")
    assert machine.run("config", "apply", str(new), "--json").json["changed"] is False


def test_apply_swaps_the_running_gateway_and_refuses_a_bad_file(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    with machine.gateway():
        done = machine.run("config", "apply", "-", "--yes", "--json", given=PLAIN.replace("one", "two"))
        assert (done.code, done.json["is_live"]) == (0, True), done.err
        assert machine.run("status", "--json").json["notes"] == "two"
        bad = machine.run("config", "apply", "-", "--yes", given="version: 1\nnonsense: 1\n")
        assert (bad.code, "nonsense" in bad.err) == (2, True)
        assert machine.run("status", "--json").json["notes"] == "two"


def test_the_first_apply_makes_the_file(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.run("config", "apply", "-", "--yes", given=PLAIN).code == 0
    assert machine.config.read_text("utf-8") == PLAIN
