"""Which config, home and gateway a command talks to."""

import os
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import Place
from tests.cli.machine import Machine

PLAIN = "version: 1\ngateway: {name: mine}\n"


def test_looking_around_makes_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    place = machine.place()
    assert place.source.path == machine.config
    assert place.reading.config is not None
    assert (place.folder, place.running(), place.client(), place.base_url(), place.log_path()) == (None,) * 5
    assert not machine.home.exists()


def test_without_a_name_the_nearest_config_is_meant(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    inside = machine.project / "deep" / "er"
    inside.mkdir(parents=True)
    os.chdir(inside)
    place = Place(Context(home_option=machine.home, environ={}))
    assert place.source.path is not None
    assert place.source.path.samefile(machine.config)


def test_where_none_runs_the_error_says_how_to_start_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    with pytest.raises(CommandError) as caught:
        machine.place().need_client()
    assert caught.value.code == "gateway_not_running"
    assert str(machine.config) in caught.value.message
    assert "aigw-dev up" in caught.value.hint


def test_an_address_in_the_environment_wins(tmp_path: Path) -> None:
    place = Machine(tmp_path, PLAIN).place(env={"AIGW_DEV_URL": " http://127.0.0.1:9/ "})
    assert place.base_url() == "http://127.0.0.1:9"
    with place.need_client() as client:
        assert client.url == "http://127.0.0.1:9"


def test_the_gateway_of_this_config_is_found_and_of_others_named(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\n", "utf-8")
    with machine.gateway() as url:
        place = machine.place()
        running = place.running()
        assert running is not None
        assert (place.base_url(), running.name) == (url, "mine")
        assert place.log_path() is not None
        with place.need_client() as client:
            assert client.status()["name"] == "mine"
        with pytest.raises(CommandError) as caught:
            machine.place(config=other).need_client()
        assert f"mine at {url}" in caught.value.message
        assert "--config" in caught.value.hint
