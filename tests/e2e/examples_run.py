"""The examples as a project of somebody's own: run by a pytest of their own, in an environment that is given."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.conftest import REPOSITORY

EXAMPLES: Final = "fixtures/examples/python"
FEWEST: Final = 30
"""Examples that need nothing but this project's own development extra."""
_RUN_S: Final = 100
_NAMES: Final = ("PATH", "LANG", "SYSTEMROOT", "TMPDIR", "TEMP", "VIRTUAL_ENV")


class Done(msgspec.Struct, frozen=True):
    """How a run ended."""

    code: int
    text: str

    def count(self, word: str) -> int:
        """How many tests `passed`, `failed`, `skipped`, as the summary says."""
        found = re.findall(rf"(\d+) {word}\b.* in ", self.text)
        return int(found[-1]) if found else 0


def bare(**more: str) -> dict[str, str]:
    """An environment without keys, home, cache or anything of the pytest that runs now."""
    kept = {name: os.environ[name] for name in _NAMES if name in os.environ}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(
    *arguments: str, cwd: Path = REPOSITORY, env: Mapping[str, str] | None = None, before: Sequence[str] = ()
) -> Done:
    """Run pytest; `before` are words that start it in a place of its own."""
    words = [*before, sys.executable, "-m", "pytest", "-q", *arguments]
    done = subprocess.run(
        words, cwd=cwd, env=dict(bare() if env is None else env), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=_RUN_S, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout + done.stderr)


def copied(to: Path) -> Path:
    """A copy of the examples that a test may change."""
    made = to / "examples"
    unwanted = shutil.ignore_patterns("__pycache__", ".pytest_cache", "unittest")
    shutil.copytree(REPOSITORY / EXAMPLES, made, ignore=unwanted)
    return made
