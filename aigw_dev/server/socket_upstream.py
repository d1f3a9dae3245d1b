"""Opening a WebSocket at a provider: our handshake, and what it answers. Errors stay HTTP until the socket is open.

The connection comes from the upstream seam (same trust, same proxies); redirects are replies like any other. Extensions
are never offered, so a provider that answers with one is refused.
"""

import asyncio
import re
import secrets
from base64 import b64encode
from typing import Final, cast

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call, Headers
from aigw_dev.server.endpoint import parse_url
from aigw_dev.server.headers import Pairs, value_of
from aigw_dev.server.http1 import MAX_HEAD_BYTES, ReplyParser, request_head
from aigw_dev.server.snapshot import Connect
from aigw_dev.server.socket_answer import Answer, Declined, Opened
from aigw_dev.server.socket_frames import PING_S, Frames
from aigw_dev.server.socket_protocol import accept_key

ERROR_BYTES: Final = 1024 * 1024
"""How much of a refusal's body is read."""
_SWITCHING: Final = re.compile(rb"HTTP/1\.1 101(?: [^\r\n]*)?\r\n")
_FIELD: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([^\r\n\x00]*?)[\t ]*")


async def open_socket(
    connect: Connect, call: Call, *, subprotocols: tuple[bytes, ...], answer_s: float, idle_s: float
) -> Answer:
    """Ask for a WebSocket at `call.url` (http or https). Raises `UpstreamError`; cancelling closes the connection.

    `answer_s` limits the wait for an answer once connected (0 = none); `idle_s` how long an open provider may be silent,
    without a message and without a pong (0 = for ever).
    """
    key = b64encode(secrets.token_bytes(16))
    head = _request(call, subprotocols, key)
    wire = await connect(
        call.url,
        lambda: _Opening(head, subprotocols, key, idle_s),
        timeout_s=call.connect_timeout_s,
        proxy=call.proxy,
    )
    try:
        async with asyncio.timeout(answer_s or None):
            return await wire.answer
    except TimeoutError as error:
        wire.abort()
        raise UpstreamError(
            f"no answer to the WebSocket's handshake within {answer_s:g} s", code="first_packet_timeout"
        ) from error
    except asyncio.CancelledError:
        wire.abort()
        raise


