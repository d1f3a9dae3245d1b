"""What a URL in a config says, read one way only: an address on which two URL parsers could differ is refused."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from aigw_dev.core.credentials import origin_of

_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?")


def is_loopback(host: str) -> bool:
    """Whether a host (no port; IPv6 with or without brackets) can only be this machine: 127/8, ::1, localhost."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Whether a host is, as written, inside a network of somebody's own: not a public IP address or DNS name."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return not ipaddress.ip_address(bare).is_global
    except ValueError:
        # A last label that is a number (`127.1`, `0x7f.1`) is read as an IPv4 address by every resolver.
        last = bare.rpartition(".")[2]
        if last.isdigit() or last.startswith("0x"):
            return True
        return "." not in bare or bare.endswith((".local", ".internal", ".localhost", ".lan", ".home.arpa"))


def host_of(url: str) -> str:
    """The host of a URL that `problem_with` accepts, without brackets and port."""
    return urlsplit(url).hostname or ""


def is_host(text: str) -> bool:
    """Whether this is a host to listen on or to name: a DNS-like name or an IP address, without scheme and port."""
    if _HOST.fullmatch(text):
        return True
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return "%" not in text


def problem_with(url: str, *, may_have_path: bool = True) -> str | None:
    """Why this is no usable http(s) URL, or None. The text never repeats the URL: it may hold a password or key."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.lower() not in {"http", "https"}:
        return "must begin with https:// or http://"
    authority, _, _ = rest.partition("/")
    if "@" in authority:
        return "must not hold a user name or password"
    if "?" in rest:
        return "must not hold a query (`?...`)"
    if "#" in rest:
        return "must not hold a fragment (`#...`)"
    if not url.isascii():
        return "must be written in ASCII (a name in another script as xn--...)"
    if origin_of(url) is None:
        return "has no host that can be read in one way only"
    path = rest[len(authority) :]
    if not _PATH.fullmatch(path):
        return "has a path with characters that must be written as %XX"
    if path.strip("/") and not may_have_path:
        return "must end after the host and port"
    return None
