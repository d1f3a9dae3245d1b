"""`logs audit` says who changed what; `logs pause` wants a gateway that runs."""

import json
from pathlib import Path

import pytest

from aigw_dev.store.state import StateStore
from tests.cli.logged import STEERING, Logged

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def audited(tmp_path: Path) -> Logged:
    """Three events."""
    logged = Logged(tmp_path)
    state = StateStore(logged.folder / "state.db")
    state.audit(
        "key.added", "qwen-api-key", actor="cli", origin="cli", detail={"fingerprint": "ab12", "n": 1}
    )
    state.audit("admin.denied", STEERING, actor="?", origin="admin", is_ok=False)
    state.audit("logs.purge", actor="admin", detail={"detail": "everything: 3 exchanges"})
    state.close()
    return logged


def test_the_newest_comes_first(audited: Logged, capsys: Capture) -> None:
    assert audited.run("logs", "audit") == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["TIME", "WHO", "HOW", "ACTION", "SUBJECT", "OK", "DETAIL"]
    assert "logs.purge" in lines[0]
    assert lines[0].endswith("everything: 3 exchanges")
    assert " no" in lines[1]
    assert "\x1b" not in lines[1]
    assert lines[2].endswith("fingerprint=ab12 n=1")


def test_json_holds_the_same(audited: Logged, capsys: Capture) -> None:
    audited.run("logs", "audit", "--json", "--limit", "2")
    assert [event["action"] for event in json.loads(capsys.readouterr().out)] == [
        "logs.purge",
        "admin.denied",
    ]


def test_where_nothing_was_changed_it_says_so(tmp_path: Path, capsys: Capture) -> None:
    assert Logged(tmp_path).run("logs", "audit") == 0
    assert capsys.readouterr().err == "nothing has been changed yet\n"


def test_pause_without_a_gateway_says_how_to_start_one(tmp_path: Path, capsys: Capture) -> None:
    assert Logged(tmp_path).run("logs", "pause") == 2
    assert "`aigw-dev up` starts it." in capsys.readouterr().err
