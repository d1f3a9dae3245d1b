import os
from pathlib import Path

import pytest

from aigw_dev.config_file.atomic import write_atomic
from aigw_dev.config_file.watch import Watcher


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "aigw-dev.yaml"
    path.write_text("version: 1\n")
    return path


def test_nothing_happened(path: Path) -> None:
    watcher = Watcher.of_config(path)
    assert [watcher.poll(), watcher.poll()] == [False, False]


def test_a_change_is_told_once(path: Path) -> None:
    watcher = Watcher.of_config(path)
    path.write_text("version: 1  # more\n")
    assert [watcher.poll(), watcher.poll()] == [True, False]


def test_an_atomic_replacement_is_noticed_even_with_the_same_time_and_size(path: Path) -> None:
    before = path.stat()
    watcher = Watcher.of_config(path)
    write_atomic(path, "version: 2\n", expected_digest=None)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert watcher.poll()


def test_a_deleted_file_and_its_return_are_noticed(path: Path) -> None:
    watcher = Watcher.of_config(path)
    path.unlink()
    assert watcher.poll()
    assert not watcher.poll()
    path.write_text("version: 1\n")
    assert watcher.poll()


def test_an_overlay_that_appears_is_noticed(path: Path) -> None:
    watcher = Watcher.of_config(path)
    overlay = path.parent / "aigw-dev.local.yaml"
    overlay.write_text("gateway: {port: 1}\n")
    assert watcher.poll()
    overlay.unlink()
    assert watcher.poll()


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_link_that_leads_elsewhere_is_noticed(path: Path) -> None:
    other, link = path.parent / "other.yaml", path.parent / "link.yaml"
    other.write_text("version: 1\n")
    link.symlink_to(path)
    watcher = Watcher([link])
    link.unlink()
    link.symlink_to(other)
    assert watcher.poll()


def test_only_the_files_asked_for_are_watched(path: Path) -> None:
    watcher = Watcher([path])
    (path.parent / "aigw-dev.local.yaml").write_text("x: 1\n")
    assert not watcher.poll()
    assert not Watcher([Path("a\0b")]).poll()
