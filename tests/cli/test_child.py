"""A child's end is our end: its exit code, the signal it died of, and signals that somebody sends to us."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aigw_dev.cli import child
from aigw_dev.cli.exits import CommandError

PARENT = "import os, sys; from aigw_dev.cli import child; sys.exit(child.run(sys.argv[1:], os.environ))"


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_exit_code_is_the_childs(code: int) -> None:
    assert child.run([sys.executable, "-c", f"raise SystemExit({code})"], {}) == code


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_signal_that_ends_the_child_is_128_and_its_number() -> None:
    assert child.run(["sh", "-c", "kill -9 $$"], {"PATH": "/usr/bin:/bin"}) == 128 + 9


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no-such-program"):
        child.run([str(tmp_path / "no-such-program")], {})


def test_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    child.run([sys.executable, "-c", ""], {})
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_sent_to_us_alone_reaches_the_child(name: str) -> None:
    number = signal.Signals[name]
    code = (
        "import signal, sys, threading\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(42))\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # no terminal, so nobody else tells the child
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == "up\n"
        parent.send_signal(number)
        assert parent.wait(20) == 42
