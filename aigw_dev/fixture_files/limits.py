"""Reading and writing single files in a folder that may be hostile: sizes, links, devices, names.

A folder of fixtures comes with a repository, so whoever wrote that chose its names, links and sizes. Nothing is read
through a link or from anything but a regular file, no more than a limit, and nothing is written outside the folder.
The folder itself may be a link: that was its user's choice.
"""

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import uuid4

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.fixture_files.naming import is_device

LARGEST_BYTES: Final = 64 * 1024 * 1024
"""Of one file: a fixture, a blob, a cassette to import."""
DEEPEST: Final = 32
"""Folders below the root."""
MOST_ENTRIES: Final = 200_000
"""Files and folders that are looked at in one root."""
PART: Final = ".tmp"
"""What the name of a file that is being written ends in; it begins with a dot."""
_LINK_TAGS: Final = frozenset({0xA000000C, 0xA0000003})
"""Windows: a symbolic link, a junction."""
_LONGEST_PART_BYTES: Final = 255
_LONGEST_PATH: Final = 1024
_FORBIDDEN: Final = frozenset('\\:*?"<>|')
_READ: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO opened for reading waits for its writer otherwise
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_CREATE: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_REPLACE_TRIES: Final = 20
_REPLACE_WAIT_S: Final = 0.01


class FixtureFileError(FixtureError):
    """A fixture's file that cannot be used: `file` says which, relative to its folder; the rest as `FixtureError`."""

    def __init__(
        self, message: str, *, file: str, where: str = "", code: str = "fixture_invalid", hint: str = ""
    ) -> None:
        """`file` is a path for people."""
        super().__init__(message, where=where, code=code, hint=hint)
        self.file = file

    def __str__(self) -> str:
        return f"{self.file}: {super().__str__()}"


def segments(path: str) -> tuple[str, ...]:
    """The parts of a relative path with `/`; a path that could lead anywhere else is a `FixtureFileError`."""
    parts = tuple(path.split("/"))
    for part in parts:
        why = _wrong(part)
        if why:
            raise FixtureFileError(
                f"this is no name of a fixture: {why}.",
                file=repr(path[:200]),
                hint="A name is a path below the folder of fixtures, with `/` between folders.",
            )
    if len(parts) > DEEPEST or len(path) > _LONGEST_PATH:
        raise FixtureFileError(f"more than {DEEPEST} folders deep, or too long.", file=repr(path[:200]))
    return parts


def is_link(status: os.stat_result) -> bool:
    """Whether this, from an `lstat`, leads elsewhere: a symbolic link, or a junction."""
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in _LINK_TAGS


def inside(root: Path, parts: tuple[str, ...]) -> Path:
    """The path of `parts` below `root`, where no folder on the way is a link or a file; absent ones are fine."""
    path = root
    for part in parts[:-1]:
        path /= part
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            break
        except OSError as failure:
            raise _unreadable(failure, "/".join(parts)) from failure
        if is_link(status) or not stat.S_ISDIR(status.st_mode):
            kind = "a link" if is_link(status) else "no folder"
            raise FixtureFileError(
                f"`{path.name}` is {kind}, and fixtures are looked for in real folders only.",
                file="/".join(parts),
                hint="Put the files themselves there.",
            )
    return root.joinpath(*parts)


def read_regular(path: Path, *, file: str, most: int = LARGEST_BYTES) -> bytes:
    """The bytes of a regular file, not through a link; anything else, or more than `most`, is a `FixtureFileError`.

    An absent file is a `FileNotFoundError`.
    """
    try:
        before = os.lstat(path)
        _must_be_plain(before, file=file, most=most)
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise
    except OSError as failure:
        raise _unreadable(failure, file) from failure
    with open(descriptor, "rb") as opened:  # noqa: PTH123 - a descriptor, no path
        _must_be_plain(os.fstat(descriptor), file=file, most=most)
        try:
            content = opened.read(most + 1)
        except OSError as failure:
            raise _unreadable(failure, file) from failure
    if len(content) > most:
        raise _too_large(len(content), file=file, most=most)
    return content


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path`, all at once: a reader sees the old file or the new one.

    Written beside it first, under a name of its own; that file is gone afterwards, whatever happened.
    """
    part = path.with_name(f".{path.name[:60]}.{uuid4().hex[:12]}{PART}")
    try:
        with open(os.open(part, _CREATE, 0o644), "wb") as opened:  # noqa: PTH123 - a descriptor, no path
            opened.write(content)
        _replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def make_folders(root: Path, parts: tuple[str, ...]) -> None:
    """Make the folders that `parts` lies in, with `root`; none of them may be a link."""
    inside(root, parts)
    root.mkdir(parents=True, exist_ok=True)
    folder = root
    for part in parts[:-1]:
        folder /= part
        folder.mkdir(exist_ok=True)


def differing_in_case(root: Path, parts: tuple[str, ...]) -> str:
    """What lies there under a name that differs from `parts` in capitals only, as a relative path; empty = nothing."""
    folder = root
    for at, part in enumerate(parts):
        try:
            beside = [each.name for each in folder.iterdir()]
        except OSError:
            return ""
        folded = part.casefold()
        other = next((each for each in beside if each != part and each.casefold() == folded), None)
        if other is not None:
            return "/".join([*parts[:at], other])
        folder /= part
    return ""


def _wrong(part: str) -> str:
    if not part or part.startswith("."):
        return "an empty part, or one that begins with a dot"
    if not part.isprintable() or not _FORBIDDEN.isdisjoint(part) or part.endswith((".", " ")):
        return "a character that file names cannot have everywhere"
    if len(part.encode()) > _LONGEST_PART_BYTES or is_device(part):
        return "too long, or a device on Windows"
    return ""


def _must_be_plain(status: os.stat_result, *, file: str, most: int) -> None:
    if is_link(status):
        raise FixtureFileError(
            "this is a link, and links are not followed.", file=file, hint="Put the file itself there."
        )
    if not stat.S_ISREG(status.st_mode):
        raise FixtureFileError("this is no regular file.", file=file, hint="Remove it.")
    if status.st_size > most:
        raise _too_large(status.st_size, file=file, most=most)


def _too_large(size: int, *, file: str, most: int) -> FixtureFileError:
    return FixtureFileError(
        f"{size / 2**20:,.0f} MiB: more than the {most // 2**20} MiB that a file may have.",
        file=file,
        hint="Record fewer calls into one file, or smaller media.",
    )


def _unreadable(failure: OSError, file: str) -> FixtureFileError:
    return FixtureFileError(
        f"cannot be read: {failure.strerror or failure}.", file=file, hint="Check its rights."
    )


def _replace(part: Path, path: Path) -> None:
    for _ in _tries():
        try:
            part.replace(path)
        except PermissionError:
            continue
        return
    part.replace(path)


def _tries() -> Iterator[int]:
    """On Windows a file that a reader holds open cannot be replaced for that moment."""
    for each in range(_REPLACE_TRIES if sys.platform == "win32" else 0):
        yield each
        time.sleep(_REPLACE_WAIT_S)
