"""Where a call goes: a URL taken apart once, strictly, so that no two readers can disagree about its host.

Refused rather than interpreted: credentials in a URL, fragments, backslashes, blanks, control and non-ASCII characters
(reliability.md 1a: two URL parsers that disagreed were a hole in other gateways).
"""

import re
from typing import Final

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.proxies import Proxy

_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,32})"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<target>(?:/[!-~]*|\?[!-~]*)?)",
    re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_PORT: Final = 65535


class Origin:
    """One scheme, host, port and way there; connections are kept per origin, so there is one object for each."""

    __slots__ = ("host", "is_tls", "is_tunnelled", "label", "port", "proxy")

    def __init__(
        self, host: str, port: int, *, is_tls: bool, proxy: Proxy | None, is_socket: bool = False
    ) -> None:
        """`host` without brackets; a WebSocket (`is_socket`) is tunnelled through a proxy also without TLS (RFC 6455 4.1)."""
        self.is_tunnelled = is_tls or is_socket
        self.host = host
        self.port = port
        self.is_tls = is_tls
        self.proxy = proxy
        self.label = f"{_bracketed(host)}:{port}"
        """For messages."""


class Target:
    """An origin and the first two lines of a request to it."""

    __slots__ = ("is_head", "origin", "start")

    def __init__(self, origin: Origin, start: bytes, *, is_head: bool) -> None:
        """`start` is the request line and the Host line, each with its CRLF."""
        self.origin = origin
        self.start = start
        self.is_head = is_head


class Address:
    """A URL taken apart."""

    __slots__ = ("host", "host_header", "port", "scheme", "target")

    def __init__(self, scheme: str, host: str, port: int, target: str) -> None:
        """`host` lower-case and without brackets; `target` is path and query, never empty."""
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
        name = _bracketed(host)
        self.host_header = name if port == _DEFAULT_PORTS[scheme] else f"{name}:{port}"


def parse_url(url: str) -> Address:
    """The parts of an absolute http(s) URL; raises `UpstreamError` for one that could be read in two ways."""
    found = _URL.fullmatch(url)
    if found is None or "\\" in url or "#" in url:
        raise UpstreamError(
            f"{_shown(url)!r} is not a URL the gateway can call: it needs http:// or https://, a plain ASCII host, and no "
            "credentials, blanks, backslashes or fragment; check base_url",
            code="connect_failed",
            is_sent=False,
        )
    scheme = found["scheme"].lower()
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
    if not 0 < port <= _MAX_PORT:
        raise UpstreamError(f"{port} is not a port; check base_url", code="connect_failed", is_sent=False)
    target = found["target"]
    if not target.startswith("/"):
        target = "/" + target
    return Address(scheme, found["host"].lower().strip("[]"), port, target)


def _shown(url: str) -> str:
    """A refused URL for a message: nothing before an @ and nothing of the query, where keys travel."""
    scheme, separator, rest = url.partition("://")
    return (scheme + separator + rest.rpartition("@")[2]).partition("?")[0]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
