"""What lies in the folder of fixtures, as far as their first lines say it: whose they are and when they were recorded.

Read-only but for `prune`. The gateway reads and writes the files themselves.
"""

import dataclasses
import json
import os
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

SUFFIX: Final = ".aigw.json"
_HEAD_BYTES: Final = 8192
_FIELD: Final = re.compile(r'"(test|recorded_at|expires)"\s*:\s*("(?:[^"\\\n]|\\.)*")')
_COST: Final = re.compile(r'"cost_usd"\s*:\s*"([0-9.eE+-]+)"')
_BLOB_NAME: Final = re.compile(r"[0-9a-f]{16}\.[A-Za-z0-9.]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a fixture; empty where it says nothing, or is not there."""

    test: str = ""
    recorded_at: str = ""
    expires: str = ""


def head_of(directory: Path, name: str) -> Head:
    """The head of the fixture `name` (its path in the folder without the ending)."""
    return _head(directory / f"{name}{SUFFIX}")


def test_of(path: Path) -> str:
    """The test that a fixture says it belongs to."""
    return _head(path).test


def heads(directory: Path) -> dict[Path, Head]:
    """The heads of all fixtures."""
    return {path: _head(path) for path in _files(directory)}


def orphans(directory: Path, *, tests: set[str], shared: set[str]) -> list[Path]:
    """Fixtures that belong to a pytest test which is not among `tests`, nor named by a marker (`shared`).

    A fixture whose `test` is no pytest id was written by hand, for another runner or outside tests: never an orphan.
    """
    claimed = {directory / f"{name}{SUFFIX}" for name in shared}
    return sorted(
        path
        for path, head in heads(directory).items()
        if "::" in head.test and head.test not in tests and path not in claimed
    )


def recorded_cost(directory: Path, tests: set[str]) -> Decimal:
    """What the recordings of these tests cost when they were made, in USD: the best guess at recording them again."""
    total = Decimal(0)
    for path, head in heads(directory).items():
        if head.test in tests:
            total += sum((_decimal(text) for text in _COST.findall(_text(path))), Decimal(0))
    return total


def prune(directory: Path, gone: Iterable[Path]) -> list[Path]:
    """Delete these fixtures, and the blobs that no fixture names any more; what was deleted."""
    deleted = [path for path in gone if _delete(path)]
    blobs = directory / "_blobs"
    if deleted and blobs.is_dir():
        kept = "\n".join(_text(path) for path in _files(directory))
        deleted += [
            blob
            for blob in sorted(blobs.iterdir())
            if _BLOB_NAME.fullmatch(blob.name) and blob.name[:16] not in kept and _delete(blob)
        ]
    return deleted


def _files(directory: Path) -> list[Path]:
    found: list[Path] = []
    for folder, _, names in os.walk(directory):  # follows no links
        found += [Path(folder, name) for name in names if name.endswith(SUFFIX)]
    return sorted(found)


def _head(path: Path) -> Head:
    try:
        with path.open("rb") as file:
            text = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return Head()
    before = text.partition('"interactions"')[0]
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(before):
        try:
            found[name] = str(json.loads(value))
        except ValueError:
            continue
    return Head(**found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


def _delete(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
