"""What the commands of `fixtures` share: which folder is meant, errors of fixtures as errors of commands, test lists."""

import contextlib
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.core.recording.fixture import FixtureError

if TYPE_CHECKING:
    from aigw_dev.core.recording.redaction import Redactor
    from aigw_dev.fixture_files.library import Library

_LARGEST_LIST_BYTES: Final = 64 * 1024 * 1024


@contextlib.contextmanager
def told() -> Generator[None]:
    """A fixture's error ends the command with its own words."""
    try:
        yield
    except FixtureError as failure:
        raise CommandError(str(failure), hint=failure.hint, code=failure.code) from failure


def folder_or_usual(folder: Path | None) -> Path:
    """The folder that was named, or the usual one of this project; one that is not there is an error."""
    from aigw_dev.fixture_files.finding import USUAL, usual_folder

    if folder is None:
        found = usual_folder(Path.cwd())
        if found is None:
            raise CommandError(
                f"There is no folder of fixtures here: neither {' nor '.join(USUAL)}.",
                hint="Name the folder, or record: `aigw-dev up --record DIR`.",
            )
        return found
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder.", hint="Name the folder that holds the fixtures.")
    return folder


def library_at(folder: Path | None) -> "Library":
    """The library in a folder, or in the usual one."""
    from aigw_dev.fixture_files.library import Library

    return Library(folder_or_usual(folder))


def paths_or_usual(paths: Sequence[Path] | None) -> list[Path]:
    """The paths that were named, or the usual folder."""
    return list(paths) if paths else [folder_or_usual(None)]


def redactor_of(context: Context) -> "Redactor":
    """Knows every secret of the environment; the keyring is not asked, so that this works anywhere."""
    from aigw_dev.core.recording.redaction import Redactor
    from aigw_dev.fixture_files.environment import secrets_in

    return Redactor(secrets_in(context.environ))


def read_test_ids(path: Path) -> frozenset[str]:
    """The test ids in a file, or on stdin for `-`, one on each line: what `pytest --collect-only -q` prints will do."""
    from aigw_dev.fixture_files.limits import read_regular

    if str(path) == "-":
        content = sys.stdin.buffer.read(_LARGEST_LIST_BYTES)
    else:
        try:
            content = read_regular(path.resolve(), file=str(path), most=_LARGEST_LIST_BYTES)
        except FileNotFoundError as absent:
            raise CommandError(f"{path}: there is no such file.") from absent
    listed = frozenset(
        filter(None, (line.strip() for line in content.decode("utf-8", "replace").splitlines()))
    )
    if not any("::" in each or "/" in each for each in listed):
        raise CommandError(
            f"{path} names no test.",
            hint="It wants an id on each line, of every test there is: `pytest --collect-only -q`.",
        )
    return listed
