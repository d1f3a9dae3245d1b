"""Processes that a benchmark starts, what they cost, and their end. Only what was started here is ever ended."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from programs import pinned

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_END_S: Final = 10.0


class Started:
    """A process in a group of its own; use as a context manager."""

    def __init__(
        self,
        command: list[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cpu: int | None = None,
    ) -> None:
        """`log` takes what it prints; `cpu` binds it to one processor."""
        self.log = log
        self.began_s = time.monotonic()
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                pinned(command, cpu),
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the group: politely, then for good."""
        for how in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            if self.process.poll() is None:
                os.killpg(self.process.pid, how)
                try:
                    self.process.wait(_END_S)
                except subprocess.TimeoutExpired:
                    continue
            return

    def cpu_us(self) -> float:
        """Microseconds of processor time of the process and its descendants, those already gone included."""
        total = 0
        for pid in self.tree():
            try:
                total += sum(map(int, _stat(pid)[11:15]))
            except OSError:
                continue
        return total * 1e6 / _TICKS_PER_S

    def side_threads_us(self) -> float:
        """The same of all threads but the main one."""
        total = 0
        for pid in self.tree():
            for task in Path(f"/proc/{pid}/task").iterdir():
                if task.name != str(pid):
                    total += sum(map(int, _fields(task / "stat")[11:13]))
        return total * 1e6 / _TICKS_PER_S

    def rss_mb(self) -> float:
        """Resident memory of the process and its descendants, in MB of 2^20 bytes."""
        total_kb = 0
        for pid in self.tree():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            total_kb += next((int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line), 0)
        return round(total_kb / 1024, 1)

    def tree(self) -> list[int]:
        """The process and its descendants."""
        children: dict[int, list[int]] = {}
        for place in Path("/proc").iterdir():
            if place.name.isdigit():
                try:
                    children.setdefault(int(_fields(place / "stat")[1]), []).append(int(place.name))
                except (OSError, IndexError):
                    continue
        found: list[int] = []
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children.get(pid, [])
        return found


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for_port(port: int, started: Started, *, longest_s: float = 30.0) -> None:
    """Return when somebody listens; a RuntimeError with its last words where the process ends first."""
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if started.process.poll() is not None:
                break
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"nothing answers on port {port}: {started.log.read_text()[-500:]}")


def _stat(pid: int) -> list[str]:
    return _fields(Path(f"/proc/{pid}/stat"))


def _fields(stat: Path) -> list[str]:
    """The fields behind the name, which may hold spaces."""
    return stat.read_text().rsplit(")", 1)[1].split()
