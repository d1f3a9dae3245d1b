"""What a process that holds keys does for itself at start."""

import contextlib
import importlib


def forbid_core_dumps() -> None:
    """No core file of this process or its children: one would hold every key. Best effort; nothing on Windows."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
