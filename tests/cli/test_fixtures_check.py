"""`fixtures check`: findings on one line each, and an exit code that a CI job can use."""

import json
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.fixtures_check import CheckOptions, fixtures_check
from aigw_dev.fixture_files.library import Library
from tests.fixture_files.examples import chat, picture

SECRET = "planted-0123456789"
CONTEXT = Context(environ={"MY_API_KEY": SECRET})


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "fx")
    library.write("a", chat())
    return library


def test_what_is_right_exits_0(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert fixtures_check(CONTEXT, [library.root], options=CheckOptions()) == DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "1 fixture(s), 0 finding(s), 0 warning(s)" in shown.err


def test_a_finding_is_a_line_with_file_what_and_remedy(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    library.write("b", chat(SECRET))
    assert fixtures_check(CONTEXT, [library.root], options=CheckOptions()) == NOT_HELD
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{library.root / 'b.aigw.json'}: what looks like a secret is left")
    assert "record again" in line
    assert SECRET not in line


def test_a_warning_counts_only_when_it_is_told_to(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    library.write("dot", picture())
    library.delete("dot")
    assert fixtures_check(CONTEXT, [library.root], options=CheckOptions()) == DONE
    assert "warning: no fixture wants this blob" in capsys.readouterr().out
    assert fixtures_check(CONTEXT, [library.root], options=CheckOptions(strict=True)) == NOT_HELD


def test_a_file_alone_is_checked_with_its_blobs(library: Library) -> None:
    path = library.write("mod/dot", picture())
    assert fixtures_check(CONTEXT, [path], options=CheckOptions(strict=True)) == DONE


def test_age_and_orphans_are_looked_for_when_asked(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library.write("test_a/test_x", chat(test="tests/test_a.py::test_x"))
    tests = tmp_path / "tests.txt"
    tests.write_text("tests/test_b.py::test_x\n", "utf-8")
    options = CheckOptions(max_age="1d", tests=tests)
    assert fixtures_check(Context(is_json=True, environ={}), [library.root], options=options) == NOT_HELD
    document = json.loads(capsys.readouterr().out)
    assert not document["ok"]
    assert document["files"] == 2
    assert sorted(each["where"] for each in document["findings"]) == [
        "$.recorded_at",
        "$.recorded_at",
        "$.test",
    ]
    with pytest.raises(CommandError, match="is no age"):
        fixtures_check(CONTEXT, [library.root], options=CheckOptions(max_age="old"))
