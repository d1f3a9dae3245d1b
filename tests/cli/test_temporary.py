"""A gateway for one command: answers, leaves nothing behind, and stands back where another one is meant."""

import os
import tempfile
from pathlib import Path

import httpx
import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import Place
from aigw_dev.cli.temporary import reach
from aigw_dev.secrets.running import RunningInfo, claim, list_running, read_running


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A fresh machine: no config, no state; temporary folders are made where the test can see them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Place(Context(home_option=tmp_path / "home", environ={"PATH": ""}))


def ask(url: str, token: str) -> httpx.Response:
    body = {"model": "mock/echo", "messages": [{"role": "user", "content": "hi"}]}
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=30)


def test_it_answers_tells_of_its_exchanges_and_leaves_nothing(place: Place, tmp_path: Path) -> None:
    with reach(place) as gateway:
        assert gateway.is_temporary
        reply = ask(gateway.url, gateway.token)
        record = gateway.exchange(reply.headers["x-aigw-request-id"])
        assert record is not None
        assert record["original_model"] == "mock/echo"
        assert gateway.exchange("ffffffffffffffff") is None
        assert list_running(place.home) == [], "a temporary gateway is not announced"
    with pytest.raises(httpx.ConnectError):
        ask(gateway.url, gateway.token)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert place.home.gateway_dirs() == []


def test_a_runs_credential_marks_its_calls_and_ends_with_it(place: Place) -> None:
    with reach(place) as gateway:
        issued = gateway.issue("mine", {"tier": "pro"})
        assert ask(gateway.url, issued["token"]).status_code == 200
        gateway.revoke(issued["id"])
        assert ask(gateway.url, issued["token"]).status_code == 401
        assert [one["run"] for one in gateway.entries("run:mine")] == ["mine"]


def test_a_log_that_is_to_be_kept_lies_where_the_logs_command_looks(place: Place) -> None:
    with reach(place, is_log_kept=True) as gateway:
        ask(gateway.url, gateway.token)
        assert place.folder is not None
        running = read_running(place.folder)
        assert running is not None, "the folder is the gateway's own: others must find who holds it"
        assert running.url == gateway.url
    log = place.log_path()
    assert log is not None
    assert log.exists()
    assert read_running(log.parent) is None


def test_where_only_another_configs_gateway_runs_it_is_named(place: Place, tmp_path: Path) -> None:
    other = place.home.gateway_dir(tmp_path / "other.yaml", "other")
    held = claim(other)
    assert held is not None
    with held:
        held.publish(
            RunningInfo(
                pid=os.getpid(),
                url="http://127.0.0.1:9",
                port=9,
                started_at=0.0,
                config_path="other.yaml",
                name="other",
                version="0",
            )
        )
        with pytest.raises(CommandError, match=r"http://127\.0\.0\.1:9") as refused, reach(place):
            pass
        assert "--temporary" in refused.value.hint
        with reach(place, is_own=True) as gateway:
            assert ask(gateway.url, gateway.token).status_code == 200


def test_a_config_with_an_error_starts_nothing(place: Place, tmp_path: Path) -> None:
    (tmp_path / "work" / ".git").mkdir()
    (tmp_path / "work" / "aigw-dev.yaml").write_text("version: 1\nroutez: {}\n", "utf-8")
    with pytest.raises(CommandError, match="routez"), reach(place):
        pass
