"""Writes a config whole or not at all: readers see the old file or the new one, also after a crash."""

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from aigw_dev.config_file.read import digest_of
from aigw_dev.core.errors import ConfigError

MISSING: Final = ""
"""The expected digest of a file that must not exist yet."""

_NEW_MODE: Final = 0o644


def write_atomic(path: Path, text: str, *, expected_digest: str | None) -> str:
    """Write `text` as UTF-8 to `path` and give the digest of what was written.

    `expected_digest`: the digest the file had when it was read, `MISSING` for one that must not exist, None for
    no check. A file that changed meanwhile is a `ConfigError` `config_changed`, one that cannot be written
    `config_not_writable`; in both cases it is untouched. A link is followed, mode and owner are kept. The folder of
    one that must not exist is made.
    """
    import tempfile  # 5 ms, wanted only by who writes

    target = Path(os.path.realpath(path))
    content = text.encode("utf-8")
    _check_unchanged(target, path, expected_digest)
    mode = _mode(target, path)
    try:
        if expected_digest == MISSING:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".aigw-dev-", suffix=".tmp")
    except OSError as error:
        raise _not_writable(path, f"nothing can be written into {target.parent}: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _dress(temporary, target, mode)
        _check_unchanged(target, path, expected_digest)
        os.replace(temporary, target)  # noqa: PTH105  # the text says what it is: os.replace, atomic on every system
    except OSError as error:
        raise _not_writable(path, f"{error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108  # gone where all went well
    _sync_folder(target.parent)
    return digest_of(content)


def _check_unchanged(target: Path, path: Path, expected_digest: str | None) -> None:
    if expected_digest is None:
        return
    try:
        found = digest_of(target.read_bytes())
    except FileNotFoundError:
        found = MISSING
    except OSError as error:
        raise _not_writable(path, f"{error.strerror}") from None
    if found == expected_digest:
        return
    raise ConfigError(
        f"{path} changed since it was read: expected {_shown(expected_digest)}, found {_shown(found)}; nothing was written",
        code="config_changed",
        hint="Read it again and repeat the edit; `aigw-dev routes diff` shows what differs.",
    )


def _mode(target: Path, path: Path) -> int:
    """The mode the new file gets; a file without write permission is refused even where the folder would allow it."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return _NEW_MODE
    except OSError as error:
        raise _not_writable(path, f"{error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise _not_writable(path, "it is not a regular file")
    mode = stat.S_IMODE(status.st_mode)
    if not mode & 0o222 or not os.access(target, os.W_OK):
        raise _not_writable(path, "it is read-only")
    return mode


def _dress(temporary: str, target: Path, mode: int) -> None:
    """Give the new file the mode and, where this user may, the owner of the old one."""
    os.chmod(temporary, mode)  # noqa: PTH101  # the name is a text here
    if not hasattr(os, "chown"):
        return
    with contextlib.suppress(OSError):
        old = target.stat()
        os.chown(temporary, old.st_uid, old.st_gid)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where a folder can be opened (not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _not_writable(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written: {reason}",
        code="config_not_writable",
        hint="Check its permissions and the space on its disk; nothing was changed.",
    )


def _shown(digest: str) -> str:
    return digest or "no file"
