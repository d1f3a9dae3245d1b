"""The scripted upstream and the load client: compiled C where there is a compiler and epoll, else plain Python.

Python ones are slower than what they measure, so that figures from them are rough; results say which were used.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

HERE: Final = Path(__file__).resolve().parent
UPSTREAM_KEY: Final = "sk-upstream"
"""The key the upstream insists on: a gateway that does not swap the caller's gets 401."""


class Programs(msgspec.Struct, frozen=True):
    """How to start both."""

    upstream: list[str]
    client: list[str]
    kind: str
    """`C` or `Python`."""


class Load(msgspec.Struct, frozen=True):
    """What one run of the client saw. Times in microseconds."""

    requests: int
    errors: int
    worst_status: int
    """A status other than 200 that came, 0 for none."""
    seconds: float
    bytes: int
    events: int
    """Server-sent events in all replies."""
    mean_us: float
    p50_us: float
    p95_us: float
    p99_us: float
    max_us: float
    first_p50_us: float
    """To the first byte of the body, median."""


def prepare(folder: Path) -> Programs:
    """Both programs, compiled into `folder` where that is possible."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        plain = [sys.executable, str(HERE / "plain.py")]
        return Programs([*plain, "upstream"], [*plain, "client"], "Python")
    for name in ("upstream", "client"):
        source, program = HERE / f"{name}.c", folder / name
        subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True, timeout=60)
    return Programs([str(folder / "upstream")], [str(folder / "client")], "C")


def load(
    programs: Programs,
    folder: Path,
    *,
    port: int,
    bearer: str,
    body: bytes,
    connections: int,
    requests: int = 0,
    seconds: float = 0.0,
    cpu: int | None = None,
    path: str = "/v1/chat/completions",
) -> Load:
    """Send `requests` requests, or as many as go into `seconds`, over `connections` connections."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"accept: application/json\r\nuser-agent: aigw-dev-benchmarks\r\nauthorization: Bearer {bearer}\r\n"
    )
    (folder / "head").write_bytes(head.encode())
    (folder / "body").write_bytes(body)
    command = [*programs.client, str(port), str(connections), str(requests), str(seconds)]
    command += [str(folder / "head"), str(folder / "body")]
    longest_s = 60 + seconds + requests / 20
    ran = subprocess.run(
        pinned(command, cpu), capture_output=True, check=True, timeout=longest_s, stdin=subprocess.DEVNULL
    )
    return msgspec.json.decode(ran.stdout, type=Load)


def pinned(command: list[str], cpu: int | None) -> list[str]:
    """The command bound to one CPU, where `taskset` can do that."""
    taskset = shutil.which("taskset")
    if cpu is None or taskset is None or cpu >= (os.cpu_count() or 1):
        return command
    return [taskset, "-c", str(cpu), *command]
