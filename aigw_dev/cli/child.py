"""Another program as our child: started in our place in the terminal, told of our signals, its exit code as ours.

It stays in our process group, so that it reads the terminal and ctrl-Z stops both. Ctrl-C in the terminal reaches it
from the terminal itself; an interrupt that somebody sends to us alone is passed on. Windows: the console tells both.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from types import FrameType
from typing import Final

from aigw_dev.cli.exits import CommandError
from aigw_dev.core import harmless

_SIGNALLED: Final = 128
"""A program ended by signal N is reported as 128 + N, as shells do."""
_PASSED_ON: Final = tuple(
    number
    for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGBREAK")
    if (number := getattr(signal, name, None)) is not None
)
_FROM_TERMINAL: Final = tuple(
    number for name in ("SIGINT", "SIGQUIT") if (number := getattr(signal, name, None)) is not None
)
"""The terminal sends these to every process of the group in its foreground."""


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run `command` to its end; its exit code, or 128 and the number of the signal that ended it."""
    with _signals_kept() as passing:
        try:
            process = subprocess.Popen(_found(command, environ), env=dict(environ))
        except OSError as error:
            raise CommandError(
                f"{harmless.line(command[0])} cannot be run: {error.strerror or error}.",
                hint="Check its name and PATH; a shell's own words want `sh -c '...'`.",
            ) from error
        passing.to(process)
        code = process.wait()
    return code if code >= 0 else _SIGNALLED - code


class _Passing:
    """Hands signals on to the child; those that came before it was there are kept for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def to(self, process: "subprocess.Popen[bytes]") -> None:
        """From now on to this one."""
        self._process = process
        for number in self._early:
            self._send(number)

    def take(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        del frame
        if number in _FROM_TERMINAL and _is_in_foreground():
            return  # the child has it from the terminal
        if self._process is None:
            self._early.append(number)
            return
        self._send(number)

    def _send(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError, ValueError):  # gone, or Windows, which knows few signals
                self._process.send_signal(number)


@contextlib.contextmanager
def _signals_kept() -> Generator[_Passing]:
    """Every signal goes to the child while it runs; afterwards handlers are as before."""
    passing = _Passing()
    before: list[tuple[int, object]] = []
    for number in (*_PASSED_ON, *_FROM_TERMINAL):
        with contextlib.suppress(OSError, ValueError):
            if signal.getsignal(number) is signal.SIG_IGN:
                continue  # `nohup` ignores hang-ups; so does the child, which inherits it
            before.append((number, signal.signal(number, passing.take)))
    try:
        yield passing
    finally:
        for number, handler in before:
            with contextlib.suppress(OSError, ValueError, TypeError):
                signal.signal(number, handler)  # pyright: ignore[reportArgumentType]  -- what it gave us


def _is_in_foreground() -> bool:
    """Whether a terminal's ctrl-C reaches our process group."""
    if sys.platform == "win32":
        return True  # every process of the console
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _found(command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The command with its program found on the PATH: Windows finds `npm.cmd` only so."""
    if sys.platform != "win32":
        return list(command)
    import shutil

    return [shutil.which(command[0], path=environ.get("PATH")) or command[0], *command[1:]]
