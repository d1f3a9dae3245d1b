import os
from pathlib import Path

import pytest

from aigw_dev.config_file.ownership import UNKNOWN, own_number, owners

POSIX = pytest.mark.skipif(not hasattr(os, "getuid"), reason="a system without owner numbers")


@POSIX
def test_what_this_user_makes_is_their_own(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("")
    assert owners(path) == {own_number()} == {os.getuid()}


@POSIX
@pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() != 0, reason="only root can give files away")
def test_a_link_counts_with_the_file_it_names(tmp_path: Path) -> None:
    path, link = tmp_path / "x", tmp_path / "y"
    path.write_text("")
    link.symlink_to(path)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    assert owners(link) == {0, 12345}


@POSIX
def test_a_file_that_cannot_be_looked_at_is_nobodys(tmp_path: Path) -> None:
    assert owners(tmp_path / "gone") == {UNKNOWN}


def test_a_system_without_owner_numbers_has_no_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "getuid", raising=False)
    assert owners(tmp_path) == frozenset()
    assert own_number() == 0
