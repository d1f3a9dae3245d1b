"""Which folder is meant, and errors of fixtures as errors of commands."""

from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.fixture_places import (
    folder_or_usual,
    library_at,
    paths_or_usual,
    read_test_ids,
    redactor_of,
    told,
)
from aigw_dev.core.recording.fixture import FixtureError


def test_the_named_folder_wins_over_the_usual_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="neither tests/llm_fixtures nor fixtures"):
        folder_or_usual(None)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "other").mkdir()
    assert folder_or_usual(None) == Path("fixtures")
    assert library_at(Path("other")).root == Path("other")
    assert paths_or_usual(None) == [Path("fixtures")]
    assert paths_or_usual([Path("x")]) == [Path("x")]
    with pytest.raises(CommandError, match="x is no folder"):
        folder_or_usual(Path("x"))


def test_a_fixtures_error_ends_the_command_with_its_own_words() -> None:
    with pytest.raises(CommandError) as ended, told():
        raise FixtureError("no", where="$.x", code="fixture_version", hint="mend it")
    assert (ended.value.message, ended.value.hint, ended.value.code) == (
        "$.x: no",
        "mend it",
        "fixture_version",
    )


def test_secrets_of_the_environment_are_known() -> None:
    redactor = redactor_of(Context(environ={"MY_API_KEY": "planted-0123456789"}))
    assert redactor.leftovers(b"a planted-0123456789 b")
    assert not redactor.leftovers(b"a b")


def test_a_list_of_tests_has_one_on_each_line(tmp_path: Path) -> None:
    path = tmp_path / "tests.txt"
    path.write_text("tests/test_a.py::test_x\n\n2 tests collected in 0.1s\n", "utf-8")
    assert "tests/test_a.py::test_x" in read_test_ids(path)
    path.write_text("no tests collected\n", "utf-8")
    with pytest.raises(CommandError, match="names no test"):
        read_test_ids(path)
    with pytest.raises(CommandError, match="no such file"):
        read_test_ids(tmp_path / "none")
