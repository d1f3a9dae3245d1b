"""Which fixtures the paths of a command line mean."""

from pathlib import Path

import pytest

from aigw_dev.fixture_files.finding import fixture_at, fixtures_in, usual_folder
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError
from tests.fixture_files.examples import chat, picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    library = Library(tmp_path / "tests/llm_fixtures")
    library.write("test_a/test_x", chat())
    library.write("dot", picture())
    return library.root


def test_a_folder_means_all_of_it_and_a_file_itself_each_once(folder: Path) -> None:
    found = list(fixtures_in([folder / "dot.aigw.json", folder, folder / "test_a"]))
    assert [each.path for each in found] == [folder / "dot.aigw.json", folder / "test_a/test_x.aigw.json"]


def test_a_file_finds_the_blobs_of_the_folder_it_is_in(folder: Path) -> None:
    found = fixture_at(folder / "test_a/test_x.aigw.json")
    assert (found.library.root, found.name) == (folder, "test_a/test_x")


def test_a_file_is_named_as_it_was_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    found = fixture_at(Path("llm_fixtures/test_a/test_x.aigw.json"))
    assert found.path == Path("llm_fixtures/test_a/test_x.aigw.json")
    monkeypatch.chdir(folder / "test_a")
    inner = fixture_at(Path("test_x.aigw.json"))
    assert inner.library.read(inner.name).interactions


def test_a_file_far_from_any_blobs_is_a_library_of_its_own(tmp_path: Path) -> None:
    Library(tmp_path).write("alone", chat())
    assert fixture_at(tmp_path / "alone.aigw.json").library.root == tmp_path


@pytest.mark.parametrize(
    ("name", "message"), [("x.txt", "no folder and no"), ("x.aigw.json", "no such file")]
)
def test_what_is_neither_is_said(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(FixtureFileError, match=message):
        list(fixtures_in([tmp_path / name]))


def test_the_usual_folder_is_the_first_that_is_there(tmp_path: Path) -> None:
    assert usual_folder(tmp_path) is None
    (tmp_path / "fixtures").mkdir()
    assert usual_folder(tmp_path) == Path("fixtures")
    (tmp_path / "tests/llm_fixtures").mkdir(parents=True)
    assert usual_folder(tmp_path) == Path("tests/llm_fixtures")
