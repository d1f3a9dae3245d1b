"""Bodies on their way through memory and disk."""

import asyncio
import errno
import os
import stat
import threading
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import pytest

from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.multipart import Splice
from aigw_dev.server.body import CallerLeft
from aigw_dev.server.spool_file import BATCH_BYTES, MEMORY_BYTES, Spool, open_private
from tests.server.arriving import Pieces, cut, endless, is_empty, piece

pytestmark = pytest.mark.anyio
MIB = 1 << 20


async def filled(body: bytes, *, step: int = 64 * 1024, folder: Path | None = None) -> Spool:
    spool = Spool(folder=folder)
    assert await spool.fill(cut(body, step), declared=len(body), limit_mb=1024) is None
    return spool


async def whole(spool: Spool, splices: Sequence[Splice] = ()) -> bytes:
    pieces = [piece async for piece in spool.stream(splices)]
    assert all(0 < len(piece) <= BATCH_BYTES for piece in pieces)
    body = b"".join(pieces)
    assert len(body) == spool.length(splices)
    return body


def random_bytes(size: int) -> bytes:
    return os.urandom(size)


@pytest.mark.parametrize("size", [0, 1, MEMORY_BYTES, MEMORY_BYTES + 1, 3 * MIB + 17])
async def test_a_body_comes_back_whole_as_often_as_asked(size: int, tmp_path: Path) -> None:
    body = random_bytes(size)
    spool = await filled(body, folder=tmp_path)
    assert spool.is_in_memory == (size <= MEMORY_BYTES)
    assert await whole(spool) == body
    assert await asyncio.gather(whole(spool), whole(spool)) == [body, body]
    assert await spool.read(5, 9) == body[5:9]
    assert await spool.read(max(0, size - 3), size + 9) == body[max(0, size - 3) :]
    spool.close()
    assert is_empty(tmp_path)


async def test_a_body_in_tiny_pieces_is_no_worse(tmp_path: Path) -> None:
    body = random_bytes(MIB + 5000)
    assert await whole(await filled(body[:5000], step=1)) == body[:5000]
    spool = Spool(folder=tmp_path)
    pieces = [piece(body[:MIB], more=True), *cut(body[MIB:], 1).messages]
    assert await spool.fill(Pieces(*pieces), declared=None, limit_mb=9) is None
    assert await whole(spool) == body
    spool.close()


@pytest.mark.parametrize("size", [200_000, 2 * MIB])
async def test_splices_change_their_places_alone(size: int, tmp_path: Path) -> None:
    body = random_bytes(size)
    spool = await filled(body, folder=tmp_path, step=70_001)
    splices = (
        Splice(0, 0, b"before"),
        Splice(100, 120, b""),
        Splice(99_990, 100_010, b"x" * 9),
        Splice(size, size, b"end"),
    )
    expected = b"before" + body[:100] + body[120:99_990] + b"x" * 9 + body[100_010:] + b"end"
    assert await whole(spool, splices) == expected
    assert await whole(spool) == body
    spool.close()


async def test_only_the_owner_can_read_the_file_and_it_has_no_name(tmp_path: Path) -> None:
    file = open_private(tmp_path)
    if os.name == "posix":
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
        assert is_empty(tmp_path)
    file.close()
    assert is_empty(tmp_path)


async def test_a_body_declared_too_large_is_refused_unread() -> None:
    receive = Pieces()
    refused = await Spool().fill(receive, declared=2 * MIB + 1, limit_mb=2)
    assert refused is not None
    assert (refused.code, receive.taken) == ("body_too_large", 0)


async def test_an_endless_body_is_refused_at_its_limit(tmp_path: Path) -> None:
    refused = await Spool(folder=tmp_path).fill(endless(), declared=None, limit_mb=3)
    assert refused is not None
    assert refused.code == "body_too_large"
    assert is_empty(tmp_path)


async def test_a_body_that_is_not_as_long_as_declared_is_refused() -> None:
    refused = await Spool().fill(Pieces(piece(b"abc")), declared=4, limit_mb=1)
    assert refused is not None
    assert refused.code == "invalid_http"


@pytest.mark.parametrize("size", [10, 3 * MIB])
async def test_a_caller_that_leaves_leaves_nothing(size: int, tmp_path: Path) -> None:
    spool = Spool(folder=tmp_path)
    receive = Pieces(piece(random_bytes(size), more=True), {"type": "http.disconnect"})
    with pytest.raises(CallerLeft):
        await spool.fill(receive, declared=None, limit_mb=9)
    with pytest.raises(UpstreamError):
        await spool.read(0, 1)
    assert is_empty(tmp_path)


async def test_every_byte_is_heard_once_in_order(tmp_path: Path) -> None:
    body = random_bytes(3 * MIB)
    heard: list[bytes] = []
    spool = Spool(folder=tmp_path, listen=heard.append)
    assert await spool.fill(cut(body, 100_000), declared=None, limit_mb=9) is None
    assert b"".join(heard) == body
    spool.close()


@pytest.mark.parametrize("after", [10, 2 * MIB])
async def test_a_listener_may_end_it(after: int, tmp_path: Path) -> None:
    heard = 0

    def listen(piece: bytes) -> Refusal | None:
        nonlocal heard
        heard += len(piece)
        return Refusal(code="invalid_multipart", message="no") if heard > after else None

    refused = await Spool(folder=tmp_path, listen=listen).fill(endless(), declared=None, limit_mb=900)
    assert refused is not None
    assert refused.code == "invalid_multipart"
    assert heard < after + 8 * MIB


