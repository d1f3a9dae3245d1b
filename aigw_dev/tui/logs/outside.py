"""A text in another program: the screen is left for as long as `$PAGER` or `$EDITOR` runs."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from aigw_dev.tui.shell import Shell


def open_text(app: "App[Any]", shell: Shell, which: str, content: str, *, suffix: str) -> None:
    """`content` in the person's `pager` or `editor`; a toast says what is wrong."""
    command = shell.opening.pager if which == "pager" else shell.opening.editor
    if not command:
        shell.toast(f"No {which}", f"${which.upper()} names none", "warning")
        return
    wrong = show(app, command, content, suffix=suffix)
    if wrong:
        shell.toast(f"The {which} failed", wrong, "error")


def show(app: "App[Any]", command: Sequence[str], content: str, *, suffix: str) -> str:
    """Run `command FILE` over a private copy of `content`; what went wrong in words, or empty.

    Blocks the app, which has handed the terminal over. The copy is deleted afterwards.
    """
    handle, name = tempfile.mkstemp(prefix="aigw-dev-", suffix=suffix)
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(content)
        with app.suspend() if not app.is_headless else contextlib.nullcontext():
            done = subprocess.run([*command, str(path)], check=False)
    except SuspendNotSupported:
        return "this terminal cannot be handed over"
    except OSError as error:
        return f"{command[0]} cannot be started: {error.strerror}"
    finally:
        path.unlink(missing_ok=True)
    return "" if done.returncode == 0 else f"{command[0]} ended with {done.returncode}"
