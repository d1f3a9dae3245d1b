import os
import stat
from pathlib import Path

import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.private_files import (
    make_private_directory,
    make_private_file,
    narrow_directory,
    read_private,
    write_private,
)

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix_only
def test_a_new_directory_is_open_to_its_owner_only(tmp_path: Path) -> None:
    assert make_private_directory(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700
    assert not make_private_directory(tmp_path / "a" / "b")


def test_a_directory_that_cannot_be_made_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretError, match="cannot make the folder") as caught:
        make_private_directory(tmp_path / "file" / "below")
    assert caught.value.code == "home_unusable"
    assert "AIGW_DEV_HOME" in caught.value.hint


@posix_only
def test_a_wide_directory_is_narrowed(tmp_path: Path) -> None:
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide").chmod(0o755)
    narrow_directory(tmp_path / "wide")
    assert mode(tmp_path / "wide") == 0o700


@pytest.mark.parametrize("what", ["missing", "file"])
def test_what_is_no_directory_is_refused(tmp_path: Path, what: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretError, match=what):
        narrow_directory(tmp_path / what)


@posix_only
def test_a_replaced_file_is_private_and_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_private(path, b"one")
    path.chmod(0o644)
    write_private(path, b"two")
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_a_failed_replacement_keeps_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()  # nothing can be renamed over a folder
    (tmp_path / "kept" / "inside").touch()
    for path in (tmp_path / "kept", tmp_path / "missing" / "file"):
        with pytest.raises(SecretError, match="cannot be written") as caught:
            write_private(path, b"new")
        assert caught.value.code == "home_unusable"
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


@posix_only
def test_reading_narrows_a_file_that_others_could_read(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"x")
    path.chmod(0o644)
    assert read_private(path) == b"x"
    assert mode(path) == 0o600


def test_reading_a_missing_file_gives_none(tmp_path: Path) -> None:
    assert read_private(tmp_path / "missing") is None


@posix_only
def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SecretError, match="symbolic links"):
        read_private(tmp_path / "link")


@posix_only
def test_a_pipe_or_a_folder_in_the_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(SecretError, match="is not a file"):
            read_private(tmp_path / name)


def test_a_huge_file_is_refused_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(b"x" * 101)
    assert len(read_private(tmp_path / "huge", limit=101) or b"") == 101
    with pytest.raises(SecretError, match="larger than 100 bytes"):
        read_private(tmp_path / "huge", limit=100)


@posix_only
def test_a_private_file_is_made_once_and_kept(tmp_path: Path) -> None:
    make_private_file(tmp_path / "db")
    assert mode(tmp_path / "db") == 0o600
    (tmp_path / "db").write_bytes(b"kept")
    make_private_file(tmp_path / "db")
    assert (tmp_path / "db").read_bytes() == b"kept"
