"""The heads of a form: the boundary in its content type, and what a part says of itself.

Sources: RFC 7578 section 4, RFC 2046 section 5.1.1 (boundary), WHATWG HTML (how browsers quote names), RFC 8187
(`filename*`, which RFC 7578 forbids and clients send). Everything else that could be read in two ways is refused.
"""

import re
from typing import Final
from urllib.parse import unquote

import msgspec

from aigw_dev.core.errors import Refusal

MAX_HEAD_BYTES: Final = 16 * 1024
"""All headers of one part."""
_MAX_NAME_CHARS: Final = 1000
_BOUNDARY: Final = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PARAMETER: Final = re.compile(
    r""";[ \t]*+([!#$%&'*+.^_`|~0-9A-Za-z-]++)[ \t]*+=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)"|([^";,\s]*+))[ \t]*+""",
    re.DOTALL,
)
_HEADER_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN_ENCODINGS: Final = frozenset({"", "7bit", "8bit", "binary"})


class PartHead(msgspec.Struct, frozen=True):
    """What a part says of itself."""

    name: str
    filename: str | None
    content_type: str


def read_boundary(content_type: bytes) -> bytes | Refusal:
    """The boundary of a form's content type (RFC 2046: 1 to 70 characters, not ending in a space)."""
    kind, _, _ = content_type.partition(b";")
    if kind.strip().lower() != b"multipart/form-data":
        return invalid("the content-type is not multipart/form-data")
    parameters = _parameters(content_type[len(kind) :].decode("latin-1"))
    if parameters is None:
        return invalid("the content-type cannot be read; send multipart/form-data; boundary=TEXT")
    boundaries = [value for name, value in parameters if name == "boundary"]
    if len(boundaries) != 1:
        return invalid(
            "the content-type names no boundary, or more than one; send multipart/form-data; boundary=TEXT"
        )
    boundary = boundaries[0].encode("latin-1")
    if _BOUNDARY.fullmatch(boundary) is None:
        return invalid("the boundary is not 1 to 70 characters of RFC 2046's set")
    return boundary


def read_head(head: bytes, *, number: int) -> PartHead | Refusal:
    """What the part `number` (1-based) says of itself; `head` is its header lines, CRLF between them."""
    found: dict[bytes, str] = {}
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if (
            not colon
            or _HEADER_NAME.fullmatch(name) is None
            or b"\r" in line
            or b"\n" in line
            or b"\0" in line
        ):
            return invalid(f"part {number} has a line in its headers that is none")
        key = name.lower()
        if key in found:
            return invalid(f"part {number} has two {key.decode()} headers")
        found[key] = _text(value.strip(b" \t"))
    encoding = found.get(b"content-transfer-encoding", "")
    if encoding.lower() not in _PLAIN_ENCODINGS:
        return invalid(f"part {number} is encoded ({encoding[:40]}); send it as it is (RFC 7578 section 4.7)")
    disposition = found.get(b"content-disposition", "")
    kind, _, _ = disposition.partition(";")
    parameters = _parameters(disposition[len(kind) :])
    if kind.strip().lower() != "form-data" or parameters is None:
        return invalid(f'part {number} has no content-disposition: form-data; name="..." that can be read')
    return _named(parameters, found.get(b"content-type", ""), number=number)


def quoted(name: str) -> bytes:
    """A name as browsers write it between quotes."""
    escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.encode("utf-8", "replace")


def invalid(message: str, *, param: str | None = None) -> Refusal:
    """The refusal of a form."""
    return Refusal(code="invalid_multipart", message=message, param=param)


def _named(parameters: list[tuple[str, str]], content_type: str, *, number: int) -> PartHead | Refusal:
    keys = [key for key, _ in parameters]
    if len(set(keys)) != len(keys) or "name" not in keys:
        return invalid(f"part {number} names no field, or more than one; send exactly one name")
    values = dict(parameters)
    name = _unquoted(values["name"])
    if len(name) > _MAX_NAME_CHARS:
        return invalid(f"the name of part {number} is longer than {_MAX_NAME_CHARS} characters")
    filename = values.get("filename")
    if "filename*" in values:
        _, _, extended = values["filename*"].partition("'")
        filename = unquote(extended.partition("'")[2], errors="replace")
    elif filename is not None:
        filename = _unquoted(filename)
    return PartHead(name, filename[:_MAX_NAME_CHARS] if filename is not None else None, content_type)


def _parameters(text: str) -> list[tuple[str, str]] | None:
    """`; a=b; c="d"` as pairs, names in lower case, quoted values still escaped; None where it is something else."""
    found: list[tuple[str, str]] = []
    at = 0
    end = len(text.rstrip(" \t;"))
    while at < end:
        match = _PARAMETER.match(text, at)
        if match is None:
            return None
        found.append((match[1].lower(), match[3] if match[2] is None else match[2]))
        at = match.end()
    return found


def _unquoted(value: str) -> str:
    """Both ways of writing a quote: a backslash (RFC 2183) and what browsers write."""
    plain = value.replace('\\"', '"').replace("\\\\", "\\") if "\\" in value else value
    if "%" not in plain:
        return plain
    return plain.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
