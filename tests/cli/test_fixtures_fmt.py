"""`fixtures fmt`: canonical form, without changing what a fixture says."""

import json
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, USAGE
from aigw_dev.cli.fixtures_fmt import fixtures_fmt
from aigw_dev.fixture_files.library import Library
from tests.fixture_files.examples import chat

CONTEXT = Context(environ={})


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "fx")
    library.write("good", chat())
    path = library.write("other", chat())
    path.write_bytes(json.dumps(json.loads(path.read_bytes())).encode())
    return library


def test_check_names_what_would_change_and_writes_nothing(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    before = library.content("other")
    assert fixtures_fmt(CONTEXT, [library.root], check=True) == NOT_HELD
    assert capsys.readouterr().out == f"{library.root / 'other.aigw.json'}\n"
    assert library.content("other") == before


def test_files_are_written_so_that_a_second_time_changes_nothing(library: Library) -> None:
    assert fixtures_fmt(CONTEXT, [library.root]) == DONE
    assert library.content("other") == library.content("good")
    assert fixtures_fmt(CONTEXT, [library.root], check=True) == DONE


def test_a_file_alone(library: Library) -> None:
    assert fixtures_fmt(CONTEXT, [library.root / "good.aigw.json"], check=True) == DONE
    assert fixtures_fmt(CONTEXT, [library.root / "other.aigw.json"], check=True) == NOT_HELD


def test_what_cannot_be_read_stays_and_is_told(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    (library.root / "broken.aigw.json").write_bytes(b"{")
    assert fixtures_fmt(Context(is_json=True, environ={}), [library.root]) == USAGE
    document = json.loads(capsys.readouterr().out)
    assert document["files"] == 3
    assert len(document["changed"]) == 1
    assert "broken.aigw.json" in document["broken"][0]["error"]
    assert library.content("broken") == b"{"
    fixtures_fmt(CONTEXT, [library.root])
    assert "left as it is" in capsys.readouterr().err
