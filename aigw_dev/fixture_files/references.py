"""Which blobs are wanted by which files: read from the bytes, so that a fixture too broken to be read still keeps its own."""

import re
from pathlib import Path
from typing import Final, NamedTuple

from aigw_dev.core.recording.fixture import SUFFIX
from aigw_dev.fixture_files import blobs, limits
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.naming import BLOBS

_REFERENCE: Final = re.compile(rb"sha256:([0-9a-f]{64})")


def wanted_by(content: bytes) -> set[str]:
    """The hashes of the blobs that a file's bytes speak of."""
    return {each.decode() for each in _REFERENCE.findall(content)}


class Unused(NamedTuple):
    """The blobs that no fixture wants."""

    files: list[str]
    """Relative to the root, sorted; only files that are named like ours."""
    unsure: str
    """Why it cannot be told, where it cannot: `files` is empty then."""


def unused_blobs(library: Library, *, without: frozenset[str] = frozenset()) -> Unused:
    """The blobs that nothing in the folder wants; files in `without` (relative paths) do not count as wanting any."""
    held = blob_files(library.root)
    if not held:
        return Unused([], "")
    odd = library.odd()
    if odd:
        return Unused([], f"{odd[0].file} cannot be read ({odd[0].why})")
    wanted: set[str] = set()
    for name in library.names():
        if f"{name}{SUFFIX}" in without:
            continue
        try:
            wanted |= wanted_by(library.content(name))
        except FixtureFileError as failure:
            return Unused([], str(failure))
    digits = {each[:16] for each in wanted}
    return Unused([f"{BLOBS}/{name}" for name in held if blobs.digits_of(name) not in digits], "")


def blob_files(root: Path) -> list[str]:
    """The names of the files in the folder of blobs that are named like ours, sorted; links are none of ours."""
    try:
        folder = limits.inside(root, (BLOBS, "any")).parent
        return sorted(
            each.name
            for each in folder.iterdir()
            if blobs.is_blob_file(each.name) and each.is_file() and not each.is_symlink()
        )
    except (FixtureFileError, FileNotFoundError, NotADirectoryError):
        return []
