"""Uploads: a form read while it is spooled, and the raw bodies of what is passed through.

The door calls `read_upload`, keeps the result to the end of the exchange and closes it there.
"""

from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.core import multipart
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.multipart import Form, Part, Splice
from aigw_dev.core.part_head import read_boundary
from aigw_dev.server.downstream import Receive
from aigw_dev.server.spool_file import Spool

ENDS_BYTES: Final = 64 * 1024
SMALL_BYTES: Final = 32 << 20
"""What all files together may have that are read into memory for an adapter."""
_FORM: Final = b"multipart/form-data"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A whole body, ready to go on as often as needed. `close` it when the exchange has ended."""

    spool: Spool
    content_type: str
    """As the caller sent it, boundary included: it goes up unchanged."""
    form: Form | None = None
    """Where the body is a form: its parts."""
    sha256: str = ""
    """Of the whole body, in hex, where it is no form."""

    @property
    def size(self) -> int:
        """Bytes of the body as it came."""
        return self.spool.size

    @property
    def fields(self) -> dict[str, str]:
        """The text fields of a form, the last of a name."""
        return self.form.fields if self.form is not None else {}

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part of a form, in order."""
        return self.form.parts if self.form is not None else ()

    def splices(self, model: str, params: Mapping[str, Any] | None = None) -> tuple[Splice, ...] | Refusal:
        """What to replace so that a form names `model` (unchanged where empty) and has `params` as fields."""
        if self.form is None:
            return ()
        if model:
            return multipart.rename_model(self.form, model, params)
        return multipart.rewrite(self.form, multipart.form_fields(params or {}))

    def length(self, splices: tuple[Splice, ...] = ()) -> int:
        """Exactly how many bytes `stream` will give: the call's `body_bytes`."""
        return self.spool.length(splices)

    def stream(self, splices: tuple[Splice, ...] = ()) -> AsyncIterator[bytes]:
        """The body to send; a new one for each attempt. Raises `UpstreamError` where it cannot be read again."""
        return self.spool.stream(splices)

    def outgoing(
        self, model: str, params: Mapping[str, Any] | None = None
    ) -> tuple[AsyncIterator[bytes], int]:
        """The body with another model name (unchanged where empty) and a leaf's parameters, and its length.

        Raises `UpstreamError` (`invalid_multipart`, nothing sent) where a leaf's value holds the form's boundary.
        """
        splices = self.splices(model, params)
        if isinstance(splices, Refusal):
            raise UpstreamError(splices.message, code=splices.code, is_sent=False)
        return self.stream(splices), self.length(splices)

    async def small_files(self) -> dict[str, bytes]:
        """The files of a form by field name, the first of a name, as far as all of them fit `SMALL_BYTES`."""
        found: dict[str, bytes] = {}
        room = SMALL_BYTES
        for part in self.form.files if self.form is not None else ():
            if part.name not in found and part.size <= room:
                found[part.name] = await self.content(part)
                room -= part.size
        return found

    async def content(self, part: Part) -> bytes:
        """All bytes of a part: look at its size first."""
        return await self.spool.read(part.start, part.end)

    async def ends(self, part: Part) -> tuple[bytes, bytes]:
        """The first and last 64 KiB of a part, as `core.audio_length.measure` wants them."""
        head = await self.spool.read(part.start, min(part.end, part.start + ENDS_BYTES))
        tail = await self.spool.read(max(part.start, part.end - ENDS_BYTES), part.end)
        return head, tail

    def as_object(self) -> bytes:
        """The text fields as a JSON object: what a route's conditions read."""
        return multipart.as_object(self.form) if self.form is not None else b"{}"

    def describe(self) -> bytes:
        """What the log keeps as the request's body: JSON with fields, sizes and hashes."""
        if self.form is not None:
            return multipart.describe(self.form.parts)
        note = {"content_type": self.content_type[:200], "bytes": self.size, "sha256": self.sha256}
        return msgspec.json.encode([note])

    def close(self) -> None:
        """Let go of memory and file; synchronous, any number of times."""
        self.spool.close()


async def read_upload(
    receive: Receive,
    *,
    content_type: bytes,
    declared: int | None,
    limit_mb: int,
    folder: Path | None = None,
) -> Upload | Refusal:
    """The caller's form, or any other body, whole; or why not: a malformed form, too large, or a full disk.

    `declared` is the content-length, None where there was none; `folder` is where a large body waits (None: the
    system's temporary one). A form is refused as soon as it is seen to be malformed. A caller that leaves raises
    `CallerLeft`. Nothing is left behind but in an `Upload`.
    """
    if content_type.partition(b";")[0].strip().lower() != _FORM:
        return await read_raw(
            receive, content_type=content_type, declared=declared, limit_mb=limit_mb, folder=folder
        )
    boundary = read_boundary(content_type)
    if isinstance(boundary, Refusal):
        return boundary
    scanner = multipart.Scanner(boundary)

    def listen(piece: bytes) -> Refusal | None:
        scanner.feed(piece)
        return scanner.refusal

    spool = Spool(folder=folder, listen=listen)
    refusal = await spool.fill(receive, declared=declared, limit_mb=limit_mb)
    if refusal is not None:
        return refusal
    form = scanner.close()
    if isinstance(form, Refusal):
        spool.close()
        return form
    return Upload(spool=spool, content_type=content_type.decode("latin-1"), form=form)


async def read_raw(
    receive: Receive,
    *,
    content_type: bytes = b"",
    declared: int | None,
    limit_mb: int,
    folder: Path | None = None,
) -> Upload | Refusal:
    """Any body as it is, also a form, hashed and not looked into: for what is passed through."""
    digest = sha256()
    spool = Spool(folder=folder, listen=digest.update)
    refusal = await spool.fill(receive, declared=declared, limit_mb=limit_mb)
    if refusal is not None:
        return refusal
    return Upload(spool=spool, content_type=content_type.decode("latin-1"), sha256=digest.hexdigest())
