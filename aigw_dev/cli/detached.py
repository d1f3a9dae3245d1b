"""A gateway in a process of its own that goes on after the command that started it."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from aigw_dev.cli.exits import CommandError
from aigw_dev.secrets.running import RunningInfo, read_running

if TYPE_CHECKING:
    from aigw_dev.cli.context import Context

_START_S: Final = 20.0
"""How long it may take to answer."""
_POLL_S: Final = 0.02


def start_detached(
    context: "Context", folder: Path, *, port: int | None = None, host: str | None = None
) -> RunningInfo:
    """Start `up` for the same config in the background and wait until it answers.

    `folder` is the gateway's own in the home. Raises `CommandError` with the gateway's own words where it does not start.
    """
    command = [sys.executable, "-m", "aigw_dev", "up", "--home", str(folder.parent.parent)]
    if context.named_config() is not None:
        command += ["--config", str(context.named_config())]
    if port is not None:
        command += ["--port", str(port)]
    if host is not None:
        command += ["--host", host]
    words = folder / "up.log"
    with _private(words) as told:
        child = _start_apart(command, told)
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        running = read_running(folder)
        if running is not None:
            # Who waits for its end leaves no zombie behind where the command lives on (the screens do).
            threading.Thread(target=child.wait, name="reap-gateway", daemon=True).start()
            return running
        if child.poll() is not None:
            break
        time.sleep(_POLL_S)
    said = words.read_text("utf-8", "replace").strip()
    raise CommandError(f"The gateway did not start.\n{said[-2000:]}", hint=f"Its words are in {words}.")


def start_replay(context: "Context", folder: Path, words: list[str]) -> tuple[str, int]:
    """Start `replay FOLDER` in the background and wait until it answers; its URL and process.

    Raises `CommandError` with its own words where it does not start.
    """
    command = [sys.executable, "-m", "aigw_dev", "replay", str(folder), *words]
    if context.named_config() is not None:
        command += ["--config", str(context.named_config())]
    told_in = Path(tempfile.mkdtemp(prefix="aigw-dev-replay-")) / "replay.log"
    with _private(told_in) as told:
        child = _start_apart(command, told)
    deadline = time.monotonic() + _START_S
    said = ""
    while time.monotonic() < deadline and child.poll() is None:
        said = told_in.read_text("utf-8", "replace")
        ready = re.search(r"^ready (\S+)$", said, re.MULTILINE)
        if ready is not None:
            return ready[1], child.pid
        time.sleep(_POLL_S)
    said = told_in.read_text("utf-8", "replace").strip()
    raise CommandError(f"The replay did not start.\n{said[-2000:]}", hint=f"Its words are in {told_in}.")


def _private(path: Path) -> IO[str]:
    """A new file for writing in the place of the old one, which only this user may read."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")


def _start_apart(command: list[str], told: IO[str]) -> "subprocess.Popen[bytes]":
    """A child that goes on after this process; its words go to `told`."""
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, creationflags=flags
        )
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, start_new_session=True
    )
