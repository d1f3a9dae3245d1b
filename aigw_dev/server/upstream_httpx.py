"""The two bridges between the seam and httpx; the only module that imports it, and it does so late.

`HttpxSender` carries out calls through what the pool does not speak: SOCKS proxies (with the `socks` extra) and proxies
that are themselves reached over TLS. `SenderTransport` is the other direction: any `Sender` as an httpx transport.
httpx's own objects cost several times the pool's whole call (docs/decisions), so neither is on the usual path.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call, Headers, Reply, Sender
from aigw_dev.server.dial import proxy_error
from aigw_dev.server.http1 import OWN_HEADERS
from aigw_dev.server.proxies import Proxy
from aigw_dev.server.tls import TlsContexts

_PROXY_AUTHENTICATION_REQUIRED: Final = 407
_CODES: Final[tuple[tuple[type[httpx.TransportError], str, bool], ...]] = (
    (httpx.ConnectTimeout, "connect_timeout", False),
    (httpx.PoolTimeout, "connect_timeout", False),
    (httpx.ProxyError, "proxy_failed", False),
    (httpx.ConnectError, "proxy_failed", False),
    (httpx.UnsupportedProtocol, "connect_failed", False),
    (httpx.LocalProtocolError, "upstream_failed", False),
    (httpx.RemoteProtocolError, "upstream_protocol", True),
    (httpx.NetworkError, "upstream_reset", True),
)
"""httpx's errors, most special first: our code, and whether the call may have reached the provider."""
_CUT_SHORT: Final = ("disconnected", "closed connection")
"""How httpcore's protocol errors speak of a connection that ended too early."""


class HttpxSender:
    """Carries out calls through one proxy with httpx's transport."""

    def __init__(self, proxy: Proxy, env: Mapping[str, str]) -> None:
        """`env` as in `Upstream`."""
        self._proxy = proxy
        self._tls = TlsContexts(env)
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, call: Call) -> Reply:
        """See `call.Sender.send`."""
        transport = self._transport or await self._open()
        request = _request(call)
        try:
            response = await transport.handle_async_request(request)
        except httpx.TransportError as error:
            raise self.fault(error) from error
        if response.status_code == _PROXY_AUTHENTICATION_REQUIRED:
            await response.aclose()
            raise proxy_error(
                self._proxy, "wants a user name and password: 407 Proxy Authentication Required"
            )
        return HttpxReply(response, self)

    async def aclose(self) -> None:
        """See `call.Sender.aclose`."""
        if self._closing:
            await asyncio.wait(self._closing)
        if self._transport is not None:
            await self._transport.aclose()

    async def _open(self) -> httpx.AsyncHTTPTransport:
        context = await self._tls.get()
        try:
            # httpcore leaves names to a SOCKS proxy in any case, and older ones do not know the h.
            self._transport = httpx.AsyncHTTPTransport(
                verify=context,
                trust_env=False,
                proxy=httpx.Proxy(
                    self._proxy.url.replace("socks5h://", "socks5://", 1),
                    ssl_context=context if self._proxy.scheme == "https" else None,
                ),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
            )
        except ImportError as error:
            raise UpstreamError(
                f"the proxy {self._proxy.label} speaks SOCKS, which needs a package that is not installed here",
                code="proxy_failed",
                hint="Run: pip install 'httpx[socks]'",
                is_sent=False,
            ) from error
        return self._transport

    # for the replies

    def close_later(self, response: httpx.Response) -> None:
        """Close `response` from a callback."""
        task = asyncio.get_running_loop().create_task(_close(response), name="upstream-httpx-close")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def fault(self, error: httpx.TransportError) -> UpstreamError:
        """An httpx error as ours."""
        tls = _tls_cause(error)
        if tls is not None:
            reason = tls.verify_message if isinstance(tls, ssl.SSLCertVerificationError) else str(tls)
            return UpstreamError(
                f"no TLS connection through {self._proxy.label}: {reason}", code="tls_failed", is_sent=False
            )
        text = str(error) or type(error).__name__
        known = [(code, is_sent) for kind, code, is_sent in _CODES if isinstance(error, kind)]
        code, is_sent = known[0] if known else ("upstream_failed", True)
        if code == "upstream_protocol" and any(words in text for words in _CUT_SHORT):
            code = "upstream_reset"
        return UpstreamError(
            f"the call through {self._proxy.label} failed: {text}", code=code, is_sent=is_sent
        )


