"""Every gateway of the home is told; where none runs, the audit of this config's gateway gets the line."""

from pathlib import Path

from aigw_dev.cli.announce import announce, write_audit
from aigw_dev.store.state import StateStore
from tests.cli.machine import Machine


def actions(machine: Machine) -> list[tuple[str, str]]:
    folder = machine.place().folder
    assert folder is not None
    store = StateStore(folder / "state.db")
    try:
        return [(row.action, row.subject) for row in store.audit_events(limit=10)]
    finally:
        store.close()


def test_a_gateway_of_another_config_in_the_same_home_is_told_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    other = Machine(tmp_path / "other", "version: 1\n", AIGW_DEV_HOME=str(machine.home))
    with machine.gateway(), other.gateway():
        assert announce(machine.place(), "keys", action="key.added", subject="k") == 2
        rows = machine.run("token", "rotate", "--json")
        assert rows.json["gateways_told"] == 2
    assert ("key.added", "k") in actions(machine)


def test_where_none_runs_the_audit_is_written_here(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    write_audit(machine.place(), "key.added", "k")
    assert not machine.home.exists(), "a gateway that never ran has no audit"
    with machine.gateway():
        pass
    assert announce(machine.place(), "keys", action="key.removed", subject="k") == 0
    assert actions(machine)[0] == ("key.removed", "k")
