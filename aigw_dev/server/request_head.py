"""What a caller's request head must look like before anybody reads it: one Host, one path, one way to end.

Pure. Answers what llhttp (httptools) lets through: absolute-form targets, no or several Hosts, transfer codings other
than chunked. What llhttp refuses itself (both framings, folded lines, control bytes, bad chunks) never gets here.
Sources: RFC 9112 sections 3.2 and 6.1; reliability.md 1b names what each server does with such bytes.
"""

from typing import Final

import msgspec

MAX_FIELDS: Final = 256

_WHOLE: Final = (b"application/json", b"text/", b"application/x-www-form-urlencoded")
"""Bodies that are read whole, at once; any other is an upload, which may take its time but not pause."""
_WATCHED: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"expect", b"content-type", b"connection", b"upgrade"}
)


class Fault(msgspec.Struct, frozen=True):
    """Why a request is refused before the app sees it."""

    status: int
    code: str
    """A key of `core.errors.CODES`."""
    message: str


class Shape(msgspec.Struct):
    """What the protocol needs to know of an acceptable head."""

    content_length: int | None = None
    is_chunked: bool = False
    expects_continue: bool = False
    is_upload: bool = False
    """multipart: its body may take long as long as it keeps coming."""


def inspect(method: bytes, target: bytes, version: str, headers: list[tuple[bytes, bytes]]) -> Shape | Fault:
    """The shape of a request, or why it is refused. Header names are lower-case."""
    if target[:1] != b"/" or b"#" in target or not target.isascii() or method == b"CONNECT":
        return _bad(
            "the request target must be a path (origin-form: /v1/...), not a whole URL, an authority or *"
        )
    if version not in {"1.1", "1.0"}:
        return _bad(f"HTTP/{version} is not spoken here; use HTTP/1.1")
    if len(headers) > MAX_FIELDS:
        return Fault(431, "headers_too_large", f"the request has more than {MAX_FIELDS} headers")
    shape = Shape()
    hosts = 0
    for name, value in headers:
        if name not in _WATCHED:
            continue
        match name:
            case b"host":
                hosts += 1
            case b"content-type":
                shape.is_upload = not value.lower().startswith(_WHOLE)
            case b"content-length":
                if shape.content_length is not None or not value.isdigit():
                    return _bad("send exactly one content-length, a number")
                shape.content_length = int(value)
            case b"transfer-encoding":
                if shape.is_chunked or value.strip().lower() != b"chunked" or version == "1.0":
                    return _bad("transfer-encoding must be chunked, once, over HTTP/1.1")
                shape.is_chunked = True
            case b"expect":
                if value.strip().lower() != b"100-continue":
                    return Fault(417, "invalid_http", "the only expectation met here is 100-continue")
                shape.expects_continue = version == "1.1"
            case _:
                pass
    if hosts != 1:
        return _bad(f"the request has {hosts} Host headers; send exactly one")
    if shape.is_chunked and shape.content_length is not None:
        return _bad("the request has both content-length and transfer-encoding; send one of them")
    return shape


def head_bytes(target: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """The size of a head on the wire, near enough."""
    return len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


def head_too_large(limit_kb: int) -> Fault:
    """The refusal of a head beyond `limit_kb` KiB."""
    return Fault(431, "headers_too_large", f"the request's head is larger than {limit_kb} KiB")


def _bad(message: str) -> Fault:
    return Fault(400, "invalid_http", message)
