"""Files and folders that only their owner can read: how they are made, replaced, read and checked.

On POSIX this is owner and mode (0600, 0700). On Windows the user's profile already keeps others out, and there is
nothing to narrow: the checks pass.
"""

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from aigw_dev.core.errors import SecretError

HAS_MODES: Final = os.name == "posix"
MAX_PRIVATE_BYTES: Final = 1 << 20
_OTHERS: Final = 0o077
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)


def make_private_directory(path: Path) -> bool:
    """Make `path` and what is missing above it, 0700; True if it was made now. An existing one is left alone."""
    try:
        path.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise SecretError(
            f"cannot make the folder {path}: {error.strerror or error}",
            code="home_unusable",
            hint="choose another place with --home or AIGW_DEV_HOME",
        ) from error
    return True


def narrow_directory(path: Path) -> None:
    """Make sure that `path` is a folder of ours that others cannot enter: narrowed to 0700, or a `SecretError`."""
    try:
        link, there = path.lstat(), path.stat()
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror or error}") from error
    if not stat.S_ISDIR(there.st_mode):
        raise _unusable(path, "is not a folder")
    if not HAS_MODES:
        return
    if stat.S_ISLNK(link.st_mode) and not _is_ours(link):
        raise _unusable(path, f"is a symbolic link that belongs to another user (uid {link.st_uid})")
    if not _is_ours(there):
        raise _unusable(path, f"belongs to another user (uid {there.st_uid})")
    if not there.st_mode & _OTHERS:
        return
    with contextlib.suppress(OSError):
        path.chmod(0o700)
    if path.stat().st_mode & _OTHERS:
        raise _unusable(path, "can be read by other users, and this file system does not let that be changed")


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step, 0600, on disk when this returns.

    A `SecretError` (a full disk, a folder that is not there) leaves the old file whole.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.new")
    try:
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_FOLLOW | _BINARY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _unusable(path, f"cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()  # not there any more where all went well
    _sync_directory(path.parent)


def read_private(path: Path, *, limit: int = MAX_PRIVATE_BYTES) -> bytes | None:
    """The bytes of a file of ours, or None where there is none.

    A symbolic link, another owner or more than `limit` bytes is a `SecretError`; a mode that lets others in is
    narrowed to 0600.
    """
    try:
        handle = os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY | _NO_WAIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(
            path, f"cannot be opened (symbolic links are not followed): {error.strerror or error}"
        ) from error
    try:
        there = os.fstat(handle)
        if not stat.S_ISREG(there.st_mode):
            raise _unusable(path, "is not a file")
        if HAS_MODES and not _is_ours(there):
            raise _unusable(path, f"belongs to another user (uid {there.st_uid})")
        if HAS_MODES and there.st_mode & _OTHERS:
            _narrow_open_file(handle, path)
        content = read_handle(handle, limit=limit + 1)
    finally:
        os.close(handle)
    if len(content) > limit:
        raise _unusable(path, f"is larger than {limit:,} bytes")
    return content


def read_handle(handle: int, *, limit: int) -> bytes:
    """What an open descriptor gives, up to `limit` bytes; it stays open."""
    content = b""
    while len(content) < limit and (more := os.read(handle, limit - len(content))):
        content += more
    return content


def others_may_read(mode: int) -> bool:
    """Whether a file of this mode is open to its group or to everyone; always False where modes mean nothing."""
    return HAS_MODES and bool(mode & _OTHERS)


def make_private_file(path: Path) -> None:
    """Make an empty file, 0600, if there is none: for SQLite, which would make it with the umask's mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_FOLLOW, 0o600))


def _narrow_open_file(handle: int, path: Path) -> None:
    with contextlib.suppress(OSError):
        os.fchmod(handle, 0o600)
    if os.fstat(handle).st_mode & _OTHERS:
        raise _unusable(path, "can be read by other users, and this file system does not let that be changed")


def _is_ours(there: os.stat_result) -> bool:
    """Ours, or anyone's where we are root: a container's root works on volumes of other owners."""
    user = os.geteuid()
    return user in (0, there.st_uid)


def _sync_directory(path: Path) -> None:
    """Make a rename durable; Windows cannot open folders and does not need it."""
    if not HAS_MODES:
        return
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unusable(path: Path, why: str) -> SecretError:
    return SecretError(
        f"{path} {why}",
        code="home_unusable",
        hint="mend it, or choose another folder with --home or AIGW_DEV_HOME",
    )
