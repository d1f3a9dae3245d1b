"""One request and its response on a caller's connection: the ASGI side of `protocol`.

Written for few steps per message: the response's head leaves together with the first piece of its body (or at the
end of the turn, if none comes), waiting costs a future only when there is something to wait for, and a caller's leaving
is a plain function call (`Link.on_disconnect`), not a task that waits for it.
"""

import asyncio
import http
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Protocol

from uvicorn.protocols.http.flow_control import FlowControl

from aigw_dev.server.request_head import Fault

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
App = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

HIGH_WATER_BYTES: Final = 64 * 1024
"""Unread body above which the caller's socket is not read any more."""

_logger: Final = logging.getLogger("aigw_dev.server")
_FAILED: Final = Fault(500, "internal_error", "the gateway failed to answer this request")
_STOPPING: Final = Fault(503, "shutting_down", "the gateway is stopping; try again when it is up")
_SHAPING: Final = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_BODYLESS: Final = frozenset({204, 304})
_BREAKING: Final = frozenset({"aigw.raw", "aigw.break"})
"""Messages of our own, for faults that were asked for: bytes as they are (`data`), and the connection's end."""


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


STATUS_LINES: Final = {status: _status_line(status) for status in range(100, 600)}


class Link:
    """The app's link to its caller: `scope["extensions"]["aigw"]`."""

    __slots__ = ("_on_disconnect", "is_gone", "why")

    def __init__(self) -> None:
        """One for each request."""
        self.is_gone = False
        """Nobody waits for the response any more."""
        self._on_disconnect: Callable[[], None] | None = None
        self.why = ""
        """Why it is gone: `client_left`, or the code of what the protocol answered itself (`request_timeout`,
        `invalid_http`, ...)."""

    @property
    def on_disconnect(self) -> Callable[[], None] | None:
        """Called at once, on the loop, when the caller leaves before its response is complete; at most once.

        Set when the caller is gone already, it is called there and then.
        """
        return self._on_disconnect

    @on_disconnect.setter
    def on_disconnect(self, callback: Callable[[], None] | None) -> None:
        if self.is_gone and callback is not None:
            callback()
            return
        self._on_disconnect = callback

    def leave(self, why: str) -> None:
        """The caller is gone: tell the app."""
        self.is_gone = True
        self.why = why
        callback, self._on_disconnect = self._on_disconnect, None
        if callback is not None:
            callback()


class Wire(Protocol):
    """What a cycle needs of its connection; `protocol.DoorProtocol`."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    flow: FlowControl
    """Whether either direction is paused; uvicorn's. Reading is paused through the methods below."""

    def read_no_more(self) -> None:
        """The app does not keep up with the body."""
        ...

    def read_more(self) -> None:
        """The app wants more of the body."""
        ...

    def is_unread(self, cycle: "Cycle") -> bool:
        """Part of this request's body has not arrived yet."""
        ...

    def response_done(self, cycle: "Cycle") -> None:
        """The response is complete."""
        ...

    async def cut(self, *, is_reset: bool) -> None:
        """End the connection once what was written is out, with RST where `is_reset`."""
        ...

    def fail(self, cycle: "Cycle", fault: Fault) -> None:
        """The app ended without a complete response: answer `fault` if nothing was sent, then close."""
        ...


