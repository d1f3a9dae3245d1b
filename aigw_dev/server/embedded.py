"""The embedded provider `mock` behind the same seam as every real one: its replies are made in `core.mock`."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.server.call import Call, Headers, Reply
from aigw_dev.server.headers import value_of

if TYPE_CHECKING:  # imported by the first call
    from aigw_dev.core import mock


class EmbeddedReply:
    """A reply that is already here, given out in pieces."""

    def __init__(self, status: int, headers: Headers, pieces: list[bytes]) -> None:
        """`pieces`: one per chunk of the body."""
        self.status = status
        self.headers = headers
        self._pieces = pieces
        self._is_cancelled = False

    @property
    def is_complete(self) -> bool:
        """It always is."""
        return True

    async def chunks(self) -> AsyncIterator[bytes]:
        """Each piece by itself; other tasks run in between."""
        for piece in self._pieces:
            if self._is_cancelled:
                raise UpstreamError("the call was cancelled", code="cancelled")
            yield piece
            await asyncio.sleep(0)

    async def read(self, limit: int) -> bytes:
        """The whole body."""
        body = b"".join(self._pieces)
        if len(body) > limit:
            raise UpstreamError(f"the reply has more than {limit} bytes", code="upstream_protocol")
        return body

    def cancel(self) -> None:
        """Stop giving out pieces."""
        self._is_cancelled = True


class Embedded:
    """The `mock` provider as a `Sender`. Deterministic: the id of a reply follows from its request."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        """`now` gives UTC seconds, for the `created` of a reply and the progress of a video's job."""
        self._now = now

    async def send(self, call: Call) -> Reply:
        """Answer `call` from its method, path, query and body; a streamed body is read to its end, in bounded memory.

        Raises `UpstreamError` where the streamed body itself does.
        """
        from aigw_dev.core import mock

        body = await _body_of(call)
        if isinstance(body, Refusal):
            made = mock.refused(body)
        else:
            url = urlsplit(call.url)
            made = mock.answer(call.method, url.path, body, query=url.query, now_s=self._now())
        return EmbeddedReply(made.status, [(b"content-type", made.content_type.encode())], list(made.chunks))

    async def aclose(self) -> None:
        """Nothing is open."""


async def _body_of(call: Call) -> "bytes | mock.MockForm | Refusal":
    from aigw_dev.core import mock

    if not call.body:
        return b""
    reading = mock.Reading(value_of(call.headers, b"content-type"))
    if isinstance(call.body, bytes):
        reading.feed(call.body)
    else:
        async for (
            piece
        ) in call.body:  # to its end, also when refused: whoever makes it may have something to close
            reading.feed(piece)
    return reading.close()
