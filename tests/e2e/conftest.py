"""The installed `aigw-dev` as a process, in front of a scripted upstream on a real socket: what a user runs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Final, Self

import httpx
import pytest

from tests.scripted import ScriptedUpstream

START_S: Final = 20.0
KEY: Final = "sk-test-0123456789abcdefghij"
"""The key of the provider `up` in the configs here."""


class GatewayProcess:
    """One `aigw-dev up`. A context manager; `url` is its base address without `/v1`."""

    def __init__(
        self, folder: Path, config: str, *, env: dict[str, str] | None = None, home: Path | None = None
    ) -> None:
        """`config` is the text of aigw-dev.yaml; `folder` holds it and, unless given, the state."""
        self.folder = folder
        self.path = folder / "aigw-dev.yaml"
        if config:
            self.path.write_text(config, "utf-8")
        self.home = home or folder / "state"
        self.env = {**os.environ, "AIGW_DEV_HOME": str(self.home), "UP_KEY": KEY, **(env or {})}
        self.env.pop("CI", None)  # what is refused there is asked for by name
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.told = folder / "up.err"

    def start(self, *arguments: str) -> Self:
        """Start it and wait for its ready line."""
        command = [*AIGW, "up", "--port", "0", *arguments]
        if self.path.exists():
            command += ["--config", str(self.path)]
        with self.told.open("a", encoding="utf-8") as told:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=told, stdin=subprocess.DEVNULL, env=self.env, text=True,
                cwd=self.folder,
            )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line.startswith("ready "), f"{line!r}\n{self.told.read_text('utf-8')}"
        self.url = line.removeprefix("ready ")
        return self

    def stop(self, *, number: int = signal.SIGTERM) -> int:
        """Stop it; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(START_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # what tests ask of it

    @property
    def token(self) -> str:
        """The gateway's token."""
        return (self.home / "token").read_text("utf-8").strip()

    @property
    def admin_token(self) -> str:
        """The admin token."""
        return (self.home / "admin.token").read_text("utf-8").strip()

    def chat(self, model: str, text: str = "hi", **more: Any) -> httpx.Response:
        """A chat by plain HTTP with the gateway's token; `headers` are added."""
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return httpx.post(f"{self.url}/v1/chat/completions", json=body, headers=headers, timeout=30)

    def admin(self, path: str, method: str = "GET", **more: Any) -> Any:
        """An admin call's answer."""
        reply = httpx.request(
            method,
            f"{self.url}/admin/v1{path}",
            headers={"authorization": f"Bearer {self.admin_token}", **more.pop("headers", {})},
            timeout=30,
            **more,
        )
        assert reply.status_code < 400, reply.text
        return reply.json()

    def run(
        self, *words: str, input_text: str | None = None, expect: int | None = 0, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """A command of `aigw-dev` for this gateway's config."""
        done = subprocess.run(
            [*AIGW, *words], env={**self.env, "AIGW_DEV_CONFIG": str(self.path), **env}, input=input_text,
            capture_output=True, text=True, check=False, timeout=60, cwd=self.folder,
        )  # fmt: skip
        if expect is not None:
            assert done.returncode == expect, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def last(self, *, ended: int | None = None) -> dict[str, Any]:
        """The newest exchange, once `ended` of them are in the log."""
        return self.exchange("last", ended=ended)

    def exchange(self, name: str, *, ended: int | None = None) -> dict[str, Any]:
        """One exchange by name, waited for."""
        deadline = time.monotonic() + 5
        while True:
            entries = self.admin("/exchanges?limit=1")["entries"]
            is_logged = ended is None or bool(entries and entries[0]["seq"] >= ended)
            reply = httpx.get(
                f"{self.url}/admin/v1/exchanges/{name}",
                headers={"authorization": f"Bearer {self.admin_token}"},
                timeout=30,
            )
            if is_logged and reply.status_code == 200 and reply.json().get("state") == "ended":
                return reply.json()
            assert time.monotonic() < deadline, reply.text
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/healthz", timeout=5)


AIGW: Final = (sys.executable, "-m", "aigw_dev")


def config_for(upstream: ScriptedUpstream, *, more: str = "") -> str:
    """A config with the provider `up`, which is the scripted upstream, with a key from the environment."""
    return f"""version: 1
gateway: {{name: e2e}}
providers:
  up: {{kind: openai, base_url: "{upstream.url}/v1", keys: ["env:UP_KEY"]}}
{more}"""


@pytest.fixture
def upstream() -> Generator[ScriptedUpstream]:
    """A scripted upstream."""
    with ScriptedUpstream() as made:
        yield made


Start = Callable[..., GatewayProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts gateways that are stopped after the test: `start(config, *arguments)`."""
    running: list[GatewayProcess] = []

    def begin(
        config: str, *arguments: str, env: dict[str, str] | None = None, home: Path | None = None
    ) -> GatewayProcess:
        folder = tmp_path / f"gateway{len(running)}"
        folder.mkdir()
        gateway = GatewayProcess(folder, config, env=env, home=home)
        running.append(gateway)
        return gateway.start(*arguments)

    yield begin
    for gateway in running:
        if gateway.process is not None and gateway.process.poll() is None:
            gateway.stop()


def events_of(reply: httpx.Response) -> list[Any]:
    """The JSON of every `data:` line of a reply."""
    return [
        json.loads(line.removeprefix("data:"))
        for line in reply.text.split("\n")
        if line.startswith("data:") and "[DONE]" not in line
    ]
