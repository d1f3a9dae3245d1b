"""One side of an open WebSocket: messages out of bytes and back, pings, the closing handshake, back-pressure.

The framing (RFC 6455) is `websockets`' sans-IO protocol without extensions: nothing is ever compressed. Callers and
providers use the same class, because once open they differ only in who masks.

Memory: unread messages stop reading from the socket, `send` returns when the socket has taken what was written, and
one message has at most `MAX_MESSAGE_BYTES`; a peer that makes us answer pings and reads nothing is cut off.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

import msgspec

if TYPE_CHECKING:
    from websockets.frames import Frame

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""As an SSE event (CONTRACT 3); more is close code 1009."""
PING_S: Final = 20.0
"""A peer that has been silent so long is asked whether it is there."""
STALL_S: Final = 300.0
"""How long a peer that takes nothing may keep us waiting."""
CLOSE_S: Final = 5.0
"""How long a peer may take to answer a close."""
_LINGER_S: Final = 0.1
"""A peer that broke the protocol and has been silent so long has sent all it will."""
_HIGH_BYTES: Final = 256 * 1024
"""Unread messages above which the socket is not read any more."""
_HIGH_COUNT: Final = 256
_REASON_BYTES: Final = 123
"""RFC 6455 5.5: a control frame has 125 bytes, two are the code."""
_UNWRITTEN_BYTES: Final = MAX_MESSAGE_BYTES + 1024 * 1024
NO_CODE: Final = 1005
GONE: Final = 1006
GOING_AWAY: Final = 1001
BAD_DATA: Final = 1007
TOO_BIG: Final = 1009
FAILED: Final = 1011

_log: Final = logging.getLogger("aigw_dev.sockets")
_log.setLevel(logging.WARNING)  # at DEBUG the library logs every message and header


class Message(msgspec.Struct, frozen=True):
    """A whole message, put together from its fragments."""

    payload: bytes
    is_text: bool
    """Valid UTF-8."""


class Closed(msgspec.Struct, frozen=True):
    """How a socket ended."""

    code: int
    """1005: closed without a code; 1006: the connection ended without a close."""
    reason: str = ""
    is_ours: bool = False
    """This side of the gateway closed it: what the peer sent was not acceptable, or it was asked to."""


