"""Notices that a config changed on disk, for a shell that asks a few times a second."""

import os
from collections.abc import Iterable
from pathlib import Path

from aigw_dev.config_file.read import OVERLAY_NAME

Signature = tuple[int, int, int, int, int] | None
"""Modified, changed (both ns), size, device, inode; None = there is no file."""


class Watcher:
    """Remembers how files looked. Make it before reading them, so that no change falls in between.

    Not thread-safe; one `poll` costs one `stat` per file and opens nothing.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._seen: dict[Path, Signature] = {path: _signature(path) for path in paths}

    @classmethod
    def of_config(cls, path: Path) -> "Watcher":
        """Watches a config and the overlay beside it, which may not exist yet."""
        return cls([path, path.parent / OVERLAY_NAME])

    def poll(self) -> bool:
        """Whether a file was changed, replaced, made or deleted since the last call (or since the watcher was made)."""
        now = {path: _signature(path) for path in self._seen}
        has_changed = now != self._seen
        self._seen = now
        return has_changed


def _signature(path: Path) -> Signature:
    try:
        status = os.stat(path)  # noqa: PTH116  # called several times a second: without the detour over pathlib
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_dev, status.st_ino
