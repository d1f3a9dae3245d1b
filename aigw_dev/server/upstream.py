"""The upstream seam: the one module through which the gateway calls providers.

The pipeline makes a `Call`, awaits `Upstream.send` and reads a `Reply`; everything below (pool, TLS, proxies) may
change without it. Recording and replay implement `Sender` and stand in its place. docs/decisions names the numbers
behind having our own three types here instead of httpx's.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call, Headers, Reply, Sender
from aigw_dev.server.endpoint import Origin, Target, parse_url
from aigw_dev.server.pool import AnyProtocol, Pool
from aigw_dev.server.proxies import Proxy, ProxyRules, parse_proxy

if TYPE_CHECKING:
    import httpx

__all__ = ["Call", "Headers", "Reply", "Sender", "Upstream", "as_httpx_transport"]

_MAX_KNOWN: Final = 4096
"""Remembered URLs; a gateway calls a few dozen, but some operations carry ids in their path."""
_OWN_SCHEMES: Final = frozenset({"http"})
"""Proxies that the pool speaks itself; others go through httpx."""


class Upstream:
    """Sends calls to providers: direct and through HTTP proxies by the pool, through other proxies by httpx."""

    def __init__(self, env: Mapping[str, str], *, max_idle: int = 1024, idle_s: float = 60.0) -> None:
        """`env` is read now: proxies, SSL_CERT_FILE, SSL_CERT_DIR. Needs no running loop yet."""
        self._env = env
        self._rules = ProxyRules(env)
        self.pool = Pool(env, max_idle=max_idle, idle_s=idle_s)
        self._origins: dict[tuple[bool, str, int, str], Origin] = {}
        self._targets: dict[tuple[str, str, str | None], Target] = {}
        self._others: dict[str, Sender] = {}

    async def send(self, call: Call) -> Reply:
        """Send `call`; return when the reply's head is here.

        Raises `UpstreamError` with code connect_failed, connect_timeout, tls_failed, proxy_failed (`is_sent` False),
        upstream_reset or upstream_protocol. Cancelling the task closes the connection at once.
        """
        target = self._targets.get((call.method, call.url, call.proxy))
        if target is None:
            target = self._plan(call)
        proxy = target.origin.proxy
        if proxy is not None and proxy.scheme not in _OWN_SCHEMES:
            return await self._through(proxy).send(call)
        return await self.pool.send(call, target)

    async def connect(
        self, url: str, make: Callable[[], AnyProtocol], *, timeout_s: float, proxy: str | None = None
    ) -> AnyProtocol:
        """A connection of its own to where `url` leads, by the same trust and proxies as a call: for WebSockets.

        `make` gives the protocol that takes it. Raises `UpstreamError` as `send` does, with `is_sent` False.
        """
        address = parse_url(url)
        chosen = self._proxy_for(proxy, address.scheme, address.host, address.port)
        if chosen is not None and chosen.scheme not in _OWN_SCHEMES:
            raise UpstreamError(
                f"a WebSocket cannot go through the proxy {chosen.label}; only http:// proxies tunnel it",
                code="proxy_failed",
                is_sent=False,
            )
        is_tls = address.scheme == "https"
        origin = Origin(address.host, address.port, is_tls=is_tls, proxy=chosen, is_socket=True)
        return await self.pool.dial(origin, timeout_s, make)

    async def aclose(self) -> None:
        """Close every connection, also busy ones."""
        await self.pool.aclose()
        for other in self._others.values():
            await other.aclose()
        self._others.clear()

    def _plan(self, call: Call) -> Target:
        """Work out where a URL goes, once."""
        address = parse_url(call.url)
        proxy = self._proxy_for(call.proxy, address.scheme, address.host, address.port)
        is_tls = address.scheme == "https"
        key = (is_tls, address.host, address.port, proxy.url if proxy else "")
        origin = self._origins.get(key)
        if origin is None:
            origin = self._origins[key] = Origin(address.host, address.port, is_tls=is_tls, proxy=proxy)
        request_target, login = address.target, b""
        if proxy is not None and not is_tls:
            # RFC 9112 3.2.2: a plain call through a proxy names the whole URL, and the proxy is told who asks.
            request_target = f"http://{address.host_header}{address.target}"
            login = b"proxy-authorization: %b\r\n" % proxy.authorization if proxy.authorization else b""
        start = b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (
            call.method.encode("ascii"),
            request_target.encode("ascii"),
            address.host_header.encode("ascii"),
        )
        target = Target(origin, start + login, is_head=call.method == "HEAD")
        if len(self._targets) >= _MAX_KNOWN:
            self._targets.clear()
        self._targets[call.method, call.url, call.proxy] = target
        return target

    def _proxy_for(self, own: str | None, scheme: str, host: str, port: int) -> Proxy | None:
        if own is None:
            return self._rules.choose(scheme, host, port)
        return parse_proxy(own) if own else None

    def _through(self, proxy: Proxy) -> Sender:
        other = self._others.get(proxy.url)
        if other is None:
            from aigw_dev.server.upstream_httpx import HttpxSender

            other = self._others[proxy.url] = HttpxSender(proxy, self._env)
        return other


def as_httpx_transport(sender: Sender) -> "httpx.AsyncBaseTransport":
    """`sender` as an httpx transport, for rare calls that are easier to write with httpx's API."""
    from aigw_dev.server.upstream_httpx import SenderTransport

    return SenderTransport(sender)
