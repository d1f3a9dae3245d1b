"""The way back to the caller: one reply, headers once, bytes with back-pressure, and word when the caller has left."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from aigw_dev.core.binary_reply import BinaryReply
from aigw_dev.server.headers import Pairs

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


class Diversion(Protocol):
    """Something that was asked to go wrong with a reply, and takes its parts."""

    async def finish(self) -> None:
        """The reply's parts are over: do what is left to be done to the caller."""
        ...


class Downstream:
    """One reply to one caller. Used by one task only."""

    def __init__(self, send: Send) -> None:
        """`send` is the ASGI server's."""
        self._send = send
        self.is_started = False
        """Headers are out: the status cannot change any more."""
        self.is_gone = False
        """The caller left."""
        self.is_ended = False
        self.status = 0
        self.headers: Pairs = []
        """The reply's, as sent."""
        self.sent_bytes = 0
        self.kept: list[bytes] | None = None
        """The body as sent, where the exchange records it."""
        self.binary: BinaryReply | None = None
        """Hears the body instead, where it is binary: the log keeps its size and hash."""
        self.last_words: Callable[[int, str, str], bytes] | None = None
        """How a translated stream ends that breaks off: status, code and message as its encoder says an error there."""
        self.extra: Pairs = []
        """Headers that the reply gets whatever it is (`allow`, CORS)."""
        self.fault: Diversion | None = None
        """What was asked to go wrong with this reply."""

    @property
    def sender(self) -> Send:
        """What parts of the reply are sent with."""
        return self._send

    def divert(self, fault: Diversion, send: Send) -> None:
        """From now on parts of the reply go to `send`, and `fault` says when it has ended."""
        self.fault = fault
        self._send = send

    async def start(self, status: int, headers: Pairs) -> None:
        """Send the status and headers."""
        self.is_started = True
        self.status = status
        headers += self.extra
        self.headers = headers
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, chunk: bytes) -> None:
        """Send a piece of the body; waits while the caller reads more slowly than we write."""
        self._hear(chunk)
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self, last: bytes = b"") -> None:
        """Send the last piece and end the reply."""
        self.is_ended = self.fault is None
        if last:
            self._hear(last)
        await self._send({"type": "http.response.body", "body": last, "more_body": False})

    def _hear(self, chunk: bytes) -> None:
        self.sent_bytes += len(chunk)
        if self.binary is not None:
            self.binary.feed(chunk)
        elif self.kept is not None:
            self.kept.append(chunk)

    async def answer(self, status: int, headers: Pairs, body: bytes) -> None:
        """Send a whole reply."""
        headers.append((b"content-length", b"%d" % len(body)))
        await self.start(status, headers)
        await self.end(body)


async def leave_watch(receive: Receive, left: Callable[[], None]) -> None:
    """Call `left` when the caller disconnects: for ASGI servers without our protocol's callback."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            left()
            return
        await asyncio.sleep(0)
