"""A gateway is asked by its admin API; one that does not answer it gets a signal."""

from pathlib import Path

import pytest

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.stopping import stop
from aigw_dev.secrets.running import list_running, read_running
from tests.cli.machine import Machine


def test_a_gateway_that_refuses_the_token_is_ended_by_a_signal(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    with machine.gateway():
        place = machine.place(env={"AIGW_DEV_ADMIN_TOKEN": "aigwdev-admin-wrong-one"})
        running = list_running(place.home)[0]
        stop(place, running)
        assert read_running(Path(running.folder)) is None


def test_one_that_goes_on_is_an_error_that_names_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    with machine.gateway():
        place = machine.place()
        running = list_running(place.home)[0]
        with pytest.raises(CommandError) as caught:
            stop(place, running, wait_s=-1)
        assert str(running.pid) in caught.value.message
