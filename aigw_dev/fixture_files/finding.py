"""Where fixtures are: the library that a path of the command line belongs to, and the fixtures that it means."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from aigw_dev.core.recording.fixture import SUFFIX
from aigw_dev.fixture_files import limits
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.naming import BLOBS

USUAL: Final = ("tests/llm_fixtures", "fixtures")
"""Where fixtures are looked for when no folder is named; the first that is there."""


class Found(NamedTuple):
    """One fixture that was meant."""

    library: Library
    name: str

    @property
    def path(self) -> Path:
        """Where it lies, as people name it: below the folder that was given."""
        return self.library.root / f"{self.name}{SUFFIX}"


def usual_folder(project: Path) -> Path | None:
    """The usual folder of fixtures in a project, relative to where people stand; None where there is none."""
    return next((Path(each) for each in USUAL if (project / each).is_dir()), None)


def fixtures_in(paths: Sequence[Path]) -> Iterator[Found]:
    """Every fixture that these folders and files mean, each once, in order.

    A path that is neither is a `FixtureFileError`; so is a file that is not named like a fixture.
    """
    seen: set[Path] = set()
    for path in paths:
        for found in _fixtures_at(path):
            real = found.path.absolute()
            if real not in seen:
                seen.add(real)
                yield found


def _fixtures_at(path: Path) -> Iterator[Found]:
    if path.is_dir():
        library = Library(path)
        return (Found(library, name) for name in library.names())
    if not path.name.endswith(SUFFIX):
        raise FixtureFileError(f"this is no folder and no *{SUFFIX} file.", file=str(path))
    if not path.exists() and not path.is_symlink():
        raise FixtureFileError("there is no such file.", file=str(path))
    return iter([fixture_at(path)])


def fixture_at(path: Path) -> Found:
    """The fixture in this file, with the library that its blobs are in: the nearest folder above that has blobs, else its own."""
    above = path.absolute().parents
    root = next((each for each in above[: limits.DEEPEST] if (each / BLOBS).is_dir()), above[0])
    inner = path.absolute().relative_to(root).as_posix().removesuffix(SUFFIX)
    depth = inner.count("/")
    # the root as the caller spelled it, so that messages name the file as it was given
    return Found(Library(path.parents[depth] if depth < len(path.parents) else root), inner)
