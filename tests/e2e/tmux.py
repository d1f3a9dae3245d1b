"""A real terminal: tmux on a socket of its own. The screen is polled, never waited for by the clock."""

import os
import re
import shlex
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
_KEYS = {"up": "Up", "down": "Down", "left": "Left", "right": "Right", "enter": "Enter", "esc": "Escape", "tab": "Tab",
         "shift+tab": "BTab", "space": "Space", "backspace": "BSpace", "pageup": "PPage", "pagedown": "NPage", "f4": "F4"}  # fmt: skip
_LOCALE: Final = {"LC_ALL": "C.UTF-8"}
"""tmux draws and tells everything else than ASCII as `_` without one."""


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
        record: Path | None = None,
    ) -> None:
        """`record` gets every byte that the program writes to the terminal, from the first on."""
        self._until = until
        self._socket = f"aigw-{uuid.uuid4().hex[:8]}"
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
        run = f"env -u NO_COLOR {variables} {shlex.join(command)}"
        line = f"tmux wait-for begin; cd {shlex.quote(str(cwd))} && {run}; echo EXIT=$?; exec cat"
        self._call(
            "-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", str(size[0]), "-y", str(size[1]), line
        )
        self._call("set", "-g", "remain-on-exit", "on")
        self._call("set", "-s", "escape-time", "10")
        if record is not None:
            self._call("pipe-pane", "-t", "s", f"cat > {shlex.quote(str(record))}")
        self._call("wait-for", "-S", "begin")

    # what it shows

    def screen(self, *, styled: bool = False) -> str:
        """What the terminal shows."""
        return self._call("capture-pane", "-p", *(["-e"] if styled else []), "-t", "s")

    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, which stands in the field that is typed into."""
        column, _, row = self._call("display", "-p", "-t", "s", "#{cursor_x},#{cursor_y}").partition(",")
        return int(column), int(row)

    def place_of(self, pattern: str) -> tuple[int, int]:
        """Column and row of the pattern's first character on the screen."""
        for row, line in enumerate(self.screen().splitlines()):
            found = re.search(pattern, line)
            if found is not None:
                return found.start(), row
        raise AssertionError(f"not on the screen: {pattern}\n{self.screen()}")

    def sees(self, *patterns: str, timeout: float = 20.0) -> str:
        """Wait until every pattern is on the screen; the screen."""
        shown = ""

        def holds() -> bool:
            nonlocal shown
            shown = self.screen()
            return all(re.search(pattern, shown, re.MULTILINE) for pattern in patterns)

        try:
            self._until(holds, timeout_s=timeout)
        except pytest.fail.Exception as error:
            missing = [pattern for pattern in patterns if not re.search(pattern, shown, re.MULTILINE)]
            raise AssertionError(f"never on the screen: {missing}\n{shown}") from error
        return shown

    def gone(self, pattern: str, timeout: float = 20.0) -> None:
        """Wait until the pattern is not on the screen any more."""
        try:
            self._until(lambda: re.search(pattern, self.screen()) is None, timeout_s=timeout)
        except pytest.fail.Exception as error:
            raise AssertionError(f"still on the screen: {pattern}\n{self.screen()}") from error

    def buffer(self) -> str:
        """The newest paste buffer of tmux; empty where there is none."""
        done = self._run("show-buffer")
        return done.stdout if done.returncode == 0 else ""

    def program(self) -> int:
        """The process id of the program in the window."""
        shell = self._call("display", "-p", "-t", "s", "#{pane_pid}").strip()
        done = subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True)  # noqa: S607  -- where it lies differs
        return int(done.stdout.split()[0])

    # what is done to it

    def key(self, *names: str) -> None:
        """Keys by name, or characters."""
        for name in names:
            if name in _KEYS:
                self._call("send-keys", "-t", "s", _KEYS[name])
            elif name.startswith("^") and len(name) > 1:
                self._call("send-keys", "-t", "s", f"C-{name[1:]}")
            else:
                self._call("send-keys", "-t", "s", "-l", "--", name)

    def type(self, text: str) -> None:
        """Text, as a person's paste."""
        self._call("send-keys", "-t", "s", "-l", "--", text)

    def click(self, column: int, row: int) -> None:
        """The left button, as terminals send it (SGR), at a place counted from 0."""
        place = f"{column + 1};{row + 1}"
        self.type(f"\x1b[<0;{place}M\x1b[<0;{place}m")

    def resize(self, width: int, height: int) -> None:
        """Another size of the window."""
        self._call("resize-window", "-t", "s", "-x", str(width), "-y", str(height))

    def exit_code(self, timeout: float = 30.0) -> int:
        """Wait until the program has ended; its exit code."""
        self.sees(r"^EXIT=\d+", timeout=timeout)
        found = re.search(r"^EXIT=(\d+)", self.screen(), re.MULTILINE)
        assert found is not None
        return int(found[1])

    def close(self) -> None:
        """End the program and the terminal."""
        self._run("kill-server")

    def _call(self, *words: str) -> str:
        done = self._run(*words)
        assert done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["tmux", "-L", self._socket, *words],  # noqa: S607  -- where it lies differs
            capture_output=True, text=True, check=False, timeout=20, env={**os.environ, **_LOCALE},
        )  # fmt: skip
