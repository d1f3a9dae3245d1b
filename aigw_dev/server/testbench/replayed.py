"""A recorded reply given out again: the same events, in the same pieces, with the recorded pauses or none."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.recording.events import sse_bytes
from aigw_dev.core.recording.fixture import Blob, EventRow, FixtureError, Response
from aigw_dev.server.call import Headers

ReadBlob = Callable[[Blob], bytes]
_CUT: Final = "the recorded reply broke off here"
_LEFT: Final = "the recording ends here: whoever made it left"


class ReplayedReply:
    """A reply out of a fixture."""

    def __init__(self, response: Response, *, read_blob: ReadBlob, pace: float) -> None:
        """`pace` multiplies the recorded pauses: 0 = none, 1 = as recorded."""
        self.status = response.status
        self._response = response
        self._pace = pace
        self._pieces = pieces_of(response, read_blob)
        self.headers: Headers = _headers(response, self._pieces)
        self._is_cancelled = False
        self._is_read = False

    @property
    def is_complete(self) -> bool:
        """Everything is here from the beginning, but for its end."""
        return self._response.end == "eof" or self._is_read

    async def wait_for_head(self) -> None:
        """Pause as long as the head took."""
        waits = self._response.dt_ms
        if self._pace and waits:
            await asyncio.sleep(waits[0] * self._pace / 1000)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The pieces, each by itself."""
        waits = self._waits()
        for number, piece in enumerate(self._pieces):
            if self._is_cancelled:
                raise UpstreamError("the call was cancelled", code="cancelled")
            wait_s = waits[number] * self._pace / 1000 if self._pace and number < len(waits) else 0.0
            await asyncio.sleep(wait_s)
            if piece:
                yield piece
        self._is_read = True
        if self._response.end in {"reset", "client_abort"}:
            raise UpstreamError(_CUT if self._response.end == "reset" else _LEFT, code="upstream_reset")

    async def read(self, limit: int) -> bytes:
        """The whole body."""
        body = b"".join([piece async for piece in self.chunks()])
        if len(body) > limit:
            raise UpstreamError(f"the reply has more than {limit} bytes", code="upstream_protocol")
        return body

    def cancel(self) -> None:
        """Stop giving out pieces."""
        self._is_cancelled = True

    def _waits(self) -> list[int]:
        """Milliseconds before each piece; the first event's was waited for with the head."""
        if self._response.raw is not None:
            return [wait for wait, _ in self._response.raw]
        return [0, *self._response.dt_ms[1:]]


def pieces_of(response: Response, read_blob: ReadBlob) -> list[bytes]:
    """The body's bytes, one piece for each event or recorded piece.

    A blob that is not there, or not what it was, is an `UpstreamError` that names its file.
    """
    try:
        return _pieces(response, read_blob)
    except FixtureError as failure:
        raise UpstreamError(
            f"the fixture's reply cannot be given out: {failure}", code="upstream_protocol", hint=failure.hint
        ) from failure


def _pieces(response: Response, read_blob: ReadBlob) -> list[bytes]:
    if response.events is not None:
        return [sse_bytes(_whole_row(row, read_blob)) for row in response.events]
    if response.raw is not None:
        return [piece for _, piece in response.raw]
    if response.text is not None:
        return [response.text.encode("utf-8", "surrogatepass")]
    if response.blob is not None:
        return [read_blob(response.blob)]
    if response.body is not msgspec.UNSET:
        return [json_bytes(response.body, read_blob)]
    return []


def _whole_row(row: EventRow, read_blob: ReadBlob) -> EventRow:
    whole = inlined(row.data, read_blob)
    return row if whole == row.data else msgspec.structs.replace(row, data=whole)


def json_bytes(value: Any, read_blob: ReadBlob) -> bytes:
    """Compact JSON, with every blob in it put back."""
    return json.dumps(inlined(value, read_blob), ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def inlined(value: Any, read_blob: ReadBlob) -> Any:
    """`value` with the text that each `Blob` in it stands for."""
    if isinstance(value, Blob):
        return _inline(value, read_blob(value))
    if isinstance(value, dict):
        return {key: inlined(one, read_blob) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [inlined(one, read_blob) for one in cast("list[Any]", value)]
    return value


def _inline(blob: Blob, content: bytes) -> Any:
    if blob.form == "json":
        return json.loads(content)
    text = base64.b64encode(content).decode("ascii")
    return f"data:{blob.type};base64,{text}" if blob.form == "data-url" else text


def _headers(response: Response, pieces: list[bytes]) -> Headers:
    headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in response.headers.items()
        if name.lower() not in {"content-length", "transfer-encoding", "content-encoding"}
    ]
    names = {name for name, _ in headers}
    if b"content-type" not in names:
        kind = b"text/event-stream; charset=utf-8" if response.events is not None else b"application/json"
        if response.text is not None:
            kind = b"text/plain; charset=utf-8"
        if response.blob is not None:
            kind = response.blob.type.encode("latin-1", "replace") or b"application/octet-stream"
        headers.append((b"content-type", kind))
    if response.events is None and response.raw is None and response.end == "eof":
        headers.append((b"content-length", b"%d" % sum(map(len, pieces))))
    return headers
