"""Bodies and timings as they are stored, and back: compressed where it pays, cut where they are large."""

import operator
import sqlite3
import sys
import zlib
from array import array
from typing import Final

from aigw_dev.core.exchange import StreamTiming

COMPRESS_FROM_BYTES: Final = 1024
"""Below this, zlib costs more time than its bytes are worth."""

CUT_FROM_BYTES: Final = 4_000
"""Larger bodies are cut: small pieces fill pages, whereas a row of 9 KB leaves 7 KB of its page empty."""
PIECE_BYTES: Final = 2_000
LARGE_BYTES: Final = 65_536
LARGE_PIECE_BYTES: Final = 16_300
"""Very large bodies are cut so that a piece fills a page of its own."""
MOST_PIECES: Final = 8_192
_PIECE_ID_BITS: Final = 16

_LARGEST: Final = 0xFFFF_FFFF

Packed = str | bytearray
"""What sqlite3 binds quickly: text where it is UTF-8, else bytes."""

Stored = str | bytes | None
"""What sqlite3 gives back."""


def pack(body: bytes, *, is_busy: bool) -> tuple[Packed, bool]:
    """A body as it is stored, and whether it is compressed; with `is_busy` it never is."""
    if not is_busy and len(body) >= COMPRESS_FROM_BYTES:
        small = zlib.compress(body, 1)
        if len(small) * 10 < len(body) * 9:
            return bytearray(small), True
    if len(body) > CUT_FROM_BYTES:
        return bytearray(body), False
    try:
        # An empty text would stand for "not recorded".
        return body.decode() or bytearray(), False
    except UnicodeDecodeError:
        return bytearray(body), False


def pieces(seq: int, bit: int, stored: Packed) -> list[tuple[int, bytearray]]:
    """A large body cut, with the ids of its pieces; `bit` tells the bodies of a row apart (1, 2 or 4)."""
    raw = bytearray(stored.encode()) if isinstance(stored, str) else stored
    size = PIECE_BYTES if len(raw) < LARGE_BYTES else max(LARGE_PIECE_BYTES, -(-len(raw) // MOST_PIECES))
    first = piece_id(seq, bit)
    return [
        (first + place, raw[start : start + size]) for place, start in enumerate(range(0, len(raw), size))
    ]


def piece_id(seq: int, bit: int) -> int:
    """The id of a body's first piece; all pieces of a row lie between `piece_id(seq, 0)` and `piece_id(seq + 1, 0)`."""
    return (seq << _PIECE_ID_BITS) + bit * MOST_PIECES


def joined(db: sqlite3.Connection, seq: int, bit: int) -> bytes:
    """A body that was cut, whole again."""
    first = piece_id(seq, bit)
    statement = "SELECT part FROM piece WHERE id>=? AND id<? ORDER BY id"
    return b"".join(row[0] for row in db.execute(statement, (first, first + MOST_PIECES)))


def unpack(stored: Stored, *, is_compressed: bool) -> bytes | None:
    """A stored body as it was."""
    if isinstance(stored, str):
        return stored.encode()
    return zlib.decompress(stored) if stored is not None and is_compressed else stored


def pack_timing(timing: StreamTiming, *, is_busy: bool) -> tuple[bytearray, bool]:
    """Stream timing as it is stored, and whether it is compressed.

    Little-endian 32-bit numbers: gaps between pieces in microseconds, then their sizes. Gaps and sizes past 32 bits
    (71 minutes, 4 GiB) are stored as the largest number.
    """
    at_us = timing.at_us
    if not at_us:
        return bytearray(), False
    gaps = [at_us[0], *map(operator.sub, at_us[1:], at_us)]
    try:
        numbers = array("I", gaps)
        numbers.extend(timing.size_bytes)
    except OverflowError:
        numbers = array("I", [min(max(number, 0), _LARGEST) for number in (*gaps, *timing.size_bytes)])
    if sys.byteorder == "big":
        numbers.byteswap()
    stored = numbers.tobytes()
    if is_busy or len(stored) < COMPRESS_FROM_BYTES:
        return bytearray(stored), False
    return bytearray(zlib.compress(stored, 1)), True


def unpack_timing(stored: bytes | None) -> StreamTiming | None:
    """Stream timing from its uncompressed bytes."""
    if stored is None:
        return None
    numbers = array("I")
    numbers.frombytes(stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    count = len(numbers) // 2
    at_us: list[int] = []
    total = 0
    for gap in numbers[:count]:
        total += gap
        at_us.append(total)
    return StreamTiming(at_us=at_us, size_bytes=list(numbers[count:]))
