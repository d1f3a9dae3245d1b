"""What a fault does, as steps that whoever holds the connection plays one after the other."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

Headers = list[tuple[bytes, bytes]]
"""Names in lower case, in wire order."""


class Bytes(msgspec.Struct, frozen=True):
    """Send these, in a write of their own."""

    data: bytes


class Wait(msgspec.Struct, frozen=True):
    """Send nothing for so long."""

    seconds: float


class End(msgspec.Struct, frozen=True):
    """The reply is over; nothing follows.

    `clean` ends the body properly (the last chunk, or the connection's end where that frames it); `dirty` closes the
    connection without; `reset` sends RST; `hold` stays open and silent until the caller leaves, and sends `ping` every
    `every_s` where there is one. At the provider's edge `dirty` and `reset` are `UpstreamError` `upstream_reset`.
    """

    kind: Literal["clean", "dirty", "reset", "hold"]
    ping: bytes = b""
    every_s: float = 0.0


Step = Bytes | Wait | End


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A reply instead of the provider's, which is not asked; or no reply at all."""

    before: Literal["none", "error", "empty", "garbage", "reset"] = "none"
    """`none`: a reply comes. Else, at the client's edge: `empty` close, `garbage` play `steps` as they are, without a
    status line, `reset` send RST; `error` is for the provider's edge only."""
    code: str = ""
    """At the provider's edge, where `before` is not `none`: the code of the `UpstreamError` to raise."""
    text: str = ""
    """Its message."""
    is_sent: bool = True
    """Whether the request reached the provider, as `UpstreamError.is_sent`."""
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    steps: tuple[Step, ...] = ()


class Rewriter(Protocol):
    """Changes a reply on its way. Feed it what comes, play what it gives; after an `End` call nothing more."""

    @property
    def wait_s(self) -> float:
        """How long the reply's head is held back."""
        ...

    @property
    def has_acted(self) -> bool:
        """Something was changed; False at the end says that the reply never came to the place of the fault."""
        ...

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The head to send, and what follows it at once.

        Framing headers are right for what will come: without `content-length` the length is not known.
        """
        ...

    def feed(self, chunk: bytes) -> list[Step]:
        """What to do for these bytes of the body."""
        ...

    def close(self) -> list[Step]:
        """What to do at the body's proper end; the end itself is the player's where no `End` stands there."""
        ...


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """The call that a fault is done to."""

    dialect: str
    is_stream: bool
    operation: str = ""
    edge: Literal["client", "provider"] = "client"
    model: str = ""
    at_s: float
    """UTC seconds since the epoch."""
    draw: Callable[[], float]
    """Numbers in [0, 1)."""


def value_of(headers: Headers, name: bytes) -> bytes:
    """The value of a header; empty where it is not there."""
    return next((value for key, value in headers if key.lower() == name), b"")


def without(headers: Headers, *names: bytes) -> Headers:
    """The headers but for these."""
    return [(key, value) for key, value in headers if key.lower() not in names]


def is_good(status: int) -> bool:
    """A reply with content: faults of content leave errors alone."""
    return 200 <= status < 300  # noqa: PLR2004 - HTTP's class of success