class _Opening(asyncio.Protocol):
    """One connection: the handshake, then frames."""

    def __init__(self, request: bytes, subprotocols: tuple[bytes, ...], key: bytes, idle_s: float) -> None:
        self._request = request
        self._offered = subprotocols
        self._key = key
        self._idle_s = idle_s
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._reply: ReplyParser | None = None
        self._body = bytearray()
        self._frames: Frames | None = None
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    # the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        wire = self._transport = cast("asyncio.Transport", transport)
        wire.write(self._request)

    def data_received(self, data: bytes) -> None:
        """An answer, then frames."""
        if self._frames is not None:
            self._frames.feed(data)
        elif self._reply is not None:
            self._read_reply(data)
        elif not self.answer.done():
            self._read_head(data)

    def eof_received(self) -> None:
        """The provider sends nothing more."""
        if self._frames is not None:
            self._frames.eof()
        elif self._reply is not None and self._reply.feed_eof():
            self._decline(self._reply)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  -- whoever ended it, and how
        """The connection is gone."""
        if self._frames is not None:
            self._frames.lost()
        elif self._reply is not None and self._reply.has_head:
            self._decline(self._reply)  # the status stands, its text was cut off
        else:
            self._fail(
                "the provider closed the connection instead of answering the handshake", "upstream_reset"
            )

    def pause_writing(self) -> None:
        """The provider reads more slowly than we write."""
        if self._frames is not None:
            self._frames.pause_writing()

    def resume_writing(self) -> None:
        """The provider has caught up."""
        if self._frames is not None:
            self._frames.resume_writing()

    # the handshake

    def _read_head(self, data: bytes) -> None:
        self._head += data
        if not self._head.startswith(b"HTTP/1.1 101"[: len(self._head)]):
            self._reply = ReplyParser()
            self._read_reply(self._head)
            return
        head, mark, rest = self._head.partition(b"\r\n\r\n")
        if mark:
            self._open(head + b"\r\n", rest)
        elif len(self._head) > MAX_HEAD_BYTES:
            self._fail(f"the answer's head is larger than {MAX_HEAD_BYTES} bytes", "upstream_protocol")

    def _open(self, head: bytes, rest: bytes) -> None:
        headers = _fields(head)
        problem = "its answer is not HTTP/1.1" if headers is None else self._problem(headers)
        if headers is None or problem:
            self._fail(f"the WebSocket's handshake failed: {problem}", "upstream_protocol")
            return
        assert self._transport is not None  # noqa: S101  -- bytes came through it
        frames = self._frames = Frames(
            self._transport,
            is_caller=False,
            ping_s=min(PING_S, self._idle_s / 3) if self._idle_s else PING_S,
            silence_s=self._idle_s,
        )
        if self.answer.done():
            self.abort()
            return
        chosen = value_of(headers, b"sec-websocket-protocol").strip()
        self.answer.set_result(Opened(frames=frames, headers=headers, subprotocol=chosen))
        if rest:
            frames.feed(rest)

    def _problem(self, headers: Pairs) -> str:
        """Why a 101 does not open our socket (RFC 6455 4.1), or empty."""
        steps = value_of(headers, b"connection").lower().split(b",")
        if value_of(headers, b"upgrade").lower() != b"websocket" or b"upgrade" not in map(bytes.strip, steps):
            return "it does not upgrade to a WebSocket"
        if value_of(headers, b"sec-websocket-accept").strip() != accept_key(self._key):
            return "its sec-websocket-accept is wrong"
        if value_of(headers, b"sec-websocket-extensions"):
            return "it uses an extension that was not offered"
        chosen = value_of(headers, b"sec-websocket-protocol").strip()
        return "it chose a subprotocol that was not offered" if chosen and chosen not in self._offered else ""

    def _read_reply(self, data: bytes) -> None:
        reply = self._reply
        if reply is None or self.answer.done():
            return
        self._body += reply.feed(data)
        if reply.problem and not reply.has_head:
            self._fail(
                f"the answer to the WebSocket's handshake is not HTTP: {reply.problem}", "upstream_protocol"
            )
        elif reply.is_complete or reply.problem or len(self._body) >= ERROR_BYTES:
            self._decline(reply)

    def _decline(self, reply: ReplyParser) -> None:
        if not self.answer.done():
            body = bytes(self._body[:ERROR_BYTES])
            self.answer.set_result(Declined(status=reply.status, headers=reply.headers, body=body))
        self.abort()

    def _fail(self, message: str, code: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(UpstreamError(message, code=code))
            self.answer.exception()  # marks it as seen where the caller has given up meanwhile
        self.abort()


def _request(call: Call, subprotocols: tuple[bytes, ...], key: bytes) -> bytes:
    """The handshake."""
    address = parse_url(call.url)
    start = f"GET {address.target} HTTP/1.1\r\nhost: {address.host_header}\r\n".encode("ascii")
    own = (
        b"upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: %b\r\n"
        % key
    )
    if subprotocols:
        own += b"sec-websocket-protocol: %b\r\n" % b", ".join(subprotocols)
    headers = [pair for pair in call.headers if not pair[0].startswith(b"sec-websocket-")]
    head = request_head(start, headers, own + b"\r\n")
    if head is None:
        raise UpstreamError(
            f"a header for {address.host_header} holds a line break or a NUL; check the provider's `headers`",
            code="upstream_failed",
            is_sent=False,
        )
    return head


def _fields(head: bytes) -> Headers | None:
    """The headers of a 101; None where it is malformed."""
    start = _SWITCHING.match(head)
    if start is None:
        return None
    headers: Headers = []
    for line in head[start.end() :].split(b"\r\n")[:-1]:
        field = _FIELD.fullmatch(line)
        if field is None:
            return None
        headers.append((field[1].lower(), field[2]))
    return headers
