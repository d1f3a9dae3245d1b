"""`up`: what it refuses, and what it does where a gateway runs already. tests/e2e shows the rest."""

import json
import socket
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixture_gateway import BenchOptions
from aigw_dev.cli.up import UpOptions, up
from tests.cli.machine import Machine

PLAIN = "version: 1\ngateway: {name: mine}\n"


def context_of(machine: Machine, *, is_json: bool = False) -> Context:
    return Context(config_option=machine.config, home_option=machine.home, is_json=is_json, environ={})


def test_a_config_with_an_error_is_not_served(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\nx: 1\n")
    with pytest.raises(CommandError) as caught:
        up(context_of(machine), UpOptions(), BenchOptions())
    assert caught.value.code == "config_invalid"
    assert not machine.home.exists()


def test_without_verification_only_this_machine_is_served(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\ngateway: {identity_verification: false}\n")
    with pytest.raises(CommandError) as caught:
        up(context_of(machine), UpOptions(host="0.0.0.0", port=0), BenchOptions())  # noqa: S104  -- what is refused
    assert "0.0.0.0" in caught.value.message  # noqa: S104  -- compared
    assert "identity_verification" in caught.value.hint


def test_a_config_that_is_served_already_gets_its_ready_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(tmp_path, PLAIN)
    with machine.gateway() as url:
        assert up(context_of(machine), UpOptions(port=1), BenchOptions()) == DONE
        printed = capsys.readouterr()
        assert printed.out == f"ready {url}\n"
        assert "aigw-dev down" in printed.err, "the port that was asked for is not the one it has"
        assert up(context_of(machine, is_json=True), UpOptions(), BenchOptions()) == DONE
        told = json.loads(capsys.readouterr().out)
        assert (told["event"], told["url"]) == ("ready", url)
        assert told["pid"] > 0


def test_a_detached_gateway_that_does_not_start_says_its_words(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = machine.run("up", "--detach", "--port", port)
    assert done.code != 0
    assert "did not start" in done.err
    assert port in done.err
    assert "up.log" in done.err
