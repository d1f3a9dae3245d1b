"""`aigw-dev up` as a process: whose port it is, what stops it from starting and what does not."""

import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cli(tmp_path: Path) -> Generator[Cli]:
    """Runs one command of the installed program in a project and a home of their own."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "aigw-dev.yaml").write_text("version: 1\ngateway: {name: shop}\n", "utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIGW_DEV_")}
    env["AIGW_DEV_HOME"] = str(tmp_path / "state")

    def call(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "aigw_dev", *words]
        return subprocess.run(
            command, cwd=project, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    yield call
    call("down")


def only(tmp_path: Path, name: str) -> Path:
    """The one file of this name in the gateway's folder."""
    (found,) = (tmp_path / "state" / "gateways").glob(f"*/{name}")
    return found


def port_of(said: str) -> int:
    found = re.search(r"^ready http://127\.0\.0\.1:(\d+)$", said, re.MULTILINE)
    assert found, said
    return int(found[1])


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_the_words_of_a_detached_gateway_are_for_its_user_only(cli: Cli, tmp_path: Path) -> None:
    assert cli("up", "--port", "0", "--detach").returncode == 0
    assert only(tmp_path, "up.log").stat().st_mode & 0o777 == 0o600


def test_a_port_that_is_asked_for_and_taken_is_an_error_naming_its_owner(cli: Cli, tmp_path: Path) -> None:
    port = port_of(cli("up", "--port", "0", "--detach").stdout)
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\n", "utf-8")
    refused = cli("up", "--config", str(other), "--port", str(port))
    assert refused.returncode == 2
    assert "the gateway shop" in refused.stderr


def test_another_port_than_the_last_one_is_said_aloud(cli: Cli, tmp_path: Path) -> None:
    assert cli("up", "--port", "0", "--detach").returncode == 0
    cli("down")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        last = taken.getsockname()[1]
        only(tmp_path, "port").write_text(f"{last}\n", "utf-8")
        port = port_of(cli("up", "--detach").stdout)
        words = only(tmp_path, "up.log").read_text("utf-8")
    assert f"{last} is in use by another process, so this is {port}" in words


def test_an_address_of_another_machine_is_refused_by_name(cli: Cli) -> None:
    refused = cli("up", "--host", "nonsense.invalid", "--port", "0")
    assert refused.returncode == 2
    assert "nonsense.invalid cannot be listened on" in refused.stderr


def test_a_gateway_that_cannot_announce_itself_serves_all_the_same(cli: Cli, tmp_path: Path) -> None:
    port = port_of(cli("up", "--port", "0", "--detach").stdout)
    cli("down")
    folder = only(tmp_path, "log.db").parent
    (folder / "running.json").mkdir()  # stands for a full disk: the file cannot be written
    command = [sys.executable, "-m", "aigw_dev", "up", "--port", str(port), "--home", str(tmp_path / "state")]
    process = subprocess.Popen(
        command, cwd=tmp_path / "project", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready http://127.0.0.1:{port}\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as reply:
            assert reply.read() == b"ok\n"
    finally:
        process.terminate()
        _, words = process.communicate(timeout=30)
    assert "commands will not find this gateway" in words
    assert process.returncode == 0
