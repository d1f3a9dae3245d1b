"""The sockets a gateway listens on: 127.0.0.1 and [::1] with one port, or one address.

Both loopbacks, because `localhost` means either, and because a stranger who owned [::1]:PORT would get calls, and keys,
meant for us (reliability.md 1a): a port that somebody else has on either is refused, never shared.
"""

import errno
import socket
import sys
from collections.abc import Callable
from typing import Final

from aigw_dev.core.errors import GatewayError

_LOOPBACK: Final = ("127.0.0.1", "::1")
_LOOPBACK_NAMES: Final = frozenset({*_LOOPBACK, "localhost"})
_ABSENT: Final = frozenset(
    {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, getattr(errno, "EPROTONOSUPPORT", errno.EAFNOSUPPORT)}
)
"""What binding [::1] says where the machine has no IPv6."""
_TAKEN: Final = frozenset({errno.EADDRINUSE, errno.EACCES if sys.platform == "win32" else errno.EADDRINUSE})
"""What binding says of somebody else's port; Windows forbids what others bound exclusively."""
_TRIES: Final = 50
_BACKLOG: Final = 2048


class PortTakenError(GatewayError):
    """The port belongs to another process."""

    code = "port_taken"

    def __init__(self, host: str, port: int) -> None:
        """`host` is the address on which it is taken."""
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__(
            f"{place} is in use by another process",
            hint="Stop it, or choose another port: --port N (0 picks a free one).",
        )
        self.host = host
        self.port = port


def listen(
    host: str, port: int, *, bind: Callable[[str, int], socket.socket] | None = None
) -> list[socket.socket]:
    """Listening sockets; the first one's port is the one in use. `bind` binds one address (a seam for tests).

    A loopback `host` (127.0.0.1, ::1, localhost) means both loopbacks; [::1] is left out where there is no IPv6.
    Port 0 finds one that is free on all. Raises `PortTakenError`, or `OSError` for an address that is not ours.
    """
    hosts = _LOOPBACK if host in _LOOPBACK_NAMES else (host,)
    for _ in range(_TRIES if port == 0 else 1):
        sockets, taken = _bind_all(hosts, port, bind or bind_one)
        if taken is None:
            for sock in sockets:
                sock.listen(_BACKLOG)
            return sockets
        _close_all(sockets)
        if port:
            raise taken
    raise PortTakenError(hosts[0], 0)


def bind_one(host: str, port: int) -> socket.socket:
    """A socket bound to one address, not listening yet; raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio switches Nagle's algorithm off for accepted connections.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # a port we left a moment ago is ours again
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def port_of(sockets: list[socket.socket]) -> int:
    """The port that `listen` bound."""
    return int(sockets[0].getsockname()[1])


def _bind_all(
    hosts: tuple[str, ...], port: int, bind: Callable[[str, int], socket.socket]
) -> tuple[list[socket.socket], PortTakenError | None]:
    sockets: list[socket.socket] = []
    for host in hosts:
        try:
            sock = bind(host, port)
        except OSError as error:
            if sockets and error.errno in _ABSENT:
                continue
            if error.errno in _TAKEN and (port or sockets):
                return sockets, PortTakenError(host, port)
            _close_all(sockets)
            raise
        sockets.append(sock)
        port = port_of(sockets)
    return sockets, None


def _close_all(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()
