"""The embedded provider `mock` behind the same seam as every real one: its replies are made in `core.mock`."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

from aigw_dev.core import mock
from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call, Headers, Reply


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
        """`now` gives UTC seconds, for the `created` of a reply."""
        self._now = now

    async def send(self, call: Call) -> Reply:
        """Answer `call` from its path and body."""
        body = call.body if isinstance(call.body, bytes) else b""
        made = mock.answer(
            urlsplit(call.url).path,
            body,
            created=int(self._now()),
            id_seed=hashlib.sha256(body).hexdigest()[:24],
        )
        return EmbeddedReply(made.status, [(b"content-type", made.content_type.encode())], list(made.chunks))

    async def aclose(self) -> None:
        """Nothing is open."""
