"""Who calls: the credential shown, in any dialect's header, against what this gateway knows (CONTRACT 4).

Only SHA-256 digests are kept and compared, so a look-up tells nothing about a token, and no value can be printed.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.store.state import Credential

NOBODY: Final = Identity()
EVERYBODY: Final = Identity(providers=None)
"""An unidentified caller where identity verification is off."""

_RANK: Final = {"none": 0, "provider-key": 1, "token": 2, "consumer": 3, "run": 3, "admin": 4}
"""Which of several valid credentials names the caller."""


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """Every credential this gateway knows, by digest; part of the snapshot."""

    known: Mapping[bytes, Identity]
    revoked: frozenset[bytes]
    """Digests of credentials that were valid once: they are 401 everywhere, not ignored."""
    is_open: bool
    """identity_verification is off and the gateway listens on loopback only."""


def secret_of(value: bytes) -> bytes:
    """The credential in a header's value: without `Bearer ` and surrounding spaces."""
    text = value.strip()
    if text[:7].lower() == b"bearer ":
        return text[7:].strip()
    return text


def known_callers(
    token: str, admin_token: str, issued: Iterable[Credential], *, now_at: float
) -> tuple[dict[bytes, Identity], frozenset[bytes]]:
    """Who each credential of the gateway's own stands for, by digest, and those that were good once.

    `now_at` is UTC seconds; `issued` are the runs' credentials.
    """
    known = {
        sha256(token.encode()).digest(): Identity(kind="token", providers=None),
        sha256(admin_token.encode()).digest(): Identity(kind="admin", providers=None),
    }
    revoked: set[bytes] = set()
    for one in issued:
        if one.is_valid(now_at):
            metadata = one.detail.get("metadata", {})
            known[one.digest] = Identity(kind="run", run=one.name, providers=None, metadata=metadata)
        else:
            revoked.add(one.digest)
    return known, frozenset(revoked)


def identify(credentials: list[tuple[bytes, bytes]], roll: Roll) -> Identity | Refusal:
    """The caller's identity; one valid credential suffices, an unknown one counts as none."""
    best = NOBODY
    is_revoked = False
    for _, value in credentials:
        digest = sha256(secret_of(value)).digest()
        found = roll.known.get(digest)
        if found is None:
            is_revoked = is_revoked or digest in roll.revoked
        elif _RANK[found.kind] > _RANK[best.kind]:
            best = found
    if best.kind != "none":
        return best
    if is_revoked:
        return Refusal(
            code="credential_revoked",
            message="this credential was revoked or has expired; get a new one with `aigw-dev env` or start the run again",
        )
    return EVERYBODY if roll.is_open else NOBODY


def may_spend(identity: Identity, provider: str) -> bool:
    """Whether this caller may use a stored key of `provider`."""
    return identity.providers is None or provider in identity.providers
