"""The OS keyring from the outside: every call is one child process with a deadline that really ends it.

All methods block, for at most their deadline and a second. From async code call them in a thread
(`await anyio.to_thread.run_sync(keyring.read, names)`): the thread ends when the child does, and `close` ends
both at once, so that a frozen keyring never holds the exit of the gateway. Never call them on the request path.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from aigw_dev.core.credentials import check_name
from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.secret import Secret

SERVICE: Final = "aigw-dev"
"""The keyring's service name; its user name is the key's name."""
QUIET_TIMEOUT_S: Final = 5.0
"""Deadline where nobody is asked."""
ASKED_TIMEOUT_S: Final = 60.0
"""Deadline where a person sits at the prompt that the keyring may raise."""
WINDOWS_MAX_CHARS: Final = 1280
"""Windows keeps 2,560 bytes of UTF-16 per credential (keyring issue 540)."""

_CHILD: Final = (sys.executable, "-P", "-W", "ignore", str(Path(__file__).with_name("keyring_child.py")))
_KILL_WAIT_S: Final = 1.0
_ALTERNATIVES: Final = (
    "without a keyring: `keys: [env:NAME]` in the config, or `aigw-dev keys add --encrypted-file`"
)
_SLOT_MARK: Final = "@"


class _Answer(msgspec.Struct, frozen=True):
    """What the child wrote."""

    ok: bool
    kind: Literal["", "locked", "unavailable", "refused", "lost"] = ""
    detail: str = ""
    backend: str = ""
    values: dict[str, str] = {}
    deleted: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<_Answer ok={self.ok} kind={self.kind}>"


class Keyring:
    """The OS keyring, service `aigw-dev`. Safe to use from several threads; every failure is one `SecretError`.

    Codes: `keyring_locked` (locked, dismissed, or no answer in time), `keyring_unavailable` (none, refused, broken),
    `key_invalid` (the name, or too long for Windows). `is_person_asked=True` lets the keyring raise its dialog and
    waits 60 s instead of 5 s.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] = _CHILD,
        env: Mapping[str, str] | None = None,
        lock_path: Path | None = None,
        platform: str = sys.platform,
    ) -> None:
        """`lock_path` guards the single item on macOS; `command`, `env` and `platform` are seams for tests."""
        self._command: Final = tuple(command)
        self._env: Final = env
        self._lock_path: Final = lock_path
        self._platform: Final = platform
        self._running: Final[set[subprocess.Popen[bytes]]] = set()
        self._guard: Final = threading.Lock()
        self._is_closed = False

    def probe(self, *, is_person_asked: bool = False, timeout_s: float | None = None) -> str:
        """The module of the backend in use, once it is known to answer and to be unlocked."""
        return self._call("probe", (), is_person_asked=is_person_asked, timeout_s=timeout_s).backend

    def read(
        self, names: Iterable[str], *, is_person_asked: bool = False, timeout_s: float | None = None
    ) -> dict[str, Secret]:
        """Those of the named keys that are there, all in one child; no child for no names."""
        wanted = tuple(dict.fromkeys(names))
        if not wanted:
            return {}
        found = self._call("get", wanted, is_person_asked=is_person_asked, timeout_s=timeout_s).values
        return {name: Secret(name, value, "keyring") for name, value in found.items()}

    def write(
        self, name: str, value: str, *, is_person_asked: bool = True, timeout_s: float | None = None
    ) -> None:
        """Store a key under `name`, read it back and compare; an older one of that name is replaced."""
        if self._platform == "win32" and len(value.encode("utf-16-le")) > 2 * WINDOWS_MAX_CHARS:
            raise SecretError(
                f"the key {name} is longer than the {WINDOWS_MAX_CHARS:,} characters that Windows' Credential Manager keeps",
                code="key_invalid",
                hint="keep it in the encrypted file: `aigw-dev keys add --encrypted-file`",
            )
        self._call("set", (name,), value=value, is_person_asked=is_person_asked, timeout_s=timeout_s)

    def delete(
        self, names: Iterable[str], *, is_person_asked: bool = True, timeout_s: float | None = None
    ) -> frozenset[str]:
        """Delete the named keys; those that were there."""
        wanted = tuple(dict.fromkeys(names))
        if not wanted:
            return frozenset()
        return frozenset(
            self._call("delete", wanted, is_person_asked=is_person_asked, timeout_s=timeout_s).deleted
        )

    def close(self) -> None:
        """End every call that is under way (each raises) and refuse new ones."""
        with self._guard:
            self._is_closed = True
            running = tuple(self._running)
        for child in running:
            _end(child)

    def _call(
        self,
        operation: str,
        names: tuple[str, ...],
        *,
        value: str | None = None,
        is_person_asked: bool,
        timeout_s: float | None,
    ) -> _Answer:
        for name in names:
            if problem := _check_item_name(name):
                raise SecretError(problem, code="key_invalid", hint="name it like openai-api-key")
        deadline_s = (
            timeout_s if timeout_s is not None else (ASKED_TIMEOUT_S if is_person_asked else QUIET_TIMEOUT_S)
        )
        request = {
            "op": operation,
            "service": SERVICE,
            "names": names,
            "value": value,
            "may_prompt": is_person_asked,
            "is_single_item": self._platform == "darwin",
            "lock_path": str(self._lock_path) if self._lock_path else None,
            "timeout_s": deadline_s + _KILL_WAIT_S,
        }
        written = self._run(json.dumps(request).encode(), deadline_s)
        try:
            answer = msgspec.json.decode(written, type=_Answer)
        except msgspec.MsgspecError:
            raise _unavailable("the program that asks the keyring ended without an answer") from None
        if not answer.ok:
            raise _refusal(answer)
        return answer

    def _run(self, request: bytes, deadline_s: float) -> bytes:
        child = self._start()
        try:
            return child.communicate(request, timeout=deadline_s)[0]
        except subprocess.TimeoutExpired:
            raise SecretError(
                f"the OS keyring did not answer within {deadline_s:g} s",
                code="keyring_locked",
                hint=f"unlock it, or answer its dialog, and try again; {_ALTERNATIVES}",
            ) from None
        finally:
            _clean_up(child)
            with self._guard:
                self._running.discard(child)

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._guard:
            if self._is_closed:
                raise _unavailable("the gateway is stopping")
            try:
                child = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=self._env,
                    start_new_session=os.name == "posix",  # no terminal, and a process group to end whole
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except (OSError, ValueError) as error:
                raise _unavailable(
                    f"the program that asks the keyring could not be started ({error})"
                ) from error
            self._running.add(child)
        return child


def slot_name(name: str, number: int) -> str:
    """The item's name of a key that is not the one in force: `openai-api-key@3`. No key can be called so."""
    return f"{name}{_SLOT_MARK}{number}"


def _check_item_name(name: str) -> str | None:
    base, mark, number = name.partition(_SLOT_MARK)
    if mark and not (number.isascii() and number.isdigit()):
        return "a key's name has no '@'"
    return check_name(base)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End the child and whatever it started; safe beside a thread that waits for it."""
    if child.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)  # its own session: the group is only ours
        else:
            child.kill()


def _clean_up(child: "subprocess.Popen[bytes]") -> None:
    """Leave no process, zombie or open pipe behind; never waits longer than a second."""
    _end(child)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_KILL_WAIT_S)
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _refusal(answer: _Answer) -> SecretError:
    if answer.kind == "locked":
        return SecretError(
            f"the OS keyring is locked ({answer.detail})",
            code="keyring_locked",
            hint=f"unlock it and try again; {_ALTERNATIVES}",
        )
    return _unavailable(answer.detail)


def _unavailable(why: str) -> SecretError:
    return SecretError(
        f"the OS keyring cannot be used: {why}", code="keyring_unavailable", hint=_ALTERNATIVES
    )
