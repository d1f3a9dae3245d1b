"""Starts the gateway as a process of its own, and ends it whatever becomes of the tests.

Its life hangs on its stdin: a pytest that is killed closes that too. Nothing is started on import.
"""

import atexit
import contextlib
import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from aigw_dev.pytest_plugin.control import Control

START_TIMEOUT_S: Final = 60.0
_DRAIN_S: Final = 10.0
_TERMINATE_S: Final = 3.0
_SHOWN_LINES: Final = 40
_NEW_GROUP: Final = int(
    getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
)  # Windows: the same as a new session


class StartError(Exception):
    """The gateway did not start: the command, how it ended, and what it said."""


class Gateway:
    """One gateway process, ready."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, token: str, said: IO[bytes]) -> None:
        """Take over a process that has said where it answers."""
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
    url = _ready(process)
    if url is None:
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
    return Gateway(process, url, token, said)


def _ready(process: subprocess.Popen[bytes]) -> str | None:
    """The address from its ready line; None where it ended or took too long."""
    lines: queue.Queue[bytes] = queue.Queue()
    stdout = process.stdout
    assert stdout is not None  # noqa: S101 - asked for above

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in stdout:
                lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, name="aigw-gateway-stdout", daemon=True).start()
    try:
        while line := lines.get(timeout=START_TIMEOUT_S):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                document: Any = json.loads(line)
                if document["event"] == "ready":
                    return str(document["url"]).rstrip("/")
    except queue.Empty:
        return None
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_TERMINATE_S)  # its exit code belongs into the message
    return None


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
