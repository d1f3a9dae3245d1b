"""`aigw-dev explain` answers for every code there is."""

import json

import pytest

from aigw_dev.cli import dispatch
from aigw_dev.core.errors import CODES


@pytest.mark.parametrize("spelling", ["keyring_locked", "keyring-locked", " KEYRING_LOCKED "])
def test_a_code_is_explained_however_it_is_spelled(spelling: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.run(["explain", spelling]) == 0
    row = CODES["keyring_locked"]
    assert capsys.readouterr().out == f"keyring_locked (HTTP {row.status})\n  {row.meaning}\n  {row.remedy}\n"


def test_a_code_without_a_status_shows_none(capsys: pytest.CaptureFixture[str]) -> None:
    dispatch.run(["explain", "config_invalid"])
    assert capsys.readouterr().out.startswith("config_invalid\n")


def test_an_unknown_code_names_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.run(["explain", "keyring_lock"]) == 2
    assert "keyring_locked" in capsys.readouterr().err
    assert dispatch.run(["explain", "zzzzzz"]) == 2
    assert "lists all of them" in capsys.readouterr().err


def test_without_a_code_every_code_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.run(["explain"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == ["CODE", *CODES]


def test_json_holds_the_whole_row(capsys: pytest.CaptureFixture[str]) -> None:
    dispatch.run(["explain", "invalid_json", "--json"])
    one = json.loads(capsys.readouterr().out)
    assert set(one) == {"code", "status", "meaning", "remedy"}
    dispatch.run(["explain", "--json"])
    assert one in json.loads(capsys.readouterr().out)
