"""What crosses the upstream seam: a call goes out, a reply comes back. No I/O here.

Rules that every implementation keeps (the pool, the httpx transport, a recorder or a replayer):

* `send` returns when the head of the final reply has arrived; it raises `UpstreamError` and nothing else of its own.
* Body bytes come as the provider sent them: transfer coding removed, content coding never touched.
* `cancel` is synchronous and may be called at any time, from any callback on the loop, any number of times.
* Redirects are replies like any other.
"""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, Protocol

import msgspec

from aigw_dev.core.errors import Refusal

Headers = list[tuple[bytes, bytes]]
"""Header fields in wire order; names are lower-case."""


class RefusedCallError(Exception):
    """A call that must not be made, whatever the plan says: it carries the caller's answer."""

    def __init__(self, refusal: Refusal) -> None:
        """`refusal` ends the exchange: nothing is retried, no other target is tried."""
        super().__init__(refusal.message)
        self.refusal = refusal


class Call(msgspec.Struct, kw_only=True):
    """One request to a provider. Host and framing headers are the transport's business and ignored in `headers`."""

    method: str
    """Upper-case."""
    url: str
    """Absolute http(s) URL, ASCII, percent-encoded; no credentials, no fragment."""
    headers: Headers
    """Everything but host, connection, content-length and transfer-encoding, which are set here."""
    body: bytes | AsyncIterable[bytes] | None = None
    """A streamed body is read once, with back-pressure, and never sent twice."""
    body_bytes: int | None = None
    """Length of a streamed body; None = unknown, sent chunked. Ignored for bytes."""
    connect_timeout_s: float = 10.0
    """Name look-up, TCP, proxy and TLS together; 0 = no limit."""
    proxy: str | None = None
    """A proxy URL for this call, also to loopback; None = what the environment says; "" = direct."""
    trail: Any = None
    """A `trail.Trail` where the call is made for an exchange; None for checks, lists and tokens of our own."""


class Reply(Protocol):
    """A reply whose head has arrived."""

    @property
    def status(self) -> int:
        """100 to 599; never 1xx in a `Reply` that `send` returned."""
        ...

    @property
    def headers(self) -> Headers:
        """The head's fields, lower-case names, raw values, in wire order."""
        ...

    @property
    def is_complete(self) -> bool:
        """The last byte of the body has arrived here (it may still wait to be read)."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, one non-empty piece per wake-up; at most one reader.

        Raises `UpstreamError`: `upstream_reset` for a body cut short, `upstream_protocol` for broken framing,
        `cancelled` after `cancel`. What arrived before the fault is delivered first.
        """
        ...

    async def read(self, limit: int) -> bytes:
        """The whole body; more than `limit` bytes cancels the call and raises `upstream_protocol`."""
        ...

    def cancel(self) -> None:
        """Close the connection at once unless the body is complete; wakes a waiting reader."""
        ...


class Sender(Protocol):
    """Whatever can carry out a call: the pool, httpx, a replayed fixture."""

    async def send(self, call: Call) -> Reply:
        """Send `call`; return when the reply's head is here. Cancelling the task closes the connection."""
        ...

    async def aclose(self) -> None:
        """Close every connection, also busy ones."""
        ...
