"""One request as the pipeline sees it: read, identified, with the snapshot it will keep to its end."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Assembled, Exchange, Identity
from aigw_dev.core.multipart import Part
from aigw_dev.core.operations import Match
from aigw_dev.server.affinity import Owner
from aigw_dev.server.ephemeral import Found
from aigw_dev.server.fault_board import Faults
from aigw_dev.server.front import Head
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.things import Things


class Upload(Protocol):
    """A body that is not JSON, or too large to be held: read to its end, kept aside, sent as often as needed."""

    @property
    def size(self) -> int:
        """Bytes of the whole body."""
        ...

    @property
    def fields(self) -> dict[str, str]:
        """Text fields of a form, by name."""
        ...

    @property
    def parts(self) -> Sequence[Part]:
        """Every part of a form, in order; none where the body is no form."""
        ...

    @property
    def sha256(self) -> str:
        """Of a body that is no form, in hex."""
        ...

    @property
    def content_type(self) -> str:
        """As the caller sent it."""
        ...

    def outgoing(self, model: str, params: Mapping[str, Any]) -> tuple[AsyncIterator[bytes], int]:
        """The body with another model name (none where empty) and a leaf's parameters, and its length."""
        ...

    def as_object(self) -> bytes:
        """The text fields of a form as a JSON object."""
        ...

    def describe(self) -> bytes:
        """What the log keeps instead of the bytes: JSON with names, sizes and hashes."""
        ...

    async def small_files(self) -> dict[str, bytes]:
        """The files of a form that are small enough to be held, by field name."""
        ...

    def close(self) -> None:
        """Forget the bytes."""
        ...


class Member(Protocol):
    """A call as one of a test's."""

    @property
    def is_answered_here(self) -> bool:
        """A stub or a recording answers it: no key is needed."""
        ...

    def leave(self, heard: Assembled | None, *, is_gone: bool) -> None:
        """The exchange has ended and is priced; `heard` is the answer put together, `is_gone`: the caller left."""
        ...


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
    """The JSON body; empty for an upload."""
    snapshot: Snapshot
    began_s: float
    """When its head had arrived, on the monotonic clock."""
    started_at: float
    """The same moment, UTC seconds since the epoch."""
    things: Things
    upload: Upload | None = None
    recording: tuple[float, bool] | None = None
    """Seconds of an uploaded recording, and whether they are exact; None where there is none or its bytes do not tell."""
    read: RequestBody | None = None
    """The JSON body with its top level read, once the pipeline has checked it."""
    asked: RequestBody | None = None
    """The JSON body as it came, where `read` has had something written out."""
    ephemeral: Found | None = None
    """The caller showed a secret that a provider gave out through us."""
    owner: Owner | None = None
    """Who has the thing that the path or body names; None where nobody is known."""
    join: "Callable[[Inbound, Exchange], Awaitable[Refusal | None]] | None" = None
    """Makes the call one of a test's (`Bench.begin_call`), or says why it goes no further; None outside recording and replay."""
    is_at_home: bool = False
    """Its path names a test: a bare model there is its dialect's own provider's."""
    bench_call: Member | None = None
    """The test that the call belongs to, and what is known of the call there; None outside recording and replay."""
    subprotocols: tuple[bytes, ...] | None = None
    """What a WebSocket's caller offers, beside credentials; None = it asks for no WebSocket."""
    faults: Faults | None = None
    """What may strike it; None = nothing was in force when it arrived."""
