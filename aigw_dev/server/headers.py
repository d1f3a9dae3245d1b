"""Which headers cross the gateway, in each direction. Everything not named here stays where it came from.

Up: what a provider's API reads. Down: what an SDK reads. Credentials, cookies and hop-by-hop headers cross in neither.
Answers per name are remembered in a bounded table, because the same few names come with every request.
"""

from collections.abc import Iterable
from typing import Final

from aigw_dev.core.mask import is_storable

Pairs = list[tuple[bytes, bytes]]

CREDENTIAL_HEADERS: Final = (b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"esa_aigw_auth")
"""Where a caller may show who it is, in any dialect (CONTRACT 3)."""

_UP_NAMES: Final = frozenset(
    {b"content-type", b"accept", b"user-agent", b"idempotency-key", b"traceparent", b"tracestate"}
)
_UP_PREFIXES: Final = (b"openai-", b"anthropic-", b"x-stainless-")

_DOWN_NAMES: Final = frozenset(
    {
        b"content-type",
        b"content-language",
        b"retry-after",
        b"retry-after-ms",
        b"x-should-retry",
        b"x-request-id",
        b"request-id",
        b"x-requestid",
        b"apim-request-id",
        b"x-ms-request-id",
        b"x-amzn-requestid",
        b"x-amzn-errortype",
        b"x-correlation-id",
        b"x-generation-id",
        b"cf-ray",
        b"ratelimit",
        b"ratelimit-policy",
        b"x-ms-region",
    }
)
_DOWN_PREFIXES: Final = (
    b"x-ratelimit-",
    b"x-rate-limit-",
    b"ratelimit-",
    b"anthropic-",
    b"openai-",
    b"x-groq-",
    b"mistral-",
    b"x-dashscope-",
)

_MEMORY_CAP: Final = 512


class _Memory(dict[bytes, bool]):
    """Answers by name: one that is remembered costs no call of Python."""

    def __init__(self, names: frozenset[bytes], prefixes: tuple[bytes, ...]) -> None:
        super().__init__()
        self._names, self._prefixes = names, prefixes

    def __missing__(self, name: bytes) -> bool:
        known = name in self._names or name.startswith(self._prefixes)
        if len(self) < _MEMORY_CAP:
            self[name] = known
        return known


_up: Final = _Memory(_UP_NAMES, _UP_PREFIXES)
_down: Final = _Memory(_DOWN_NAMES, _DOWN_PREFIXES)


def goes_up(name: bytes) -> bool:
    """Whether a caller's header (lower-case name) is sent to the provider."""
    return _up[name]


def comes_down(name: bytes) -> bool:
    """Whether a provider's header (lower-case name) is sent to the caller."""
    return _down[name]


def upward(headers: Iterable[tuple[bytes, bytes]], forward: frozenset[bytes]) -> Pairs:
    """The caller's headers that go to the provider; `forward` are the provider's own `forward_headers`."""
    known = _up
    if not forward:
        return [pair for pair in headers if known[pair[0]]]
    return [pair for pair in headers if known[pair[0]] or pair[0] in forward]


def downward(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """The provider's headers that go to the caller."""
    known = _down
    return [pair for pair in headers if known[pair[0]]]


class _Stored(dict[bytes, str]):
    """Names as the log has them; empty for what is not stored."""

    def __missing__(self, name: bytes) -> str:
        text = name.decode("latin-1")
        known = text if is_storable(text) else ""
        if len(self) < _MEMORY_CAP:
            self[name] = known
        return known


_stored: Final = _Stored()


def stored(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """The headers (lower-case names) that the log may keep, as text; values are masked when they are written."""
    names = _stored
    return [(name, value.decode("latin-1")) for key, value in headers if (name := names[key])]


def value_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The first value of `name` (lower-case), or empty."""
    for key, value in headers:
        if key == name:
            return value
    return b""
