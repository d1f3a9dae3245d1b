"""What may be removed from a folder of fixtures, and removing it: only files that are ours, only what nobody needs."""

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.core.recording.fixture import SUFFIX
from aigw_dev.fixture_files import limits, references
from aigw_dev.fixture_files.checking import is_expired, is_orphan
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError

_PART: Final = re.compile(rf"\..*\.[0-9a-f]{{12}}{re.escape(limits.PART)}")
_PART_AGE_S: Final = 3600
"""A file that is being written is younger."""


class Removable(msgspec.Struct, frozen=True, kw_only=True):
    """One file that may go."""

    file: str
    """Relative to the root."""
    why: str
    bytes: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be removed."""

    files: list[Removable]
    notes: list[str]
    """What was left alone, and why."""


def plan(
    library: Library, *, now_s: float, tests: Collection[str] | None = None, orphans: Collection[str] = ()
) -> Plan:
    """Expired fixtures, blobs that nobody wants, files of broken-off writes.

    With `tests` (every test there is, by id) the fixtures of other tests as well; and those named in `orphans`, by name
    or by file.
    """
    named = {name for each in orphans for name in _names(each, library.root)}
    notes: list[str] = []
    why: dict[str, str] = {}
    for name in library.names():
        try:
            fixture = library.read(name)
        except FixtureFileError as failure:
            notes.append(f"left alone: {failure}")
            continue
        if is_expired(fixture, now_s=now_s):
            why[f"{name}{SUFFIX}"] = f"expired {fixture.expires}"
        elif name in named:
            why[f"{name}{SUFFIX}"] = "the report calls it an orphan"
        elif tests is not None and is_orphan(fixture, name, tests):
            why[f"{name}{SUFFIX}"] = f"no test is called {fixture.test[:200]}"
    unused = references.unused_blobs(library, without=frozenset(why))
    if unused.unsure:
        notes.append(f"blobs are left alone: {unused.unsure}")
    why |= dict.fromkeys(unused.files, "no fixture wants it")
    why |= dict.fromkeys(_broken_off(library.root, now_s), "left by a write that broke off")
    files = [
        Removable(file=file, why=reason, bytes=os.lstat(library.root / file).st_size)
        for file, reason in sorted(why.items())
    ]
    return Plan(files=files, notes=notes)


def remove(library: Library, planned: Plan) -> list[str]:
    """Remove what was planned; the files that went. Folders that this empties go too, the root never."""
    gone: list[str] = []
    for each in planned.files:
        path = limits.inside(library.root, tuple(each.file.split("/")))
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        gone.append(each.file)
        _remove_empty(path.parent, library.root)
    return gone


def _names(orphan: str, root: Path) -> set[str]:
    """What a report may mean: a name, a file below the root, or one from where we stand."""
    plain = Path(orphan.removesuffix(SUFFIX)).as_posix()
    return {
        plain,
        *(plain.removeprefix(f"{each.as_posix()}/") for each in (root, root.absolute(), root.resolve())),
    }


def _broken_off(root: Path, now_s: float) -> list[str]:
    """Old files of ours that a write should have put in place or removed."""
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [each for each in folders if not each.startswith(".")]
        for file in files:
            path = here / file
            is_ours = _PART.fullmatch(file) and not path.is_symlink()
            if is_ours and now_s - os.lstat(path).st_mtime > _PART_AGE_S:
                found.append(path.relative_to(root).as_posix())
    return found


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:  # not empty
            return
        folder = folder.parent
