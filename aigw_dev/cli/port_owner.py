"""Who has a port: a gateway of this home, else, on Linux, the process that /proc names."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aigw_dev.core import harmless
from aigw_dev.secrets.running import RunningInfo

_LISTENING: Final = "0A"
"""TCP_LISTEN in /proc/net/tcp (proc(5))."""


def owner_of(port: int, running: Sequence[RunningInfo], *, proc: Path = Path("/proc")) -> str:
    """The owner in words; empty where it cannot be told (another user's process, another OS)."""
    for one in running:
        if one.port == port:
            return harmless.line(
                f"the gateway {one.name} ({one.config_path or 'built-in default'}), process {one.pid}"
            )
    sockets = {f"socket:[{number}]" for number in _listening(port, proc)}
    if not sockets:
        return ""
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(link.readlink()) in sockets for link in (folder / "fd").iterdir()):
                name = (folder / "comm").read_text("utf-8", "replace").strip()
                return harmless.line(f"{name}, process {folder.name}")
    return ""


def _listening(port: int, proc: Path) -> list[str]:
    """The inodes of sockets that listen on `port`."""
    found: list[str] = []
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (proc / "net" / name).read_text("ascii", "replace").splitlines()[1:]:
                words = line.split()
                if len(words) > 9 and words[3] == _LISTENING and words[1].endswith(f":{port:04X}"):  # noqa: PLR2004  -- columns of proc(5)
                    found.append(words[9])
    return found


__all__ = ["owner_of"]
