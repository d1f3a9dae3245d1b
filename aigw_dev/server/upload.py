"""Uploads: a form read while it is spooled, and the raw bodies of what is passed through.

The pipeline calls `read_upload` or `read_raw`, keeps the result to the end of the exchange and closes it there.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from aigw_dev.core import multipart
from aigw_dev.core.config import Limits
from aigw_dev.core.errors import Refusal
from aigw_dev.core.multipart import Form, Part, Splice
from aigw_dev.core.part_head import read_boundary
from aigw_dev.server.downstream import Receive
from aigw_dev.server.spool import Spool

_ENDS_BYTES = 64 * 1024


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A whole form, ready to go on. `close` it when the exchange has ended."""

    spool: Spool
    form: Form
    content_type: bytes
    """As the caller sent it, boundary included: it goes up unchanged."""

    @property
    def size(self) -> int:
        """Bytes of the body as it came."""
        return self.form.size

    @property
    def fields(self) -> dict[str, str]:
        """The text fields by name, the last of a name."""
        return self.form.fields

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, in order."""
        return self.form.parts

    def renamed(self, model: str, params: Mapping[str, Any] | None = None) -> tuple[Splice, ...] | Refusal:
        """What to replace so that the form names `model`; for `length` and `stream`."""
        return multipart.rename_model(self.form, model, params)

    def length(self, splices: tuple[Splice, ...] = ()) -> int:
        """Exactly how many bytes `stream` will give: the call's `body_bytes`."""
        return self.spool.length(splices)

    def stream(self, splices: tuple[Splice, ...] = ()) -> AsyncIterator[bytes]:
        """The body to send; a new one for each attempt."""
        return self.spool.stream(splices)

    async def ends(self, part: Part) -> tuple[bytes, bytes]:
        """The first and last 64 KiB of a part, as `core.audio_length.measure` wants them."""
        head = await self.spool.read(part.start, min(part.end, part.start + _ENDS_BYTES))
        tail = await self.spool.read(max(part.start, part.end - _ENDS_BYTES), part.end)
        return head, tail

    def as_object(self) -> bytes:
        """The text fields as a JSON object: what a dialect checks and a route's conditions read."""
        return multipart.as_object(self.form)

    def describe(self) -> bytes:
        """What the log keeps as the request's body."""
        return multipart.describe(self.form.parts)

    def close(self) -> None:
        """Let go of memory and file; synchronous, any number of times."""
        self.spool.close()


async def read_upload(
    receive: Receive,
    *,
    content_type: bytes,
    declared: int | None,
    limits: Limits,
    folder: Path | None = None,
) -> Upload | Refusal:
    """The caller's form, whole, or why not: not a form, malformed, too large, or a full disk.

    `declared` is the content-length, None where there was none; `folder` is where a large body waits. A form is
    refused as soon as it is seen to be malformed. A caller that leaves raises `CallerLeft`. Nothing is left behind
    but in an `Upload`.
    """
    boundary = read_boundary(content_type)
    if isinstance(boundary, Refusal):
        return boundary
    scanner = multipart.Scanner(boundary)

    def listen(piece: bytes) -> Refusal | None:
        scanner.feed(piece)
        return scanner.refusal

    spool = Spool(folder=folder, listen=listen)
    refusal = await spool.fill(receive, declared=declared, limit_mb=limits.upload_mb)
    if refusal is not None:
        return refusal
    form = scanner.close()
    if isinstance(form, Refusal):
        spool.close()
        return form
    return Upload(spool=spool, form=form, content_type=content_type)


async def read_raw(
    receive: Receive, *, declared: int | None, limits: Limits, folder: Path | None = None
) -> Spool | Refusal:
    """Any body, unread: for what is passed through as it is. Otherwise as `read_upload`."""
    spool = Spool(folder=folder)
    refusal = await spool.fill(receive, declared=declared, limit_mb=limits.upload_mb)
    return spool if refusal is None else refusal
