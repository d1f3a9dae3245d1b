"""What may go, and that nothing else does."""

import os
from pathlib import Path

import pytest

from aigw_dev.fixture_files import limits
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.pruning import Plan, Removable, plan, remove
from tests.fixture_files.examples import chat, picture

NOW_S = 1_787_400_000.0


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "fx")
    library.write("keep", picture())
    return library


def files(found: Plan) -> list[str]:
    return [each.file for each in found.files]


def everything(library: Library) -> set[str]:
    return {each.relative_to(library.root).as_posix() for each in library.root.rglob("*")}


def test_what_is_used_stays(library: Library) -> None:
    (library.root / "README.md").write_bytes(b"mine")
    (library.root / "_blobs/mine.bin").write_bytes(b"mine")
    assert plan(library, now_s=NOW_S).files == []


def test_what_nobody_needs_goes_with_the_folders_it_empties(library: Library) -> None:
    before = everything(library)
    old = chat()
    old.expires = "2026-08-22T00:00:00Z"
    library.write("mod/old", old)
    left = library.root / f".x.0123456789ab{limits.PART}"
    left.write_bytes(b"")
    os.utime(left, (NOW_S - 7200, NOW_S - 7200))
    planned = plan(library, now_s=NOW_S)
    assert files(planned) == [left.name, "mod/old.aigw.json"]
    assert everything(library) > before, "a plan removes nothing"
    assert remove(library, planned) == files(planned)
    assert everything(library) == before
    assert remove(library, planned) == []


def test_the_blobs_of_what_goes_go_too(library: Library) -> None:
    old = picture()
    old.expires = "2026-08-22T00:00:00Z"
    library.write("old", old)
    assert files(plan(library, now_s=NOW_S)) == ["old.aigw.json"], "the other fixture wants the blob, too"
    library.delete("keep")
    assert len(files(plan(library, now_s=NOW_S))) == 2


def test_a_file_that_is_being_written_stays(library: Library) -> None:
    young = library.root / f".x.0123456789ab{limits.PART}"
    young.write_bytes(b"")
    os.utime(young, (NOW_S - 60, NOW_S - 60))
    assert plan(library, now_s=NOW_S).files == []


def test_orphans_go_only_where_tests_are_known(library: Library) -> None:
    library.write("test_a/test_x", chat(test="tests/test_a.py::test_x"))
    assert plan(library, now_s=NOW_S).files == []
    assert plan(library, now_s=NOW_S, tests={"tests/test_a.py::test_x"}).files == []
    assert files(plan(library, now_s=NOW_S, tests={"tests/test_b.py::test_x"})) == ["test_a/test_x.aigw.json"]
    for named in ("test_a/test_x", "test_a/test_x.aigw.json", str(library.root / "test_a/test_x.aigw.json")):
        assert files(plan(library, now_s=NOW_S, orphans=[named])) == ["test_a/test_x.aigw.json"]
    assert plan(library, now_s=NOW_S, orphans=["../../etc/passwd", "test_a"]).files == []


def test_a_broken_fixture_stays_and_is_told(library: Library) -> None:
    (library.root / "broken.aigw.json").write_bytes(b"{")
    found = plan(library, now_s=NOW_S)
    assert found.files == []
    assert "broken.aigw.json" in found.notes[0]


def test_where_something_cannot_be_read_blobs_stay(library: Library) -> None:
    library.delete("keep")
    (library.root / "link.aigw.json").symlink_to("x")
    found = plan(library, now_s=NOW_S)
    assert found.files == []
    assert "blobs are left alone" in found.notes[0]


def test_nothing_is_removed_through_a_link(library: Library, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x.aigw.json").write_bytes(b"{}")
    (library.root / "away").symlink_to(tmp_path / "outside")
    assert plan(library, now_s=NOW_S).files == []
    forced = Plan(files=[Removable(file="away/x.aigw.json", why="", bytes=0)], notes=[])
    with pytest.raises(FixtureFileError, match="a link"):
        remove(library, forced)
    assert (tmp_path / "outside/x.aigw.json").exists()
