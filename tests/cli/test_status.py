"""`status` and `down`: of this config's gateway, or of all; where only others run they are named."""

from pathlib import Path

from tests.cli.machine import Machine

CONFIG = "version: 1\ngateway: {name: demo}\n"


def test_a_running_gateway_is_described_and_ended(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    with machine.gateway() as url:
        done = machine.run("status")
        assert (done.code, url in done.out, str(machine.config) in done.out) == (0, True, True)
        assert machine.run("status", "--line").out.startswith(f"demo {url} ")
        told = machine.run("status", "--json").json
        assert (told["is_running"], told["name"], told["url"]) == (True, "demo", url)
        assert [row["url"] for row in machine.run("status", "--all", "--json").json] == [url]
        assert machine.run("down", "--json").json == {"stopped": [url]}
        assert machine.run("status", "--json").json["is_running"] is False
        assert machine.run("down").out == "no gateway runs\n"


def test_where_none_runs_the_files_are_described(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    done = machine.run("status")
    assert (done.code, "demo does not run" in done.out) == (0, True)
    assert machine.run("status", "--line").out == "demo down\n"
    assert machine.run("status", "--all").out == "no gateway runs\n"


def test_where_only_others_run_they_are_named_with_exit_2(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    other = Machine(tmp_path / "other", CONFIG, AIGW_DEV_HOME=str(machine.home))
    with machine.gateway() as url:
        for words in (["status"], ["down"]):
            done = other.run(*words)
            assert (done.code, url in done.err) == (2, True)
        assert other.run("down", "--all").code == 0
        assert machine.run("status", "--json").json["is_running"] is False
