import os
import stat
from pathlib import Path

import pytest

from aigw_dev.config_file.atomic import MISSING, write_atomic
from aigw_dev.config_file.read import digest_of
from aigw_dev.core.errors import CODES, ConfigError

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_and_its_digest_given(tmp_path: Path) -> None:
    path = tmp_path / "aigw-dev.yaml"
    digest = write_atomic(path, "é\r\n", expected_digest=MISSING)
    assert path.read_bytes() == "é\r\n".encode()
    assert digest == digest_of("é\r\n")
    assert names(tmp_path) == ["aigw-dev.yaml"]


def test_a_new_file_gets_its_folder_a_changed_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / ".config" / "aigw-dev" / "aigw-dev.yaml"
    write_atomic(path, "a: 1\n", expected_digest=MISSING)
    assert path.read_text() == "a: 1\n"
    with pytest.raises(ConfigError) as refused:
        write_atomic(tmp_path / "gone" / "x.yaml", "a: 1\n", expected_digest=None)
    assert refused.value.code == "config_not_writable"
    assert names(tmp_path) == [".config"]


def test_a_file_is_replaced_when_it_is_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "aigw-dev.yaml"
    first = write_atomic(path, "a: 1\n", expected_digest=None)
    second = write_atomic(path, "a: 2\n", expected_digest=first)
    assert path.read_text() == "a: 2\n"
    assert second == digest_of("a: 2\n")


@pytest.mark.parametrize("expected", [digest_of("other"), MISSING])
def test_a_file_that_changed_meanwhile_stays(tmp_path: Path, expected: str) -> None:
    path = tmp_path / "aigw-dev.yaml"
    path.write_bytes(b"theirs\n")
    with pytest.raises(ConfigError) as refused:
        write_atomic(path, "ours\n", expected_digest=expected)
    assert refused.value.code == "config_changed"
    assert refused.value.code in CODES
    assert digest_of("theirs\n") in refused.value.message
    assert (expected or "no file") in refused.value.message
    assert path.read_bytes() == b"theirs\n"
    assert names(tmp_path) == ["aigw-dev.yaml"]


def test_a_file_that_went_away_is_a_change(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found no file"):
        write_atomic(tmp_path / "x.yaml", "ours\n", expected_digest=digest_of("x"))
    assert names(tmp_path) == []


@POSIX
def test_the_mode_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "aigw-dev.yaml"
    path.write_text("x")
    path.chmod(0o640)
    write_atomic(path, "y", expected_digest=None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    new = tmp_path / "new.yaml"
    write_atomic(new, "y", expected_digest=None)
    assert stat.S_IMODE(new.stat().st_mode) == 0o644


@POSIX
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give files away")
def test_the_owner_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "aigw-dev.yaml"
    path.write_text("x")
    os.chown(path, 12345, 12346)
    write_atomic(path, "y", expected_digest=None)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


@POSIX
def test_a_link_is_followed_to_the_file_it_names(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "gateway.yaml"
    target.parent.mkdir()
    target.write_text("x")
    link = tmp_path / "aigw-dev.yaml"
    link.symlink_to(target)
    write_atomic(link, "y", expected_digest=digest_of("x"))
    assert link.is_symlink()
    assert target.read_text() == "y"
    assert names(target.parent) == ["gateway.yaml"]


def test_a_read_only_file_is_refused_even_where_its_folder_would_allow_it(tmp_path: Path) -> None:
    path = tmp_path / "aigw-dev.yaml"
    path.write_text("x")
    path.chmod(0o444)
    with pytest.raises(ConfigError, match="read-only") as refused:
        write_atomic(path, "y", expected_digest=None)
    path.chmod(0o644)
    assert refused.value.code == "config_not_writable"
    assert refused.value.code in CODES
    assert path.read_text() == "x"


def test_a_folder_that_takes_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing can be written into") as refused:
        write_atomic(tmp_path / "gone" / "aigw-dev.yaml", "y", expected_digest=None)
    assert refused.value.code == "config_not_writable"


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "aigw-dev.yaml").mkdir()
    for expected in (None, digest_of("x")):
        with pytest.raises(ConfigError) as refused:
            write_atomic(tmp_path / "aigw-dev.yaml", "y", expected_digest=expected)
        assert refused.value.code == "config_not_writable"


@POSIX
def test_a_path_below_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError) as refused:
        write_atomic(tmp_path / "file" / "aigw-dev.yaml", "y", expected_digest=None)
    assert refused.value.code == "config_not_writable"


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "aigw-dev.yaml"
    path.write_text("x")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        write_atomic(path, "y" * 100, expected_digest=None)
    assert path.read_text() == "x"
    assert names(tmp_path) == ["aigw-dev.yaml"]


def test_a_change_while_writing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aigw-dev.yaml"
    path.write_text("x")
    sync = os.fsync

    def meddle(descriptor: int) -> None:
        path.write_text("theirs")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", meddle)
    with pytest.raises(ConfigError) as refused:
        write_atomic(path, "y", expected_digest=digest_of("x"))
    assert refused.value.code == "config_changed"
    assert path.read_text() == "theirs"
    assert names(tmp_path) == ["aigw-dev.yaml"]


def test_systems_without_owners_and_folder_handles_write_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("chown", "O_DIRECTORY"):
        monkeypatch.delattr(os, name, raising=False)
    write_atomic(tmp_path / "aigw-dev.yaml", "y", expected_digest=None)
    assert (tmp_path / "aigw-dev.yaml").read_text() == "y"
