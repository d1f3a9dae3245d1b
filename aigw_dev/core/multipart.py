"""multipart/form-data as it arrives: which parts a form has, where their bytes are, and how to change one field.

Sans-IO, over any cuts. Sources: RFC 7578, RFC 2046 section 5.1, WHATWG HTML "multipart form data". A form is never
re-encoded: what changes is spliced in at its place, every other byte goes on as it came. Stricter than the RFCs where
two readers could see two forms: nothing but line breaks before the first and after the last boundary, CRLF everywhere,
a boundary is a whole line, no folded headers, no transfer encoding, one content-disposition, one `name`. Where a field
that must change stands in the form twice, the losing parts are dropped (the last one wins, as in `request_body`): the
provider cannot read another value than the gateway checked.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.part_head import MAX_HEAD_BYTES, PartHead, invalid, quoted, read_head

MAX_PARTS: Final = 1000
MAX_FIELD_BYTES: Final = 1 << 20
"""The longest text field whose value is kept; a longer one is passed on, hashed and not read."""
MAX_FIELDS_BYTES: Final = 4 << 20
"""The same for all fields of a form together."""
MAX_DESCRIBED_BYTES: Final = 256 * 1024
"""The longest description of a form, about."""
_MAX_DESCRIBED_VALUE: Final = 16 * 1024
_MAX_DESCRIBED_NAME: Final = 200
_READ_HERE: Final = frozenset({"model", "stream"})
"""Fields that the gateway reads: they must be text, once they are there."""
_BLANK: Final = b" \t\r\n"
_SPACE: Final = b" \t"
_MAX_PADDING: Final = 64


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a form; offsets count from the first byte of the body."""

    name: str
    filename: str | None = None
    """As sent; None for a field that is no file."""
    content_type: str = ""
    """As sent; empty where the part names none."""
    opened: int
    """Where its boundary's two dashes are."""
    start: int
    """Where its content begins."""
    end: int
    """Where its content has ended: the CRLF before the next boundary."""
    sha256: str = ""
    """Of the content, in hex; empty where `text` has it."""
    text: str | None = None
    """The value of a field that is no file, is UTF-8 and fits `MAX_FIELD_BYTES`."""

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return self.end - self.start


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A whole form."""

    boundary: bytes
    parts: tuple[Part, ...]
    closed: int
    """Where the last boundary's dashes are."""
    size: int
    """Bytes of the whole body."""

    @property
    def fields(self) -> dict[str, str]:
        """The text fields; of a name that stands twice, the last."""
        return {part.name: part.text for part in self.parts if part.text is not None}

    @property
    def files(self) -> tuple[Part, ...]:
        """The parts that are files, in order."""
        return tuple(part for part in self.parts if part.filename is not None)


class Splice(msgspec.Struct, frozen=True):
    """Bytes `start` to `end` of a body become `text`."""

    start: int
    end: int
    text: bytes


class _Open:
    """The part whose content is arriving."""

    def __init__(self, head: PartHead, opened: int, start: int, room_bytes: int) -> None:
        self.head = head
        self.opened = opened
        self.start = start
        self.room_bytes = room_bytes if head.filename is None else -1
        self.kept: bytearray | None = bytearray() if head.filename is None else None
        self.digest = hashlib.sha256()

    def take(self, content: bytes) -> None:
        self.digest.update(content)
        if self.kept is None:
            return
        if len(self.kept) + len(content) > self.room_bytes:
            self.kept = None
        else:
            self.kept += content

    def closed(self, end: int) -> Part:
        text = None
        if self.kept is not None:
            try:
                text = self.kept.decode()
            except UnicodeDecodeError:
                text = None
        head = self.head
        return Part(
            name=head.name,
            filename=head.filename,
            content_type=head.content_type,
            opened=self.opened,
            start=self.start,
            end=end,
            sha256="" if text is not None else self.digest.hexdigest(),
            text=text,
        )


