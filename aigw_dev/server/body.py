"""Reading a request's body: whole, within its limit, stopping as soon as it is too large."""

from typing import Final

from aigw_dev.core.errors import Refusal
from aigw_dev.server.downstream import Receive

_MIB: Final = 1024 * 1024


class CallerLeft(Exception):  # noqa: N818  -- not an error: the caller hung up
    """The caller disconnected before its request was whole."""


async def read_body(receive: Receive, *, declared: int | None, limit_mb: int) -> bytes | Refusal:
    """The whole body; a `Refusal` (413) once it is known to exceed `limit_mb` MiB.

    `declared` is the content-length, None where there was none. A caller that leaves raises `CallerLeft`.
    """
    limit = limit_mb * _MIB
    if declared is not None and declared > limit:
        return _too_large(declared, limit_mb)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise CallerLeft
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body if len(body) <= limit else _too_large(len(body), limit_mb)
    pieces = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            return _too_large(size, limit_mb)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(size: int, limit_mb: int) -> Refusal:
    return Refusal(
        code="body_too_large",
        message=f"the body has at least {size} bytes; this gateway accepts {limit_mb} MiB (gateway.limits.json_mb)",
    )
