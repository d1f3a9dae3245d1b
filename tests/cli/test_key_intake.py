"""A key's value comes in cleaned, and what cannot be a key does not come in."""

import io
import sys
from pathlib import Path

import pytest

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.key_intake import key_vault, read_key, storage
from tests.cli.machine import GOOD, Machine


def test_a_piped_key_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"export OPENAI_API_KEY='{GOOD}'\n"))
    assert read_key("openai", is_stdin=True) == GOOD


@pytest.mark.parametrize("text", ["", "two words", "aigwdev-abcdefghijklmnop", "<your key>"])
def test_what_is_no_key_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(CommandError) as caught:
        read_key("openai", is_stdin=True)
    assert caught.value.code == "key_invalid"


def test_a_new_encrypted_file_asks_twice_and_an_old_one_once(tmp_path: Path) -> None:
    place = Machine(tmp_path).place()
    assert key_vault(place, is_encrypted=False) is place.vault
    fresh = key_vault(place, is_encrypted=True)
    assert fresh is not place.vault
    assert str(fresh.encrypted.path) in storage(fresh, is_encrypted=True)
    place.home.ready()
    (place.home.path / "keys.enc").touch()
    assert key_vault(place, is_encrypted=True) is place.vault
