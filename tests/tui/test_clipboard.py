"""Ways of copying."""

import os
import stat
from pathlib import Path

import pytest

from aigw_dev.tui.clipboard import MOST_OSC52, copy


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, *, code: int = 0) -> Path:
    """A program that keeps what it is given and the words it was called with."""
    got = folder / f"{name}.got"
    script = folder / name
    script.write_text(f'#!/bin/sh\necho "$@" > {got}.args\n/bin/cat > {got}\nexit {code}\n')
    script.chmod(0o700)
    return got


pytestmark = pytest.mark.skipif(os.name == "nt", reason="shell scripts stand for the programs")


def test_the_systems_own_tool_comes_first(path: Path) -> None:
    got = program(path, "wl-copy")
    env = {"WAYLAND_DISPLAY": "w", "TMUX": "x"}
    assert copy("häh", env=env, send_osc52=lambda _: None, folder=None) == (True, "by wl-copy")
    assert got.read_text("utf-8") == "häh"


def test_over_ssh_the_far_machines_clipboard_is_not_meant(path: Path) -> None:
    program(path, "wl-copy")
    sent: list[str] = []
    env = {"WAYLAND_DISPLAY": "w", "SSH_CONNECTION": "1"}
    assert copy("x", env=env, send_osc52=sent.append, folder=None) == (False, "sent to the terminal (OSC 52)")
    assert sent == ["x"]


def test_in_tmux_its_buffer_is_loaded_and_handed_on(path: Path) -> None:
    got = program(path, "tmux")
    is_sure, how = copy("x", env={"TMUX": "x"}, send_osc52=lambda _: None, folder=None)
    assert is_sure
    assert "tmux" in how
    assert got.read_text() == "x"
    assert Path(f"{got}.args").read_text().strip() == "load-buffer -w -"


def test_a_tool_that_fails_is_no_success(path: Path) -> None:
    program(path, "xclip", code=1)
    sent: list[str] = []
    is_sure, how = copy("x", env={"DISPLAY": ":0"}, send_osc52=sent.append, folder=None)
    assert not is_sure
    assert "OSC 52" in how


def test_what_is_too_long_for_the_terminal_goes_to_a_private_file(path: Path, tmp_path: Path) -> None:
    long = "x" * MOST_OSC52
    is_sure, how = copy(long, env={}, send_osc52=lambda _: None, folder=tmp_path / "kept")
    assert is_sure
    file = tmp_path / "kept" / "clip.txt"
    assert str(file) in how
    assert file.read_text() == long
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert copy(long, env={}, send_osc52=lambda _: None, folder=None) == (False, "too long for the terminal")


def test_a_file_that_cannot_be_written_is_said(path: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    is_sure, how = copy("x" * MOST_OSC52, env={}, send_osc52=lambda _: None, folder=tmp_path / "taken")
    assert not is_sure
    assert "cannot be written" in how
