"""What a caller's `sec-websocket-protocol` offers: subprotocols for the provider, and credentials, which stay here.

A page in a browser cannot set headers on a WebSocket, so its SDK puts the key among the subprotocols
(`openai-insecure-api-key.KEY`; others name theirs likewise). Such an item counts as a credential header and never goes up.
"""

import re
from typing import Final

import msgspec

from aigw_dev.server.headers import Pairs

_CREDENTIAL: Final = re.compile(
    rb"(?:[A-Za-z0-9.-]*?[-_.])?(?:bearer|authorization|api-key|apikey|key|client-secret|secret|access-token|token)\.(.+)",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 5.6.2: what a subprotocol may be."""
_OURS: Final = b"aigwdev-"
MOST: Final = 32


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """The header, taken apart."""

    subprotocols: tuple[bytes, ...] = ()
    """What may be offered to a provider, in order."""
    credentials: tuple[tuple[bytes, bytes], ...] = ()
    """As `front.Head.credentials` has them."""


def read_offers(headers: Pairs) -> Offers:
    """The offers of a handshake; items that are no tokens, and those past `MOST`, are passed over."""
    items = [
        item.strip()
        for name, value in headers
        if name == b"sec-websocket-protocol"
        for item in value.split(b",")
    ]
    offered: list[bytes] = []
    shown: list[tuple[bytes, bytes]] = []
    for item in items[:MOST]:
        found = _CREDENTIAL.fullmatch(item)
        if found is not None:
            shown.append((b"sec-websocket-protocol", found[1]))
        elif _OURS not in item and _TOKEN.fullmatch(item) and item not in offered:
            offered.append(item)
    return Offers(subprotocols=tuple(offered), credentials=tuple(shown))
