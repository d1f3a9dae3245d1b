"""A request body as it arrives: JSON kept whole, a form scanned, with both of its ends, in bounded memory.

Sans-IO. Of a form stay its text fields, the size and hash of each file, and the first and last MiB of the body.
"""

import hashlib
from typing import Final

import msgspec

from aigw_dev.core import multipart
from aigw_dev.core.audio_length import ENDS_BYTES
from aigw_dev.core.errors import Refusal
from aigw_dev.core.multipart import Form, Part
from aigw_dev.core.part_head import read_boundary

MAX_JSON_BYTES: Final = 32 << 20
"""The longest body that is no form."""
KEPT_BYTES: Final = 1 << 20
"""How much of each end of a form's body stays."""
SEED_CHARS: Final = 24
"""How long what ids are made of is."""
_FORM: Final = b"multipart/form-data"


class MockForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was read to its end."""

    form: Form
    head: bytes
    """The first MiB of the body."""
    tail: bytes
    """The last one."""

    def ends(self, part: Part) -> tuple[bytes, bytes]:
        """The first and last 64 KiB of a part, as `audio_length.measure` wants them; empty where they did not stay."""
        first = self._between(part.start, min(part.end, part.start + ENDS_BYTES))
        return first, self._between(max(part.start, part.end - ENDS_BYTES), part.end)

    def _between(self, start: int, end: int) -> bytes:
        if end <= len(self.head):
            return self.head[start:end]
        behind = start - (self.form.size - len(self.tail))
        return self.tail[behind : behind + end - start] if behind >= 0 else b""


class Reading:
    """Reads one body; feed it every piece in order, then `close`."""

    def __init__(self, content_type: bytes = b"application/json") -> None:
        """`content_type` as the request has it; what is no form is taken for JSON."""
        self.refusal: Refusal | None = None
        """Why the body is not acceptable; nothing more needs to be read."""
        self._scanner: multipart.Scanner | None = None
        self._head = bytearray()
        self._tail = bytearray()
        if content_type.partition(b";")[0].strip().lower() != _FORM:
            return
        boundary = read_boundary(content_type)
        if isinstance(boundary, Refusal):
            self.refusal = boundary
        else:
            self._scanner = multipart.Scanner(boundary)

    def feed(self, chunk: bytes) -> None:
        """The next piece; see `refusal`."""
        if self.refusal is not None:
            return
        if self._scanner is None:
            self._head += chunk
            if len(self._head) > MAX_JSON_BYTES:
                self.refusal = Refusal(
                    code="body_too_large", message=f"a JSON body may have {MAX_JSON_BYTES >> 20} MiB here"
                )
            return
        self._scanner.feed(chunk)
        self.refusal = self._scanner.refusal
        self._head += chunk[: KEPT_BYTES - len(self._head)]
        self._tail += chunk
        if len(self._tail) > 2 * KEPT_BYTES:
            del self._tail[:-KEPT_BYTES]

    def close(self) -> bytes | MockForm | Refusal:
        """The body, JSON as it came; call once, at its end."""
        if self.refusal is not None:
            return self.refusal
        if self._scanner is None:
            return bytes(self._head)
        form = self._scanner.close()
        if isinstance(form, Refusal):
            return form
        return MockForm(form=form, head=bytes(self._head), tail=bytes(self._tail[-KEPT_BYTES:]))


def seed_of(body: bytes | MockForm) -> str:
    """What a reply's ids are made of: the same for the same request. A form's boundary, which clients draw, counts not."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()[:SEED_CHARS]
    told = [(part.name, part.filename, part.text, part.sha256) for part in body.form.parts]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:SEED_CHARS]
