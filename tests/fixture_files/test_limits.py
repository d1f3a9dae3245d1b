"""Files in a folder that may be hostile: links, devices, sizes, names; and writing all at once."""

import os
import stat
from pathlib import Path

import pytest

from aigw_dev.fixture_files import limits
from aigw_dev.fixture_files.limits import FixtureFileError

needs_posix = pytest.mark.skipif(os.name != "posix", reason="FIFOs and rights are POSIX's")


@pytest.mark.parametrize(
    "path",
    [
        "", ".", "..", "../a", "a/../b", "/etc/passwd", "a//b", "a/", ".hidden", "a/.git/b", "C:/x", "a\\b", "a:b",
        "a\x00b", "a\nb", "x" * 300, "a." , "a ", "con.aigw.json", "\ud800", "/".join("a" * 40), "a/" + "b" * 250 + "/" + "c" * 250
        + "/" + "d" * 250 + "/" + "e" * 250 + "/" + "f" * 250,
    ],
)  # fmt: skip
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(FixtureFileError) as refused:
        limits.segments(path)
    assert refused.value.file


def test_a_path_with_spaces_and_letters_of_any_script_is_fine() -> None:
    assert limits.segments("ein Test/über.aigw.json") == ("ein Test", "über.aigw.json")


def test_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", "utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(FixtureFileError, match="link: this is a link"):
        limits.read_regular(tmp_path / "link", file="link")


def test_a_folder_on_the_way_is_no_link_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "file").write_bytes(b"")
    for folder in ("away", "file"):
        with pytest.raises(FixtureFileError, match=f"{folder}/x: "):
            limits.inside(root, (folder, "x"))
    with pytest.raises(FixtureFileError):
        limits.make_folders(root, ("away", "deeper", "x"))
    assert list((tmp_path / "outside").iterdir()) == []
    assert limits.inside(root, ("absent", "deeper", "x")) == root / "absent/deeper/x"


@needs_posix
def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FixtureFileError, match="no regular file"):
        limits.read_regular(tmp_path / "pipe", file="pipe")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FixtureFileError, match="no regular file"):
        limits.read_regular(tmp_path, file="folder")


def test_two_sparse_gigabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as opened:
        opened.truncate(2 * 2**30)
    with pytest.raises(FixtureFileError, match="2,048 MiB: more than the 64 MiB"):
        limits.read_regular(tmp_path / "sparse", file="sparse")


@needs_posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "shut").write_bytes(b"x")
    (tmp_path / "shut").chmod(0)
    with pytest.raises(FixtureFileError, match="shut: cannot be read: Permission denied"):
        limits.read_regular(tmp_path / "shut", file="shut")


def test_an_absent_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        limits.read_regular(tmp_path / "none", file="none")


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.aigw.json"
    limits.write_whole(path, b"one")
    limits.write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.aigw.json"]  # noqa: PTH208 - the names


def test_what_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/in_it").mkdir()
    with pytest.raises(OSError, match="a"):
        limits.write_whole(tmp_path / "a", b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_link_is_known_by_mode_or_by_windows_tag(tmp_path: Path) -> None:
    class Junction:
        st_mode = stat.S_IFDIR
        st_reparse_tag = 0xA0000003

    assert limits.is_link(Junction())  # pyright: ignore[reportArgumentType] - what Windows' lstat says of one
    assert not limits.is_link(tmp_path.stat())


def test_names_that_differ_in_capitals_are_seen_at_every_level(tmp_path: Path) -> None:
    (tmp_path / "Mod").mkdir()
    (tmp_path / "Mod/Test.aigw.json").write_bytes(b"")
    assert limits.differing_in_case(tmp_path, ("mod", "x")) == "Mod"
    assert limits.differing_in_case(tmp_path, ("Mod", "test.aigw.json")) == "Mod/Test.aigw.json"
    assert limits.differing_in_case(tmp_path, ("Mod", "Test.aigw.json")) == ""
    assert limits.differing_in_case(tmp_path / "none", ("a", "b")) == ""
