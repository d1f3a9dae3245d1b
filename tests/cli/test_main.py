"""The way in: help and version from static text, everything else through dispatch."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev import __version__
from aigw_dev.cli import build
from aigw_dev.cli.help_text import HELP
from aigw_dev.cli.main import main
from aigw_dev.cli.registry import COMMANDS

INSTALLED = Path(sys.executable).with_name("aigw-dev.exe" if sys.platform == "win32" else "aigw-dev")


def test_the_static_help_is_what_typer_prints(capsys: pytest.CaptureFixture[str]) -> None:
    build.overview(COMMANDS).main(["--help"], "aigw-dev", standalone_mode=False)
    assert capsys.readouterr().out == HELP


@pytest.mark.parametrize("words", [["--help"], ["-h"], []])
def test_help_is_printed_when_asked_for_and_where_there_is_no_terminal(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out == HELP


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([flag]) == 0
    assert capsys.readouterr().out == f"aigw-dev {__version__}\n"


@pytest.mark.parametrize("command", [[str(INSTALLED)], [sys.executable, "-m", "aigw_dev"]])
def test_the_installed_command_and_the_module_are_the_same(command: list[str]) -> None:
    done = subprocess.run([*command, "explian"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "Did you mean `aigw-dev explain`?" in done.stderr
    assert done.stdout == ""


def test_help_loads_hardly_more_than_python_itself() -> None:
    """What makes `--help` quick; the time itself is measured in benchmarks/, where a busy machine fails nothing."""

    def loaded(program: str) -> set[str]:
        shown = f"import sys\n{program}\nprint(*sys.modules, file=sys.stderr)"
        command = [sys.executable, "-c", shown]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return set(done.stderr.split())

    ours = loaded("from aigw_dev.cli.main import main; main(['--help'])") - loaded("")
    assert ours <= {
        "aigw_dev",
        "aigw_dev.cli",
        "aigw_dev.cli.main",
        "aigw_dev.cli.help_text",
        "__future__",
        "_io",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is made with pty")
def test_bare_in_a_terminal_opens_the_screens(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {**os.environ, "AIGW_DEV_HOME": str(tmp_path / "home"), "TERM": "xterm-256color"}
    child = subprocess.Popen(
        [str(INSTALLED)], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, cwd=tmp_path, env=env
    )
    os.close(theirs)
    shown = b""
    while b"Dash" not in shown:
        shown += os.read(ours, 65536)
    os.write(ours, b"q")
    with contextlib.suppress(OSError):  # the terminal is gone when the program is
        while os.read(ours, 65536):
            pass
    assert child.wait(timeout=30) == 0
    os.close(ours)


def test_a_reader_that_leaves_is_no_error() -> None:
    """`aigw-dev explain | head -1`: nothing on stderr, no traceback."""
    child = subprocess.Popen([str(INSTALLED), "explain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout
    assert child.stderr
    child.stdout.close()
    assert child.wait(timeout=30) == 0
    assert child.stderr.read() == b""
    child.stderr.close()


def test_a_terminal_that_goes_without_a_signal_ends_the_screens_and_their_gateway(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {**os.environ, "AIGW_DEV_HOME": str(tmp_path / "home"), "TERM": "xterm-256color"}
    child = subprocess.Popen(
        [str(INSTALLED)], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, cwd=tmp_path, env=env
    )
    os.close(theirs)
    shown = b""
    while b"Dash" not in shown:
        shown += os.read(ours, 65536)
    os.close(ours)
    try:
        until(lambda: child.poll() is not None, timeout_s=30, what="the end of the screens")
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 0
    assert list(tmp_path.glob("home/gateways/*/running.json")) == []
