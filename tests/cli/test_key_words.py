"""Keys on the command line are recognised, paths and names are not taken for them."""

import pytest

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.key_words import clear_history, refuse_keys

KEY = "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6"


@pytest.mark.parametrize(
    "words", [[KEY], ["openai", KEY], [f"--name={KEY}"], ["--name", KEY], [f"Bearer {KEY}"]]
)
def test_a_key_is_refused_and_never_repeated(words: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        refuse_keys(words, {"SHELL": "/usr/bin/fish"})
    assert KEY[5:] not in caught.value.message + caught.value.hint
    assert "history delete" in caught.value.hint


@pytest.mark.parametrize(
    "words",
    [
        ["openai", "--name", "openai-api-key-2"],
        ["xai", "--name", "xai-api-key"],
        ["--home", "tmp/a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3"],
        ["--config=x/a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3.yaml"],
        ["/srv/a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3"],
        ["local-key", "https://proxy.example.com:8443/v1"],
        ["--stdin", "--json"],
    ],
)
def test_names_paths_and_origins_pass(words: list[str]) -> None:
    refuse_keys(words, {})


def test_every_shell_has_its_way_and_an_unknown_one_its_manual() -> None:
    assert "fc -W" in clear_history({"SHELL": "/bin/zsh"})
    assert "PSReadLine" in clear_history({"PSModulePath": "x"})
    assert "manual" in clear_history({})
