"""Nobody at the terminal: nothing is assumed."""

import io
import sys

import pytest

from aigw_dev.cli import asking
from aigw_dev.cli.exits import CommandError


class Terminal(io.StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


def test_without_a_terminal_a_question_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(CommandError) as caught:
        asking.confirm("Really?")
    assert "--yes" in caught.value.hint
    assert asking.confirm("Really?", is_yes=True)


@pytest.mark.parametrize(
    ("typed", "meant"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_only_yes_is_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, meant: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert asking.confirm("Really?") is meant
    told = capsys.readouterr()
    assert (told.out, "Really?" in told.err) == ("", True)


def test_a_no_says_that_nothing_was_changed() -> None:
    assert "Nothing was changed" in asking.refused().message


def test_a_piped_key_still_lets_the_keyring_ask_who_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("key"))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert (asking.is_person_there(), asking.is_person_near()) == (False, True)