class HttpxReply:
    """A reply read by httpx; implements `call.Reply`."""

    def __init__(self, response: httpx.Response, sender: HttpxSender) -> None:
        """Made by the sender."""
        self.status: int = response.status_code
        self.headers: Headers = [(name.lower(), value) for name, value in response.headers.raw]
        self.is_complete = False
        self._response = response
        self._sender = sender
        self._is_cancelled = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `call.Reply.chunks`."""
        stream: Any = self._response.stream
        try:
            async for piece in stream:
                if self._is_cancelled:
                    break
                if piece:
                    yield piece
        except httpx.TransportError as error:
            if self._is_cancelled:
                raise UpstreamError("the call was cancelled", code="cancelled") from error
            raise self._sender.fault(error) from error
        if self._is_cancelled:
            raise UpstreamError("the call was cancelled", code="cancelled")
        self.is_complete = True
        await self._response.aclose()

    async def read(self, limit: int) -> bytes:
        """See `call.Reply.read`."""
        pieces: list[bytes] = []
        size = 0
        async for piece in self.chunks():
            size += len(piece)
            if size > limit:
                self.cancel()
                raise UpstreamError(f"the reply is larger than {limit} bytes", code="upstream_protocol")
            pieces.append(piece)
        return b"".join(pieces)

    def cancel(self) -> None:
        """See `call.Reply.cancel`: the socket is shut down here and now, the rest follows in a task."""
        if self.is_complete or self._is_cancelled:
            return
        self._is_cancelled = True
        stream: Any = self._response.extensions["network_stream"]
        sock: Any = stream.get_extra_info("socket")
        if sock is not None:
            # A second handle on the same socket: the loops' own socket objects do not offer shutdown.
            with contextlib.suppress(OSError), socket.fromfd(sock.fileno(), sock.family, sock.type) as handle:
                handle.shutdown(socket.SHUT_RDWR)
        self._sender.close_later(self._response)


class SenderTransport(httpx.AsyncBaseTransport):
    """Any `Sender` behind httpx's API. Replies with a content coding are refused: httpx would unpack bombs."""

    def __init__(self, sender: Sender) -> None:
        """`sender` stays the caller's: closing a client does not close it."""
        self._sender = sender

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; our errors come out as httpx's, with ours as their cause."""
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        call = Call(
            method=request.method,
            url=str(request.url),
            headers=[
                (name.lower(), value)
                for name, value in request.headers.raw
                if name.lower() not in OWN_HEADERS
            ],
            body=await request.aread() or None,
            connect_timeout_s=timeouts.get("connect") or 0.0,
        )
        read_s = timeouts.get("read")
        try:
            async with asyncio.timeout(read_s):
                reply = await self._sender.send(call)
        except UpstreamError as error:
            raise _as_httpx(error, request) from error
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no reply within {read_s:g} s", request=request) from error
        coding = next((value for name, value in reply.headers if name == b"content-encoding"), b"identity")
        if coding.strip().lower() not in {b"", b"identity"}:
            reply.cancel()
            raise httpx.RemoteProtocolError(
                "the reply is compressed although that was not asked for", request=request
            )
        return httpx.Response(
            reply.status,
            headers=reply.headers,
            stream=_Body(reply, request, read_s),
            extensions={"http_version": b"HTTP/1.1"},
        )


class _Body(httpx.AsyncByteStream):
    """A reply's body as httpx reads it."""

    def __init__(self, reply: Reply, request: httpx.Request, read_s: float | None) -> None:
        self._reply = reply
        self._request = request
        self._read_s = read_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        reader = self._reply.chunks()
        while True:
            try:
                async with asyncio.timeout(self._read_s):
                    piece = await anext(reader)
            except StopAsyncIteration:
                return
            except UpstreamError as error:
                raise _as_httpx(error, self._request) from error
            except TimeoutError as error:
                self._reply.cancel()
                raise httpx.ReadTimeout(f"nothing for {self._read_s:g} s", request=self._request) from error
            yield piece

    async def aclose(self) -> None:
        self._reply.cancel()


def _request(call: Call) -> httpx.Request:
    headers = [field for field in call.headers if field[0] not in OWN_HEADERS]
    if call.body_bytes is not None and not isinstance(call.body, bytes):
        headers.append((b"content-length", b"%d" % call.body_bytes))
    timeouts = {"connect": call.connect_timeout_s or None, "read": None, "write": None, "pool": None}
    return httpx.Request(
        call.method, call.url, headers=headers, content=call.body, extensions={"timeout": timeouts}
    )


async def _close(response: httpx.Response) -> None:
    with contextlib.suppress(httpx.TransportError, OSError):
        await response.aclose()


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _as_httpx(error: UpstreamError, request: httpx.Request) -> httpx.TransportError:
    kinds: dict[str, type[httpx.TransportError]] = {
        "connect_failed": httpx.ConnectError,
        "tls_failed": httpx.ConnectError,
        "connect_timeout": httpx.ConnectTimeout,
        "proxy_failed": httpx.ProxyError,
        "upstream_protocol": httpx.RemoteProtocolError,
    }
    return kinds.get(error.code, httpx.ReadError)(error.message, request=request)
