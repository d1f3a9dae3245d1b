"""Which proxy a call goes through: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, read once, and a provider's own.

Meaning as in curl (man page, "ENVIRONMENT", read 2026-11): lower-case names win over upper-case, a proxy without a
scheme is http, NO_PROXY is a comma list of `*`, host names (which cover their subdomains), `.suffixes`, addresses,
networks in CIDR form, each with an optional port. HTTP_PROXY in upper case is ignored where REQUEST_METHOD is set
(CGI lets a caller set it). Loopback never goes through a proxy of the environment.
"""

import base64
import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from aigw_dev.core.errors import UpstreamError

_PROXY_URL: Final = re.compile(
    r"(?:(?P<scheme>[A-Za-z0-9]+)://)?(?:(?P<user>[^@/:]*)(?::(?P<password>[^@/]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?/?"
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Proxy:
    """One proxy. Its repr and label hold no credentials."""

    __slots__ = ("authorization", "host", "label", "port", "scheme", "url")

    def __init__(self, scheme: str, host: str, port: int, *, authorization: bytes, url: str) -> None:
        """`authorization` is the value of a Proxy-Authorization header, or empty; `url` as written, with credentials."""
        self.scheme = scheme
        self.host = host
        self.port = port
        self.authorization = authorization
        self.url = url
        name = f"[{host}]" if ":" in host else host
        self.label = f"{scheme}://{name}:{port}"
        """For messages."""

    def __repr__(self) -> str:
        return f"Proxy({self.label})"


def parse_proxy(text: str) -> Proxy:
    """A proxy from its URL; raises `UpstreamError` (`proxy_failed`) without repeating what may hold a password."""
    found = _PROXY_URL.fullmatch(text.strip())
    scheme = (found["scheme"] or "http").lower() if found else ""
    if found is None or scheme not in _DEFAULT_PORTS:
        raise UpstreamError(
            "a proxy setting is not a URL the gateway can use; write http://[user:password@]host:port "
            "(https:// and socks5:// need the httpx transport)",
            code="proxy_failed",
            hint="Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and the provider's `proxy`.",
            is_sent=False,
        )
    authorization = b""
    if found["user"] is not None:
        login = f"{unquote(found['user'])}:{unquote(found['password'] or '')}"
        authorization = b"Basic " + base64.b64encode(login.encode())
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
    host = found["host"].lower().strip("[]")
    return Proxy(scheme, host, port, authorization=authorization, url=text.strip())


class ProxyRules:
    """What the environment says about proxies, as it was when this was made."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Reads `env` once; a malformed value is an error only for a call that would use it."""
        fallback = _read(env, "ALL_PROXY")
        plain = env.get("http_proxy", "")
        if not plain and "REQUEST_METHOD" not in env:
            plain = env.get("HTTP_PROXY", "")
        self._by_scheme = {"https": _read(env, "HTTPS_PROXY") or fallback, "http": plain.strip() or fallback}
        self._exempt = [entry for raw in _read(env, "NO_PROXY").split(",") if (entry := raw.strip().lower())]

    def choose(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for a call to `host` (lower-case, no brackets), or None for a direct one."""
        text = self._by_scheme[scheme]
        if not text or is_loopback(host) or any(_is_covered(host, port, entry) for entry in self._exempt):
            return None
        return parse_proxy(text)


def is_loopback(host: str) -> bool:
    """Whether `host` (lower-case, no brackets) is this machine, by address or by a name that always means it."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    if address is None:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _read(env: Mapping[str, str], name: str) -> str:
    return (env.get(name.lower()) or env.get(name, "")).strip()


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_covered(host: str, port: int, entry: str) -> bool:
    """Whether one entry of NO_PROXY covers `host`."""
    if entry == "*":
        return True
    name, separator, number = entry.rpartition(":")
    if separator and number.isdigit() and (":" not in name or name.startswith("[")):
        if int(number) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    address = _address(host)
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    suffix = entry.removeprefix("*").strip(".")
    return bool(suffix) and (host.rstrip(".") == suffix or host.endswith("." + suffix))
