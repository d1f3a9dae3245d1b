"""What git is told of a folder of fixtures: once, and never over what is there."""

from pathlib import Path

import pytest

from aigw_dev.fixture_files import git_setup


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "tests/llm_fixtures").mkdir(parents=True)
    return tmp_path


def test_attributes_are_written_once(tree: Path) -> None:
    folder = tree / "tests/llm_fixtures"
    assert git_setup.write_attributes(folder)
    assert (folder / ".gitattributes").read_bytes() == b"*.aigw.json diff=aigw text eol=lf\n_blobs/* binary\n"
    assert not git_setup.write_attributes(folder)


def test_attributes_that_are_there_stay(tree: Path) -> None:
    path = tree / "tests/llm_fixtures/.gitattributes"
    path.write_text("mine\n", "utf-8")
    assert not git_setup.write_attributes(path.parent)
    assert path.read_text("utf-8") == "mine\n"


def test_no_link_is_written_through(tree: Path) -> None:
    (tree / "tests/llm_fixtures/.gitattributes").symlink_to(tree / "elsewhere")
    assert not git_setup.write_attributes(tree / "tests/llm_fixtures")
    assert not (tree / "elsewhere").exists()


def test_a_tree_that_speaks_of_fixtures_itself_is_left_alone(tree: Path) -> None:
    (tree / ".gitattributes").write_text("*.aigw.json text eol=lf\n", "utf-8")
    assert not git_setup.write_attributes(tree / "tests/llm_fixtures")


def test_without_git_nothing_is_written(tmp_path: Path) -> None:
    if git_setup.work_tree(tmp_path) is not None:
        pytest.skip("the temporary folder lies in a work tree")
    assert not git_setup.write_attributes(tmp_path)
