"""`--fault` of `up` and `replay`: what is refused before anything starts, and what is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.fixture_gateway import BenchOptions
from aigw_dev.cli.up import UpOptions, serve_fixtures, up
from tests.cli.machine import Machine

PLAIN = "version: 1\ngateway: {name: mine}\n"
FAULTS = BenchOptions(fault=["http.429@provider:openai;times=2"])


def context_of(machine: Machine) -> Context:
    return Context(config_option=machine.config, home_option=machine.home, environ={})


def test_a_fault_that_there_is_not_starts_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    wrong = BenchOptions(fault=["http.429", "stream.cutt"])
    with pytest.raises(CommandError, match=r"--fault stream\.cutt") as caught:
        up(context_of(machine), UpOptions(), wrong)
    assert caught.value.code == "fault_unknown"
    (tmp_path / "fx").mkdir()
    with pytest.raises(CommandError, match=r"--fault stream\.cutt"):
        serve_fixtures(context_of(machine), UpOptions(), replace(wrong, replay=tmp_path / "fx"))
    assert not machine.home.exists()


@pytest.mark.parametrize("options", [UpOptions(detach=True), UpOptions(tui=True)])
def test_faults_go_with_a_gateway_in_the_foreground(tmp_path: Path, options: UpOptions) -> None:
    with pytest.raises(CommandError, match="foreground"):
        up(context_of(Machine(tmp_path, PLAIN)), options, FAULTS)


def test_a_gateway_that_runs_is_not_left_without_the_fault_in_silence(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    with machine.gateway() as url, pytest.raises(CommandError, match="without this fault") as caught:
        up(context_of(machine), UpOptions(), FAULTS)
    assert url in caught.value.message
    assert "/admin/v1/faults" in caught.value.hint
