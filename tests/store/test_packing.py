import random
import sqlite3
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.exchange import StreamTiming
from aigw_dev.store import packing
from aigw_dev.store.packing import (
    LARGE_PIECE_BYTES,
    MOST_PIECES,
    joined,
    pack,
    pack_timing,
    piece_id,
    pieces,
    unpack,
)
from tests.store.making import KEEP_ALL, batches, exchange, quick_log

NOISE = random.Random(1).randbytes(20_000)  # noqa: S311 -- the same noise every time


@given(st.binary(max_size=3000), st.booleans())
def test_a_body_comes_back_as_it_was(body: bytes, is_busy: bool) -> None:
    stored, is_compressed = pack(body, is_busy=is_busy)
    given_back = stored if isinstance(stored, str) else bytes(stored)
    assert unpack(given_back, is_compressed=is_compressed) == body


def test_a_body_is_text_compressed_or_bytes() -> None:
    assert pack("größer".encode(), is_busy=False) == ("größer", False)
    assert pack(b"\xff", is_busy=False) == (bytearray(b"\xff"), False)
    assert pack(b"", is_busy=False) == (bytearray(), False)
    small, is_compressed = pack(b"again " * 500, is_busy=False)
    assert is_compressed
    assert len(small) < 100
    assert pack(b"again " * 500, is_busy=True) == ("again " * 500, False)


def test_compression_that_does_not_pay_is_left_out() -> None:
    assert pack(NOISE, is_busy=False) == (bytearray(NOISE), False)
    assert unpack(None, is_compressed=True) is None


@pytest.mark.parametrize("size", [4_001, 20_000, 70_000, MOST_PIECES * LARGE_PIECE_BYTES + 1])
def test_pieces_are_few_enough_and_lie_together(size: int) -> None:
    body = bytearray(size)
    cut = pieces(7, 2, body)
    assert sum(len(part) for _, part in cut) == size
    assert len(cut) <= MOST_PIECES
    numbers = [number for number, _ in cut]
    assert numbers == list(range(piece_id(7, 2), piece_id(7, 2) + len(cut)))
    assert piece_id(7, 0) <= numbers[0] <= numbers[-1] < piece_id(7, 4) < piece_id(8, 0)


def test_a_text_may_be_cut_anywhere() -> None:
    cut = pieces(1, 1, "ö" * 3000)
    assert b"".join(part for _, part in cut).decode() == "ö" * 3000


def test_large_bodies_do_not_waste_pages(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    db = quick_log(path)
    writing = batches(db)
    for _ in range(25):
        writing.write([exchange(request_body=NOISE[:8500], is_stream=True) for _ in range(20)], [], KEEP_ALL)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert joined(db, 1, 1) == NOISE[:8500]
    db.close()
    assert path.stat().st_size / 500 < 1.25 * 8900


def test_pieces_go_with_their_row(tmp_path: Path) -> None:
    from aigw_dev.store.filters import Filter
    from aigw_dev.store.retention import purge

    db = quick_log(tmp_path / "log.db")
    batches(db).write([exchange(request_body=NOISE, response_body=NOISE)], [], KEEP_ALL)
    assert db.execute("SELECT count(*) FROM piece").fetchone() == (20,)
    assert sum(purge(db, Filter())) == 1
    assert db.execute("SELECT count(*) FROM piece").fetchone() == (0,)
    assert isinstance(db, sqlite3.Connection)


def stored_timing(at_us: list[int], size_bytes: list[int]) -> bytes:
    stored, is_compressed = pack_timing(StreamTiming(at_us=at_us, size_bytes=size_bytes), is_busy=True)
    assert not is_compressed
    return bytes(stored)


def test_timing_is_eight_bytes_per_piece() -> None:
    assert stored_timing([], []) == b""
    expected = b"".join(number.to_bytes(4, "little") for number in (1000, 5000, 7, 9))
    assert stored_timing([1000, 6000], [7, 9]) == expected
    assert stored_timing([2**40], [-1]) == b"\xff\xff\xff\xff\x00\x00\x00\x00"


def test_timing_comes_back_as_it_was() -> None:
    timing = StreamTiming(at_us=list(range(0, 5_000_000, 5000)), size_bytes=[250] * 1000)
    stored, is_compressed = pack_timing(timing, is_busy=False)
    assert is_compressed
    assert len(stored) < 500
    assert packing.unpack_timing(zlib.decompress(stored)) == timing
    assert packing.unpack_timing(None) is None
    assert packing.unpack_timing(b"") == StreamTiming()
