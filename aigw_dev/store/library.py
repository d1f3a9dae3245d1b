"""The SQLite library this Python stands on, for `doctor` and bug reports."""

import sqlite3
from typing import Final

FIXED: Final = (3, 51, 3)
"""The first version in which two processes that checkpoint one WAL at the same moment cannot corrupt it.

Only one process of ours ever checkpoints a file, so an older library is safe here; sqlite.org/wal.html, read 2026-11.
"""


def version() -> str:
    """As SQLite says it: `3.51.3`."""
    return sqlite3.sqlite_version


def is_fixed() -> bool:
    """Whether it is `FIXED` or later."""
    return sqlite3.sqlite_version_info >= FIXED
