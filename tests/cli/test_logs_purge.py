"""`logs purge`: gone for good, never by accident, never beside a gateway that writes."""

import json
from pathlib import Path

import pytest

from aigw_dev.store.database import WriterLock
from aigw_dev.store.reader import LogReader
from aigw_dev.store.state import StateStore
from tests.cli.logged import Logged
from tests.cli.machine import Machine
from tests.store import making
from tests.store.making import exchange, refused, request

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Three exchanges, one refused."""
    return Logged(tmp_path, [exchange(request_body=request("the secret plan")), exchange(), refused()])


def count(logged: Logged) -> int:
    reader = LogReader(logged.log)
    number = reader.count()
    reader.close()
    return number


def test_a_filter_says_what_goes_and_the_audit_keeps_that(logged: Logged, capsys: Capture) -> None:
    assert logged.run("logs", "purge", "status:404", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": 1}
    assert count(logged) == 2
    state = StateStore(logged.folder / "state.db")
    (event,) = state.audit_events()
    state.close()
    assert (event.action, event.actor, event.detail) == (
        "logs.purge",
        "cli",
        {"detail": "status:404: 1 exchanges"},
    )


def test_without_a_filter_everything_goes_from_the_disk_too(logged: Logged) -> None:
    assert b"the secret plan" in logged.log.read_bytes()
    assert logged.run("logs", "purge", "--yes") == 0
    assert count(logged) == 0
    for file in logged.folder.glob("log.db*"):
        assert b"the secret plan" not in file.read_bytes()


def test_statistics_outlive_it(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "purge", "--yes")
    capsys.readouterr()
    logged.run("stats", "--since", "2020-01-01", "--until", "2035-01-01", "--json")
    assert json.loads(capsys.readouterr().out)["groups"][0]["totals"]["requests"] == 3


def test_nothing_goes_without_a_yes(logged: Logged, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert logged.run("logs", "purge") == 2
    assert "--yes" in capsys.readouterr().err
    assert count(logged) == 3


def test_it_is_refused_where_another_process_writes(logged: Logged, capsys: Capture) -> None:
    lock = WriterLock(logged.log)
    assert lock.take()
    try:
        assert logged.run("logs", "purge", "--yes", "--json") == 2
    finally:
        lock.free()
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "store_locked"
    assert count(logged) == 3


def test_a_wrong_filter_deletes_nothing(logged: Logged) -> None:
    assert logged.run("logs", "purge", "stauts:404", "--yes") == 2
    assert count(logged) == 3


@pytest.mark.parametrize(("answer", "left"), [("n", 2), ("", 2), ("yes", 1)])
def test_a_person_is_asked_with_the_number(answer: str, left: int, tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    folder = machine.place().home.gateway_dir(machine.config, "project")
    making.write(folder / "log.db", [exchange(), refused()])
    done = machine.type("logs", "purge", "status:404", typed=[("[y/N]", answer)])
    assert "Delete 1 exchange that passes `status:404`?" in done.err
    reader = LogReader(folder / "log.db")
    assert reader.count() == left
    reader.close()
