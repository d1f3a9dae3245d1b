"""HTTP/1.1 on the upstream side, without I/O: a reply from its bytes, a request into its bytes (RFC 9112).

Strict where leniency would let two readers disagree about where a reply ends: line ends are CRLF, one
content-length or one `transfer-encoding: chunked`, no folded lines, no control bytes. A fault is a value
(`ReplyParser.problem`), so that what was decoded before it is not lost.
"""

import re
from typing import Final

from aigw_dev.server.call import Headers

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_FIELDS: Final = 256
_MAX_INTERIM: Final = 16
"""1xx replies before the final one."""
_MAX_CHUNK_LINE_BYTES: Final = 4096
_MAX_CONTENT_LENGTH_DIGITS: Final = 18

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?\r\n")
_FIELD: Final = re.compile(rb"(?m)^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)\r\n")
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_CHUNK_START: Final = re.compile(rb"[0-9A-Fa-f]{1,15}(?:[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?)?\r?")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_VERSION: Final = b"HTTP/1."
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"connection"})
OWN_HEADERS: Final = frozenset(
    {b"host", b"connection", b"content-length", b"transfer-encoding", b"proxy-authorization", b"keep-alive"}
)
"""Headers of a call that the transport sets itself."""

_HEAD: Final = 0
_LENGTH: Final = 1
_CHUNKS: Final = 2
_TRAILERS: Final = 3
_UNTIL_CLOSE: Final = 4
_OVER: Final = 5


