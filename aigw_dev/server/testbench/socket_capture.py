"""A provider's WebSocket on its way through, remembered message by message; never held up, never changed."""

import time
from typing import Literal, Protocol

import msgspec

from aigw_dev.core.recording import redaction
from aigw_dev.core.recording.fixture import Blob, Closing, Request, Response
from aigw_dev.core.recording.frames import frame_of
from aigw_dev.core.recording.keys import SUBPROTOCOLS
from aigw_dev.server.socket_answer import Opened, Socket
from aigw_dev.server.socket_frames import GONE, Closed, Message
from aigw_dev.server.testbench.capture import Captured
from aigw_dev.server.testbench.requests import Clean


class Store(Protocol):
    """Keeps bytes that a fixture refers to."""

    def put(self, content: bytes, media_type: str) -> Blob:
        """Keep bytes; what refers to them."""
        ...


class Said(msgspec.Struct, frozen=True):
    """One message that passed."""

    at_s: float
    """On the monotonic clock."""
    side: Literal["c", "s"]
    message: Message


class CapturedSocket(Captured):
    """One socket as it went."""

    def __init__(
        self, upstream: str, *, kind: str, why: str, dialect: str, request: Request, clean: Clean
    ) -> None:
        """`clean` masks secrets in texts, so that a replay compares what a recording holds."""
        super().__init__(upstream, kind=kind, why=why, dialect=dialect, request=request)
        self.clean = clean
        self.said: list[Said] | None = None
        """None until it was open."""
        self.subprotocol = b""
        self.close: Closing | None = None

    def response(self, blobs: Store, *, is_exact: bool) -> Response:
        """An opened socket as a fixture keeps it; `is_exact` keeps texts byte for byte."""
        made = Response(
            status=self.status,
            headers=redaction.response_headers(self.headers),
            end=self.end or "client_abort",
            close=self.close,
        )
        if self.subprotocol:
            made.headers[SUBPROTOCOLS] = self.subprotocol.decode("latin-1")
        made.dt_ms = [_ms(self.head_s - self.sent_s)]
        before = _ms(self.head_s - self.sent_s)
        frames = made.ws = []
        for one in self.said or ():
            at = max(before, _ms(one.at_s - self.sent_s))
            payload = cleaned(one.message, self.clean)
            frames.append(
                frame_of(
                    one.side,
                    payload,
                    is_text=one.message.is_text,
                    dt_ms=at - before,
                    store=blobs.put,
                    is_exact=is_exact,
                )
            )
            before = at
        return made


def cleaned(message: Message, clean: Clean) -> bytes:
    """A message without secrets, where it is a text or JSON."""
    payload = message.payload
    return clean(payload) if message.is_text or payload.lstrip()[:1] in {b"{", b"["} else payload


class SocketTee:
    """An open socket that is remembered while it is used."""

    def __init__(self, opened: Opened, captured: CapturedSocket) -> None:
        """`opened` has just been answered."""
        self._socket: Socket = opened.frames
        self._captured = captured
        self._said = captured.said = list[Said]()
        captured.status, captured.headers = 101, list(opened.headers)
        captured.subprotocol = opened.subprotocol
        captured.head_s = time.monotonic()

    @property
    def closed(self) -> Closed | None:
        """The socket's."""
        return self._socket.closed

    async def receive(self) -> Message | Closed:
        """The next message, or how it ended."""
        found = await self._socket.receive()
        if isinstance(found, Message):
            self._said.append(Said(time.monotonic(), "s", found))
        elif self._captured.end is None:
            self._end(found)
        return found

    async def send(self, message: Message) -> bool:
        """Send a message; what the provider did not get any more is not remembered."""
        if self._socket.closed is None:
            self._said.append(Said(time.monotonic(), "c", message))
        return await self._socket.send(message)

    def close(self, code: int, reason: str = "") -> None:
        """Close it: the caller's side has ended."""
        if self._captured.end is None and self._socket.closed is None:
            self._captured.end = "eof"
            self._captured.close = Closing(side="c", code=code, reason=self._clean(reason))
        self._socket.close(code, reason)

    def abort(self) -> None:
        """Cut the connection."""
        if self._captured.end is None:
            self._captured.end = "client_abort"
        self._socket.abort()

    async def ended(self) -> None:
        """Wait until the connection is gone."""
        await self._socket.ended()

    def _end(self, closed: Closed) -> None:
        if closed.code == GONE or closed.is_ours:
            self._captured.end = "reset"
            return
        self._captured.end = "eof"
        self._captured.close = Closing(side="s", code=closed.code, reason=self._clean(closed.reason))

    def _clean(self, text: str) -> str:
        return self._captured.clean(text.encode()).decode("utf-8", "replace")


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
