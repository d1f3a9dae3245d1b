"""What is in force: one immutable whole, swapped at once. A request keeps the one it began with.

Everything that a request looks up is compiled here, off the request path: providers with their endpoints, routes,
the address table, credentials by digest, the rules of the door, prices, the mask for stored bodies.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from aigw_dev.core.config import Config
from aigw_dev.core.errors import Refusal
from aigw_dev.core.pricing import PriceBook
from aigw_dev.core.providers import ResolvedProvider
from aigw_dev.core.routing.address import AddressTable
from aigw_dev.core.routing.flow import CompiledRoute
from aigw_dev.server.call import Call, Reply
from aigw_dev.server.front import FrontRules
from aigw_dev.server.keys import KeyTable, ReadyKey
from aigw_dev.server.pool import AnyProtocol
from aigw_dev.server.socket_answer import Through
from aigw_dev.server.who import Roll

Send = Callable[[Call], Awaitable[Reply]]


class Connect(Protocol):
    """Opens a connection for a WebSocket."""

    async def __call__(
        self, url: str, make: Callable[[], AnyProtocol], *, timeout_s: float, proxy: str | None = None
    ) -> AnyProtocol:
        """See `Upstream.connect`."""
        ...


class ReadyProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as the attempts use it."""

    name: str
    resolved: ResolvedProvider
    send: Send
    """The upstream seam, or the embedded provider."""
    connect: Connect | None = None
    """The same seam for WebSockets (`Upstream.connect`); None = it has none."""
    through: Through | None = None
    """What stands before `connect`, where sockets are recorded or replayed; None = nothing."""
    exchange_key: Callable[[ReadyKey], Awaitable[ReadyKey | Refusal]] | None = None
    """Turns a stored credential into one that can be sent, where the kind's keys are not sent as they are."""
    refusal: Refusal | None = None
    """Why it is off: an untrusted setting, a setting missing. None = usable."""
    forward: frozenset[bytes] = frozenset()
    """Lower-case names of callers' headers that this provider gets beside the usual ones."""
    fixed_headers: tuple[tuple[bytes, bytes], ...] = ()
    """The provider's own `headers`."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One consistent view of config, secrets, credentials and routes."""

    generation: int
    """Counts swaps since the gateway started; 1 is the first."""
    digest: str
    """Digest of the config's text; empty for the built-in default."""
    config: Config
    gateway: str
    providers: Mapping[str, ReadyProvider]
    routes: Mapping[str, CompiledRoute]
    addresses: AddressTable
    keys: KeyTable
    roll: Roll
    front: FrontRules
    prices: PriceBook
    lists: Mapping[str, tuple[str, ...]]
    """Models by provider, as `GET /v1/models` shows them."""

    def spends(self, provider: str) -> bool:
        """Whether a call to this provider uses a stored key, so that its caller must be identified."""
        resolved = self.providers[provider].resolved
        if resolved.auth == "none":
            return False
        chosen = self.keys.chosen().get(provider)
        return resolved.is_key_required or (chosen is not None and bool(chosen.secrets))
