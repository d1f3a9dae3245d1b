"""`routes history|diff|deploy|rollback`: what was in force comes back, what waits goes in."""

from pathlib import Path

from tests.cli.machine import Machine

FIRST = "version: 1\ngateway: {notes: one}\n"
SECOND = FIRST.replace("one", "two")


def test_what_was_in_force_is_kept_and_comes_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path, FIRST)
    assert machine.run("routes", "history", "--json").json == []
    with machine.gateway():
        assert machine.run("config", "apply", "-", "--yes", "--note", "why", given=SECOND).code == 0
        rows = machine.run("routes", "history", "--json").json
        assert [(row["number"], row["note"], row["is_live"]) for row in rows] == [
            (2, "why", True),
            (1, "started", False),
        ]
        assert "+gateway: {notes: one}" in machine.run("routes", "diff", "1").out
        assert machine.run("routes", "rollback", "1").code == 2
        assert machine.run("routes", "rollback", "1", "--yes").code == 0
        assert machine.config.read_text("utf-8") == FIRST
        assert machine.run("status", "--json").json["notes"] == "one"
        assert machine.run("routes", "rollback", "99", "--yes").code == 2
    done = machine.run("routes", "rollback", "2", "--yes")
    assert (done.code, machine.config.read_text("utf-8")) == (0, SECOND), "also where no gateway runs"
    assert "why" in machine.run("routes", "history").out


def test_a_file_that_waits_is_shown_and_deployed(tmp_path: Path) -> None:
    manual = FIRST.replace("notes:", "deploy: manual, notes:")
    machine = Machine(tmp_path, manual)
    with machine.gateway():
        assert "nothing differs" in machine.run("routes", "diff").err
        assert machine.run("routes", "deploy").code == 2
        machine.config.write_text(manual.replace("one", "two"), "utf-8")
        told = machine.run("routes", "diff", "--json").json
        assert "notes: two" in told["diff"]
        assert machine.run("status", "--json").json["notes"] == "one"
        assert machine.run("routes", "deploy", "--note", "now").code == 0
        assert machine.run("status", "--json").json["notes"] == "two"


def test_deploying_needs_a_gateway(tmp_path: Path) -> None:
    done = Machine(tmp_path, FIRST).run("routes", "deploy")
    assert (done.code, "aigw-dev up" in done.err) == (2, True)
