"""Start to first paint of the screens: `python benchmarks/tui_start.py [RUNS]`.

A pty of 120x36, a gateway that runs already and a cold one. Printed: milliseconds from the start of the process to the
first bytes and to the painted top line, medians, beside `python -c pass` and a Textual app of one line in the same run.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 7
PYTHON = sys.executable
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("[5 Providers]")
Hello().run()
"""


def paint(command: list[str], env: dict[str, str], until: bytes) -> tuple[float, float]:
    """Milliseconds to the first byte and to `until`; the program is ended then."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, env)  # noqa: S606  -- the program that is measured
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    began, first, seen = time.perf_counter(), 0.0, b""
    try:
        while time.perf_counter() - began < 20:
            ready, _, _ = select.select([master], [], [], 0.2)
            if not ready:
                continue
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not first:
                first = (time.perf_counter() - began) * 1e3
            seen += data
            plain = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", seen)
            if until in plain:
                return first, (time.perf_counter() - began) * 1e3
        raise SystemExit(f"{command} never painted {until!r}: {seen[-300:]!r}")
    finally:
        os.write(master, b"q\x03\x03")
        time.sleep(0.1)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(master)


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="aigw-bench-"))
    env = {**os.environ, "AIGW_DEV_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    env.pop("NO_COLOR", None)
    aigw = [PYTHON, "-m", "aigw_dev"]
    passes: list[float] = []
    try:
        warm: dict[str, list[tuple[float, float]]] = {
            "hello textual": [],
            "tui, gateway runs": [],
            "tui, none runs": [],
        }
        for _ in range(RUNS):
            began = time.perf_counter()
            subprocess.run([PYTHON, "-c", "pass"], check=True)
            passes.append((time.perf_counter() - began) * 1e3)
            warm["hello textual"].append(paint([PYTHON, "-c", HELLO], env, b"[5 Providers]"))
            warm["tui, none runs"].append(paint([*aigw, "tui"], env, b"5 Providers"))
            subprocess.run([*aigw, "down"], env=env, capture_output=True, check=False)
            subprocess.run([*aigw, "up", "--detach", "--port", "0"], env=env, capture_output=True, check=True)
            warm["tui, gateway runs"].append(paint([*aigw, "tui"], env, b"5 Providers"))
            subprocess.run([*aigw, "down"], env=env, capture_output=True, check=True)
        table = {
            name: {
                "first_byte_ms": round(statistics.median(a for a, _ in rows)),
                "painted_ms": round(statistics.median(b for _, b in rows)),
            }
            for name, rows in warm.items()
        }
        table["python -c pass"] = {"painted_ms": round(statistics.median(passes))}
        print(json.dumps(table, indent=1))
    finally:
        subprocess.run([*aigw, "down"], env=env, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
