"""Opening a socket to a host: name look-up, several addresses tried at once, a CONNECT tunnel through a proxy.

Everything works on a plain non-blocking socket with the loop's `sock_*` calls, which asyncio and uvloop share; the
transport is made afterwards (`pool`). Whoever is cancelled in here closes what it opened.
"""

import asyncio
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.proxies import Proxy

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""One row of getaddrinfo: family, type, protocol, canonical name, socket address (its shape is the family's)."""

_STAGGER_S: Final = 0.25
"""RFC 8305 section 5: how long one address may keep the next waiting."""
_MAX_TUNNEL_HEAD_BYTES: Final = 16 * 1024
_TUNNEL_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n")
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 60), ("TCP_KEEPALIVE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 6))
"""Seconds and counts where the platform has them (TCP_KEEPALIVE is macOS's name for TCP_KEEPIDLE): a model may think
for minutes without a byte, and home routers forget connections after about five."""


class Resolver:
    """Name look-ups in daemon threads, one per name at a time.

    Not the loop's executor: its threads hold up the interpreter's exit while a name server does not answer.
    """

    def __init__(self, getaddrinfo: Callable[..., Iterable[AddressInfo]] = socket.getaddrinfo) -> None:
        """`getaddrinfo` is called as `socket.getaddrinfo(host, port, type=...)` (a seam for tests)."""
        self._getaddrinfo = getaddrinfo
        self._running: dict[tuple[str, int], asyncio.Future[list[AddressInfo]]] = {}

    async def look_up(self, host: str, port: int) -> list[AddressInfo]:
        """The addresses of `host`, IPv6 and IPv4 taking turns; raises `socket.gaierror`."""
        literal = _literal(host, port)
        if literal is not None:
            return [literal]
        if host == "localhost" or host.endswith(".localhost"):
            # RFC 6761 6.3: never asked of a name server. IPv4 first: most local model servers listen only there.
            return [row for row in (_literal("127.0.0.1", port), _literal("::1", port)) if row is not None]
        key = (host, port)
        future = self._running.get(key)
        if future is None:
            loop = asyncio.get_running_loop()
            future = self._running[key] = loop.create_future()
            future.add_done_callback(lambda done: self._forget(key, done))
            threading.Thread(
                target=self._look_up_in_thread,
                args=(loop, future, host, port),
                name=f"resolve-{host}",
                daemon=True,
            ).start()
        return interleave(await asyncio.shield(future))

    def _forget(self, key: tuple[str, int], done: asyncio.Future[list[AddressInfo]]) -> None:
        self._running.pop(key, None)
        if not done.cancelled():
            done.exception()  # marks it as seen where every caller has given up

    def _look_up_in_thread(
        self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[list[AddressInfo]], host: str, port: int
    ) -> None:
        found: list[AddressInfo] = []
        fault: OSError | None = None
        try:
            found = [*self._getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            fault = error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, str(error))

        def settle() -> None:
            if future.done():
                return
            if fault is None:
                future.set_result(found)
            else:
                future.set_exception(fault)

        try:
            loop.call_soon_threadsafe(settle)
        except RuntimeError:
            return  # the loop is closed; nobody waits any more


def _literal(host: str, port: int) -> AddressInfo | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host)
    except OSError:
        return None
    place = (host, port, 0, 0) if family == socket.AF_INET6 else (host, port)
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place)


def interleave(rows: list[AddressInfo]) -> list[AddressInfo]:
    """`rows` in their order, but with the two families taking turns (RFC 8305 section 4)."""
    first = [row for row in rows if row[0] == rows[0][0]]
    second = [row for row in rows if row[0] != rows[0][0]]
    mixed: list[AddressInfo] = []
    for index in range(max(len(first), len(second))):
        mixed += first[index : index + 1]
        mixed += second[index : index + 1]
    return mixed


async def open_socket(addresses: list[AddressInfo]) -> socket.socket:
    """A connected, non-blocking socket to the first address that answers; raises the first `OSError` if none does."""
    if len(addresses) == 1:
        return await _connect(addresses[0])
    waiting = deque(addresses)
    tasks: set[asyncio.Task[socket.socket]] = set()
    errors: list[BaseException] = []
    winner: asyncio.Task[socket.socket] | None = None
    running: set[asyncio.Task[socket.socket]] = set()
    try:
        while winner is None:
            if waiting:
                task = asyncio.create_task(_connect(waiting.popleft()), name="upstream-connect")
                tasks.add(task)
                running.add(task)
            done, running = await asyncio.wait(
                running, timeout=_STAGGER_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is None:
                    winner = task
                else:
                    errors.append(error)
            if winner is None and not running and not waiting:
                raise errors[0]
        return winner.result()
    finally:
        for task in tasks - {winner}:
            task.add_done_callback(_drop)
            task.cancel()


def _drop(task: asyncio.Task[socket.socket]) -> None:
    """Close the socket of an attempt that came second."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connect(address: AddressInfo) -> socket.socket:
    family, kind, protocol, _, place = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            option = getattr(socket, name, None)
            if option is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
        await asyncio.get_running_loop().sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    return sock


async def tunnel(sock: socket.socket, host: str, port: int, proxy: Proxy) -> None:
    """Ask the proxy on `sock` for a tunnel to `host`; the caller closes `sock` if this raises.

    Raises `UpstreamError` (`proxy_failed`) with the proxy's own status and reason.
    """
    loop = asyncio.get_running_loop()
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [b"CONNECT %b HTTP/1.1\r\nhost: %b\r\n" % (name.encode(), name.encode())]
    if proxy.authorization:
        lines.append(b"proxy-authorization: %b\r\n" % proxy.authorization)
    lines.append(b"\r\n")
    await loop.sock_sendall(sock, b"".join(lines))
    head = b""
    while b"\r\n\r\n" not in head:
        piece = await loop.sock_recv(sock, 4096)
        if not piece:
            raise proxy_error(proxy, f"closed the connection when asked for {name}")
        head += piece
        if len(head) > _MAX_TUNNEL_HEAD_BYTES:
            raise proxy_error(proxy, f"sent a head larger than {_MAX_TUNNEL_HEAD_BYTES} bytes")
    status = _TUNNEL_STATUS.match(head)
    if status is None:
        raise proxy_error(proxy, "did not answer like an HTTP proxy")
    if not status[1].startswith(b"2"):
        reason = b" ".join(part for part in status.groups() if part).decode("latin-1")
        raise proxy_error(proxy, f"refused to connect to {name}: {reason}")
    if not head.endswith(b"\r\n\r\n") or head.count(b"\r\n\r\n") != 1:
        raise proxy_error(proxy, "sent more than the head of its reply")


def proxy_error(proxy: Proxy, what: str) -> UpstreamError:
    """An error of the proxy itself: nothing has reached the provider."""
    return UpstreamError(
        f"the proxy {proxy.label} {what}",
        code="proxy_failed",
        hint="Check HTTPS_PROXY, NO_PROXY and the provider's `proxy`.",
        is_sent=False,
    )