class ReplyParser:
    """One reply, fed with bytes as they arrive. Make a new one for each request."""

    __slots__ = (
        "_buffer",
        "_interim",
        "_is_head_request",
        "_left",
        "_needs_crlf",
        "_scanned",
        "_state",
        "has_head",
        "headers",
        "is_complete",
        "is_reusable",
        "problem",
        "status",
    )

    def __init__(self, *, is_head_request: bool = False) -> None:
        """A reply to HEAD has no body whatever its head says."""
        self.status = 0
        self.headers: Headers = []
        self.has_head = False
        """The head of the final reply has arrived."""
        self.is_complete = False
        """The reply is whole."""
        self.is_reusable = False
        """The connection may carry another request; known once the reply is complete."""
        self.problem = ""
        """What is wrong with the reply; nothing more is decoded then."""
        self._state = _HEAD
        self._buffer = bytearray()
        self._scanned = 0
        self._left = 0
        self._needs_crlf = False
        self._interim = 0
        self._is_head_request = is_head_request

    def feed(self, data: bytes) -> bytes:
        """The body bytes in `data`, decoded from their framing; look at the flags afterwards."""
        state = self._state
        if state == _LENGTH:
            return self._feed_length(data)
        if state == _CHUNKS:
            return self._feed_chunks(data)
        if state == _HEAD:
            return self._feed_head(data)
        if state == _UNTIL_CLOSE:
            return data
        if state == _TRAILERS:
            self._feed_trailers(data)
            return b""
        self.is_reusable = False  # bytes nobody asked for, after the end
        return b""

    def feed_eof(self) -> bool:
        """Note the end of the connection; False if the reply is cut short by it."""
        self.is_reusable = False
        if self._state == _UNTIL_CLOSE:
            self._end()
            self.is_reusable = False
        return self.is_complete

    @property
    def has_started(self) -> bool:
        """At least one byte of a reply has arrived."""
        return self.has_head or bool(self._buffer) or self._interim > 0

    def _fail(self, problem: str) -> bytes:
        self.problem = problem
        self._state = _OVER
        self.is_reusable = False
        return b""

    def _end(self) -> None:
        self._state = _OVER
        self.is_complete = True

    # the head

    def _feed_head(self, data: bytes) -> bytes:
        if not self._buffer:
            if not data.startswith(_VERSION[: len(data)]):
                return self._fail("it does not begin like an HTTP/1 reply")
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return self._keep_head(data)
        else:
            buffer = self._buffer
            buffer += data
            end = buffer.find(b"\r\n\r\n", max(0, self._scanned - 3))
            if end < 0:
                return self._keep_head(b"")
            data = bytes(buffer)
            self._buffer = bytearray()
        if end > MAX_HEAD_BYTES:
            return self._fail(f"its head is larger than {MAX_HEAD_BYTES} bytes")
        return self._read_head(data, end)

    def _keep_head(self, data: bytes) -> bytes:
        """Keep a partial head for the next read, refusing early what can never become one."""
        buffer = self._buffer
        buffer += data
        if not buffer.startswith(_VERSION[: len(buffer)]):
            return self._fail("it does not begin like an HTTP/1 reply")
        if _BARE_LF.search(buffer, max(0, self._scanned - 1)):
            return self._fail("a line of its head ends without a carriage return")
        if len(buffer) > MAX_HEAD_BYTES:
            return self._fail(f"its head is larger than {MAX_HEAD_BYTES} bytes")
        self._scanned = len(buffer)
        return b""

    def _read_head(self, data: bytes, end: int) -> bytes:
        line = _STATUS_LINE.match(data)
        if line is None:
            return self._fail("its status line is not HTTP/1")
        block = data[line.end() : end + 2]
        fields: list[tuple[bytes, bytes]] = _FIELD.findall(block)
        if len(fields) != block.count(b"\n"):
            return self._fail("a header line is malformed")
        if len(fields) > MAX_FIELDS:
            return self._fail(f"it has more than {MAX_FIELDS} headers")
        headers = [(name.lower(), value.rstrip()) for name, value in fields]
        status = int(line[2])
        rest = data[end + 4 :]
        self._scanned = 0
        if status < 200:  # noqa: PLR2004  -- RFC 9110 15.2: interim replies
            return self._skip_interim(status, rest)
        self.status = status
        self.headers = headers
        problem = self._frame(headers, is_old=line[1] == b"0")
        if problem:
            return self._fail(problem)
        self.has_head = True
        if self._state == _OVER:
            self.is_complete = True
            if rest:
                self.is_reusable = False
            return b""
        return self.feed(rest) if rest else b""

    def _skip_interim(self, status: int, rest: bytes) -> bytes:
        self._interim += 1
        if status == 101:  # noqa: PLR2004  -- nobody asked to switch protocols
            return self._fail("it switches protocols, which was not asked for")
        if self._interim > _MAX_INTERIM:
            return self._fail("it has too many interim replies")
        return self._feed_head(rest) if rest else b""

    def _frame(self, headers: Headers, *, is_old: bool) -> str:
        """Decide how the body is delimited (RFC 9112 6.3); the problem, or empty."""
        length = coding = None
        tokens: list[bytes] = []
        for name, value in headers:
            if name not in _FRAMING:
                continue
            if name == b"content-length":
                if length is not None:
                    return "it has more than one content-length"
                length = value
            elif name == b"transfer-encoding":
                if coding is not None:
                    return "it has more than one transfer-encoding"
                coding = value
            else:
                tokens += [token.strip() for token in value.lower().split(b",")]
        if coding is not None:
            if length is not None:
                return "it has both content-length and transfer-encoding"
            if is_old or coding.lower() != b"chunked":
                return "its transfer-encoding is not chunked"
        if length is not None and not (length.isdigit() and len(length) <= _MAX_CONTENT_LENGTH_DIGITS):
            return "its content-length is not a number"
        self.is_reusable = b"close" not in tokens and (not is_old or b"keep-alive" in tokens)
        if self._is_head_request or self.status in {204, 304}:
            self._state = _OVER
        elif coding is not None:
            self._state = _CHUNKS
        elif length is None:
            self._state = _UNTIL_CLOSE
        else:
            self._left = int(length)
            self._state = _LENGTH if self._left else _OVER
        return ""

    # the body

    def _feed_length(self, data: bytes) -> bytes:
        left = self._left - len(data)
        if left > 0:
            self._left = left
            return data
        self._end()
        if left == 0:
            return data
        self.is_reusable = False
        return data[:left]

    def _feed_chunks(self, data: bytes) -> bytes:
        """Decode chunk frames; a partial size line or CRLF waits in the buffer for the next read."""
        if self._buffer:
            data = bytes(self._buffer) + data
            self._buffer.clear()
        pieces: list[bytes] = []
        left, size = self._left, len(data)
        at = 0
        while at < size:
            if left:
                piece = data[at : at + left]
                pieces.append(piece)
                at += len(piece)
                left -= len(piece)
                self._needs_crlf = True
            elif self._needs_crlf:
                end = data[at : at + 2]
                if end == b"\r":
                    self._buffer += end
                    break
                if end != b"\r\n":
                    self._fail("a chunk does not end where its size says")
                    break
                self._needs_crlf = False
                at += 2
            else:
                line = _CHUNK_LINE.match(data, at)
                if line is None:
                    self._keep_chunk_line(data[at:])
                    break
                left = int(line[1], 16)
                at = line.end()
                if left == 0:
                    self._state = _TRAILERS
                    self._feed_trailers(data[at:])
                    break
        self._left = left
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _keep_chunk_line(self, start: bytes) -> None:
        if not _CHUNK_START.fullmatch(start) or len(start) > _MAX_CHUNK_LINE_BYTES:
            self._fail("a chunk size is malformed")
            return
        self._buffer += start

    def _feed_trailers(self, data: bytes) -> None:
        """Trailers are checked and dropped: nothing we pass on may come after the body."""
        buffer = self._buffer
        buffer += data
        if buffer.startswith(b"\r\n"):
            end = 2
        else:
            found = buffer.find(b"\r\n\r\n", max(0, self._scanned - 3))
            if _BARE_LF.search(buffer, max(0, self._scanned - 1)):
                self._fail("a trailer line is malformed")
                return
            self._scanned = len(buffer)
            if (found if found >= 0 else len(buffer)) > MAX_HEAD_BYTES:
                self._fail(f"its trailers are larger than {MAX_HEAD_BYTES} bytes")
                return
            if found < 0:
                return
            end = found + 4
            block = bytes(buffer[: end - 2])
            if len(_FIELD.findall(block)) != block.count(b"\n"):
                self._fail("a trailer line is malformed")
                return
        has_excess = len(buffer) > end
        self._buffer = bytearray()
        self._end()
        if has_excess:
            self.is_reusable = False


def request_head(start: bytes, headers: Headers, framing: bytes) -> bytes | None:
    """A request's head; None if a header would break out of its line.

    `start` is the request line and host (`endpoint.Target.start`), `framing` the lines about the body.
    """
    lines = [b"%b: %b\r\n" % field for field in headers if field[0] not in OWN_HEADERS]
    head = b"%b%b%b" % (start, b"".join(lines), framing)
    # Every CR and LF in the head is ours, or somebody smuggles a line.
    breaks = start.count(b"\n") + len(lines) + framing.count(b"\n")
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        return None
    return head
