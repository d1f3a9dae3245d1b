"""Starts the gateway as a process of its own, and ends it whatever becomes of the tests.

Its life hangs on its stdin: a pytest that is killed closes that too. Nothing is started on import.
"""

import atexit
import contextlib
import json
import os
import queue
import secrets
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from aigw_dev.pytest_plugin.control import Control

START_TIMEOUT_S: Final = 60.0
_DRAIN_S: Final = 10.0
_TERMINATE_S: Final = 3.0
_SHOWN_LINES: Final = 40
_UNKNOWN: Final = ""
"""Stands for the test of a line that names none."""
_HAS_SELECT: Final = sys.platform != "win32"
"""Pipes can be waited for."""
_NEW_GROUP: Final = int(
    getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
)  # Windows: the same as a new session


class StartError(Exception):
    """The gateway did not start: the command, how it ended, and what it said."""


class Gateway:
    """One gateway process, ready."""

    def __init__(
        self, process: subprocess.Popen[bytes], url: str, token: str, *, said: IO[bytes], told: "Told"
    ) -> None:
        """Take over a process that has said where it answers."""
        self.told: Final = told
        self.url: Final = url
        """Its address, without a path."""
        self.pid: Final = process.pid
        self.control: Final = Control(url, token)
        self._process = process
        self._said = said
        self._owner = os.getpid()
        atexit.register(self.stop)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._let_go)

    @property
    def openai_url(self) -> str:
        """Base URL of calls that belong to no test: they share the fixture `session`."""
        return f"{self.url}/t/session/openai/v1"

    @property
    def anthropic_url(self) -> str:
        """The same for Anthropic's SDKs."""
        return f"{self.url}/t/session/anthropic"

    @property
    def gemini_url(self) -> str:
        """The same for Google's SDKs."""
        return f"{self.url}/t/session/gemini"

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._owner != os.getpid() or self._process.poll() is None

    def last_words(self) -> str:
        """The end of what the gateway wrote to stderr."""
        return _tail(self._said)

    def stop(self) -> None:
        """End it: by closing its stdin, and by force where that is not enough. A forked child leaves it alone."""
        atexit.unregister(self.stop)
        if self._owner != os.getpid() or self._said.closed:
            return
        self.control.close()
        _end(self._process)
        self._said.close()

    def _let_go(self) -> None:
        """In a forked child: the gateway must not outlive the parent because the child holds its stdin."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                os.close(self._process.stdin.fileno())


def start(
    command: Sequence[str],
    *,
    directory: Path,
    mode: str,
    config: Path | None,
    root: Path,
    environ: Mapping[str, str],
    more: Sequence[str] = (),
) -> Gateway:
    """A gateway that serves the fixtures of `directory` on a free port; `StartError` where it is not ready in time.

    `more` are further options of `replay`.
    """
    line = [
        *command,
        "replay",
        str(directory),
        "--mode",
        mode,
        "--port",
        "0",
        "--json",
        "--until-stdin-closes",
        *more,
    ]
    if config is not None:
        line += ["--config", str(config)]
    token = f"aigwdev-admin-{secrets.token_urlsafe(24)}"
    said = tempfile.TemporaryFile(prefix="aigw-stderr-")  # noqa: SIM115 - lives as long as the process
    try:
        process = subprocess.Popen(
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=root,
            env={**environ, "AIGW_DEV_ADMIN_TOKEN": token},
            start_new_session=sys.platform
            != "win32",  # keeps ctrl-C from it: the tests' teardown still asks it
            creationflags=_NEW_GROUP,
        )
    except OSError as error:
        said.close()
        raise StartError(f"cannot run {line[0]!r}: {error}. Look at the ini option aigw_command.") from error
    assert process.stdout is not None  # noqa: S101 - asked for above
    told = Told(process.stdout)
    url = told.url()
    if url is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TERMINATE_S)  # its exit code belongs into the message
        code = process.poll()
        _end(process)
        ended = (
            f"it ended with {code}"
            if code is not None
            else f"it was not ready within {START_TIMEOUT_S:.0f} s"
        )
        words = _tail(said)
        said.close()
        raise StartError(f"the gateway did not start: {ended}\n  command: {' '.join(line)}\n{words}")
    return Gateway(process, url, token, said=said, told=told)


class Told:
    """What the gateway writes to its stdout, a JSON document a line: that it is ready, then what it finds.

    Where pipes can be waited for, they are looked at in passing; elsewhere (Windows) a thread reads them.
    """

    def __init__(self, stdout: IO[bytes]) -> None:
        """`stdout` is the process's."""
        self._stdout = stdout
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._rest = b""
        self._is_over = False
        self._news: set[str] = set()
        """The tests in which something was found and that nobody has asked about yet."""
        self.announces = False
        """It says on its own that something was found: silence means that there is nothing."""
        if _HAS_SELECT:
            os.set_blocking(stdout.fileno(), False)
        else:
            threading.Thread(target=self._read_all, name="aigw-gateway-stdout", daemon=True).start()

    def url(self) -> str | None:
        """The address from its ready line; None where it ended or took too long."""
        until = time.monotonic() + START_TIMEOUT_S
        while (line := self._next(until - time.monotonic())) is not None:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                document: Any = json.loads(line)
                if document["event"] == "ready":
                    self.announces = _HAS_SELECT and bool(document.get("announces"))
                    return str(document["url"]).rstrip("/")
        return None

    def has_news(self, test: str) -> bool:
        """Whether it said since last asked that something was found in `test`; True where it cannot be known without asking.

        What it says of other tests is kept until those are asked about; a line that names none counts for every test.
        """
        if not self.announces:
            return True
        while (line := self._next(0.0)) is not None:
            self._news.add(_test_of(line))
        if self._is_over:  # it can say nothing any more: asking it tells why
            return True
        is_told = not self._news.isdisjoint({test, _UNKNOWN})
        self._news -= {test, _UNKNOWN}
        return is_told

    def _next(self, timeout_s: float) -> bytes | None:
        """The next line; None where none comes in time, or none will come any more."""
        if not _HAS_SELECT:
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=max(0.0, timeout_s)) or None
            return None
        until = time.monotonic() + timeout_s
        while b"\n" not in self._rest:
            left = max(0.0, until - time.monotonic())
            if self._is_over or not select.select([self._stdout], [], [], left)[0]:
                return None
            piece = os.read(self._stdout.fileno(), 65536)
            self._is_over = not piece
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _read_all(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._stdout:
                self._lines.put(line)
        self._lines.put(b"")


def _test_of(line: bytes) -> str:
    """The test that a line says something of."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(json.loads(line)["test"])
    return _UNKNOWN


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    for push, patience_s in (
        (None, _DRAIN_S),
        (process.terminate, _TERMINATE_S),
        (process.kill, _TERMINATE_S),
    ):
        if push is not None:
            with contextlib.suppress(OSError):
                push()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        break
    if process.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdout.close()


def _tail(said: IO[bytes]) -> str:
    if said.closed:
        return ""
    said.seek(0)
    return "\n".join(said.read().decode("utf-8", "replace").splitlines()[-_SHOWN_LINES:])
