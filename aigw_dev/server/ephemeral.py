"""Ephemeral secrets that providers give out through us (WebRTC, browsers): who made them, until when. In memory only.

A reply to `POST /v1/realtime/client_secrets` (or `/realtime/sessions`) holds a secret that opens one realtime session
at the provider that made it. It goes to the caller as it came; here its digest is kept, so that a later call that shows
it is recognised as a credential for exactly that provider, and carries it upward instead of the stored key.

Use, in the pipeline: after a good reply of those operations `remember(body, provider, now_s=time.time())`, and store
`masked(body)` in the log instead of `body`. A reply of `POST /v1/realtime/calls` (WebRTC) names its call in `location`:
`remember_call(location, provider, key)`; a later `?call_id=` then leads there. At the door: `identify(credentials, ...)`
beside `who.identify`; what it finds goes up in place of a key (`Found.secret`), and only to `Found.provider`.
"""

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, TypeVar

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.exchange import Identity
from aigw_dev.core.mask import MASKED
from aigw_dev.server.who import secret_of

K = TypeVar("K")
V = TypeVar("V")

MOST: Final = 4096
"""Secrets, and calls, remembered at once; the oldest go first."""
LIFE_S: Final = 600.0
"""How long a secret is good whose reply names no end."""
MOST_LIFE_S: Final = 7200.0
"""No secret is believed longer: OpenAI's live at most two hours (API reference of client secrets, read 2026-11)."""
CALL_S: Final = 7200.0
"""How long a call's owner is remembered."""


class Found(msgspec.Struct, frozen=True):
    """A caller showed an ephemeral secret that is still good. Its repr shows no value."""

    provider: str
    secret: bytes
    """Goes up as it came."""

    @property
    def identity(self) -> Identity:
        """Who that caller is: somebody who may use this provider."""
        return Identity(kind="provider-key", providers=frozenset({self.provider}))

    def __repr__(self) -> str:
        """The provider only."""
        return f"Found({self.provider})"


class CallOwner(msgspec.Struct, frozen=True):
    """Who carries a WebRTC call; has the shape of `inbound.Owner`."""

    provider: str
    key: str
    """The key it was made with, by name; empty = none of ours."""


class EphemeralSecrets:
    """What this process has handed on. Used from the event loop only; gone with it."""

    def __init__(self) -> None:
        """Empty."""
        self._secrets: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        """By SHA-256: provider, end in UTC seconds."""
        self._calls: OrderedDict[str, tuple[CallOwner, float]] = OrderedDict()

    def remember(self, reply: bytes, provider: str, *, now_s: float) -> bool:
        """Keep the secret of a provider's reply; whether it held one."""
        found = _read(reply)
        if found is None:
            return False
        secret, ends_s = found
        ends_s = min(ends_s or now_s + LIFE_S, now_s + MOST_LIFE_S)
        _keep(self._secrets, sha256(secret.encode()).digest(), (provider, ends_s))
        return True

    def identify(self, credentials: Iterable[tuple[bytes, bytes]], *, now_s: float) -> Found | None:
        """The first of a caller's credentials (`Head.credentials`) that is a secret still good; None where none is."""
        for _, value in credentials:
            secret = secret_of(value)
            known = self._secrets.get(sha256(secret).digest())
            if known is not None and now_s < known[1]:
                return Found(known[0], secret)
        return None

    def remember_call(self, location: str, provider: str, key: str, *, now_s: float) -> None:
        """Keep who carries the call that a `location` header names (`/v1/realtime/calls/rtc_...`)."""
        name = location.rstrip("/").rpartition("/")[2].partition("?")[0]
        if name:
            _keep(self._calls, name, (CallOwner(provider, key), now_s + CALL_S))

    def call_owner(self, call: str, *, now_s: float) -> CallOwner | None:
        """Who carries the call `rtc_...`; None where nobody is known."""
        known = self._calls.get(call)
        return known[0] if known is not None and now_s < known[1] else None


def masked(reply: bytes) -> bytes:
    """A reply as the log may keep it: without its secret."""
    found = _read(reply)
    return reply if found is None else reply.replace(found[0].encode(), MASKED.encode())


def _read(reply: bytes) -> tuple[str, float] | None:
    """The secret and its end (0 = not said): `{"value", "expires_at"}`, or the same below `client_secret`."""
    whole = loose_json.mapping(loose_json.load(reply))
    for holder in (whole, loose_json.mapping(whole.get("client_secret"))):
        secret = loose_json.text(holder.get("value"))
        if secret:
            return secret, float(loose_json.count(holder.get("expires_at")) or 0)
    return None


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > MOST:
        kept.popitem(last=False)
