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


ROUTES = "version: 1\nroutes:\n  a: {flow: {send: mock/echo}}\n  b: {flow: {send: mock/echo}}\n"


def test_single_routes_of_a_draft_are_deployed_and_the_rest_stays_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ROUTES)
    with machine.gateway():
        assert machine.run("routes", "deploy", "--route", "a").code == 2, "there is no draft"
        for name in ("a", "b", "c"):
            word = "add" if name == "c" else "edit"
            assert machine.run("routes", word, name, "--send", "mock/think", "--draft").code == 0
        done = machine.run("routes", "deploy", "--route", "nothere", "--yes")
        assert (done.code, "nothere" in done.err) == (2, True)
        asked = machine.run("routes", "deploy", "--route", "a", "--route", "c")
        assert (asked.code, "a, c" in asked.err) == (2, True)
        assert "+  c:" in asked.err
        assert "+  b:" not in asked.err
        assert machine.run("routes", "deploy", "--route", "a", "--route", "c", "--yes").code == 0
        listed = machine.run("routes", "list", "--json")
        assert listed.code == 0, listed.err
        flows = {row["name"]: row["flow"]["send"] for row in listed.json}
        assert flows == {"a": "mock/think", "b": "mock/echo", "c": "mock/think"}
        assert "+  b:" in machine.run("routes", "diff").out


def test_one_route_is_rolled_back_and_the_others_stay(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ROUTES)
    with machine.gateway():
        for name in ("a", "b"):
            assert machine.run("routes", "edit", name, "--send", "mock/think").code == 0
        assert machine.run("routes", "rollback", "1", "--route", "zzz", "--yes").code == 2
        assert machine.run("routes", "rollback", "1", "--route", "..", "--yes").code == 2
        done = machine.run("routes", "rollback", "1", "--route", "a", "--yes", "--json")
        assert (done.code, done.json["changed"]) == (0, True)
        assert "b:" not in "".join(line for line in done.json["diff"].splitlines() if line[:1] in "+-")
        again = machine.run("routes", "rollback", "1", "--route", "a", "--yes")
        assert (again.code, "is what a of #1 was" in again.err) == (0, True)
    done = machine.run("routes", "rollback", "1", "--route", "b", "--yes")
    assert (done.code, machine.config.read_text("utf-8")) == (0, ROUTES), "also where no gateway runs"
