"""A new text goes in only from the text it was made from."""

from pathlib import Path

import pytest

from aigw_dev.cli import swap
from aigw_dev.cli.exits import CommandError
from aigw_dev.core.errors import ConfigError
from tests.cli.machine import Machine

TEXT = "version: 1\ngateway: {name: a}\n"


def test_a_file_that_changed_meanwhile_stays(tmp_path: Path) -> None:
    machine = Machine(tmp_path, TEXT)
    place = machine.place()
    before = swap.live(place)
    machine.config.write_text(TEXT.replace("a}", "b}"), "utf-8")
    with pytest.raises(ConfigError) as caught:
        swap.put(place, TEXT.replace("a}", "c}"), before, note="")
    assert caught.value.code == "config_changed"
    assert "b}" in machine.config.read_text("utf-8")


def test_without_a_file_the_default_is_what_a_change_starts_from(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    place = machine.place()
    before = swap.live(place)
    assert before.text.startswith("# yaml-language-server")
    assert swap.difference(before, before.text), "there is no file yet, so everything is new"


def test_errors_end_it_and_warnings_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Machine(tmp_path, TEXT).place()
    swap.require_usable(swap.problems_of(place, TEXT), where="here")
    with pytest.raises(CommandError) as caught:
        swap.require_usable(swap.problems_of(place, "version: 1\nx: 1\n"), where="here")
    assert "here" in caught.value.hint
    assert (
        swap.said({"is_live": True, "path": "p", "generation": 2})
        == "p was written and is in force (generation 2)."
    )
