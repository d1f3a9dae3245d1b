"""Keyrings for tests: one in memory, and a Secret Service that nobody else uses."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.keyring import Keyring
from aigw_dev.secrets.secret import Secret

BASH: Final = shutil.which("bash") or "bash"
SCRIPT: Final = Path(__file__).parent.parent / "with-secret-service.sh"


def nothing_fails(operation: str, name: str) -> None:
    """The usual `MemoryKeyring.fail_before`."""


class MemoryKeyring(Keyring):
    """A keyring in a dictionary that can be locked and counts its calls."""

    def __init__(self) -> None:
        super().__init__(command=("never-started",))
        self.items: dict[str, str] = {}
        self.calls: list[str] = []
        self.trouble: SecretError | None = None
        self.fail_before: Callable[[str, str], None] = nothing_fails

    def probe(self, *, is_person_asked: bool = False, timeout_s: float | None = None) -> str:
        self._enter("probe", "")
        return "memory"

    def read(
        self, names: Iterable[str], *, is_person_asked: bool = False, timeout_s: float | None = None
    ) -> dict[str, Secret]:
        wanted = list(names)
        if not wanted:
            return {}
        self._enter("read", ",".join(wanted))
        return {name: Secret(name, self.items[name], "keyring") for name in wanted if name in self.items}

    def write(
        self, name: str, value: str, *, is_person_asked: bool = True, timeout_s: float | None = None
    ) -> None:
        self._enter("write", name)
        self.items[name] = value

    def delete(
        self, names: Iterable[str], *, is_person_asked: bool = True, timeout_s: float | None = None
    ) -> frozenset[str]:
        wanted = list(names)
        self._enter("delete", ",".join(wanted))
        return frozenset(name for name in wanted if self.items.pop(name, None) is not None)

    def lock(self) -> None:
        """Answer like a locked keyring from now on."""
        self.trouble = SecretError("the OS keyring is locked", code="keyring_locked", hint="unlock it")

    def _enter(self, operation: str, name: str) -> None:
        self.calls.append(f"{operation} {name}".strip())
        if self.trouble is not None:
            raise self.trouble
        self.fail_before(operation, name)


class Clock:
    """UTC seconds that only a test moves."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


class Service(msgspec.Struct, kw_only=True):
    """A Secret Service of one test."""

    env: dict[str, str]

    def keyring(self) -> Keyring:
        """The keyring that this service serves."""
        return Keyring(env=self.env)

    def python(self, program: str) -> str:
        """Run a few lines of Python inside the service's session; what they print."""
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return done.stdout.strip()

    def lock(self) -> None:
        """Lock the login keyring."""
        self.python(
            "import secretstorage as s\nb = s.dbus_init()\nc = s.get_default_collection(b)\nc.lock()\nassert c.is_locked()"
        )

    def daemon(self) -> int:
        """The process that owns the service's name."""
        return int(
            self.python(
                "from jeepney import DBusAddress, new_method_call\n"
                "from jeepney.io.blocking import open_dbus_connection\n"
                "bus = DBusAddress('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'org.freedesktop.DBus')\n"
                "call = new_method_call(bus, 'GetConnectionUnixProcessID', 's', ('org.freedesktop.secrets',))\n"
                "print(open_dbus_connection().send_and_get_reply(call).body[0])"
            )
        )


@contextlib.contextmanager
def own_secret_service() -> Generator[Service]:
    """Start a Secret Service that nobody else uses, and end it."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"AIGW_DEV_TEST_KEYRING", "DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND"}
    }
    show = "import json, os, sys; print(json.dumps(dict(os.environ)), flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [BASH, str(SCRIPT), sys.executable, "-c", show],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=inherited,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            pytest.fail(f"no Secret Service could be started (exit {process.wait(10)})")
        yield Service(env=json.loads(line))
        process.stdin.close()
