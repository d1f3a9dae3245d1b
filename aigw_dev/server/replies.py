"""What every reply carries of our own: the `x-aigw-*` headers, the request id, and errors in the caller's dialect."""

import functools
import os
from typing import Final
from urllib.parse import quote

from aigw_dev.core.dialects.protocol import Dialect
from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.core.exchange import Cost, Exchange
from aigw_dev.server.headers import Pairs

JSON: Final = b"application/json"
_NANO: Final = 1_000_000_000
_VISIBLE: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")
_MAX_VALUE_CHARS: Final = 512
_FINAL: Final = frozenset({"fixture_miss", "test_limit"})
"""Refusals of tests: SDKs that would try again are told not to."""


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return refusal.status or CODES[refusal.code].status


@functools.lru_cache(maxsize=1024)  # the same few names come with every request
def header_value(text: str) -> bytes:
    """`text` as a header's value: visible ASCII as it is, the rest percent-encoded; at most 512 characters of it.

    A model's name is whatever the caller sent: it must not end the header, nor leave ASCII (RFC 9110 5.5).
    """
    return quote(text[:_MAX_VALUE_CHARS], safe=_VISIBLE, errors="replace").encode("ascii")


def own_headers(exchange: Exchange, dialect: Dialect, theirs: Pairs) -> Pairs:
    """Our headers for a reply of this exchange; `theirs` are the provider's that come down with it."""
    request_id = exchange.id.encode()
    headers: Pairs = [(b"x-aigw-request-id", request_id), (b"x-aigw-cache", b"skip")]
    if exchange.attempts:
        last = exchange.attempts[-1]
        headers.append(
            (b"x-aigw-upstream", header_value(f"{last.provider}/{last.request_model}".removesuffix("/")))
        )
    if exchange.route:
        headers.append((b"x-aigw-route", header_value(exchange.route)))
    headers.append((b"x-aigw-attempts", b"%d" % len(exchange.attempts)))
    name = dialect.REQUEST_ID_HEADER.encode()
    for key, _ in theirs:
        if key == name:
            return headers
    headers.append((name, request_id))
    return headers


def new_request_id(dialect: Dialect) -> tuple[bytes, bytes]:
    """The dialect's id header for a reply without an exchange."""
    return (dialect.REQUEST_ID_HEADER.encode(), os.urandom(8).hex().encode())


def cost_header(cost: Cost) -> tuple[bytes, bytes]:
    """`x-aigw-cost`: USD as a plain decimal, or `unknown`."""
    if cost.nanousd is None:
        return (b"x-aigw-cost", b"unknown")
    whole, nano = divmod(cost.nanousd, _NANO)
    text = f"{whole}.{nano:09d}".rstrip("0").rstrip(".")
    return (b"x-aigw-cost", text.encode())


def timing_header(exchange: Exchange, first_s: float) -> tuple[bytes, bytes]:
    """`server-timing`: milliseconds to the first data (`first_s`), ours and those spent in attempts."""
    waited_s = 0.0
    for one in exchange.attempts:
        waited_s += (one.ended_s or first_s) - one.started_s
    own_ms, waited_ms = max(0.0, first_s - waited_s) * 1000, waited_s * 1000
    return (b"server-timing", b"gateway;dur=%.1f, upstream;dur=%.1f" % (own_ms, waited_ms))


def refusal_body(refusal: Refusal, dialect: Dialect, exchange_id: str) -> bytes:
    """A refusal as an error object of the caller's dialect; it says where to look further."""
    status = status_of(refusal)
    if refusal.code in _FINAL:
        exchange_id = ""  # the message says it all, and a replay's log is gone with it
    return dialect.encode_error(status, refusal.code, refusal.message, exchange_id, param=refusal.param)


def refusal_headers(refusal: Refusal) -> Pairs:
    """Content type, and `retry-after` where the refusal names a wait."""
    headers: Pairs = [(b"content-type", JSON)]
    if refusal.code in _FINAL:
        headers.append((b"x-should-retry", b"false"))
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % max(1, round(refusal.retry_after_s))))
    return headers
