"""What a provider answers when a WebSocket is asked for; what stands between (recording, replay) answers in the same words."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from aigw_dev.server.call import Call, Headers
from aigw_dev.server.socket_frames import Closed, Message


class Socket(Protocol):
    """An open WebSocket as the relay uses it (`socket_frames.Frames` says more)."""

    @property
    def closed(self) -> Closed | None:
        """How it ended; messages that came before may still wait to be read."""
        ...

    async def receive(self) -> Message | Closed:
        """The next message, or how it ended; one reader at a time."""
        ...

    async def send(self, message: Message) -> bool:
        """Send a message; True when it was taken, False where it is closed. One writer at a time."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye and end. 1005 closes without a code."""
        ...

    def abort(self) -> None:
        """Cut the connection."""
        ...

    async def ended(self) -> None:
        """Wait until the connection is gone."""
        ...


class Opened(msgspec.Struct):
    """The provider took the upgrade."""

    frames: Socket
    headers: Headers
    """Of its 101."""
    subprotocol: bytes
    """The one it chose of those offered; empty = none."""


class Declined(msgspec.Struct):
    """The provider answered over HTTP."""

    status: int
    headers: Headers
    body: bytes
    """At most `socket_upstream.ERROR_BYTES`; what came before it was cut off."""


Answer = Opened | Declined
Dial = Callable[[], Awaitable[Answer]]
"""Asks the provider. Raises `UpstreamError`."""
Through = Callable[[Call, Dial], Awaitable[Answer]]
"""What stands at the provider's edge: it may dial, or answer itself. Raises `UpstreamError`, `RefusedCallError`."""
