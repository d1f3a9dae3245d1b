"""Whose a file is: another OS user's config is not taken for one's own."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

Owners = Callable[[Path], frozenset[int]]
"""Gives the numbers of the users that own a file and, where it is a link, the link."""

UNKNOWN: Final = -1
"""The owner of a file that cannot be looked at."""


def owners(path: Path) -> frozenset[int]:
    """The owners of a file and of the link to it; empty where the system has no owner numbers (Windows)."""
    if not hasattr(os, "getuid"):
        return frozenset()
    try:
        return frozenset({path.stat().st_uid, path.lstat().st_uid})
    except OSError:
        return frozenset({UNKNOWN})


def own_number() -> int:
    """The number of the user who runs this; 0 where the system has none."""
    return os.getuid() if hasattr(os, "getuid") else 0
