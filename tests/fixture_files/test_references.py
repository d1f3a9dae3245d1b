"""Which blobs somebody wants; where that cannot be told, none is called unused."""

from pathlib import Path

import pytest

from aigw_dev.fixture_files import blobs
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.references import blob_files, unused_blobs, wanted_by
from tests.fixture_files.examples import chat, picture


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "fx")
    library.write("dot", picture())
    return library


def spare(library: Library) -> str:
    blob = blobs.describe(b"spare")
    blobs.write(library.root, blob, b"spare")
    return blobs.file_of(blob)


def test_a_blob_that_nobody_wants_is_unused(library: Library) -> None:
    assert unused_blobs(library).files == []
    file = spare(library)
    assert unused_blobs(library).files == [file]


def test_a_broken_fixture_keeps_its_blobs(library: Library) -> None:
    path = library.root / "dot.aigw.json"
    path.write_bytes(path.read_bytes()[:-20])
    assert unused_blobs(library).files == []
    assert len(wanted_by(path.read_bytes())) == 1


def test_a_fixture_keeps_its_blobs_unless_it_goes_too(library: Library) -> None:
    assert unused_blobs(library).files == []
    assert len(unused_blobs(library, without=frozenset({"dot.aigw.json"})).files) == 1


def test_where_a_file_cannot_be_read_nothing_is_called_unused(library: Library) -> None:
    spare(library)
    (library.root / "link.aigw.json").symlink_to("dot.aigw.json")
    found = unused_blobs(library)
    assert found.files == []
    assert "link.aigw.json cannot be read" in found.unsure


def test_files_that_are_not_named_like_ours_are_none(library: Library) -> None:
    folder = library.root / "_blobs"
    (folder / "README.md").write_bytes(b"")
    (folder / "0123456789abcdef.bin").symlink_to("README.md")
    assert len(blob_files(library.root)) == 1


def test_a_folder_of_blobs_that_is_a_link_or_absent_holds_none(tmp_path: Path) -> None:
    library = Library(tmp_path / "other")
    library.write("a", chat())
    assert blob_files(library.root) == []
    (library.root / "_blobs").symlink_to(tmp_path)
    assert blob_files(library.root) == []