class Cycle:
    """One request and its response."""

    __slots__ = (
        "_body_left",
        "_change",
        "_head",
        "_is_chunked",
        "_is_delivered",
        "_is_whole",
        "_pieces",
        "_unread",
        "_wants_continue",
        "_wire",
        "has_no_body",
        "is_body_lost",
        "is_complete",
        "is_gone",
        "is_old",
        "is_started",
        "keep_alive",
        "link",
        "scope",
    )

    def __init__(
        self, wire: Wire, scope: Scope, link: Link, *, keep_alive: bool, wants_continue: bool
    ) -> None:
        """`link` is also in `scope["extensions"]`."""
        self._wire = wire
        self.scope = scope
        self.link = link
        self.keep_alive = keep_alive
        self.is_old = scope["http_version"] == "1.0"
        self.is_gone = False
        """Nothing is sent any more: the caller left, or the protocol answered in the app's place."""
        self.is_body_lost = False
        """The rest of the request's body will never come."""
        self.is_started = False
        self.is_complete = False
        self.has_no_body = False
        self._wants_continue = wants_continue
        self._pieces: list[bytes] = []
        self._unread = 0
        self._is_whole = False
        self._is_delivered = False
        self._change: asyncio.Event | None = None
        self._head = b""
        self._is_chunked = False
        self._body_left: int | None = None

    # from the protocol

    def arrive(self, body: bytes) -> None:
        """A piece of the request's body."""
        self._pieces.append(body)
        self._unread += len(body)
        if self._unread > HIGH_WATER_BYTES:
            self._wire.read_no_more()
        self._notify()

    def whole(self) -> None:
        """The request's body is complete."""
        self._is_whole = True
        self._notify()

    def leave(self, why: str) -> None:
        """Nobody waits for the response any more."""
        if self.is_gone or self.is_complete:
            return
        self.is_gone = True
        self._notify()
        self.link.leave(why)

    def lose_body(self) -> None:
        """The request broke off while its response is under way: reading ends, writing goes on."""
        self.is_body_lost = True
        self._notify()

    def finished(self, task: "asyncio.Task[None]") -> None:
        """The app's task ended."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _logger.error("the app failed on %s %s", self.scope["method"], self.scope["path"], exc_info=error)
        if not self.is_complete and not self.is_gone:
            self._wire.fail(self, _STOPPING if task.cancelled() else _FAILED)

    # the ASGI interface

    async def receive(self) -> Message:
        """The next piece of the body, or `http.disconnect`."""
        while True:
            if self.is_gone or self.is_complete or self.is_body_lost:
                return {"type": "http.disconnect"}
            if self._pieces or (self._is_whole and not self._is_delivered):
                pieces = self._pieces
                body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                self._pieces = []
                self._unread = 0
                self._is_delivered = self._is_whole
                return {"type": "http.request", "body": body, "more_body": not self._is_whole}
            if not self._is_whole:
                if self._wants_continue:
                    self._wants_continue = False
                    self._wire.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self._wire.read_more()
            if self._change is None:
                self._change = asyncio.Event()
            await self._change.wait()

    async def send(self, message: Message) -> None:
        """Send a part of the response; waits while the caller does not keep up. Goes nowhere once it has left."""
        flow = self._wire.flow
        if flow.write_paused and not self.is_gone:
            await flow.drain()
        if self.is_gone:
            return
        kind = message["type"]
        if kind == "http.response.start":
            if self.is_started:
                raise RuntimeError("the response has been started already")
            self._start(message["status"], message.get("headers", ()))
        elif kind == "http.response.body":
            if not self.is_started or self.is_complete:
                raise RuntimeError("a piece of body belongs between the response's start and its end")
            self._write(message.get("body", b""), is_last=not message.get("more_body", False))
        elif kind in _BREAKING:
            await self._break(message)
        else:
            raise RuntimeError(f"{kind} is not a message of an HTTP response")

    async def _break(self, message: Message) -> None:
        """Do what no response does: a fault was asked for."""
        self._flush_head()
        self.is_started = True
        if message["type"] == "aigw.raw":
            self._wire.transport.write(message["data"])
            return
        self.is_gone = True
        self.link.on_disconnect = None
        self._notify()
        await self._wire.cut(is_reset=message["is_reset"])

    def _notify(self) -> None:
        change, self._change = self._change, None
        if change is not None:
            change.set()

    def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.is_started = True
        self._wants_continue = False
        if self._wire.is_unread(self):
            self.keep_alive = (
                False  # the connection ends with this response: the rest of the body is not wanted
            )
        lines = [STATUS_LINES[status]]
        is_close_said = False
        for name, value in headers:
            lower = name.lower()
            if lower in _SHAPING:
                if lower == b"content-length":
                    self._body_left = int(value)
                elif lower == b"transfer-encoding":
                    continue  # framing is ours
                elif b"close" in value.lower():
                    self.keep_alive = False
                    is_close_said = True
            lines.append(b"%b: %b\r\n" % (lower, value))
        self.has_no_body = self.scope["method"] == "HEAD" or status in _BODYLESS
        count = len(lines)
        if self._body_left is None and not self.has_no_body:
            if self.is_old:
                self.keep_alive = False  # HTTP/1.0 knows no chunks: the body ends with the connection
            else:
                self._is_chunked = True
                lines.append(b"transfer-encoding: chunked\r\n")
                count += 1
        if not self.keep_alive and not is_close_said:
            lines.append(b"connection: close\r\n")
            count += 1
        lines.append(b"\r\n")
        head = b"".join(lines)
        # Every line break is ours, or a header value splits the response.
        if head.count(b"\n") != count + 1 or head.count(b"\r") != count + 1 or b"\0" in head:
            self.is_started = False
            raise RuntimeError("a response header holds a line break or a NUL")
        self._head = head
        self._wire.loop.call_soon(self._flush_head)

    def _flush_head(self) -> None:
        """The app gave no body in the same turn: the head goes alone."""
        if self._head and not self.is_gone:
            head, self._head = self._head, b""
            self._wire.transport.write(head)

    def _write(self, body: bytes, *, is_last: bool) -> None:
        out = self._head
        self._head = b""
        if self.has_no_body:
            body = b""
            self._body_left = None
        elif self._is_chunked:
            if body:
                out += b"%x\r\n%b\r\n" % (len(body), body)
            if is_last:
                out += b"0\r\n\r\n"
        else:
            if self._body_left is not None:
                self._body_left -= len(body)
                if self._body_left < 0:
                    raise RuntimeError("the response is longer than its content-length")
            out = out + body if out else body
        if out:
            self._wire.transport.write(out)
        if not is_last:
            return
        if self._body_left:
            raise RuntimeError("the response is shorter than its content-length")
        self.is_complete = True
        self.link.on_disconnect = None
        self._notify()
        self._wire.response_done(self)
