"""A gateway that goes on after the command."""

from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.detached import start_detached
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import Place
from aigw_dev.cli.stopping import stop
from tests.cli.machine import Machine


def place_of(machine: Machine) -> Place:
    return Place(Context(config_option=machine.config, home_option=machine.home, environ={}))


def test_it_answers_when_the_call_returns(tmp_path: Path) -> None:
    place = place_of(Machine(tmp_path, "version: 1\n"))
    running = start_detached(place.context, place.home.gateway_dir(place.source.path, "x"), port=0)
    try:
        found = place.running()
        assert found is not None
        assert found.pid == running.pid
    finally:
        stop(place, running)


def test_one_that_does_not_start_says_its_own_words(tmp_path: Path) -> None:
    place = place_of(Machine(tmp_path, "version: 1\nroutez: 1\n"))
    folder = place.home.gateway_dir(place.source.path, "x")
    with pytest.raises(CommandError, match="routez") as caught:
        start_detached(place.context, folder, port=0)
    assert str(folder / "up.log") in caught.value.hint
