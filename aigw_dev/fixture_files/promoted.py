"""A promoted fixture and its test put into a project: beside what is there, never over it unless that is asked for.

What is written is what the gateway answered to `promote`; its texts are looked through for this machine's secrets again.
"""

import ast
import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.fixture import SUFFIX, Blob
from aigw_dev.fixture_files import blobs, limits
from aigw_dev.fixture_files.library import Library, Rendered
from aigw_dev.fixture_files.limits import FixtureFileError

USUAL_FOLDERS: Final = ("tests/llm_fixtures", "llm_fixtures")
"""Where the pytest plugin looks: the first in a project that has a folder `tests`, else the second."""
_TESTS: Final = "tests"

Leftovers = Callable[[bytes], list[str]]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where things go, and what may be done to what is there."""

    project: Path
    """What the test's file is relative to: where pytest is run."""
    fixtures: Path
    """The folder of fixtures."""
    is_forced: bool = False
    """A fixture and a test module that are there may be replaced."""
    is_appended: bool = False
    """A test module that is there gets the test at its end."""


def usual_fixtures(project: Path) -> Path:
    """Where a project's fixtures go, as the pytest plugin sees it."""
    return project / USUAL_FOLDERS[0 if (project / _TESTS).is_dir() else 1]


def usual_tests(project: Path) -> str:
    """The folder in which a project's tests are: `tests`, or none."""
    return _TESTS if (project / _TESTS).is_dir() else ""


def write(promoted: Mapping[str, Any], place: Place, *, leftovers: Leftovers) -> list[Path]:
    """Write the fixture, its blobs and the test; their paths. Nothing is written where one of them cannot be.

    Raises `FixtureFileError`: a file is there, a name leads elsewhere, or `leftovers` finds a secret.
    """
    library = Library(place.fixtures)
    name = str(promoted["fixture"])
    rendered = _rendered(promoted)
    if library.has(name) and not place.is_forced and library.content(name) != rendered.content:
        raise _there(f"{name}{SUFFIX}", "another name (--name), or --force to replace it")
    test = _test_of(promoted, place)
    if test is not None:
        found = leftovers(test[1])
        if found:
            raise FixtureFileError(
                f"not written, for it holds what looks like a secret: {'; '.join(found[:5])}.",
                file=test[0].name,
                code="fixture_unsafe",
            )
    written = [library.put(name, rendered, leftovers=leftovers)]
    if test is not None:
        path, content = test
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            limits.write_whole(path, content)
        except OSError as failure:
            raise FixtureFileError(
                f"cannot be written: {failure.strerror or failure}.",
                file=str(promoted["file"]),
                hint="Check its rights.",
            ) from failure
        written.append(path)
    return written


def appended(source: str, *, imports: Sequence[str], function: str, name: str, file: str) -> str:
    """The module `source` with a test at its end and what it imports at its top. `FixtureFileError` where that cannot be."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as failure:
        raise FixtureFileError(
            f"this is no Python that can be read: {failure}.", file=file, hint="Name another --test-file."
        ) from failure
    if any(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name for one in tree.body):
        raise FixtureFileError(
            f"there is a test {name} already.", file=file, hint="Give this one another --name."
        )
    known = {
        f"import {alias.name}"
        for one in tree.body
        if isinstance(one, ast.Import)
        for alias in one.names
        if alias.asname is None
    }
    missing = [line for line in imports if line not in known]
    lines = source.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    at = _import_line(tree)
    gap = [] if _is_import(tree, at) or not missing else ["\n"]
    lines[at:at] = [*(gap if at else []), *(f"{line}\n" for line in missing), *([] if at else gap)]
    return f"{''.join(lines).rstrip()}\n\n\n{function}" if lines else f"{function}"


def _import_line(tree: ast.Module) -> int:
    """Behind which line imports go: the last import at the top, else the docstring; 0 = the very top."""
    at = 0
    for one in tree.body:
        is_docstring = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        if not is_docstring and not isinstance(one, ast.Import | ast.ImportFrom):
            break
        at = one.end_lineno or at
    return at


def _is_import(tree: ast.Module, at: int) -> bool:
    return any(isinstance(one, ast.Import | ast.ImportFrom) and one.end_lineno == at for one in tree.body)


def _rendered(promoted: Mapping[str, Any]) -> Rendered:
    held: dict[str, tuple[Blob, bytes]] = {}
    for row in cast("list[dict[str, str]]", promoted.get("blobs") or []):
        content = base64.b64decode(row["base64"])
        blob = blobs.describe(content, row["type"])
        held[blob.sha256] = (blob, content)
    return Rendered(str(promoted["content"]).encode(), held)


def _test_of(promoted: Mapping[str, Any], place: Place) -> tuple[Path, bytes] | None:
    """Where the test goes and what the file will hold; None where there is none."""
    file = str(promoted.get("file") or "")
    if not promoted.get("module"):
        return None
    path = limits.inside(place.project, limits.segments(file))
    try:
        there = limits.read_regular(path, file=file)
    except FileNotFoundError:
        return path, str(promoted["module"]).encode()
    if place.is_appended:
        try:
            source = there.decode()
        except UnicodeDecodeError as failure:
            raise FixtureFileError(
                "this is no UTF-8.", file=file, hint="Name another --test-file."
            ) from failure
        made = appended(
            source,
            imports=cast("list[str]", promoted["imports"]),
            function=str(promoted["function"]),
            name=str(promoted["name"]),
            file=file,
        )
        return path, made.encode()
    module = str(promoted["module"]).encode()
    if not place.is_forced and there != module:
        raise _there(file, "--append to add the test to it, another --test-file, or --force to replace it")
    return path, module


def _there(file: str, how: str) -> FixtureFileError:
    return FixtureFileError("this is there already and says something else.", file=file, hint=f"Say {how}.")
