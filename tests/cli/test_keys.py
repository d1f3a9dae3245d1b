"""`keys list|check|remove|allow`: names, origins and fingerprints, never a value."""

from pathlib import Path

from tests.cli.machine import BAD, GOOD, Machine, config_for, vendor


def machine_with_key(folder: Path, config: str, key: str = GOOD) -> Machine:
    machine = Machine(folder, config, TEAM_KEY=key, AIGW_DEV_CONFIG=str(folder / "project/aigw-dev.yaml"))
    done = machine.run("keys", "add", "local", "--env", "TEAM_KEY", "--no-check")
    assert done.code == 0, done.err
    return machine


def test_a_key_is_listed_with_everything_but_its_value(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = machine_with_key(tmp_path, config_for(upstream))
        done = machine.run("keys", "list")
    head, row = done.out.splitlines()
    assert head.split()[:5] == ["NAME", "PROVIDER", "SOURCE", "ORIGIN", "FINGERPRINT"]
    assert row.split()[:4] == ["local-key", "local", "env", upstream.url]
    assert row.split()[4].endswith(GOOD[-4:])
    assert GOOD not in done.out


def test_two_places_that_differ_are_said(tmp_path: Path) -> None:
    machine = Machine(
        tmp_path, OPENAI_API_KEY="sk-proj-Aa1Bb2Cc3Dd4Ee5Ff6", OTHER="sk-proj-Zz1Yy2Xx3Ww4Vv5Uu6"
    )
    assert machine.run("keys", "add", "openai", "--env", "OTHER", "--no-check").code == 0
    done = machine.run("keys", "list")
    assert "is in force; OPENAI_API_KEY differs" in done.err


def test_a_check_exits_1_where_the_provider_refuses(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = machine_with_key(tmp_path, config_for(upstream), key=BAD)
        done = machine.run("keys", "check")
        assert done.code == 1
        assert "NO(401" in done.out
        assert BAD not in done.out
        told = machine.run("keys", "check", "local-key", "--json", TEAM_KEY=GOOD)
        assert (told.code, told.json[0]["state"]) == (0, "good")
        assert "not the key that was added" in told.json[0]["text"]
        assert machine.run("keys", "check", TEAM_KEY="").code == 1


def test_a_check_never_sends_a_key_to_another_origin(tmp_path: Path) -> None:
    with vendor() as first, vendor() as second:
        machine = machine_with_key(tmp_path, config_for(first))
        machine.config.write_text(config_for(second), "utf-8")
        done = machine.run("keys", "check", "--json")
        assert done.json[0]["state"] == "unknown"
        assert len(second.requests) == 0
        assert machine.run("keys", "allow", "local-key", second.url).code == 0
        assert machine.run("keys", "check").code == 0
        assert len(second.requests) == 1
        assert machine.run("keys", "allow", "local-key", second.url, "--revoke").code == 0
        assert machine.run("keys", "check", "--json").json[0]["state"] == "unknown"


def test_removing_asks_and_says_what_still_names_the_key(tmp_path: Path) -> None:
    with vendor() as upstream:
        machine = machine_with_key(tmp_path, config_for(upstream))
    assert machine.run("keys", "remove", "local-key").code == 2
    done = machine.run("keys", "remove", "local-key", "--yes")
    assert done.code == 0
    assert "providers.local.keys" in done.err
    assert machine.run("keys", "list", "--json").json["keys"] == []


def test_an_unknown_key_is_said(tmp_path: Path) -> None:
    done = Machine(tmp_path).run("keys", "remove", "nothing-here", "--yes")
    assert done.code == 2
    assert "nothing-here" in done.err
