"""Connections to providers: dialled when needed, kept while useful. Implements `call.Sender` over HTTP/1.1.

There is no upper limit on connections in use: a queue inside the gateway would only hide a provider's own limits.
Idle ones are used last-in first-out, so the surplus of a burst ages together and is closed within seconds.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterable, Callable, Mapping
from typing import Final, TypeVar

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call, Headers
from aigw_dev.server.connection import Connection, StaleConnectionError, WireReply
from aigw_dev.server.dial import Resolver, open_socket, proxy_error, tunnel
from aigw_dev.server.endpoint import Origin, Target
from aigw_dev.server.http1 import request_head
from aigw_dev.server.tls import TlsContexts

_SWEEP_S: Final = 1.0
_SURPLUS_IDLE_S: Final = 2.0
"""How long an idle connection beyond `_KEPT_PER_ORIGIN` waits for use."""
_KEPT_PER_ORIGIN: Final = 32
_PROXY_AUTHENTICATION_REQUIRED: Final = 407

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.BaseProtocol)


class Pool:
    """Carries out calls on kept-alive connections. Used from one event loop."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        max_idle: int = 1024,
        idle_s: float = 60.0,
        resolver: Resolver | None = None,
    ) -> None:
        """`env` gives SSL_CERT_FILE and SSL_CERT_DIR; `max_idle` counts idle connections to all origins together."""
        self._tls = TlsContexts(env)
        self._resolver = resolver or Resolver()
        self._max_idle = max_idle
        self._idle_s = idle_s
        self._all: set[Connection] = set()
        self._idle: dict[Origin, list[Connection]] = {}
        """Connections waiting for their next call, oldest first."""
        self._idle_count = 0
        self._sweeper: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None
        self._is_closed = False

    @property
    def idle_count(self) -> int:
        """Connections waiting for a call."""
        return self._idle_count

    @property
    def open_count(self) -> int:
        """Connections open now, idle ones included."""
        return len(self._all)

    async def send(self, call: Call, target: Target) -> WireReply:
        """Carry out `call` at `target`; see `call.Sender.send`."""
        body = call.body
        origin = target.origin
        if body is not None and not isinstance(body, bytes):
            return await self._send_streamed(call, target, body)
        head = _head(
            target,
            call.headers,
            b"content-length: %d\r\n\r\n" % len(body) if body is not None else _bare(call),
        )
        connection = self._take(origin)
        if connection is not None:
            try:
                return await self._carry(connection, connection.begin(target, head, body or b""))
            except StaleConnectionError:
                if body is not None:
                    # It may have been read before the connection ended, and then it may be paid for: a call with a body
                    # is one attempt. The caller's SDK, or a route's fallback, tries again knowingly.
                    raise
        fresh = await self._dial(origin, call.connect_timeout_s)
        return await self._carry(fresh, fresh.begin(target, head, body or b""))

    async def aclose(self) -> None:
        """Close every connection, also busy ones, and wait until they are gone."""
        self._is_closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in list(self._all):
            connection.abort()
        if self._all:
            self._emptied = asyncio.get_running_loop().create_future()
            await self._emptied

    async def _send_streamed(self, call: Call, target: Target, body: AsyncIterable[bytes]) -> WireReply:
        """A streamed body cannot be sent twice, so it never goes on a connection that may turn out closed."""
        size = call.body_bytes
        framing = (
            b"transfer-encoding: chunked\r\n\r\n" if size is None else b"content-length: %d\r\n\r\n" % size
        )
        head = _head(target, call.headers, framing)
        fresh = await self._dial(target.origin, call.connect_timeout_s)
        return await self._carry(fresh, fresh.begin_streamed(target, head, body, size))

    async def _carry(self, connection: Connection, future: "asyncio.Future[WireReply]") -> WireReply:
        try:
            reply = await future
        except asyncio.CancelledError:
            # The reply may have arrived in the very turn in which we are cancelled; then the connection may already
            # serve somebody else, and only the reply knows.
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result().cancel()
            else:
                connection.abort()
            raise
        proxy = connection.origin.proxy
        if proxy is not None and reply.status == _PROXY_AUTHENTICATION_REQUIRED:
            reply.cancel()
            raise proxy_error(proxy, "wants a user name and password: 407 Proxy Authentication Required")
        return reply

    # idle connections

    def _take(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            self._idle_count -= 1
            # The wall clock also runs while the machine sleeps; a clock set back makes the age negative.
            if connection.is_open and 0 <= time.time() - connection.idle_since < self._idle_s:
                return connection
            connection.abort()
        return None

    def release(self, connection: Connection) -> None:
        """Keep a connection for the next call to its origin."""
        if self._is_closed or self._idle_count >= self._max_idle:
            connection.abort()
            return
        connection.idle_since = time.time()
        idle = self._idle.get(connection.origin)
        if idle is None:
            idle = self._idle[connection.origin] = []
        idle.append(connection)
        self._idle_count += 1
        if self._sweeper is None:
            self._sweeper = connection.loop.call_later(_SWEEP_S, self._sweep, connection.loop)

    def forget(self, connection: Connection) -> None:
        """A connection is closed."""
        self._all.discard(connection)
        idle = self._idle.get(connection.origin)
        if idle and connection in idle:
            idle.remove(connection)
            self._idle_count -= 1
        if self._emptied is not None and not self._all and not self._emptied.done():
            self._emptied.set_result(None)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what has been idle too long, once a second while anything is idle."""
        now = time.time()
        for origin, idle in list(self._idle.items()):
            while idle:
                age = now - idle[0].idle_since
                limit = _SURPLUS_IDLE_S if len(idle) > _KEPT_PER_ORIGIN else self._idle_s
                if 0 <= age < limit:
                    break
                oldest = idle.pop(0)
                self._idle_count -= 1
                oldest.abort()
            if not idle:
                del self._idle[origin]
        self._sweeper = loop.call_later(_SWEEP_S, self._sweep, loop) if self._idle else None

    # new connections

    async def _dial(self, origin: Origin, timeout_s: float) -> Connection:
        """A new open connection; every way it can fail is an `UpstreamError` with `is_sent` False."""
        loop = asyncio.get_running_loop()
        connection = await self.dial(origin, timeout_s, lambda: Connection(loop, origin, self))
        if connection.is_open:
            self._all.add(connection)
        if self._is_closed:
            connection.abort()
        return connection

    async def dial(self, origin: Origin, timeout_s: float, make: Callable[[], AnyProtocol]) -> AnyProtocol:
        """A new connection to `origin` in the hands of the protocol that `make` gives; it is not pooled.

        Every way it can fail is an `UpstreamError` with `is_sent` False.
        """
        if self._is_closed:
            raise UpstreamError("the gateway is stopping", code="shutting_down", is_sent=False)
        try:
            async with asyncio.timeout(timeout_s or None):
                return await self._open(origin, make)
        except UpstreamError:
            raise
        except TimeoutError as error:
            what = (
                f"{origin.label} did not accept a connection within {timeout_s:g} s"
                if timeout_s
                else str(error)
            )
            raise UpstreamError(what, code="connect_timeout", is_sent=False) from error
        except ssl.SSLError as error:
            raise UpstreamError(_tls_fault(origin, error), code="tls_failed", is_sent=False) from error
        except OSError as error:
            raise UpstreamError(
                f"could not connect to {origin.label}: {_os_fault(error)}",
                code="connect_failed",
                is_sent=False,
            ) from error

    async def _open(self, origin: Origin, make: Callable[[], AnyProtocol]) -> AnyProtocol:
        context = await self._tls.get() if origin.is_tls else None
        sock = await self._open_socket(origin)
        loop = asyncio.get_running_loop()
        # From here on the socket is the loop's: it closes it itself when this is cancelled or the handshake fails.
        if context is None:
            _, protocol = await loop.create_connection(make, sock=sock)
        else:
            _, protocol = await loop.create_connection(
                make, sock=sock, ssl=context, server_hostname=origin.host
            )
        return protocol

    async def _open_socket(self, origin: Origin) -> socket.socket:
        proxy = origin.proxy
        if proxy is None:
            return await open_socket(await self._resolver.look_up(origin.host, origin.port))
        try:
            sock = await open_socket(await self._resolver.look_up(proxy.host, proxy.port))
        except OSError as error:
            raise proxy_error(proxy, f"could not be reached: {_os_fault(error)}") from error
        if not origin.is_tunnelled:
            return sock
        try:
            await tunnel(sock, origin.host, origin.port, proxy)
        except OSError as error:
            sock.close()
            raise proxy_error(proxy, f"failed: {_os_fault(error)}") from error
        except BaseException:
            sock.close()
            raise
        return sock


def _bare(call: Call) -> bytes:
    """The end of a head without a body; methods that usually have one say that it is empty (RFC 9110 8.6)."""
    return b"content-length: 0\r\n\r\n" if call.method in {"POST", "PUT", "PATCH"} else b"\r\n"


def _head(target: Target, headers: Headers, framing: bytes) -> bytes:
    head = request_head(target.start, headers, framing)
    if head is None:
        raise UpstreamError(
            f"a header for {target.origin.label} holds a line break or a NUL; check the provider's `headers`",
            code="upstream_failed",
            is_sent=False,
        )
    return head


def _os_fault(error: OSError) -> str:
    """What the system said, without addresses that may differ from the configured ones."""
    if isinstance(error, socket.gaierror):
        return "the name could not be resolved"
    text = os.strerror(error.errno) if error.errno else str(error)
    return (text or type(error).__name__).lower()


def _tls_fault(origin: Origin, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {origin.label} was not accepted: {error.verify_message}"
    return f"no TLS connection to {origin.label}: {(error.reason or str(error)).lower().replace('_', ' ')}"
