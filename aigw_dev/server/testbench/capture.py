"""A provider's reply on its way through, remembered piece by piece with the moment of each; never held up, never changed."""

import time
from collections.abc import AsyncIterator

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.recording.fixture import End, Request
from aigw_dev.fixture_files.limits import LARGEST_BYTES
from aigw_dev.server.call import Headers, Reply


class Captured:
    """One upstream call as it went: what was sent and what came, as far as it came."""

    def __init__(self, upstream: str, *, kind: str, why: str, dialect: str, request: Request | None) -> None:
        """`request` is None where a streamed body was passed up; `dialect` is the provider's."""
        self.upstream = upstream
        self.kind = kind
        self.why = why
        self.dialect = dialect
        self.request = request
        self.sent_s = time.monotonic()
        self.head_s = 0.0
        self.status = 0
        self.headers: Headers = []
        self.pieces: list[tuple[float, bytes]] = []
        """Seconds on the monotonic clock, bytes."""
        self.size = 0
        self.is_too_large = False
        """It was more than a recording may hold: no pieces are kept."""
        self.end: End | None = None
        """None while it still comes."""
        self.error = ""
        self.error_text = ""

    def take(self, piece: bytes) -> None:
        """A piece has come now."""
        self.size += len(piece)
        if self.size > LARGEST_BYTES:
            self.is_too_large = True
            self.pieces.clear()
        else:
            self.pieces.append((time.monotonic(), piece))

    def fail(self, error: UpstreamError) -> None:
        """It ended without a whole reply."""
        if self.status:
            self.end = "client_abort" if error.code == "cancelled" else "reset"
        else:
            self.error, self.error_text = error.code, error.message


class Tee:
    """A reply that is remembered while it is read."""

    def __init__(self, reply: Reply, captured: Captured) -> None:
        """`reply`'s head has just arrived."""
        self._reply = reply
        self._captured = captured
        captured.status, captured.headers = reply.status, list(reply.headers)
        captured.head_s = time.monotonic()

    @property
    def status(self) -> int:
        """The reply's."""
        return self._reply.status

    @property
    def headers(self) -> Headers:
        """The reply's."""
        return self._reply.headers

    @property
    def is_complete(self) -> bool:
        """The last byte has arrived."""
        return self._reply.is_complete

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""
        captured = self._captured
        try:
            async for chunk in self._reply.chunks():
                captured.take(chunk)
                yield chunk
        except UpstreamError as error:
            captured.fail(error)
            raise
        captured.end = "eof"

    async def read(self, limit: int) -> bytes:
        """The whole body."""
        body = await self._reply.read(limit)
        self._captured.take(body)
        self._captured.end = "eof"
        return body

    def cancel(self) -> None:
        """Close the connection; what was not read by then was never seen by the caller."""
        if self._captured.end is None:
            self._captured.end = "client_abort"
        self._reply.cancel()
