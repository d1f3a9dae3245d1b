"""The length of WebM and Matroska: what its head says, else how far its last cluster is.

Pure. Source: RFC 9559 (elements and their ids), RFC 8794 (EBML's numbers). Browsers that record write no duration.
"""

import struct
from typing import Final

_CONTAINERS: Final = frozenset({0x18538067, 0x1549A966})
"""The segment and its information: looked into."""
_SCALE: Final = 0x2AD7B1
_DURATION: Final = 0x4489
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_TIMESTAMP: Final = 0xE7
_USUAL_SCALE_NS: Final = 1_000_000
_MOST_ELEMENTS: Final = 256
_FLOATS: Final = {4: ">f", 8: ">d"}


def matroska_length(head: bytes, tail: bytes, _size: int) -> tuple[float, bool] | None:
    """Seconds and whether they are exact; None where neither a duration nor a cluster is in the two ends."""
    scale_ns, duration = _USUAL_SCALE_NS, 0.0
    at = 0
    for _ in range(_MOST_ELEMENTS):
        element = _element(head, at)
        if element is None:
            break
        name, start, size = element
        if name in _CONTAINERS:
            at = start
            continue
        content = head[start : start + size] if size is not None and size <= 8 else b""  # noqa: PLR2004  -- a number
        if name == _SCALE:
            scale_ns = int.from_bytes(content, "big") or _USUAL_SCALE_NS
        elif name == _DURATION and len(content) in _FLOATS:
            (duration,) = struct.unpack(_FLOATS[len(content)], content)
        if size is None:
            break  # a cluster that is still being written: nothing behind it can be found
        at = start + size
    if duration > 0:
        return duration * scale_ns / 1e9, True
    last = _last_cluster(tail)
    return (last * scale_ns / 1e9, False) if last else None


def _last_cluster(tail: bytes) -> int:
    """The timestamp that the last cluster begins with, in the file's units; 0 where none is there."""
    at = tail.rfind(_CLUSTER)
    cluster = _element(tail, at) if at >= 0 else None
    first = _element(tail, cluster[1]) if cluster is not None else None
    if first is None or first[0] != _TIMESTAMP or first[2] is None or first[2] > 8:  # noqa: PLR2004  -- a number
        return 0
    return int.from_bytes(tail[first[1] : first[1] + first[2]], "big")


def _element(data: bytes, at: int) -> tuple[int, int, int | None] | None:
    """Id, where the content begins, its size (None: unknown) of the element at `at`."""
    first = data[at] if 0 <= at < len(data) else 0
    width = 9 - first.bit_length()
    if not first or width > 4 or at + width >= len(data):  # noqa: PLR2004  -- ids have at most four bytes
        return None
    name = int.from_bytes(data[at : at + width], "big")
    at += width
    length = 9 - data[at].bit_length()
    if length > 8 or at + length > len(data):  # noqa: PLR2004  -- sizes have at most eight bytes
        return None
    most = (1 << 7 * length) - 1
    size = int.from_bytes(data[at : at + length], "big") & most
    return name, at + length, None if size == most else size
