"""A text in the person's own editor: a private file, the app out of the way meanwhile, the text that came back."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App


def edit_text(app: "App[Any]", command: Sequence[str], content: str, *, suffix: str) -> str | None:
    """`content` after the editor `command` closed it; None where it failed or nothing was changed.

    Call it on the loop: the terminal belongs to the editor until it ends. The file is only ours to read (0600) and is
    gone afterwards. Raises `OSError` where the editor cannot be started.
    """
    descriptor, name = tempfile.mkstemp(suffix=suffix, prefix="aigw-dev-")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        # A headless app (a test) has no terminal to give away.
        with contextlib.nullcontext() if app.is_headless else app.suspend():
            done = subprocess.run([*command, name], check=False)
        changed = path.read_text("utf-8", errors="replace")
    finally:
        path.unlink(missing_ok=True)
    return changed if done.returncode == 0 and changed != content else None
