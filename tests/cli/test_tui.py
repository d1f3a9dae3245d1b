"""`tui`: what it does without a terminal. tests/e2e/test_tui.py drives it in one."""

import json
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, USAGE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.cli.tui import Session, TuiOptions, memory_name, tui
from tests.cli.machine import Machine

PLAIN = "version: 1\ngateway: {name: mine}\n"


def test_keys_are_listed_with_their_ids(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    done = machine.run("tui", "--keys")
    assert done.code == DONE
    assert "app.logs" in done.out
    told = json.loads(machine.run("tui", "--keys", "--json").out)
    assert told["problems"] == []
    assert {
        "id": "app.logs",
        "keys": "4",
        "default": "4",
        "label": "Logs",
        "help": "The Logs screen.",
    } in told["keys"]


def test_a_keymap_with_a_conflict_is_told_with_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "config" / "aigw-dev"
    folder.mkdir(parents=True)
    (folder / "tui.yaml").write_text("keymap: {app.logs: '2', app.chta: x}\ncolour: red\n")
    machine = Machine(tmp_path, PLAIN)
    done = machine.run("tui", "--keys", XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert done.code == USAGE
    assert "'2' would mean both app.routes and app.logs" in done.err
    assert "did you mean app.chat?" in done.err
    assert "tui.yaml:2" in done.err


def test_without_a_terminal_it_says_what_prints_the_same(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    for words in (("tui",), ("up", "--tui")):
        done = machine.run(*words)
        assert done.code == USAGE
        assert "need a terminal" in done.err
        assert "logs tail" in done.err


def test_a_running_gateway_is_attached_to_and_left_running(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    with machine.gateway() as url:
        place = Place(Context(config_option=machine.config, home_option=machine.home, environ={}))
        session = Session(place)
        opening = session.opening()
        assert (opening.url, opening.name) == (url, "mine")
        assert [choice.url for choice in opening.gateways()] == [url]
        assert opening.attach is not None
        assert opening.attach(opening.gateways()[0]).url == url
        session.close()
        assert place.running() is not None


def test_none_running_gives_an_opening_without_an_address(tmp_path: Path) -> None:
    machine = Machine(tmp_path, PLAIN)
    session = Session(Place(Context(config_option=machine.config, home_option=machine.home, environ={})))
    opening = session.opening()
    assert opening.url == ""
    assert opening.name == "mine"
    assert opening.start is not None
    started = opening.start()
    try:
        assert started.url.startswith("http://127.0.0.1:")
    finally:
        session.close()
    assert (
        Place(Context(config_option=machine.config, home_option=machine.home, environ={})).running() is None
    )


def test_a_config_with_an_error_is_why_it_does_not_start(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\nroutez: {}\n")
    session = Session(Place(Context(config_option=machine.config, home_option=machine.home, environ={})))
    opening = session.opening()
    assert opening.start is not None
    with pytest.raises(CommandError, match="routez"):
        opening.start()
    session.close()


def test_every_config_has_a_memory_of_its_own() -> None:
    assert memory_name("/a/aigw-dev.yaml") != memory_name("/b/aigw-dev.yaml")
    assert "/" not in memory_name("/a/../b c\x00")


def test_the_function_is_the_command() -> None:
    with pytest.raises(CommandError):
        tui(Context(environ={}), TuiOptions())
