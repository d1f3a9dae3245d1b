"""The callers' side of a WebSocket: the handshake after uvicorn's upgrade, an answer over HTTP or the open socket.

The connection comes from `protocol.DoorProtocol`, whose checks of the head hold (`request_head.inspect`); uvicorn hands
the head over in its own spelling, one `name: value` a line. Nothing is accepted before the app says so: until then
a refusal is an ordinary HTTP response. The app gets a scope of type `websocket`, and this object as
`scope["extensions"]["aigw"]`; it does not use ASGI's messages, which know neither back-pressure nor how a socket ended.
"""

import asyncio
import base64
import binascii
import logging
from hashlib import sha1
from typing import Any, ClassVar, Final, cast
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.server import ServerState

from aigw_dev.core.errors import Refusal
from aigw_dev.server.cycle import STATUS_LINES, App, Link
from aigw_dev.server.door_rules import DoorRules, Terms
from aigw_dev.server.downstream import Message
from aigw_dev.server.headers import Pairs, value_of
from aigw_dev.server.socket_frames import GOING_AWAY, Frames

_ACCEPT_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 1.3."""
_KEY_BYTES: Final = 16
_EARLY_BYTES: Final = 64 * 1024
"""What a caller may send before it has been answered; none should."""
_STOPPING: Final = "the gateway is stopping"
_log: Final = logging.getLogger("aigw_dev.sockets")
VERSION: Final = b"13"


def accept_key(key: bytes) -> bytes:
    """The answer to a `sec-websocket-key` (RFC 6455 4.2.2)."""
    return base64.b64encode(sha1(key + _ACCEPT_GUID).digest())  # noqa: S324  -- the standard's, not a secret


def handshake_fault(headers: Pairs) -> Refusal | None:
    """Why these headers open no WebSocket, or None."""
    if value_of(headers, b"sec-websocket-version").strip() != VERSION:
        return Refusal(
            code="upgrade_required", message="sec-websocket-version must be 13 (RFC 6455)", status=426
        )
    keys = [value.strip() for name, value in headers if name == b"sec-websocket-key"]
    try:
        is_key = len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == _KEY_BYTES
    except binascii.Error:
        is_key = False
    if is_key:
        return None
    return Refusal(
        code="invalid_http", message="sec-websocket-key must be sent once and hold 16 bytes in base64"
    )


class CallerSocket(asyncio.Protocol):
    """One caller's WebSocket, from its request to its end."""

    terms: ClassVar[Terms] = Terms(DoorRules())

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Called by uvicorn's HTTP protocol for each upgrade."""
        self._app = cast("App", config.loaded_app)  # whatever it is, it is called as an ASGI app
        self._server_state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._scope: dict[str, Any] | None = None
        self._early = b""
        self._start: tuple[int, Pairs] = (500, [])
        self._is_stopping = self._is_answered = False
        self.frames: Frames | None = None
        """The open socket; None until `accept`."""
        self.link = Link()
        """Tells when the caller leaves before it was answered."""

    # for the app

    def accept(self, headers: Pairs) -> Frames:
        """Open the socket; `headers` go with the 101, a chosen `sec-websocket-protocol` among them."""
        assert self._scope is not None  # noqa: S101  -- who calls came with the scope
        key = value_of(self._scope["headers"], b"sec-websocket-key").strip()
        lines = [
            STATUS_LINES[101],
            b"upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: %b\r\n" % accept_key(key),
            *(b"%b: %b\r\n" % pair for pair in headers),
            b"\r\n",
        ]
        self._is_answered = True
        self._transport.write(b"".join(lines))
        frames = self.frames = Frames(self._transport, is_caller=True)
        if self._transport.is_closing():
            frames.lost()
        elif self._is_stopping:
            frames.close(GOING_AWAY, _STOPPING)
        else:
            early, self._early = self._early, b""
            if early:
                frames.feed(early)
        return frames

    def refuse(self, status: int, headers: Pairs, body: bytes) -> None:
        """Answer over HTTP and end."""
        self._is_answered = True
        lines = [STATUS_LINES[status], *(b"%b: %b\r\n" % pair for pair in headers)]
        lines.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body))
        self._transport.write(b"".join(lines) + body)
        self._transport.close()

    async def answer(self, message: Message) -> None:
        """`refuse` in the form of ASGI's two messages of an HTTP response, as `Downstream` sends them."""
        if message["type"] == "http.response.start":
            self._start = (message["status"], message["headers"])
        elif not self._is_answered:
            status, headers = self._start
            self.refuse(status, [pair for pair in headers if pair[0] != b"content-length"], message["body"])

    # the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection was handed over."""
        self._transport = cast("asyncio.Transport", transport)
        self._server_state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own protocols

    def data_received(self, data: bytes) -> None:
        """First the head, then frames."""
        if self.frames is not None:
            self.frames.feed(data)
        elif self._scope is None:
            self._begin(data)
        else:
            self._early += data
            if len(self._early) > _EARLY_BYTES:
                self._transport.abort()

    def eof_received(self) -> None:
        """The caller sends nothing more."""
        if self.frames is not None:
            self.frames.eof()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  -- whoever ended it, and how
        """The connection is gone."""
        connections = self._server_state.connections
        connections.discard(self)  # type: ignore[arg-type]  # as above
        if self.frames is not None:
            self.frames.lost()
        elif not self._is_answered:
            self.link.leave("client_left")
        if self.terms.on_empty is not None and not connections:
            self.terms.on_empty()

    def pause_writing(self) -> None:
        """The caller reads more slowly than we write."""
        if self.frames is not None:
            self.frames.pause_writing()

    def resume_writing(self) -> None:
        """The caller has caught up."""
        if self.frames is not None:
            self.frames.resume_writing()

    def shutdown(self) -> None:
        """The gateway drains: a socket has no end of its own to wait for."""
        self._is_stopping = True
        if self.frames is not None:
            self.frames.close(GOING_AWAY, _STOPPING)

    # inside

    def _begin(self, head: bytes) -> None:
        """Start the app for the request whose head uvicorn wrote out."""
        start, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, target, _ = start.split(b" ")
        headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        raw_path, _, query = target.partition(b"?")
        scope = self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method.decode("ascii"),
            "path": unquote(raw_path.decode("ascii")),
            "raw_path": raw_path,
            "query_string": query,
            "headers": headers,
            "state": self._app_state.copy(),
            "extensions": {"aigw": self},
        }
        task = self._loop.create_task(self._run(scope), name="websocket")
        self._server_state.tasks.add(task)
        task.add_done_callback(self._finished)

    async def _run(self, scope: dict[str, Any]) -> None:
        await self._app(scope, _no_messages, _no_messages)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """The app's task ended: whatever it left open is ended too."""
        self._server_state.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("the app failed on a WebSocket", exc_info=error)
        if self.frames is not None:
            self.frames.close(GOING_AWAY, _STOPPING)
        elif not self._is_answered and (error is None or self._transport.is_closing()):
            self._transport.abort()
        elif not self._is_answered:
            self.refuse(
                500, [(b"content-type", b"text/plain")], b"the gateway has a fault; its log says more\n"
            )


async def _no_messages(*_: object) -> Any:
    """ASGI's receive and send, which are not used here."""
    raise RuntimeError("a socket's app talks to scope['extensions']['aigw']")
