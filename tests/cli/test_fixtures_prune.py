"""`fixtures prune`: says what would go, and removes it only when told to."""

import json
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixtures_prune import fixtures_prune
from aigw_dev.fixture_files.library import Library
from tests.fixture_files.examples import chat

CONTEXT = Context(environ={})


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "fx")
    library.write("test_a/test_x", chat(test="tests/test_a.py::test_x"))
    old = chat()
    old.expires = "2020-01-01"
    library.write("bad", old)
    return library


def test_it_only_says_what_would_go(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert fixtures_prune(CONTEXT, library.root) == DONE
    shown = capsys.readouterr()
    assert "bad.aigw.json" in shown.out
    assert "nothing was removed: --apply does it" in shown.err
    assert library.names() == ["bad", "test_a/test_x"]


def test_told_to_it_removes(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert fixtures_prune(Context(is_json=True, environ={}), library.root, apply=True) == DONE
    assert json.loads(capsys.readouterr().out)["removed"] == ["bad.aigw.json"]
    assert library.names() == ["test_a/test_x"]
    fixtures_prune(CONTEXT, library.root, apply=True)
    fixtures_prune(CONTEXT, library.root)
    shown = capsys.readouterr().err
    assert "0 file(s) removed" in shown
    assert "there is nothing to remove" in shown


@pytest.mark.parametrize(
    "orphan", ["test_a/test_x", "fx/test_a/test_x.aigw.json", {"fixture": "test_a/test_x.aigw.json"}]
)
def test_the_orphans_of_a_report_go_too(library: Library, tmp_path: Path, orphan: object) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"orphans": [orphan, 7]}), "utf-8")
    fixtures_prune(CONTEXT, library.root, apply=True, report=report)
    assert library.names() == []


def test_tests_that_are_gone_leave_their_fixtures(library: Library, tmp_path: Path) -> None:
    tests = tmp_path / "tests.txt"
    tests.write_text("tests/test_b.py::test_x\n", "utf-8")
    fixtures_prune(CONTEXT, library.root, apply=True, tests=tests)
    assert library.names() == []


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"orphans": null}', '{"orphans": [], "orphans_not_checked": "-k selects tests"}']
)
def test_a_report_of_a_part_of_the_suite_is_refused(library: Library, tmp_path: Path, content: str) -> None:
    report = tmp_path / "report.json"
    report.write_text(content, "utf-8")
    with pytest.raises(CommandError, match="does not say which fixtures are orphans"):
        fixtures_prune(CONTEXT, library.root, apply=True, report=report)
    with pytest.raises(CommandError, match="no such file"):
        fixtures_prune(CONTEXT, library.root, report=tmp_path / "none")
    assert len(library.names()) == 2, "nothing was removed"


def test_what_is_left_alone_is_said(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    (library.root / "broken.aigw.json").write_bytes(b"{")
    fixtures_prune(CONTEXT, library.root)
    assert "left alone: broken.aigw.json" in capsys.readouterr().err
