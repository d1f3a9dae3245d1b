"""One connection to a provider, and the reply that is on it.

Ownership: the pool makes a connection and gets it back when a reply is complete; between `begin` and that moment it
belongs to one `WireReply`. All methods run on the loop. A connection is never used again after any doubt.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, Protocol, Self, cast

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Headers
from aigw_dev.server.endpoint import Origin, Target
from aigw_dev.server.http1 import ReplyParser

MAX_UNREAD_BYTES: Final = 256 * 1024
"""Unread body bytes above which the socket is not read any more."""
_STALE_WINDOW_S: Final = 1.0
"""An idle connection that ends this soon after a call was written to it had been closed before (a provider needs
longer than a round trip to read a call, fail and close); later than that it may have worked on it."""


class StaleConnectionError(UpstreamError):
    """A kept-alive connection turned out to be closed: the call may be sent again on a fresh one."""

    code = "upstream_reset"


class Keeper(Protocol):
    """Who takes connections back: the pool."""

    def release(self, connection: "Connection") -> None:
        """The connection is free for another call."""
        ...

    def forget(self, connection: "Connection") -> None:
        """The connection is closed."""
        ...


class WireReply:
    """A reply read from a socket; implements `call.Reply`. One reader, on the loop."""

    __slots__ = ("_connection", "_error", "_pieces", "_unread", "_waiter", "headers", "is_complete", "status")

    def __init__(self, status: int, headers: Headers, connection: "Connection") -> None:
        """Made by the connection when the head is whole."""
        self.status = status
        self.headers = headers
        self.is_complete = False
        self._connection = connection
        self._pieces: list[bytes] = []
        self._unread = 0
        self._waiter: asyncio.Future[None] | None = None
        self._error: BaseException | None = None

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; see `call.Reply.chunks`."""
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._error is not None:
                raise self._error
            if self.is_complete:
                raise StopAsyncIteration
            if self._waiter is not None:
                raise RuntimeError("two tasks read one reply")
            self._waiter = self._connection.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._take()

    async def read(self, limit: int) -> bytes:
        """The whole body; see `call.Reply.read`."""
        if self.is_complete and self._unread <= limit and self._error is None:
            return self._take() if self._pieces else b""
        pieces: list[bytes] = []
        size = 0
        async for piece in self:
            size += len(piece)
            if size > limit:
                self.cancel()
                raise UpstreamError(
                    f"the reply of {self._connection.origin.label} is larger than {limit} bytes",
                    code="upstream_protocol",
                )
            pieces.append(piece)
        return b"".join(pieces)

    def cancel(self) -> None:
        """Close the connection at once; see `call.Reply.cancel`."""
        if self.is_complete or self._error is not None:
            return
        self._pieces.clear()
        self._unread = 0
        self.fail(UpstreamError("the call was cancelled", code="cancelled"))
        self._connection.abort()

    def _take(self) -> bytes:
        pieces = self._pieces
        self._pieces = []
        self._unread = 0
        if not self.is_complete:
            self._connection.resume_reading()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    # for the connection

    def arrive(self, body: bytes) -> None:
        """Keep `body` for the reader; stop reading the socket when too much is kept."""
        self._pieces.append(body)
        self._unread += len(body)
        if self._unread > MAX_UNREAD_BYTES and not self.is_complete:
            self._connection.pause_reading()

    def wake(self) -> None:
        """Let a waiting reader look again."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def fail(self, error: BaseException) -> None:
        """End the reply with `error`, after what has arrived."""
        if self._error is None and not self.is_complete:
            self._error = error
            self.wake()


class Connection(asyncio.Protocol):
    """One TCP or TLS connection; carries one call at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, origin: Origin, keeper: Keeper) -> None:
        """Made by the pool as a transport's protocol."""
        self.loop = loop
        self.origin = origin
        self.idle_since = 0.0
        """Wall clock, set by the pool: a suspended machine's connections must look old."""
        self._keeper = keeper
        self._transport: asyncio.Transport | None = None
        self._parser: ReplyParser | None = None
        self._head: asyncio.Future[WireReply] | None = None
        self._reply: WireReply | None = None
        self._pump: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._is_paused = False
        self._is_full = False
        self._is_used = False
        self._is_reused = False
        self._is_whole = True
        """The request of the call under way has been handed to the transport in full."""
        self._sent_at = 0.0

    @property
    def is_open(self) -> bool:
        """Nothing speaks against sending a call on it."""
        return self._transport is not None and not self._transport.is_closing()

    def begin(self, target: Target, head: bytes, body: bytes) -> "asyncio.Future[WireReply]":
        """Write a call; the future is the reply's head or an `UpstreamError`."""
        future = self._expect(target)
        transport = self._transport
        if transport is not None:
            if len(body) > MAX_UNREAD_BYTES:
                transport.write(head)
                transport.write(body)
            else:
                transport.write(head + body)
        return future

    def begin_streamed(
        self, target: Target, head: bytes, body: AsyncIterable[bytes], body_bytes: int | None
    ) -> "asyncio.Future[WireReply]":
        """Write a call whose body is pulled from `body` as the provider takes it; its errors become the reply's."""
        future = self._expect(target)
        if self._transport is not None:
            self._is_whole = False
            self._transport.write(head)
            self._pump = self.loop.create_task(self._send_body(body, body_bytes), name="upstream-body")
            self._pump.add_done_callback(self._body_sent)
        return future

    def _expect(self, target: Target) -> "asyncio.Future[WireReply]":
        self._head = future = self.loop.create_future()
        self._reply = None
        self._is_whole = True
        self._is_reused = self._is_used
        self._is_used = True
        if self.is_open:
            self._parser = ReplyParser(is_head_request=target.is_head)
            self._sent_at = self.loop.time()
        else:
            self._head = None
            future.set_exception(self._cut_short("closed the connection before it was used", is_sent=False))
        return future

    async def _send_body(self, body: AsyncIterable[bytes], body_bytes: int | None) -> None:
        """The task that feeds a streamed body, as fast as the provider takes it."""
        left = body_bytes
        async for piece in body:
            transport = self._transport
            if transport is None or transport.is_closing():
                return
            if not piece:
                continue  # an empty chunk would end the body
            if left is None:
                transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            else:
                left -= len(piece)
                if left < 0:
                    break
                transport.write(piece)
            if self._is_full:
                self._room = self.loop.create_future()
                await self._room
        if left:
            raise UpstreamError(
                f"the body to send is not the {body_bytes} bytes that were announced", code="upstream_failed"
            )
        if self._transport is not None and left is None:
            self._transport.write(b"0\r\n\r\n")
        self._is_whole = True

    def _body_sent(self, pump: asyncio.Task[None]) -> None:
        """A streamed body ended; its error, if any, belongs to whoever waits for the reply."""
        if pump.cancelled():
            return
        error = pump.exception()
        if error is not None:
            self._end(error)
            self.abort()

    # back-pressure

    def pause_reading(self) -> None:
        """Stop reading the socket until `resume_reading`."""
        if not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again; harmless when not paused or closed."""
        if self._is_paused:
            self._is_paused = False
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def pause_writing(self) -> None:
        """The provider takes the body slowly."""
        self._is_full = True

    def resume_writing(self) -> None:
        """There is room for more of the body."""
        self._is_full = False
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    # events of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open (TLS: after the handshake)."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of a reply."""
        parser = self._parser
        if parser is None:
            self.abort()  # nobody asked: whatever this is, the connection cannot be trusted
            return
        body = parser.feed(data)
        reply = self._reply
        if reply is None:
            if not parser.has_head:
                if parser.problem:
                    self._end(self._bad_reply(parser))
                    self.abort()
                return
            reply = self._reply = WireReply(parser.status, parser.headers, self)
        is_complete = reply.is_complete = parser.is_complete
        if body:
            reply.arrive(body)
        head = self._head
        if is_complete:
            self._settle(parser)
        elif parser.problem:
            reply.fail(self._bad_reply(parser))
            self.abort()
        if head is None:
            reply.wake()
            return
        self._head = None
        if not head.done():
            head.set_result(reply)

    def eof_received(self) -> bool:
        """The provider ends; what we still send would not be answered."""
        self._lost(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._lost(exc)
        self._transport = None
        self.resume_writing()
        self._keeper.forget(self)

    def abort(self) -> None:
        """Close at once: nothing buffered is sent any more."""
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        if self._transport is not None:
            self._transport.abort()

    # how a call ends

    def _settle(self, parser: ReplyParser) -> None:
        """The reply is complete: give the connection back, or close it where anything is left over."""
        self._parser = None
        self._reply = None
        is_flushed = (
            self._is_whole and self._transport is not None and self._transport.get_write_buffer_size() == 0
        )
        if parser.is_reusable and is_flushed and self.is_open:
            self._pump = None
            self.resume_reading()
            self._keeper.release(self)
        else:
            self.abort()

    def _lost(self, exc: Exception | None) -> None:
        """End of input: complete a reply that runs until close, or end the call with an error."""
        parser = self._parser
        if parser is None:
            return
        if exc is None and parser.feed_eof() and self._reply is not None:
            reply = self._reply
            reply.is_complete = True
            self._settle(parser)
            reply.wake()
            return
        if parser.has_started:
            self._end(self._cut_short("closed the connection before its reply was whole", is_sent=True))
        elif self._is_reused and self.loop.time() - self._sent_at < _STALE_WINDOW_S:
            self._end(StaleConnectionError(f"{self.origin.label} had closed the idle connection"))
        else:
            self._end(self._cut_short("closed the connection without a reply", is_sent=True))
        self.abort()

    def _end(self, error: BaseException) -> None:
        self._parser = None
        head, reply = self._head, self._reply
        self._head = self._reply = None
        if reply is not None:
            reply.fail(error)
        elif head is not None and not head.done():
            head.set_exception(error)

    def _cut_short(self, what: str, *, is_sent: bool) -> UpstreamError:
        return UpstreamError(f"{self.origin.label} {what}", code="upstream_reset", is_sent=is_sent)

    def _bad_reply(self, parser: ReplyParser) -> UpstreamError:
        return UpstreamError(
            f"the reply of {self.origin.label} is not valid HTTP/1.1: {parser.problem}",
            code="upstream_protocol",
        )
