"""Pictures made from a hash: valid PNGs of the size asked for."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.mock.pictures import TILES, png


def chunks(picture: bytes) -> dict[bytes, bytes]:
    """Every chunk by name, its checksum verified."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    found: dict[bytes, bytes] = {}
    at = 8
    while at < len(picture):
        size, name = struct.unpack_from(">I4s", picture, at)
        content = picture[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", picture, at + 8 + size)[0] == zlib.crc32(name + content)
        found[name] = content
        at += size + 12
    return found


def rows(picture: bytes) -> list[list[int]]:
    """The colour of every pixel."""
    found = chunks(picture)
    width, height, *_ = struct.unpack(">IIBBBBB", found[b"IHDR"])
    pixels = zlib.decompress(found[b"IDAT"])
    length = 1 + -(-width // 4)
    assert len(pixels) == length * height
    lines = [pixels[y * length : (y + 1) * length] for y in range(height)]
    assert all(line[0] == 0 for line in lines)
    return [[line[1 + x // 4] >> (6 - x % 4 * 2) & 3 for x in range(width)] for line in lines]


@given(st.integers(1, 70), st.integers(1, 70))
def test_a_picture_has_the_size_asked_for(width: int, height: int) -> None:
    drawn = rows(png("seed", width, height))
    assert (len(drawn[0]), len(drawn)) == (width, height)


def test_its_parts_are_what_viewers_want() -> None:
    found = chunks(png("seed", 64, 64))
    assert list(found) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", found[b"IHDR"])[2:] == (2, 3, 0, 0, 0)
    assert len(found[b"PLTE"]) == 12
    assert len(png("seed", 1024, 1024)) < 4_000


def test_the_pattern_is_mirrored_and_depends_on_the_seed() -> None:
    drawn = rows(png("seed", 64, 64))
    assert all(line == line[::-1] for line in drawn)
    assert len({color for line in drawn for color in line}) > 2
    assert png("seed", 64, 64) == png("seed", 64, 64) != png("other", 64, 64)


@pytest.mark.parametrize("drawn_rows", [0, 3, TILES])
def test_a_stage_draws_from_the_top(drawn_rows: int) -> None:
    whole, stage = rows(png("seed", 64, 64)), rows(png("seed", 64, 64, rows=drawn_rows))
    assert stage[: drawn_rows * 8] == whole[: drawn_rows * 8]
    assert not any(any(line) for line in stage[drawn_rows * 8 :])


def test_the_background_lets_through_where_asked() -> None:
    assert chunks(png("seed", 8, 8, is_transparent=True))[b"tRNS"] == b"\0"
