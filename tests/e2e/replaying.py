"""Recording with a process of `aigw-dev up --record`, replaying with another that has no home, no key and no network."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final, Self

import httpx

from tests.e2e.conftest import AIGW, START_S, GatewayProcess

ADMIN: Final = "aigwdev-admin-test-0123456789abcdef0123456789abcdef"


class ReplayProcess:
    """One `aigw-dev replay DIR`. A context manager; `url` is its base address."""

    def __init__(self, fixtures: Path, *arguments: str, cwd: Path, env: dict[str, str] | None = None) -> None:
        """`cwd` is where a project's config is looked for."""
        self.fixtures = fixtures
        self.arguments = arguments
        self.cwd = cwd
        kept = {
            name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ
        }
        self.env = {**kept, "HOME": str(cwd / "no-home"), "AIGW_DEV_ADMIN_TOKEN": ADMIN, **(env or {})}
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.told = cwd / "replay.err"

    def __enter__(self) -> Self:
        with self.told.open("w", encoding="utf-8") as told:
            self.process = subprocess.Popen(
                [*AIGW, "replay", str(self.fixtures), "--port", "0", *self.arguments],
                stdout=subprocess.PIPE, stderr=told, stdin=subprocess.DEVNULL, env=self.env, text=True, cwd=self.cwd,
            )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line.startswith("ready "), f"{line!r}\n{self.told.read_text('utf-8')}"
        self.url = line.removeprefix("ready ")
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(START_S)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def said(self) -> str:
        """What it told people, once it has ended."""
        return self.told.read_text("utf-8")

    def admin(self, path: str, method: str = "GET", **more: Any) -> Any:
        """An admin call's answer."""
        headers = {"authorization": f"Bearer {ADMIN}"}
        reply = httpx.request(method, f"{self.url}/admin/v1{path}", headers=headers, timeout=30, **more)
        assert reply.status_code < 400, reply.text
        return reply.json()


@contextlib.contextmanager
def recording(folder: Path, config: str, fixtures: str = "fx") -> Generator[GatewayProcess]:
    """A gateway that records into `fixtures` below `folder`; by the end everything is written."""
    gateway = GatewayProcess(folder, config).start("--record", str(folder / fixtures))
    try:
        yield gateway
    finally:
        gateway.stop()