class Scanner:
    """Reads a form piece by piece. Memory: 4 MiB of fields, one part's head, one boundary; time is linear."""

    def __init__(self, boundary: bytes) -> None:
        """`boundary` as the content type names it (`part_head.read_boundary`)."""
        self.refusal: Refusal | None = None
        """Why the form is not acceptable; nothing is read after it."""
        self._boundary = boundary
        self._dashed = b"--" + boundary
        self._delimiter = b"\r\n" + self._dashed
        self._parts: list[Part] = []
        self._open: _Open | None = None
        self._room_bytes = MAX_FIELDS_BYTES
        self._tail = b""
        self._base = 0
        self._opened = 0
        self._closed = 0
        self._step: Callable[[bytes, int], tuple[int, bool]] = self._before

    def feed(self, chunk: bytes) -> None:
        """Read on; see `refusal`. Any cuts give the same form."""
        data = self._tail + chunk if self._tail else chunk
        at = 0
        is_waiting = False
        while self.refusal is None and not is_waiting:
            at, is_waiting = self._step(data, at)
        self._tail = data[at:] if self.refusal is None else b""
        self._base += at

    def close(self) -> Form | Refusal:
        """The form, at the end of the body; call once."""
        if self.refusal is None and self._step != self._after_all:
            self._refuse("the form ends before its last boundary; end it with --BOUNDARY--")
        if self.refusal is None:
            self._check_fields()
        if self.refusal is not None:
            return self.refusal
        size = self._base + len(self._tail)
        return Form(boundary=self._boundary, parts=tuple(self._parts), closed=self._closed, size=size)

    def _check_fields(self) -> None:
        """What is read here has to be text, and must not become a boundary when it is written again."""
        for part in self._parts:
            if part.name in _READ_HERE and part.text is None:
                self._refuse(
                    f"the field {part.name} is a file, not UTF-8 or too long; send it as a text field",
                    param=part.name,
                )
            elif part.name == "model" and self._dashed.decode() in (part.text or ""):
                self._refuse("the field model holds the form's boundary", param="model")

    def _refuse(self, message: str, *, param: str | None = None) -> None:
        self.refusal = invalid(message, param=param)

    # Steps: each looks at `data` from `at`, and says where to go on and whether it waits for more bytes.

    def _before(self, data: bytes, at: int) -> tuple[int, bool]:
        while data.startswith(b"\r\n", at):
            at += 2
        if data.startswith(self._dashed, at):
            self._opened = self._base + at
            self._step = self._after_boundary
            return at + len(self._dashed), False
        rest = data[at : at + len(self._dashed)]
        if not (self._dashed.startswith(rest) or rest == b"\r"):
            self._refuse("the body does not begin with the boundary that its content-type names")
        return at, True

    def _after_boundary(self, data: bytes, at: int) -> tuple[int, bool]:
        """The rest of a boundary's line: nothing, or the two dashes of the last one."""
        if data.startswith(b"--", at):
            self._closed = self._opened
            self._step = self._after_all
            return at + 2, False
        line = data[at : at + _MAX_PADDING].lstrip(_SPACE)
        if line.startswith(b"\r\n"):
            self._step = self._head
            return data.index(b"\n", at) + 1, False
        rest = data[at : at + _MAX_PADDING]
        if len(rest) < _MAX_PADDING and (line in {b"", b"\r"} or rest == b"-"):
            return at, True
        self._refuse("the boundary stands inside a part, or its line holds more than the boundary")
        return at, True

    def _head(self, data: bytes, at: int) -> tuple[int, bool]:
        end = data.find(b"\r\n\r\n", at, at + MAX_HEAD_BYTES)
        if end < 0:
            if len(data) - at >= MAX_HEAD_BYTES:
                self._refuse(
                    f"the headers of part {len(self._parts) + 1} are larger than {MAX_HEAD_BYTES} bytes"
                )
            return at, True
        if len(self._parts) >= MAX_PARTS:
            self._refuse(f"the form has more than {MAX_PARTS} parts")
            return at, True
        head = read_head(data[at:end], number=len(self._parts) + 1)
        if isinstance(head, Refusal):
            self.refusal = head
            return at, True
        start = end + 4
        room = min(MAX_FIELD_BYTES, self._room_bytes)
        self._open = _Open(head, self._opened, self._base + start, room)
        self._step = self._content_start
        return start, False

    def _content_start(self, data: bytes, at: int) -> tuple[int, bool]:
        """A boundary right after the empty line: by RFC 2046 a part without a body, for many readers content."""
        rest = data[at : at + len(self._dashed)]
        if rest == self._dashed:
            self._refuse("a part has neither a value nor a line break before the next boundary")
            return at, True
        if self._dashed.startswith(rest):
            return at, True
        self._step = self._content
        return at, False

    def _content(self, data: bytes, at: int) -> tuple[int, bool]:
        assert self._open is not None  # noqa: S101  -- set by the step before
        found = data.find(self._delimiter, at)
        if found < 0:
            safe = max(at, len(data) - len(self._delimiter) + 1)
            self._open.take(data[at:safe])
            return safe, True
        self._open.take(data[at:found])
        part = self._open.closed(self._base + found)
        if part.text is not None:
            self._room_bytes -= part.size
        self._parts.append(part)
        self._open = None
        self._opened = self._base + found + 2
        self._step = self._after_boundary
        return found + len(self._delimiter), False

    def _after_all(self, data: bytes, at: int) -> tuple[int, bool]:
        if data[at:].strip(_BLANK):
            self._refuse("the body goes on after the form's last boundary")
        return len(data), True


