"""One request as the pipeline sees it: read, identified, with the snapshot it will keep to its end."""

import msgspec

from aigw_dev.core.exchange import Identity
from aigw_dev.core.operations import Match
from aigw_dev.server.front import Head
from aigw_dev.server.snapshot import Snapshot


class Inbound(msgspec.Struct, kw_only=True):
    """A request past the door."""

    method: str
    path: str
    """Path as sent, without the query."""
    query: bytes
    headers: list[tuple[bytes, bytes]]
    """Lower-case names, in the order sent."""
    head: Head
    match: Match
    identity: Identity
    body: bytes
    snapshot: Snapshot
    began_s: float
    """When its head had arrived, on the monotonic clock."""
    started_at: float
    """The same moment, UTC seconds since the epoch."""
