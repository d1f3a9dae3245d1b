"""Copying that works where terminals differ, and says by which way it went.

Order: the system's own tool, tmux's buffer (with its `-w`, which reaches the terminal also where tmux drops OSC 52), the
terminal's OSC 52 for what is short enough, else a file.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

MOST_OSC52: Final = 74_000
"""Bytes of base64 that terminals take."""
_TIMEOUT_S: Final = 3.0
_TOOLS: Final = (
    ("pbcopy", (), ""),
    ("clip.exe", (), ""),
    ("wl-copy", (), "WAYLAND_DISPLAY"),
    ("xclip", ("-selection", "clipboard"), "DISPLAY"),
    ("xsel", ("--clipboard", "--input"), "DISPLAY"),
)
"""Program, arguments, and the variable without which it cannot work."""


def copy(
    content: str, *, env: Mapping[str, str], send_osc52: Callable[[str], None], folder: Path | None
) -> tuple[bool, str]:
    """Whether it surely arrived, and the words for it. Blocks up to some seconds: call it in a thread.

    `send_osc52` is called with the text where the terminal is the last hope.
    """
    is_remote = bool(env.get("SSH_CONNECTION"))
    if not is_remote:
        for program, arguments, variable in _TOOLS:
            if (not variable or env.get(variable)) and _run(program, arguments, content):
                return True, f"by {program}"
    if env.get("TMUX") and _run("tmux", ("load-buffer", "-w", "-"), content):
        return True, "to tmux's buffer (prefix ] pastes)"
    if len(content.encode()) * 4 // 3 <= MOST_OSC52:
        send_osc52(content)
        return False, "sent to the terminal (OSC 52)"
    if folder is not None:
        path = folder / "clip.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(path, "w", encoding="utf-8", opener=_private) as file:
                file.write(content)
        except OSError as error:
            return False, f"too long for the terminal, and {path} cannot be written: {error.strerror}"
        return True, f"too long for the terminal: written to {path}"
    return False, "too long for the terminal"


def _run(program: str, arguments: tuple[str, ...], content: str) -> bool:
    path = shutil.which(program)
    if path is None:
        return False
    try:
        done = subprocess.run(
            [path, *arguments], input=content.encode(), capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
