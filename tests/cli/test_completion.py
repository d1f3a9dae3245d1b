"""The completion script knows every command and option."""

import json

import pytest

from aigw_dev.cli import completion, describe, dispatch
from aigw_dev.cli.registry import COMMANDS


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_script_holds_every_word(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    for page in describe.pages():
        assert page.words in script
        for option in page.options:
            assert option.flags[0].lstrip("-") in script
    assert f"aigw-dev completion {shell}" in script.splitlines()[-1]


def test_a_place_offers_words_choices_and_options() -> None:
    places = {at.words: at for at in completion.places()}
    assert [each.word for each in places[""].candidates] == [name for name, _ in COMMANDS.top_level()]
    offered = [each.word for each in places["completion"].candidates]
    assert offered == ["bash", "zsh", "fish", "powershell", "--config", "--home", "--json", "--help"]
    assert places["completion"].values == {"--config": (), "--home": ()}


def test_an_unknown_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.run(["completion", "tcsh"]) == 2
    assert "tcsh" in capsys.readouterr().err


def test_json_wraps_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    dispatch.run(["completion", "zsh", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["shell"] == "zsh"
    assert printed["script"].startswith("#compdef aigw-dev\n")