class Frames:
    """An open WebSocket over a transport. Its protocol passes on what the transport tells."""

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        is_caller: bool,
        ping_s: float = PING_S,
        silence_s: float = 2 * PING_S + 5,
    ) -> None:
        """`is_caller`: the peer called us. A peer that sends nothing for `silence_s`, not even pongs, is gone; 0 = never."""
        from websockets.protocol import Protocol, Side

        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._wire = Protocol(
            Side.SERVER if is_caller else Side.CLIENT, max_size=MAX_MESSAGE_BYTES, logger=_log
        )
        self._inbox: deque[Message] = deque()
        self._inbox_bytes = 0
        self._partial = bytearray()
        self._is_partial_text = False
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._is_writable = True
        self._is_paused = False
        self._has_eof = False
        self._ping_s, self._silence_s = ping_s, silence_s
        self._heard_at = self._wrote_at = self._loop.time()
        self._is_asked = False
        """A ping has been sent since the peer was last heard."""
        self._timer: asyncio.TimerHandle | None = None
        if ping_s:
            self._timer = self._loop.call_later(ping_s, self._look)
        self._deadline: asyncio.TimerHandle | None = None
        self.closed: Closed | None = None
        """How it ended; messages that came before may still wait to be read."""
        self.on_gone: Callable[[], None] | None = None
        """Called once when the peer has vanished without a close."""
        self._lost: asyncio.Future[None] = self._loop.create_future()

    # for the relay

    async def receive(self) -> Message | Closed:
        """The next message, or how it ended; one reader at a time."""
        while not self._inbox:
            if self.closed is not None:
                return self.closed
            self._waiter = self._loop.create_future()
            await self._waiter
        message = self._inbox.popleft()
        self._inbox_bytes -= len(message.payload)
        self._breathe()
        return message

    async def send(self, message: Message) -> bool:
        """Send a message; True when the socket has taken it, False where it is closed. One writer at a time."""
        if self.closed is not None:
            return False
        send = self._wire.send_text if message.is_text else self._wire.send_binary
        send(message.payload)
        self._wrote_at = self._loop.time()
        self._flush()
        while not self._is_writable and self.closed is None:
            self._drained = self._loop.create_future()
            await self._drained
        return self.closed is None

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye and end: at once for us, within `CLOSE_S` for the peer. 1005 closes without a code."""
        if self.closed is not None:
            return
        from websockets.protocol import State

        short = reason.encode()[:_REASON_BYTES].decode("utf-8", "ignore")
        if self._wire.state is State.OPEN:
            if code == NO_CODE:
                self._wire.send_close()
            else:
                self._wire.send_close(FAILED if code == GONE else code, short)
        self._end(Closed(code, short, is_ours=True))
        self._flush()
        self._end_within(CLOSE_S)

    def abort(self) -> None:
        """Cut the connection."""
        self._end(Closed(GONE, is_ours=True))
        self._transport.abort()

    async def ended(self) -> None:
        """Wait until the connection is gone: after `close` it takes at most `CLOSE_S`; cut where the wait is cancelled."""
        try:
            await asyncio.shield(self._lost)
        except asyncio.CancelledError:
            self._transport.abort()
            raise

    # for the transport's protocol

    def feed(self, data: bytes) -> None:
        """Bytes from the peer, in any cut."""
        if self._has_eof:
            return
        self._heard_at, self._is_asked = self._loop.time(), False
        wire = self._wire
        wire.receive_data(data)
        for event in wire.events_received():
            self._take(cast("Frame", event))  # of a protocol without a handshake all events are frames
        self._flush()
        fault = wire.close_sent if wire.parser_exc is not None else None
        if fault is not None and self.closed is None:
            self._end(Closed(fault.code, fault.reason, is_ours=True))
            self._end_within(CLOSE_S)
        if self._transport.get_write_buffer_size() > _UNWRITTEN_BYTES:
            self.abort()

    def eof(self) -> None:
        """The peer sends nothing more."""
        if not self._has_eof:
            self._has_eof = True
            self._wire.receive_eof()
        self._vanish("the connection ended without a close")

    def lost(self) -> None:
        """The connection is gone."""
        self._has_eof = True
        for timer in (self._timer, self._deadline):
            if timer is not None:
                timer.cancel()
        self._timer = self._deadline = None
        self._vanish("the connection was lost")
        _wake(self._lost)

    def pause_writing(self) -> None:
        """The peer reads more slowly than we write."""
        self._is_writable = False

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._is_writable = True
        self._wrote_at = self._loop.time()
        _wake(self._drained)

    # inside

    def _take(self, frame: "Frame") -> None:
        from websockets.frames import Opcode

        if frame.opcode is Opcode.CLOSE:
            received = self._wire.close_rcvd
            self._end(Closed(received.code, received.reason) if received is not None else Closed(NO_CODE))
            self._end_within(CLOSE_S)
        elif frame.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT} and self.closed is None:
            if frame.opcode is not Opcode.CONT:
                self._is_partial_text = frame.opcode is Opcode.TEXT
            if not frame.fin or self._partial:
                self._partial += frame.data
            if frame.fin:
                payload = bytes(self._partial or frame.data)
                self._partial = bytearray()
                self._deliver(Message(payload, self._is_partial_text))

    def _deliver(self, message: Message) -> None:
        if message.is_text:
            try:
                message.payload.decode("utf-8")
            except UnicodeDecodeError:
                self.close(BAD_DATA, "a text message is not UTF-8")
                return
        self._inbox.append(message)
        self._inbox_bytes += len(message.payload)
        if not self._is_paused and (self._inbox_bytes > _HIGH_BYTES or len(self._inbox) > _HIGH_COUNT):
            self._is_paused = True
            self._transport.pause_reading()
        _wake(self._waiter)

    def _breathe(self) -> None:
        """Read on where enough has been taken out."""
        is_low = self._inbox_bytes <= _HIGH_BYTES // 2 and len(self._inbox) <= _HIGH_COUNT // 2
        if self._is_paused and (is_low or self.closed is not None) and not self._transport.is_closing():
            self._is_paused = False
            self._heard_at = self._loop.time()
            self._transport.resume_reading()

    def _flush(self) -> None:
        for piece in self._wire.data_to_send():
            if piece:
                self._transport.write(piece)
            elif self._wire.parser_exc is not None:
                self._linger()  # there may be more of what we did not like under way
            else:
                self._half_close()

    def _half_close(self) -> None:
        """Say that nothing more comes. Not `close`: over unread input that would reset the connection, close frame and all."""
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _linger(self) -> None:
        """Half-close once the peer has stopped sending, so that it reads why."""
        if self._has_eof:
            return
        if self._loop.time() - self._heard_at < _LINGER_S:
            self._loop.call_later(_LINGER_S, self._linger)
        else:
            self._half_close()

    def _end(self, closed: Closed) -> None:
        if self.closed is not None:
            return
        self.closed = closed
        self._partial = bytearray()
        _wake(self._waiter)
        _wake(self._drained)
        self._breathe()

    def _vanish(self, why: str) -> None:
        if self.closed is None:
            self._end(Closed(GONE, why))
            if self.on_gone is not None:
                self.on_gone()

    def _end_within(self, seconds: float) -> None:
        if self._deadline is None and not self._has_eof:
            self._deadline = self._loop.call_later(seconds, self._transport.abort)

    def _look(self) -> None:
        """Is the peer still there? Asked while it is silent."""
        self._timer = None
        if self.closed is not None:
            return
        now = self._loop.time()
        if not self._is_writable:
            if now - self._wrote_at >= STALL_S:
                self._give_up("it takes nothing any more")
                return
        elif (
            not self._is_paused
            and self._is_asked
            and self._silence_s
            and now - self._heard_at >= self._silence_s
        ):
            self._give_up("no answer to a ping")
            return
        elif now - self._heard_at >= self._ping_s:
            self._is_asked = True
            self._wire.send_ping(b"")
            self._flush()
        self._timer = self._loop.call_later(self._ping_s, self._look)

    def _give_up(self, why: str) -> None:
        self._vanish(why)
        self._transport.abort()


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
