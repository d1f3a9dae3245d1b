"""`logs export`: exchanges whole, in a form other programs read."""

import json
import stat
import sys
from pathlib import Path

import pytest

from tests.cli.logged import STEERING, Logged
from tests.store.making import exchange, refused, request

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Sixty exchanges, more than are read at a time; the newest tries to steer the terminal."""
    return Logged(
        tmp_path, [*(exchange() for _ in range(58)), refused(), exchange(request_body=request(STEERING))]
    )


def test_one_exchange_is_one_line_with_everything_in_it(logged: Logged, capsys: Capture) -> None:
    assert logged.run("logs", "export") == 0
    printed = capsys.readouterr().out
    rows = [json.loads(line) for line in printed.splitlines()]
    assert len(rows) == 60
    assert json.loads(rows[0]["request_body"])["messages"][1]["content"] == STEERING
    assert rows[2]["usage"]["raw"] == {"prompt_tokens": 57, "completion_tokens": 40}
    assert rows[2]["attempts"][0]["key_name"] == "openai-api-key"
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_json_is_one_array(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "export", "status:404", "--format", "json")
    assert [row["error"] for row in json.loads(capsys.readouterr().out)] == ["model_not_found"]
    logged.run("logs", "export", "status:500", "--format", "json")
    assert json.loads(capsys.readouterr().out) == []


def test_a_file_is_written_whole_and_for_its_owner_only(
    logged: Logged, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "out.jsonl"
    assert logged.run("logs", "export", "-o", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"exported": 60, "path": str(file)}
    assert len(file.read_text("utf-8").splitlines()) == 60
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_failed_export_leaves_the_file_that_was_there(logged: Logged, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("before", "utf-8")
    assert logged.run("logs", "export", "stauts:1", "-o", str(file)) == 2
    assert file.read_text("utf-8") == "before"
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []
