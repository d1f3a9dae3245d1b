"""One process per gateway: the claim on its folder, and what others may read about the process that holds it.

The claim is a file lock that dies with the process; `running.json` only says what cannot be locked. A reader
believes `running.json` while its process lives and the lock is held.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.os_lock import OsLock, is_process_alive
from aigw_dev.secrets.private_files import make_private_directory, read_private, write_private

_LOCK: Final = "gateway.lock"
_RUNNING: Final = "running.json"
_PORT: Final = "port"
_MAX_PORT: Final = 65_535
_CLAIM_WAIT_S: Final = 0.5
"""Longer than a reader holds the lock while it looks whether it is free."""
_POLL_S: Final = 0.05


class RunningInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a running gateway tells others on this machine (`running.json`); never a token."""

    pid: int
    url: str
    """Base address, `http://127.0.0.1:2449`; the admin API is below it."""
    port: int
    started_at: float
    """UTC, seconds since 1970."""
    config_path: str | None
    """Absolute; None = the built-in default."""
    name: str
    version: str
    host: str = "127.0.0.1"
    instance: str = ""
    """Random text of this process, which its admin API repeats: tells a client that it reached the right one."""
    is_detached: bool = False
    folder: str = ""
    """The gateway's folder, filled in by whoever reads it."""


class Claim:
    """The right to be this gateway's process, held until `release` or the end of the process."""

    def __init__(self, folder: Path, lock: OsLock) -> None:
        """Use `claim`."""
        self.folder = folder
        self._lock = lock
        self._info: RunningInfo | None = None

    def publish(self, info: RunningInfo) -> None:
        """Tell others where this gateway answers, and remember its port for the next start."""
        self._info = info
        write_private(self.folder / _RUNNING, msgspec.json.format(msgspec.json.encode(info), indent=1))
        remember_port(self.folder, info.port)

    def move(self, folder: Path, *, rename: Callable[[Path, Path], object] = Path.rename) -> None:
        """Move the gateway's folder, with everything in it, to `folder`, and hold the claim there.

        An older folder of that name, of a config that was deleted since, is set aside beside it. Raises `SecretError`
        where another process serves it or the folder cannot be moved; nothing has changed then. Every file in the
        folder but the lock must be closed. `rename` moves the folder; a seam for tests.
        """
        aside = _set_aside(folder) if folder.exists() else None
        try:
            rename(self.folder, folder)
        except OSError as error:
            try:
                self._move_open(folder, error)  # Windows moves no folder in which a file is open
            except SecretError:
                if aside is not None:
                    with contextlib.suppress(OSError):
                        aside.rename(folder)
                raise
        else:
            self._lock.moved(folder / _LOCK)
        self.folder = folder

    def announce(self, *, config_path: str, name: str) -> None:
        """Tell others that this gateway, published before, serves this config now."""
        if self._info is not None:
            self.publish(msgspec.structs.replace(self._info, config_path=config_path, name=name))

    def _move_open(self, folder: Path, reason: OSError) -> None:
        """Move file by file, the claim first. Databases move all or none; of the rest what can be moved."""
        new = claim(folder) if _made(folder) else None
        if new is None:
            raise _unmovable(self.folder, folder, reason)
        moved: list[Path] = []
        for entry in sorted(self.folder.iterdir()):
            if entry.name in {_LOCK, _RUNNING}:
                continue
            try:
                entry.replace(folder / entry.name)
            except OSError as error:
                if ".db" not in entry.name:
                    continue  # the words of a detached gateway, which it has open
                _put_back(moved, self.folder)
                new.release()
                with contextlib.suppress(OSError):
                    (folder / _LOCK).unlink()
                    folder.rmdir()
                raise _unmovable(self.folder, folder, error) from error
            moved.append(folder / entry.name)
        with contextlib.suppress(OSError):
            (self.folder / _RUNNING).unlink(missing_ok=True)
        self._lock.release()
        self._lock = new._lock  # noqa: SLF001  -- another of this class

    def release(self) -> None:
        """Say that the gateway is gone and give the claim back; twice is no error."""
        if not self._lock.is_held:
            return
        with contextlib.suppress(OSError):
            (self.folder / _RUNNING).unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def claim(folder: Path) -> Claim | None:
    """Claim a gateway's folder for this process; None where another process has it (see `read_running`)."""
    lock = OsLock(folder / _LOCK)
    try:
        is_ours = lock.acquire(wait_s=_CLAIM_WAIT_S)
    except OSError as error:
        raise SecretError(
            f"{folder} cannot be written: {error.strerror or error}",
            code="home_unusable",
            hint="mend it, or choose another folder with --home",
        ) from error
    if not is_ours:
        return None
    with contextlib.suppress(OSError):
        (folder / _RUNNING).unlink(missing_ok=True)  # left by a process that was killed
    return Claim(folder, lock)


def read_running(folder: Path, *, wait_s: float = 0.0) -> RunningInfo | None:
    """The process that runs this gateway, or None. `wait_s`: how long to wait for one that is just starting."""
    deadline = time.monotonic() + wait_s
    while True:
        found = _read(folder)
        if found is not None and is_process_alive(found.pid) and _is_locked(folder):
            return found
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_S)


def list_running(home: Home) -> list[RunningInfo]:
    """Every running gateway of this home, oldest first."""
    found = (read_running(folder) for folder in home.gateway_dirs())
    return sorted((one for one in found if one is not None), key=lambda one: one.started_at)


def last_port(folder: Path) -> int | None:
    """The port this gateway had last, or None."""
    with contextlib.suppress(SecretError, ValueError):
        port = int(read_private(folder / _PORT, limit=64) or b"")
        return port if 0 < port <= _MAX_PORT else None
    return None


def remember_port(folder: Path, port: int) -> None:
    """Keep the port for this gateway's next start; best effort."""
    with contextlib.suppress(SecretError):
        if last_port(folder) == port:
            return
        write_private(folder / _PORT, f"{port}\n".encode())


def _made(folder: Path) -> bool:
    try:
        make_private_directory(folder)
    except SecretError:
        return False
    return True


def require_unserved(folder: Path) -> None:
    """Raise `SecretError` where another process serves the gateway of this folder."""
    held = claim(folder)
    if held is None:
        raise SecretError(
            f"another process serves the gateway in {folder}",
            code="home_unusable",
            hint="`aigw-dev status --all` shows it; stop one of the two.",
        )
    held.release()


def _set_aside(folder: Path) -> Path:
    """Make room where an earlier gateway of the same path left its folder; nothing of it is deleted. Its new place."""
    require_unserved(folder)
    aside = folder.with_name(f"{folder.name}.before-{time.time_ns()}")
    try:
        folder.rename(aside)
    except OSError as error:
        raise SecretError(
            f"{folder} cannot be set aside: {error.strerror or error}", code="home_unusable"
        ) from error
    return aside


def _put_back(moved: list[Path], folder: Path) -> None:
    for entry in moved:
        with contextlib.suppress(OSError):
            entry.replace(folder / entry.name)


def _unmovable(old: Path, new: Path, reason: OSError) -> SecretError:
    return SecretError(f"{old} cannot be moved to {new}: {reason.strerror or reason}", code="home_unusable")


def _read(folder: Path) -> RunningInfo | None:
    with contextlib.suppress(SecretError, msgspec.MsgspecError):
        if content := read_private(folder / _RUNNING):
            return msgspec.structs.replace(msgspec.json.decode(content, type=RunningInfo), folder=str(folder))
    return None


def _is_locked(folder: Path) -> bool:
    lock = OsLock(folder / _LOCK)
    try:
        is_free = lock.acquire()
    except OSError:
        return True  # not ours to open: its process lives, believe it
    lock.release()
    return not is_free
