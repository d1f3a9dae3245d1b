"""Forms as clients send them, for tests."""

from typing import Final

BOUNDARY: Final = b"boundary-7f3a"

Field = tuple[str, bytes]


def field(name: str, value: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="%b"\r\n\r\n%b' % (name.encode(), value)


def file(name: str, content: bytes, filename: str = "a.wav", content_type: str = "audio/wav") -> bytes:
    return b'Content-Disposition: form-data; name="%b"; filename="%b"\r\nContent-Type: %b\r\n\r\n%b' % (
        name.encode(),
        filename.encode(),
        content_type.encode(),
        content,
    )


def form(*parts: bytes, boundary: bytes = BOUNDARY) -> bytes:
    return b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts) + b"--%b--\r\n" % boundary
