"""`providers list|check|models` and `check`, with and without a gateway: the same answers."""

from pathlib import Path

from tests.cli.machine import BAD, GOOD, Machine, config_for, vendor


def machine_for(folder: Path, config: str, key: str) -> Machine:
    return Machine(folder, config, SOME=key, AIGW_DEV_CONFIG=str(folder / "project/aigw-dev.yaml"))


def test_check_prints_the_seeds_table_and_exits_1_on_any_no(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = machine_for(tmp_path, config_for(upstream, keys="['env:SOME']"), GOOD)
        good = machine.run("check")
        bad = machine.run("check", SOME=BAD)
    assert good.code == 0
    assert [line.split() for line in good.out.splitlines()] == [
        ["NAME", "PROVIDER-TYPE", "HEALTHY"],
        ["mock", "mock", "YES"],
        ["local", "openai-compatible", "YES"],
    ]
    assert bad.code == 1
    assert "NO(401 Incorrect API key provided" in bad.out


def test_a_running_gateway_answers_the_same(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = machine_for(tmp_path, config_for(upstream, keys="['env:SOME']"), GOOD)
        alone = [
            machine.run(*words, "--json").json for words in (["providers", "list"], ["providers", "models"])
        ]
        with machine.gateway():
            served = [
                machine.run(*words, "--json").json
                for words in (["providers", "list"], ["providers", "models"])
            ]
            assert machine.run("providers", "check", "local").code == 0
            assert machine.run("check", "nobody").code == 2
    assert alone[1] == served[1]
    assert [(row["name"], row["usable"], row["key"]) for row in alone[0]] == [
        (row["name"], row["usable"], row["key"]) for row in served[0]
    ]


def test_models_are_listed_as_they_are_called_and_kept(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = machine_for(tmp_path, config_for(upstream, keys="['env:SOME']"), GOOD)
        done = machine.run("providers", "models", "local")
    assert (done.code, done.out) == (0, "local/m-1\nlocal/m-2\n")
    rows = machine.run("providers", "list", "--json").json
    assert {row["name"]: row["models"] for row in rows}["local"] == ["m-1", "m-2"]
    assert machine.run("providers", "models", "local").code == 1, "the provider is gone"


def test_a_name_that_nobody_has_is_a_usage_error(tmp_path: Path) -> None:
    done = Machine(tmp_path).run("check", "nobody")
    assert done.code == 2
    assert "mock" in done.err


def test_kinds_are_listed_with_their_variables(tmp_path: Path) -> None:
    rows = Machine(tmp_path).run("providers", "list", "--kinds", "--json").json
    by_kind = {row["kind"]: row for row in rows}
    assert by_kind["openai"]["env"] == ["OPENAI_API_KEY"]
    assert by_kind["mock"]["is_key_required"] is False
    assert "OPENAI_API_KEY" in Machine(tmp_path / "b").run("providers", "list", "--kinds").out
