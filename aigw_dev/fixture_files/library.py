"""A folder of fixtures: lists, reads, writes and deletes them by name, and their blobs.

Nothing in the folder is trusted (see `limits`); every error names the file. Several processes may read and write at
once: each file is replaced whole.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from aigw_dev.core.recording.fixture import SUFFIX, Blob, Fixture, FixtureError
from aigw_dev.fixture_files import blobs, git_setup, limits
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.naming import BLOBS

FOLDS_CASE: Final = sys.platform in {"win32", "darwin"}
"""Whether file names that differ in capitals only are usually one file here."""

MOST_BLOB_BYTES: Final = 256 * 1024 * 1024
"""Of the blobs that stand for JSON values in one fixture, each counted as often as it is named."""

Leftovers = Callable[[bytes], list[str]]
"""Kinds of secrets that are left in some bytes, with where; never the secrets."""


class Rendered(NamedTuple):
    """A fixture as bytes that are not written yet."""

    content: bytes
    """The file."""
    blobs: dict[str, tuple[Blob, bytes]]
    """By sha256: what lies beside it."""


class Odd(NamedTuple):
    """Something in the folder that looks like a fixture and is not read."""

    file: str
    why: str


def parsed(content: bytes, *, file: str, blob: Callable[[Blob], bytes] | None = None) -> Fixture:
    """The fixture that `content` says; without `blob` what lies in blobs stays there. Errors name `file`."""
    from aigw_dev.core.recording.reading import read_fixture

    try:
        return read_fixture(content, blob=blob)
    except FixtureFileError:
        raise
    except FixtureError as failure:
        raise FixtureFileError(
            failure.message, file=file, where=failure.where, code=failure.code, hint=failure.hint
        ) from failure


class Library:
    """The fixtures below one folder. A name is a relative path with `/`, without `.aigw.json`."""

    def __init__(self, root: Path) -> None:
        """`root` need not exist; it may be a link, what is below it may not."""
        self.root = root
        self._has_set_git_up = False

    def names(self) -> list[str]:
        """Every fixture that can be read, sorted; links and oddities are not among them."""
        found = (file.removesuffix(SUFFIX) for file, entry in self._walk() if not _oddity(file, entry))
        return sorted(found)

    def odd(self) -> list[Odd]:
        """What looks like a fixture and is not read, and why; with names that differ in capitals only."""
        found: list[Odd] = []
        folded: dict[str, str] = {}
        for file, entry in self._walk():
            why = _oddity(file, entry)
            first = folded.setdefault(file.casefold(), file)
            if not why and first != file:
                why = f"differs from {first} in capitals only: one file on Windows and macOS"
            if why:
                found.append(Odd(file, why))
        return sorted(found)

    def path_of(self, name: str) -> Path:
        """Where the fixture of this name lies or would lie; a name that leads elsewhere is a `FixtureFileError`."""
        return limits.inside(self.root, _parts(name))

    def has(self, name: str) -> bool:
        """Whether there is something under this name, usable or not."""
        return os.path.lexists(self.path_of(name))

    def content(self, name: str) -> bytes:
        """The bytes of a fixture's file; `FixtureFileError` where it cannot be read, also where it is absent."""
        file = f"{name}{SUFFIX}"
        if FOLDS_CASE:
            self._must_not_clash(name)
        try:
            return limits.read_regular(self.path_of(name), file=file)
        except FileNotFoundError as absent:
            raise FixtureFileError(
                f"there is no such file in {self.root}.",
                file=file,
                hint="Record it, or look at the names with `aigw-dev fixtures list`.",
            ) from absent

    def read(self, name: str) -> Fixture:
        """The fixture of this name, its pieces of JSON that lie in blobs put back; else `FixtureFileError`."""
        return self.parse(self.content(name), file=f"{name}{SUFFIX}")

    def parse(self, content: bytes, *, file: str) -> Fixture:
        """The fixture that `content` says, with this folder's blobs; errors name `file`."""
        fetched: dict[str, bytes] = {}
        total = 0

        def fetch(blob: Blob) -> bytes:
            nonlocal total
            if blob.sha256 not in fetched:
                fetched[blob.sha256] = self.blob(blob)
            total += len(fetched[blob.sha256])
            if total > MOST_BLOB_BYTES:  # one large blob, named a thousand times, would fill the memory
                raise FixtureFileError(
                    f"its blobs hold more than {MOST_BLOB_BYTES // 2**20} MiB together.",
                    file=file,
                    hint="Record fewer calls into one file, or smaller media.",
                )
            return fetched[blob.sha256]

        return parsed(content, file=file, blob=fetch)

    def blob(self, blob: Blob) -> bytes:
        """The bytes of a blob, checked against its hash; else `FixtureFileError`."""
        return blobs.read(self.root, blob)

    def render(self, fixture: Fixture) -> Rendered:
        """A fixture in canonical form, with the blobs it wants written; nothing is written yet."""
        from aigw_dev.core.recording.writing import write_fixture

        beside: dict[str, tuple[Blob, bytes]] = {}

        def store(content: bytes, media_type: str) -> Blob:
            blob = blobs.describe(content, media_type)
            beside[blob.sha256] = (blob, content)
            return blob

        return Rendered(write_fixture(fixture, store=store), beside)

    def write(self, name: str, fixture: Fixture, *, leftovers: Leftovers | None = None) -> Path:
        """Write a fixture with its blobs, in canonical form; its path. A file that says the same is not touched.

        Where `leftovers` finds a secret in what would be written, nothing is: `FixtureFileError`, code `fixture_unsafe`.
        """
        return self.put(name, self.render(fixture), leftovers=leftovers)

    def put(self, name: str, rendered: Rendered, *, leftovers: Leftovers | None = None) -> Path:
        """Write what was rendered: blobs first, so that no fixture wants one that is not there."""
        parts = _parts(name)
        path = limits.inside(self.root, parts)
        if leftovers is not None:
            _must_be_safe(rendered, leftovers, file=f"{name}{SUFFIX}")
        if len(rendered.content) > limits.LARGEST_BYTES:
            raise FixtureFileError(
                f"it would have more than {limits.LARGEST_BYTES // 2**20} MiB.",
                file=f"{name}{SUFFIX}",
                hint="Record fewer calls into one file.",
            )
        self._must_not_clash(name)
        try:
            limits.make_folders(self.root, parts)
            for blob, content in rendered.blobs.values():
                blobs.write(self.root, blob, content)
            self._set_git_up()
            if not self._says(path, rendered.content, file=f"{name}{SUFFIX}"):
                limits.write_whole(path, rendered.content)
        except OSError as failure:
            raise FixtureFileError(
                f"cannot be written: {failure.strerror or failure}.",
                file=f"{name}{SUFFIX}",
                hint=f"Check the rights of {self.root}, and the space there.",
            ) from failure
        return path

    def delete(self, name: str) -> bool:
        """Remove a fixture's file, not its blobs (others may use them); False where there was none."""
        try:
            self.path_of(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as failure:
            raise FixtureFileError(
                f"cannot be removed: {failure.strerror or failure}.", file=f"{name}{SUFFIX}"
            ) from failure
        return True

    def _set_git_up(self) -> None:
        if not self._has_set_git_up:
            git_setup.write_attributes(self.root)
            self._has_set_git_up = True

    def _must_not_clash(self, name: str) -> None:
        other = limits.differing_in_case(self.root, _parts(name))
        if other:
            raise FixtureFileError(
                f"{other} is there, and its name differs in capitals only: one file on Windows and macOS.",
                file=f"{name}{SUFFIX}",
                hint="Rename one of the two tests.",
            )

    def _says(self, path: Path, content: bytes, *, file: str) -> bool:
        """Whether the file holds these bytes already; what is no plain file is not written over."""
        try:
            if os.lstat(path).st_size > limits.LARGEST_BYTES:
                return False
            return limits.read_regular(path, file=file) == content
        except FileNotFoundError:
            return False

    def _walk(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Every entry that is named like a fixture, with its path relative to the root; links are not entered."""
        waiting: list[tuple[str, int]] = [("", 0)]
        seen = 0
        while waiting:
            folder, depth = waiting.pop()
            try:
                with os.scandir(self.root / folder) as entries:
                    listed = sorted(entries, key=lambda each: each.name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as failure:
                raise FixtureFileError(
                    f"this folder cannot be listed: {failure.strerror or failure}.",
                    file=folder or str(self.root),
                ) from failure
            seen += len(listed)
            if seen > limits.MOST_ENTRIES:
                raise FixtureFileError(
                    f"more than {limits.MOST_ENTRIES} files.",
                    file=str(self.root),
                    hint="Is this the right folder?",
                )
            for entry in listed:
                file = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name.startswith(".") or file == BLOBS:
                    continue
                if entry.name.endswith(SUFFIX):
                    yield file, entry
                elif (
                    depth < limits.DEEPEST - 1
                    and entry.is_dir(follow_symlinks=False)
                    and not _leads_away(entry)
                ):
                    waiting.append((file, depth + 1))


def _parts(name: str) -> tuple[str, ...]:
    parts = limits.segments(f"{name}{SUFFIX}")
    if parts[0].casefold() == BLOBS or parts[-1] == SUFFIX:
        raise FixtureFileError(f"`{BLOBS}` holds blobs, no fixtures.", file=repr(name))
    return parts


def _leads_away(entry: os.DirEntry[str]) -> bool:
    try:
        return limits.is_link(entry.stat(follow_symlinks=False))
    except OSError:
        return True


def _oddity(file: str, entry: os.DirEntry[str]) -> str:
    """Why this is not read; empty = it is."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as failure:
        return f"cannot be looked at: {failure.strerror or failure}"
    if limits.is_link(status):
        return "a link, and links are not followed"
    if not stat.S_ISREG(status.st_mode):
        return "no regular file"
    try:
        limits.segments(file)
    except FixtureFileError as failure:
        return failure.message
    return ""


def _must_be_safe(rendered: Rendered, leftovers: Leftovers, *, file: str) -> None:
    found = leftovers(rendered.content)
    for blob, content in rendered.blobs.values():
        found += [f"{blobs.file_of(blob)}: {each}" for each in leftovers(content)]
    if found:
        raise FixtureFileError(
            f"not written, for it holds what looks like a secret: {'; '.join(found[:5])}.",
            file=file,
            code="fixture_unsafe",
            hint="Take it out of the request, or add the key with `aigw-dev keys add` so that it is masked.",
        )
