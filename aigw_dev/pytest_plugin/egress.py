"""Refuses what leaves this machine while a test that uses the gateway runs, and remembers who tried.

An audit hook sees every socket that Python opens, also those that bound `socket.getaddrinfo` before; it is installed once,
at first need, and sleeps between tests. C code that opens its own sockets (uvloop, grpc) is not seen.
"""

import dataclasses
import errno
import ipaddress
import os
import socket
import sys
import traceback
from typing import Any, Final, cast

_LOCAL_NAMES: Final = frozenset({"", "localhost", "ip6-localhost", "ip6-loopback"})
_OWN_FRAMES: Final = (
    f"{os.sep}site-packages{os.sep}",
    f"{os.sep}pytest_plugin{os.sep}egress.py",
    os.path.dirname(socket.__file__) + os.sep,  # noqa: PTH120 - compared with frames' names, which are text
)
UNREACHABLE: Final = "192.0.2.1"
"""An address of documentation (RFC 5737) that stands for a network that is not there."""


class EgressError(RuntimeError):
    """A test tried to leave this machine. No OSError, so that no client takes it for a failed connection and retries."""


@dataclasses.dataclass(frozen=True, slots=True)
class Try:
    """One attempt to leave."""

    test: str
    """The test's id."""
    host: str
    how: str
    """`socket.connect` and the like, or `proxy` for a child process."""
    where: str = ""
    """The line of the test's or app's code that did it."""

    def __str__(self) -> str:
        place = f" at {self.where}" if self.where else ""
        return f"{self.host} ({self.how}){place}"


class Guard:
    """What a process may reach. One per process: an audit hook cannot be taken back, only put to sleep."""

    def __init__(self) -> None:
        """Asleep, and not installed."""
        self._test = ""
        self._allowed: frozenset[str] = frozenset()
        self._tries: list[Try] = []
        self._is_installed = False

    def watch(self, test: str, allowed: frozenset[str]) -> None:
        """Refuse from now on, in the name of `test`."""
        if not self._is_installed:
            sys.addaudithook(self._hear)
            self._is_installed = True
        self._allowed = allowed
        self._tries = []
        self._test = test

    def sleep(self) -> None:
        """Let everything pass again."""
        self._test = ""

    def tries(self) -> list[Try]:
        """Who tried since `watch`."""
        return list(self._tries)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._test or not event.startswith("socket."):
            return
        host = _host_of(event, arguments)
        if host is None or is_local(host) or host in self._allowed:
            return
        if host.endswith(".invalid"):  # never resolves (RFC 6761): the same without asking anybody
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if host == UNREACHABLE:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        if event in {"socket.getaddrinfo", "socket.gethostbyname"} and host == socket.gethostname().lower():
            return
        found = Try(self._test, host, event, _where())
        self._tries.append(found)
        raise EgressError(refusal(found))


guard: Final = Guard()
"""This process's guard."""


def refusal(found: Try) -> str:
    """What the test is told: host, test, line, and what to do."""
    return (
        f"aigw: network access blocked: {found}\n"
        f"  test  {found.test}\n"
        "  A test that uses the aigw fixture or marker reaches loopback only, so that no model call escapes its fixture.\n"
        f"  A model call?    give the client base_url=aigw.openai_url (.anthropic_url, .gemini_url), or let it read the"
        " environment\n"
        f"  Meant so?        ini  aigw_egress = block, {found.host}   (this host)   or   aigw_egress = allow"
    )


def is_local(host: str) -> bool:
    """Whether a name or address means this machine."""
    name = host.partition("%")[0].lower().rstrip(".")
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _host_of(event: str, arguments: tuple[Any, ...]) -> str | None:
    """The host that an event is about; None where it is about none."""
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        named: Any = arguments[0]
    elif event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address: Any = arguments[1]
        if not isinstance(address, tuple) or not address:  # a Unix socket's path, or one connected before
            return None
        named = cast("tuple[Any, ...]", address)[0]
    else:
        return None
    if named is None:
        return None
    if isinstance(named, bytes | bytearray):
        return named.decode("ascii", "replace").lower()
    return str(named).lower()


def _where() -> str:
    """The innermost line outside of libraries: what to look at."""
    lines = traceback.extract_stack()
    own = [line for line in lines if not any(part in line.filename for part in _OWN_FRAMES)]
    line = (own or lines)[-1]
    return f"{line.filename}:{line.lineno} in {line.name}"
