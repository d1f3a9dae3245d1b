"""Whose key it is, and where it may go, also where the config is not trusted or broken."""

from pathlib import Path

import pytest

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.key_owner import check_new_name, owner_of
from tests.cli.machine import Machine


def test_a_kind_is_an_owner_of_its_own(tmp_path: Path) -> None:
    owner = owner_of(Machine(tmp_path, "version: 1\n").place(), "qwen")
    assert (owner.name, owner.resolved.kind.name) == ("qwen", "qwen")
    assert owner.default_name({}) == "qwen-api-key"


def test_the_first_name_that_the_config_waits_for_is_the_default(tmp_path: Path) -> None:
    text = "version: 1\nproviders:\n  qwen: {keys: ['env:X', main, spare]}\n"
    owner = owner_of(Machine(tmp_path, text).place(), "qwen")
    assert owner.default_name({}) == "main"
    assert owner.default_name({"main": 1}) == "spare"
    assert owner.default_name({"main": 1, "spare": 1}) == "qwen-api-key"


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("mock", "takes no key"),
        ("openai-compatible", "no"),
        ("nothing-like-it", "--kinds"),
        ("opnai", "openai"),
        ("sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6", "history"),
    ],
)
def test_what_cannot_have_a_key_is_said(tmp_path: Path, word: str, words: str) -> None:
    with pytest.raises(CommandError) as caught:
        owner_of(Machine(tmp_path, "version: 1\n").place(), word)
    assert words in f"{caught.value.message} {caught.value.hint}"


def test_a_broken_config_can_still_be_mended_by_adding_its_key(tmp_path: Path) -> None:
    key = "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6"
    text = f"version: 1\nproviders:\n  team: {{kind: openai, keys: [{key}]}}\n"
    place = Machine(tmp_path, text).place()
    assert place.reading.config is None
    owner = owner_of(place, "team")
    assert (owner.name, owner.resolved.origin) == ("team", "https://api.openai.com")
    with pytest.raises(CommandError):
        owner_of(
            Machine(tmp_path / "b", text.replace("keys:", "base_url: 'http://x.example', keys:")).place(),
            "team",
        )


def test_a_key_name_is_checked() -> None:
    assert check_new_name("spare-2") == "spare-2"
    with pytest.raises(CommandError):
        check_new_name("Not A Name")