def rename_model(
    form: Form, model: str, params: Mapping[str, Any] | None = None
) -> tuple[Splice, ...] | Refusal:
    """What to replace so that the form names `model` and has `params` as fields; in order of place.

    `model` and `stream` in `params` are not taken, as in `request_body.rename_model`. Texts are written as they are,
    other values as JSON. A refusal only where a value would hold the form's own boundary.
    """
    return rewrite(form, form_fields(params or {}) | {"model": model})


def form_fields(params: Mapping[str, Any]) -> dict[str, str]:
    """A leaf's parameters as fields: texts as they are, other values as JSON; not `model` and `stream`."""
    return {name: _field_text(value) for name, value in params.items() if name not in _READ_HERE}


def rewrite(form: Form, changes: Mapping[str, str]) -> tuple[Splice, ...] | Refusal:
    """What to replace so that each field of `changes` has that value, once; in order of place.

    Of a field that stands twice the last part gets the value and the others go. One that is not there becomes a part
    before the first one, since a provider may read fields only up to the first file.
    """
    splices: list[Splice] = []
    added: list[bytes] = []
    for name, value in changes.items():
        text = value.encode("utf-8", "replace")
        if b"\r\n--" + form.boundary in b"\r\n" + text:
            return invalid(
                f"the value for the field {name} holds the form's boundary; send the form with another"
            )
        there = [part for part in form.parts if part.name == name and part.filename is None]
        if there:
            splices += (Splice(part.opened, part.end + 2, b"") for part in there[:-1])
            splices.append(Splice(there[-1].start, there[-1].end, text))
        else:
            disposition = b'Content-Disposition: form-data; name="%b"' % quoted(name)
            added.append(b"--%b\r\n%b\r\n\r\n%b\r\n" % (form.boundary, disposition, text))
    if added:
        first = form.parts[0].opened if form.parts else form.closed
        splices.append(Splice(first, first, b"".join(added)))
    return tuple(sorted(splices, key=lambda splice: (splice.start, splice.end)))


def spliced_bytes(size: int, splices: Sequence[Splice]) -> int:
    """How long a body of `size` bytes is after `splices`."""
    return size + sum(len(splice.text) - (splice.end - splice.start) for splice in splices)


def as_object(form: Form) -> bytes:
    """The text fields as one JSON object, for what reads JSON bodies: conditions of routes, a dialect's checks.

    Values are strings; `stream` is a boolean where it reads `true` or `false` (in any case, or 1 and 0).
    """
    found: dict[str, str | bool] = dict(form.fields)
    stream = form.fields.get("stream")
    if stream is not None:
        found["stream"] = _BOOLEANS.get(stream.strip().lower(), stream)
    return msgspec.json.encode(found)


_BOOLEANS: Final[dict[str, str | bool]] = {"true": True, "false": False, "1": True, "0": False}


def describe(parts: Sequence[Part]) -> bytes:
    """What the log keeps in place of a form: JSON, names and values of fields, size and hash of files; bounded.

    Long values are cut; parts beyond `MAX_DESCRIBED_BYTES` are counted in a last `{"left_out": n}`.
    """
    shown: list[bytes] = []
    size = 0
    for part in parts:
        one = msgspec.json.encode(_described(part))
        if size + len(one) > MAX_DESCRIBED_BYTES:
            shown.append(b'{"left_out":%d}' % (len(parts) - len(shown)))
            break
        shown.append(one)
        size += len(one) + 1
    return b"[%b]" % b",".join(shown)


def _described(part: Part) -> dict[str, str | int]:
    name = _cut(part.name, _MAX_DESCRIBED_NAME)
    if part.text is not None:
        return {"name": name, "value": _cut(part.text, _MAX_DESCRIBED_VALUE)}
    found: dict[str, str | int] = {"name": name}
    if part.filename is not None:
        found["filename"] = _cut(part.filename, _MAX_DESCRIBED_NAME)
    return found | {
        "content_type": _cut(part.content_type, _MAX_DESCRIBED_NAME),
        "bytes": part.size,
        "sha256": part.sha256,
    }


_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _cut(text: str, most: int) -> str:
    # Control bytes cost six characters each in JSON: a bounded text must stay bounded.
    shown = _CONTROLS.sub("\ufffd", text[: most + 1])
    return shown if len(text) <= most else shown[:most] + "…"


def _field_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