class FullDisk:
    """A file that takes some bytes, then none."""

    def __init__(self, file: IO[bytes], room: int) -> None:
        self.file = file
        self.room = room

    def write(self, piece: memoryview) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= len(piece)
        return self.file.write(piece[: self.room + len(piece)])

    def close(self) -> None:
        self.file.close()


async def test_a_full_disk_is_a_refusal_that_leaves_nothing(tmp_path: Path) -> None:
    class Small(Spool):
        def open_file(self) -> IO[bytes]:
            return FullDisk(super().open_file(), 2 * MIB)  # pyright: ignore[reportReturnType]  -- as much of a file as is used

    refused = await Small(folder=tmp_path).fill(endless(), declared=None, limit_mb=900)
    assert refused is not None
    assert refused.code == "spool_full"
    assert os.strerror(errno.ENOSPC) in refused.message
    assert is_empty(tmp_path)


class Full(Spool):
    """Its disk is full from the first byte."""

    def open_file(self) -> IO[bytes]:
        return FullDisk(super().open_file(), 0)  # pyright: ignore[reportReturnType]  -- as much of a file as is used


async def test_a_full_disk_is_seen_at_the_next_piece_and_at_the_end(tmp_path: Path) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    pieces = endless()

    async def receive() -> dict[str, Any]:
        await asyncio.to_thread(int)  # behind the write: it has ended now
        return await pieces()

    refused = await Full(folder=tmp_path).fill(receive, declared=None, limit_mb=900)
    assert refused is not None
    assert pieces.taken == 14  # 11 pass 1 MiB, 2 more are written with the last of them, one meets the end
    for size in (MIB + 1, MIB + 300_000):
        refused = await Full(folder=tmp_path).fill(cut(bytes(size), 100_000), declared=size, limit_mb=900)
        assert refused is not None
        assert refused.code == "spool_full"
    assert is_empty(tmp_path)


async def test_a_folder_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    refused = await Spool(folder=tmp_path / "none").fill(endless(), declared=None, limit_mb=900)
    assert refused is not None
    assert refused.code == "spool_full"


class Slow(Spool):
    """Its disk waits until it is let go."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder=folder)
        self.go = threading.Event()
        self.is_writing = threading.Event()
        self.opened: list[IO[bytes]] = []

    def open_file(self) -> IO[bytes]:
        file = super().open_file()
        self.opened.append(file)
        self.is_writing.set()
        assert self.go.wait(10)
        return file


async def test_a_slow_disk_keeps_the_caller_waiting(tmp_path: Path) -> None:
    spool = Slow(tmp_path)
    receive = endless(64 * 1024)
    task = asyncio.create_task(spool.fill(receive, declared=None, limit_mb=900))
    await asyncio.to_thread(spool.is_writing.wait, 10)
    taken = -1
    while taken != receive.taken:  # as far as it goes without the disk
        taken = receive.taken
        for _ in range(50):
            await asyncio.sleep(0)
    assert taken * 64 * 1024 <= MEMORY_BYTES * 2 + BATCH_BYTES * 2
    spool.go.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_upload_leaves_no_file_and_no_thread(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    before = threading.active_count()
    spool = Slow(tmp_path)
    task = asyncio.create_task(spool.fill(endless(), declared=None, limit_mb=900))
    await asyncio.to_thread(spool.is_writing.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (file,) = spool.opened
    assert not file.closed  # never under the thread that writes
    spool.close()
    spool.go.set()
    await asyncio.to_thread(until, lambda: file.closed, what="closing by the writer")
    assert is_empty(tmp_path)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert threading.active_count() <= before


async def test_what_is_closed_cannot_be_read(tmp_path: Path) -> None:
    spool = await filled(random_bytes(2 * MIB), folder=tmp_path)
    streaming = spool.stream()
    assert await anext(streaming)
    spool.close()
    spool.close()
    with pytest.raises(UpstreamError):
        await anext(streaming)


async def test_a_file_that_was_cut_short_is_an_error_and_no_short_body(tmp_path: Path) -> None:
    spool = Slow(tmp_path)
    spool.go.set()
    assert await spool.fill(cut(random_bytes(2 * MIB), MIB), declared=None, limit_mb=9) is None
    spool.opened[0].truncate(MIB)
    with pytest.raises(UpstreamError, match="shorter"):
        await whole(spool)
    spool.close()


async def test_a_disk_that_fails_to_read_is_an_error(tmp_path: Path) -> None:
    class Broken(FullDisk):
        def seek(self, _place: int) -> int:
            raise OSError(errno.EIO, "broken")

    class Failing(Spool):
        def open_file(self) -> IO[bytes]:
            return Broken(super().open_file(), 9 * MIB)  # pyright: ignore[reportReturnType]  -- as much of a file as is used

    spool = Failing(folder=tmp_path)
    assert await spool.fill(cut(random_bytes(2 * MIB), MIB), declared=None, limit_mb=9) is None
    with pytest.raises(UpstreamError, match="broken"):
        await spool.read(0, 1)
    spool.close()


@pytest.mark.slow
async def test_a_body_of_100_mb_passes_in_bounded_memory(tmp_path: Path) -> None:
    size = 100 * MIB
    digest = sha256()
    tracemalloc.start()
    try:
        spool = Spool(folder=tmp_path)
        assert await spool.fill(endless(256 * 1024, total=size), declared=size, limit_mb=1024) is None
        async for piece_ in spool.stream():
            digest.update(piece_)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert spool.size == size
    assert digest.digest() == sha256(b"\0" * size).digest()
    assert peak < 8 * MIB
    spool.close()
