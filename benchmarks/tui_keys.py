"""A key press to its paint in the flow editor: `python benchmarks/tui_keys.py [PRESSES]`.

A pty, a running gateway with a route of 15 nodes, arrow keys over the picture. Printed for 120x36 and 160x45: milliseconds
from the key to the first and the last byte of the answer (median, worst), bytes a key, CPU milliseconds a key.
Goals: 15 ms (CPU, the time a key takes of this process) and 12 KB.
"""

import fcntl
import json
import os
import pty
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

PRESSES = int(sys.argv[1]) if len(sys.argv) > 1 else 40
AIGW = [sys.executable, "-m", "aigw_dev"]
LEAF = "{send: mock/echo, fallback: [mock/think]}"
CONFIG = f"""version: 1
routes:
  bench:
    metadata: optional
    flow:
      if: metadata.tier == "gold"
      then:
        if: metadata.task == "code"
        then: {{if: 'metadata.repo contains "mono"', then: {LEAF}, else: {LEAF}}}
        else: {{if: 'metadata.lang != "en"', then: {LEAF}, else: {LEAF}}}
      else:
        if: metadata.env == "prod"
        then: {{if: metadata.tokens > 32000, then: {LEAF}, else: {{if: metadata.pii exists, then: {LEAF}, else: {LEAF}}}}}
        else: {LEAF}
"""
ARROWS = [b"\x1b[C", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\x1b[B", b"\x1b[A", b"\x1b[D", b"\x1b[A"]


class Terminal:
    """One program in a pty."""

    def __init__(self, command: list[str], env: dict[str, str], size: tuple[int, int]) -> None:
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, env)  # noqa: S606  -- the program that is measured
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def read(self, quiet_s: float, most_s: float = 10.0) -> tuple[float, float, bytes]:
        """Seconds to the first and last byte, and the bytes, until it is quiet."""
        began = time.perf_counter()
        first = last = 0.0
        seen = b""
        while time.perf_counter() - began < most_s:
            ready, _, _ = select.select([self.master], [], [], 0.002)
            now = time.perf_counter() - began
            if ready:
                seen += os.read(self.master, 65536)
                first, last = first or now, now
            elif seen and now - last > quiet_s:
                break
        return first, last, seen

    def cpu_s(self) -> float:
        words = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def measure(env: dict[str, str], cwd: Path, size: tuple[int, int]) -> dict[str, float]:
    terminal = Terminal([*AIGW, "tui", "--config", str(cwd / "aigw-dev.yaml")], env, size)
    try:
        terminal.read(1.0)
        os.write(terminal.master, b"2")
        terminal.read(1.0)
        for _ in range(8):  # into the picture, wherever the focus begins
            answers = []
            for key in (b"\x1b[C", b"\x1b[D"):
                os.write(terminal.master, key)
                answers.append(terminal.read(0.2, 0.5)[2])
            if all(b"metadata" in answer or len(answer) > 1500 for answer in answers):
                break
            os.write(terminal.master, b"\t")
            terminal.read(0.3, 1.0)
        firsts: list[float] = []
        lasts: list[float] = []
        sizes: list[int] = []
        idle_began, idle_cpu = time.perf_counter(), terminal.cpu_s()
        terminal.read(9.0, 3.0)
        idle = (terminal.cpu_s() - idle_cpu) / (time.perf_counter() - idle_began)
        began, before = time.perf_counter(), terminal.cpu_s()
        for at in range(PRESSES):
            os.write(terminal.master, ARROWS[at % len(ARROWS)])
            first, last, seen = terminal.read(0.08, 0.5)
            if seen:
                firsts.append(first * 1e3)
                lasts.append(last * 1e3)
                sizes.append(len(seen))
        took, cpu = time.perf_counter() - began, terminal.cpu_s() - before
        return {
            "presses_answered": len(firsts),
            "first_byte_ms": round(statistics.median(firsts), 1),
            "last_byte_ms": round(statistics.median(lasts), 1),
            "worst_ms": round(max(lasts), 1),
            "bytes": round(statistics.median(sizes)),
            "most_bytes": max(sizes),
            "cpu_ms": round((cpu - idle * took) / PRESSES * 1e3, 1),
            "idle_cpu_percent": round(idle * 100, 1),
        }
    finally:
        terminal.close()


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="aigw-bench-"))
    (folder / "aigw-dev.yaml").write_text(CONFIG)
    env = {
        **os.environ,
        "AIGW_DEV_HOME": str(folder / "home"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    env.pop("NO_COLOR", None)
    config = ["--config", str(folder / "aigw-dev.yaml")]
    try:
        subprocess.run(
            [*AIGW, "up", "--detach", "--port", "0", *config], env=env, capture_output=True, check=True
        )
        print(
            json.dumps(
                {f"{w}x{h}": measure(env, folder, (w, h)) for w, h in ((80, 24), (120, 36), (160, 45))},
                indent=1,
            )
        )
    finally:
        subprocess.run([*AIGW, "down", *config], env=env, capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
