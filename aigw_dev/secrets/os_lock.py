"""A lock on a file that the operating system drops when its holder dies, however it dies."""

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_RETRY_S: Final = 0.02


class OsLock:
    """An exclusive lock between processes (and between two `OsLock`s of one process).

    POSIX `flock`, Windows `msvcrt.locking`, and where a file system refuses both, a file made exclusively that
    names its process. The lock file itself is never deleted: deleting it would let two holders in.
    """

    def __init__(self, path: Path, *, try_lock: Callable[[int], bool] | None = None) -> None:
        """The folder of `path` must exist; `try_lock` is the system's call, a seam for tests."""
        self._path: Path = path
        self._try_lock = try_lock or _lock
        self._handle: int | None = None
        self._marker: Path | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle is not None

    def acquire(self, *, wait_s: float = 0.0) -> bool:
        """Take the lock, trying for `wait_s` seconds; False if another holds it. An unwritable folder is an `OSError`."""
        if self._handle is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        deadline = time.monotonic() + wait_s
        try:
            while not self._try(handle):
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_RETRY_S)
            self._handle, handle = handle, -1
        finally:
            if handle >= 0:
                os.close(handle)
        return True

    def moved(self, path: Path) -> None:
        """The folder of the lock's file was moved: it is at `path` now, and held all the same."""
        if self._marker is not None:
            self._marker = path.with_name(self._marker.name)
        self._path = path

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._handle is None:
            return
        if self._marker is not None:
            self._marker.unlink(missing_ok=True)
            self._marker = None
        with contextlib.suppress(OSError):
            _unlock(self._handle)
        os.close(self._handle)
        self._handle = None

    def _try(self, handle: int) -> bool:
        try:
            return self._try_lock(handle)
        except OSError:
            return self._try_marker()

    def _try_marker(self) -> bool:
        """The fallback for file systems without locks: whoever makes the file holds the lock while it lives."""
        marker = self._path.with_name(f"{self._path.name}.held")
        try:
            with marker.open("x") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            with contextlib.suppress(OSError, ValueError):
                if not is_process_alive(int(marker.read_text())):
                    marker.unlink()  # the next try takes it
            return False
        self._marker = marker
        return True


def is_process_alive(pid: int) -> bool:
    """Whether a process has this id. On Windows always True: signal 0 would end it there."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        """True if locked, False if another holds it."""
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> bool:
        """True if locked, False if another holds it, `OSError` where the file system has no locks."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
