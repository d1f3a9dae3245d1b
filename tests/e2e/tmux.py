"""A real terminal: tmux on a socket of its own. The screen is polled, never waited for by the clock."""

import re
import shlex
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
_KEYS = {"up": "Up", "down": "Down", "left": "Left", "right": "Right", "enter": "Enter", "esc": "Escape", "tab": "Tab",
         "space": "Space", "backspace": "BSpace", "pageup": "PPage", "pagedown": "NPage"}  # fmt: skip


class Tmux:
    """One program in one window. `close` ends both."""

    def __init__(
        self,
        command: list[str],
        *,
        size: tuple[int, int],
        env: Mapping[str, str],
        cwd: Path,
        until: Callable[..., None],
    ) -> None:
        self._until = until
        self._socket = f"aigw-{uuid.uuid4().hex[:8]}"
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
        line = f"cd {shlex.quote(str(cwd))} && env -u NO_COLOR {variables} {shlex.join(command)}; echo EXIT=$?; cat"
        self._call("-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", str(size[0]), "-y", str(size[1]), line)
        self._call("set", "-g", "remain-on-exit", "on")
        self._call("set", "-s", "escape-time", "10")

    def screen(self, *, styled: bool = False) -> str:
        """What the terminal shows."""
        return self._call("capture-pane", "-p", *(["-e"] if styled else []), "-t", "s")

    def key(self, *names: str) -> None:
        """Keys by name, or characters."""
        for name in names:
            if name in _KEYS:
                self._call("send-keys", "-t", "s", _KEYS[name])
            elif name.startswith("^"):
                self._call("send-keys", "-t", "s", f"C-{name[1:]}")
            else:
                self._call("send-keys", "-t", "s", "-l", name)

    def type(self, text: str) -> None:
        """Text, as a person's paste."""
        self._call("send-keys", "-t", "s", "-l", text)

    def sees(self, *patterns: str, timeout: float = 20.0) -> str:
        """Wait until every pattern is on the screen; the screen."""
        shown = ""

        def holds() -> bool:
            nonlocal shown
            shown = self.screen()
            return all(re.search(pattern, shown) for pattern in patterns)

        try:
            self._until(holds, timeout_s=timeout)
        except pytest.fail.Exception as error:
            missing = [pattern for pattern in patterns if not re.search(pattern, shown)]
            raise AssertionError(f"never on the screen: {missing}\n{shown}") from error
        return shown

    def gone(self, pattern: str, timeout: float = 20.0) -> None:
        """Wait until the pattern is not on the screen any more."""
        self._until(lambda: re.search(pattern, self.screen()) is None, timeout_s=timeout, what=f"{pattern} gone")

    def resize(self, width: int, height: int) -> None:
        self._call("resize-window", "-t", "s", "-x", str(width), "-y", str(height))

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False)

    def _call(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *words], capture_output=True, text=True, check=True, timeout=20
        )
        return done.stdout
