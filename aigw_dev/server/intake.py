"""Requests out of a caller's bytes: parsing (llhttp), size limits, and upgrades that are ignored. No clock, no socket.

What is refused here, beyond llhttp's own strictness: heads past their limit (also one endless header value, which
llhttp collects without telling), what `request_head.inspect` refuses, bodies that are mostly framing (chunk
extensions, trailers). Trailers come after every check and are dropped.
"""

from typing import Final, Protocol

import httptools

from aigw_dev.server.request_head import Fault, Shape, head_bytes, head_too_large, inspect

IDLE: Final = 0
"""Between requests."""
HEAD: Final = 1
"""Part of a head has arrived."""
BODY: Final = 2
"""A head, and not yet all of its body."""

_FRAMING_ALLOWANCE_BYTES: Final = 64 * 1024
_FRAMING_PER_BYTE: Final = 16
"""Chunk sizes, extensions and trailers may cost this much per byte of body, beyond the allowance."""

Headers = list[tuple[bytes, bytes]]


class Owner(Protocol):
    """Who takes the requests: the protocol."""

    def begin(
        self, method: bytes, target: bytes, version: str, headers: Headers, shape: Shape
    ) -> Fault | None:
        """A head is whole and acceptable; its body follows."""
        ...

    def arrive(self, body: bytes) -> None:
        """A piece of the body, out of its chunk frames."""
        ...

    def whole(self) -> None:
        """The body is complete."""
        ...

    def takes_upgrade(self, method: bytes, target: bytes, headers: Headers) -> bool:
        """Whether this request turns the connection into a WebSocket."""
        ...


class Intake:
    """Feed it what the socket delivers; it calls its owner for each part."""

    def __init__(self, owner: Owner, *, head_limit_kb: int) -> None:
        """One for each connection."""
        self._owner = owner
        self._limit_kb = head_limit_kb
        self.state = IDLE
        self.part = 0
        """Changes with every head and body that begins: what a deadline is counted from."""
        self.is_upgraded = False
        """The rest of the connection is another protocol's."""
        self.rest = b""
        """What arrived together with the head of the request that was upgraded."""
        self._parser = self._new_parser()
        self._target = b""
        self._headers: Headers = []
        self._head_bytes = 0
        self._read_bytes = 0
        self._body_bytes = 0
        self._framing_bytes = 0
        self._follows_another = False
        self._began_here = False
        self._by_hand: int | None = None
        """Bytes to come of a body that llhttp does not parse, because its request asked for an upgrade."""
        self._fault: Fault | None = None

    @property
    def path(self) -> str:
        """The path of the latest request as far as it is known; for choosing an error's dialect only."""
        return self._target.partition(b"?")[0].decode("latin-1")

    def feed(self, data: bytes) -> Fault | None:
        """Take in `data`, in any cut; a `Fault` ends it: feed nothing more then."""
        self._follows_another = self.state != IDLE
        self._began_here = False
        if self.state == IDLE:
            self.state = HEAD
            self.part += 1
            self._head_bytes = 0
        self._read_bytes = len(data)
        self._body_bytes = 0
        try:
            if self._by_hand is not None:
                data = self._feed_by_hand(data)
            if data:
                self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self.is_upgraded:
                self.rest = data[upgrade.args[0] :]
                return None
            rest = self._feed_by_hand(data[upgrade.args[0] :])
            if rest:
                return self.feed(rest)
        except httptools.HttpParserError as error:
            if self._fault is None and isinstance(error, httptools.HttpParserCallbackError):
                raise  # an error of ours in a callback is not the caller's
            return self._fault or Fault(400, "invalid_http", f"this is not valid HTTP/1.1: {error}")
        return self._measure() if self.state != IDLE else None

    def _measure(self) -> Fault | None:
        """Why a request that has arrived in part is out of bounds, or None."""
        if self.state == HEAD:
            self._head_bytes += self._read_bytes
            return head_too_large(self._limit_kb) if self._head_bytes > self._limit_kb * 1024 else None
        framing = self._framing_bytes + self._read_bytes - (1 + _FRAMING_PER_BYTE) * self._body_bytes
        if framing > _FRAMING_ALLOWANCE_BYTES:
            return Fault(400, "invalid_http", "the body is mostly chunk framing or trailers")
        self._framing_bytes = max(0, framing)
        return None

    # callbacks of llhttp; what they raise comes out of feed_data as a HttpParserError

    def on_message_begin(self) -> None:
        """A request begins."""
        self.state = HEAD
        self.part += 1
        self._target = b""
        self._headers = []
        # Of a read that also holds the end of an earlier request, nobody knows how much is this head's: count none.
        self._head_bytes = -self._read_bytes if self._follows_another else 0
        self._follows_another = self._began_here = True

    def on_url(self, target: bytes) -> None:
        """A piece of the target."""
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which is dropped."""
        if self.state == HEAD:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """A head is whole."""
        parser = self._parser
        method, target, headers = parser.get_method(), self._target, self._headers
        version = parser.get_http_version()
        found = inspect(method, target, version, headers)
        limit = self._limit_kb * 1024
        is_small = self._began_here and self._read_bytes <= limit
        if not is_small and head_bytes(target, headers) > limit:
            found = head_too_large(self._limit_kb)
        if isinstance(found, Shape):
            if parser.should_upgrade():
                has_body = found.is_chunked or bool(found.content_length)
                if not has_body and self._owner.takes_upgrade(method, target, headers):
                    self.is_upgraded = True
                    return
                # RFC 9110 7.8: ignore it. llhttp now takes the body for the other protocol's bytes.
                self._by_hand = found.content_length or 0
            self.state = BODY
            self.part += 1
            self._framing_bytes = 0
            found = (
                Fault(400, "invalid_http", "a request with `upgrade` cannot have a chunked body here")
                if self._by_hand is not None and found.is_chunked
                else self._owner.begin(method, target, version, headers, found)
            )
        if found is not None:
            self._fault = found
            raise httptools.HttpParserError(found.message)

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body_bytes += len(body)
        self._owner.arrive(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._by_hand is not None or self.is_upgraded:
            return
        self.state = IDLE
        self._owner.whole()

    def should_keep_alive(self) -> bool:
        """The request under way lets the connection live on."""
        return self._parser.should_keep_alive()

    def _feed_by_hand(self, data: bytes) -> bytes:
        """Take the body of a request whose upgrade is ignored; what follows it is returned."""
        left = self._by_hand or 0
        piece = data[:left]
        if piece:
            self.on_body(piece)
        if len(piece) < left:
            self._by_hand = left - len(piece)
            return b""
        self._by_hand = None
        self.on_message_complete()
        self._parser = self._new_parser()
        return data[left:]

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # A request with `connection: close` may be followed by bytes; they are never answered, but are no error.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser
