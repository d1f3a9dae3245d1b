"""A machine for one test: a project folder, a state directory, and the installed `aigw-dev` run in it as a process."""

import contextlib
import json
import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final, NamedTuple

from aigw_dev.cli.context import Context
from aigw_dev.cli.place import Place
from tests.scripted import Request, Script, ScriptedUpstream, json_reply

GOOD: Final = "sk-good-Ab1Cd2Ef3Gh4Ij5Kl6Mn7"
NEW: Final = "sk-newer-Zz9Yy8Xx7Ww6Vv5Uu4T"
BAD: Final = "sk-wrong-Qq1Rr2Ss3Tt4Uu5Vv6W"
"""Keys that the scripted vendor takes, takes, and refuses."""
_TIMEOUT_S: Final = 60.0


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON document."""
        return json.loads(self.out)


class Machine:
    """One home, one project."""

    def __init__(self, folder: Path, config: str = "", **env: str) -> None:
        self.project = folder / "project"
        (self.project / ".git").mkdir(parents=True)
        self.home = folder / "state"
        self.config = self.project / "aigw-dev.yaml"
        if config:
            self.config.write_text(config, "utf-8")
        own = {
            "AIGW_DEV_HOME": str(self.home),
            "HOME": str(folder / "user"),
            "XDG_CONFIG_HOME": str(folder / "user/config"),
        }
        self.env = {**os.environ, **own, **env}
        self.own_config = folder / "user/config/aigw-dev/aigw-dev.yaml"

    def run(self, *words: str, given: str | None = None, **env: str) -> Done:
        """Run a command to its end; `given` is its standard input, else there is none."""
        done = subprocess.run(
            command(*words),
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.project,
            env=self.env | env,
            timeout=_TIMEOUT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def type(self, *words: str, typed: list[tuple[str, str]]) -> Done:
        """Run a command in a terminal: wait for each text, then type its answer and enter."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            command(*words),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            cwd=self.project,
            env=self.env,
            text=True,
            start_new_session=True,
        )
        os.close(theirs)
        seen = ""
        for wanted, answer in typed:
            seen += _read_until(ours, wanted)
            os.write(ours, f"{answer}\n".encode())
        out, _ = process.communicate(timeout=_TIMEOUT_S)
        seen += _read_until(ours, "")
        os.close(ours)
        return Done(process.returncode, out, seen)

    @contextlib.contextmanager
    def gateway(self, *words: str) -> Generator[str]:
        """A running gateway of this project; its base address."""
        up = self.run("up", "--detach", "--port", "0", *words)
        assert up.code == 0, up.err
        try:
            yield up.out.strip().removeprefix("ready ")
        finally:
            self.run("down", "--all")

    def place(self, *, config: Path | None = None, env: dict[str, str] | None = None) -> Place:
        """Where a command would find itself, for tests of its parts."""
        context = Context(config_option=config or self.config, home_option=self.home, environ=env or {})
        return Place(context)


def command(*words: str) -> list[str]:
    """The installed program, as a user starts it."""
    installed = Path(sys.executable).with_name("aigw-dev")
    return [str(installed) if installed.exists() else shutil.which("aigw-dev") or "aigw-dev", *words]


@contextlib.contextmanager
def vendor() -> Generator[ScriptedUpstream]:
    """A provider that lists two models to who shows a good key."""

    def answer(request: Request) -> Script:
        shown = request.header(b"authorization").decode().removeprefix("Bearer ")
        if shown in {GOOD, NEW}:
            return [json_reply({"object": "list", "data": [{"id": "m-1"}, {"id": "m-2"}]})]
        return [json_reply({"error": {"message": f"Incorrect API key provided: {shown}"}}, status=401)]

    with ScriptedUpstream(answer) as upstream:
        yield upstream


def config_for(upstream: ScriptedUpstream, *, keys: str = "[local-key]") -> str:
    """A config with that provider under the name `local`."""
    line = f"  local: {{kind: openai-compatible, base_url: '{upstream.url}/v1', keys: {keys}}}"
    return f"version: 1\nproviders:\n{line}\n"


def _read_until(descriptor: int, wanted: str) -> str:
    """What the terminal shows until `wanted` is on it; everything to its end where that is empty."""
    seen = ""
    while not wanted or wanted not in seen:
        ready, _, _ = select.select([descriptor], [], [], _TIMEOUT_S)
        assert ready, f"waited for {wanted!r}, saw {seen!r}"
        try:
            read = os.read(descriptor, 4096)
        except OSError:  # the other end is closed
            read = b""
        if not read:
            assert not wanted, f"waited for {wanted!r}, saw {seen!r}"
            break
        seen += read.decode("utf-8", "replace")
    return seen
