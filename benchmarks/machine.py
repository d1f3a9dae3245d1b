"""What the figures were taken on: machine, Python, versions; and how fast the machine is at this moment."""

import datetime as dt
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sysconfig
import time
from pathlib import Path
from typing import Final

import msgspec
from packaging.requirements import Requirement

_NAMED: Final = ("litestar", "uvicorn", "uvloop", "httptools", "httpx", "msgspec", "sqlite-utils", "typer")


class Machine(msgspec.Struct, frozen=True):
    """Who measured what on what."""

    at: str
    """UTC."""
    system: str
    cpus: int
    cpu: str
    memory_gb: float
    python: str
    is_optimised: bool
    """Python was built with profile guided optimisation, which makes it 10 to 15 % quicker."""
    versions: dict[str, str]
    load_1m: float
    """How busy the machine was before."""


def describe() -> Machine:
    """This machine, now."""
    versions = {"aigw-dev": importlib.metadata.version("aigw-dev")}
    for name in _NAMED:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    for name, command in (("nginx", ["nginx", "-v"]), ("wrk", ["wrk", "-v"])):
        if shutil.which(name):
            ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
            found = re.search(r"\d+\.\d+[.\d]*", ran.stderr + ran.stdout)
            versions[name] = found[0] if found else "unknown"
    return Machine(
        at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        system=f"{platform.system()} {platform.machine()}",
        cpus=os.cpu_count() or 0,
        cpu=_from_proc("/proc/cpuinfo", r"model name\s*:\s*(.+)"),
        memory_gb=round(int(_from_proc("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0) / 1024**2, 1),
        python=platform.python_version(),
        is_optimised="-fprofile-use" in str(sysconfig.get_config_var("PY_CORE_CFLAGS"))
        or "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS")),
        versions=versions,
        load_1m=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
    )


def pace_ms() -> float:
    """Processor time of a fixed loop, in ms, the best of seven: compare runs only where this agrees."""

    def once() -> float:
        began = time.process_time()
        kept: dict[int, int] = {}
        for number in range(60_000):
            kept[number % 997] = str(number).find("9")
        return (time.process_time() - began) * 1000

    return round(min(once() for _ in range(7)), 2)


def runtime_packages() -> list[str]:
    """Every package that installing aigw-dev without extras brings on this machine, itself included."""
    found: set[str] = set()
    waiting = ["aigw-dev"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            wanted = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        for line in wanted:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(re.sub(r"[-_.]+", "-", requirement.name).lower())
    return sorted(found)


def _from_proc(path: str, pattern: str) -> str:
    try:
        found = re.search(pattern, Path(path).read_text())
    except OSError:
        return ""
    return found[1].strip() if found else ""
